//! Runs `[select-models]`.

use super::answers::{Answer, Form, answers};
use super::distances::{Distances, Measuring};
use super::grounds::{Ground, Grounds};
use super::methods::Contender;
use super::output;
use super::part::{Field, Part};
use super::pool_features::{PoolFeatures, pairs};
use super::thresholds::{Thresholds, choices, quality};
use super::{Candidate, Protocol, columns};
use crate::EvalError;
use crate::baselines::Offer;
use crate::made_pool::made_pool;
use crate::pool_levels::Open;
use crate::proposals::{ImagePair, PairAnswer, ProposalTable, Proposer, open_proposer};
use crate::settings::Progress;
use finexl_core::cells::Cells;
use finexl_core::experiment::SelectModels;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::pool::PoolRecord;
use finexl_core::selection::{FID, LPIPS, SelectionRecord, TableColumn};
use finexl_data::decode::decode_file;
use finexl_explain::cache::Cache;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use finexl_zoo::perceptual::{Inception, Lpips};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What came of an experiment.
pub struct Selection {
    /// The tables.
    pub columns: Vec<TableColumn>,
    /// Answers that a method failed to give.
    pub problems: usize,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// What is the same for all pools.
struct Setup<'a> {
    config: &'a SelectModels,
    encoder: Box<dyn Encoder>,
    judge: Box<dyn Encoder>,
    lpips: Option<Lpips>,
    inception: Option<Inception>,
    grounds: Grounds,
    thresholds: Thresholds,
    proposer: Option<Box<dyn Proposer>>,
    cache: Cache,
}

/// Runs the experiment: encoders are opened by `open`, the rest on the device of that name. Every
/// answer is kept at once, and the features of the encoders; a run that was stopped goes on. What LPIPS and
/// Inception see is computed anew.
///
/// # Errors
/// Settings that cannot be measured with, pools that are not there, [`finexl_core::CoreError::Busy`] where
/// another run is at work in the folder. A method that fails on a model is no error but a problem.
pub fn select_models(
    config: &SelectModels,
    open: Open<'_>,
    device: &str,
    progress: Progress<'_>,
) -> Result<Selection, EvalError> {
    let setup = Setup::open(config, open, device)?;
    let folders = config.pools.iter().map(|path| {
        let made = made_pool(path, "pools", device, progress)?;
        Ok::<_, EvalError>(made.folder)
    });
    let folders: Vec<PathBuf> = folders.collect::<Result<_, _>>()?;
    let pools = folders.iter().map(|folder| pool(config, folder));
    let pools: Vec<PoolRecord> = pools.collect::<Result<_, _>>()?;
    let cells = Cells::open(&config.output)?;
    let mut records = Vec::new();
    let mut tuned = Vec::new();
    for (folder, pool) in folders.iter().zip(pools) {
        let contest = Contest::prepare((&setup, &cells), folder, pool, progress)?;
        if config.tune.is_some() {
            tuned.push(contest.tune(progress)?);
        }
        records.extend(contest.records(progress)?);
    }
    if let Some(path) = &config.tune {
        best(config, &tuned).write(path)?;
    }
    let columns = output::write(config, &setup.provenance(), &records)?;
    Ok(Selection {
        columns,
        problems: records.iter().filter(|r| r.problem.is_some()).count(),
        notes: setup.notes(),
    })
}

/// A pool that has something to select in every column, whoever may be selected.
fn pool(config: &SelectModels, folder: &Path) -> Result<PoolRecord, EvalError> {
    let pool = PoolRecord::read(folder)?;
    let candidates = Candidate::of_pool(&pool.models);
    for column in &config.columns {
        let [members, targets] = columns::members(column, &candidates);
        let run = |index: &usize| &candidates[*index].run;
        let selectable = targets
            .iter()
            .any(|target| members.iter().any(|other| run(other) != run(target)));
        if !selectable {
            let problem = format!(
                "\"{}\" has no target in {} with a model of another run to select",
                columns::name(column),
                folder.display()
            );
            return Err(EvalError::setting("columns", problem));
        }
    }
    Ok(pool)
}

impl<'a> Setup<'a> {
    fn open(config: &'a SelectModels, open: Open<'_>, device: &str) -> Result<Self, EvalError> {
        if config.encoder == config.judge {
            let problem = "the judge has to be another encoder than the one that explains";
            return Err(EvalError::setting("judge", problem));
        }
        if config.pools.is_empty() || config.columns.is_empty() || config.methods.is_empty() {
            let problem = "give at least one pool, one column and one method";
            return Err(EvalError::setting("pools", problem));
        }
        let (encoder, judge) = (open(&config.encoder)?, open(&config.judge)?);
        let grounds = Grounds::new(&Vocabulary::default_phrases()?, &config.variants);
        let contenders = contenders(config, encoder.as_ref(), &grounds, None)?;
        if config.proposer.is_none()
            && let Some(needs) = contenders.iter().find(|c| c.method.needs_proposals())
        {
            let name = needs.method.name();
            let problem = format!("{name} chooses among proposals; name a proposer");
            return Err(EvalError::setting("proposer", problem));
        }
        let on = finexl_zoo::device::by_name(device)?;
        let there = |path: &Option<PathBuf>| path.clone().filter(|path| path.exists());
        let lpips = there(&config.lpips).map(|path| Lpips::open(&path, &on));
        let inception = there(&config.inception).map(|path| Inception::open(&path, &on));
        let proposer = config.proposer.as_ref().map(|c| open_proposer(c, device));
        Ok(Self {
            thresholds: match &config.thresholds {
                Some(path) => Thresholds::read(path)?,
                None => Thresholds::of(Vec::new()),
            },
            lpips: lpips.transpose()?,
            inception: inception.transpose()?,
            proposer: proposer.transpose()?,
            cache: Cache::of_user(),
            config,
            encoder,
            judge,
            grounds,
        })
    }

    fn provenance(&self) -> output::Provenance<'_> {
        output::Provenance {
            version: env!("CARGO_PKG_VERSION"),
            experiment: self.config,
            encoder: self.encoder.fingerprint(),
            judge: self.judge.fingerprint(),
            lpips: self.lpips.as_ref().map(Lpips::fingerprint),
            inception: self.inception.as_ref().map(Inception::fingerprint),
            proposer: self.proposer.as_ref().map(|p| p.fingerprint()),
            vocabulary: self.grounds.vocabulary(0).fingerprint(),
            thresholds: &self.thresholds,
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let config = self.config;
        for (name, there, path) in [
            (LPIPS, self.lpips.is_some(), &config.lpips),
            (FID, self.inception.is_some(), &config.inception),
        ] {
            if !there {
                notes.push(match path {
                    Some(path) => format!("{name} is left out: {} is not there", path.display()),
                    None => format!("{name} is left out: the experiment names no weights of it"),
                });
            }
        }
        if self.config.thresholds.is_none() {
            notes
                .push("no weight is too small to count: the experiment names no thresholds".into());
        }
        notes
    }
}

/// All methods on pools of a base, or of any where none is given.
fn contenders(
    config: &SelectModels,
    encoder: &dyn Encoder,
    grounds: &Grounds,
    base: Option<&Fingerprint>,
) -> Result<Vec<Contender>, EvalError> {
    let vocabulary = grounds.vocabulary(0);
    let names = config.methods.iter();
    let named = names.map(|name| Contender::named(name, encoder, vocabulary));
    let varied = config.variants.iter().map(|variant| {
        let offer = grounds.place(&Ground::of(variant));
        Contender::varied(variant, encoder, grounds.vocabulary(offer), (offer, base))
    });
    named.chain(varied).collect()
}

/// One pool with all that methods are offered.
struct Contest<'a> {
    setup: &'a Setup<'a>,
    cells: &'a Cells,
    folder: &'a Path,
    pool: PoolRecord,
    candidates: Vec<Candidate>,
    contenders: Vec<Contender>,
    features: PoolFeatures,
    distances: Distances,
    /// One per ground.
    offers: Vec<Offer<'a>>,
    proposals: Option<Vec<ProposalTable>>,
    /// Of everything that answers depend on, beside images and method.
    context: Fingerprint,
}

impl<'a> Contest<'a> {
    fn prepare(
        (setup, cells): (&'a Setup<'a>, &'a Cells),
        folder: &'a Path,
        pool: PoolRecord,
        progress: Progress<'_>,
    ) -> Result<Self, EvalError> {
        let encoder = setup.encoder.as_ref();
        let base = Some(&pool.base_fingerprint);
        let contenders = contenders(setup.config, encoder, &setup.grounds, base)?;
        let features = PoolFeatures::encode(folder, &pool, encoder, &setup.cache, progress)?;
        let with = Measuring {
            judge: setup.judge.as_ref(),
            lpips: setup.lpips.as_ref(),
            inception: setup.inception.as_ref(),
        };
        let distances = Distances::prepare(folder, &pool, with, &setup.cache, progress)?;
        let offers = setup.grounds.offers(setup.encoder.as_ref(), &features)?;
        let mut contest = Self {
            candidates: Candidate::of_pool(&pool.models),
            contenders,
            context: context(setup, &features),
            setup,
            cells,
            folder,
            pool,
            features,
            distances,
            offers,
            proposals: None,
        };
        if let Some(proposer) = &setup.proposer {
            contest.proposals = Some(contest.ask(proposer.as_ref(), progress)?);
        }
        Ok(contest)
    }

    /// What the proposer says of every model's pairs.
    fn ask(
        &self,
        proposer: &dyn Proposer,
        progress: Progress<'_>,
    ) -> Result<Vec<ProposalTable>, EvalError> {
        let models = self.pool.models.iter().zip(self.features.models());
        let mut tables = Vec::new();
        for (done, (model, features)) in models.enumerate() {
            progress(&proposer.name(), done, self.pool.models.len());
            let key = Fingerprint::of("proposals 1")
                .nested("proposer", &proposer.fingerprint())
                .nested("vocabulary", self.vocabulary().fingerprint())
                .nested("images", &features.images)
                .finish();
            let answers: Vec<PairAnswer> = self.cells.get(&key, || {
                let set = pairs(self.folder, &self.pool, model)?;
                self.answers_of(proposer, &set)
            })?;
            tables.push(ProposalTable::new(&answers, self.vocabulary())?);
        }
        Ok(tables)
    }

    fn answers_of(
        &self,
        proposer: &dyn Proposer,
        set: &finexl_data::pairs::PairSet,
    ) -> Result<Vec<PairAnswer>, EvalError> {
        let images = set.pairs.iter().map(|pair| {
            let [base, personalized] = [&pair.base, &pair.personalized].map(decode_file);
            Ok::<_, EvalError>((base?.image, personalized?.image))
        });
        let images: Vec<_> = images.collect::<Result<_, _>>()?;
        let shown: Vec<ImagePair<'_>> = set
            .pairs
            .iter()
            .zip(&images)
            .map(|(pair, (base, personalized))| ImagePair {
                base,
                personalized,
                prompt: pair.prompt.as_deref(),
            })
            .collect();
        let concepts = self.vocabulary().concepts();
        proposer.propose(&shown, Some(concepts), &|_, _| ())
    }

    /// All concepts.
    fn vocabulary(&self) -> &Vocabulary {
        self.setup.grounds.vocabulary(0)
    }

    fn answers(
        &self,
        contender: &Contender,
        threshold: f64,
        progress: Progress<'_>,
    ) -> Result<Vec<Answer>, EvalError> {
        let form = Form {
            threshold,
            largest: self.setup.config.largest,
        };
        let (name, total) = (contender.name(), self.pool.models.len());
        let mut done = 0;
        answers(
            contender,
            &self.offers[contender.offer],
            &self.features,
            self.proposals.as_deref(),
            form,
            (self.cells, &self.context),
            &mut || {
                done += 1;
                progress(&name, done, total);
            },
        )
    }

    /// Thresholds of every method with how good they are here, by method.
    fn tune(&self, progress: Progress<'_>) -> Result<BTreeMap<String, Vec<(f64, f64)>>, EvalError> {
        let mut all = BTreeMap::new();
        for contender in &self.contenders {
            let plain = self.answers(contender, 0.0, progress)?;
            let weights: Vec<Vec<f64>> = plain.into_iter().map(|a| a.weights).collect();
            let mut tried = Vec::new();
            for threshold in choices(&weights) {
                let answers = self.answers(contender, threshold, progress)?;
                let last = contender.columns.len() - 1;
                let vectors: Vec<Vec<f64>> = answers
                    .into_iter()
                    .map(|a| a.vectors[last].clone())
                    .collect();
                tried.push((threshold, quality(&self.candidates, &vectors)?));
            }
            all.insert(contender.name(), tried);
        }
        Ok(all)
    }

    fn records(&self, progress: Progress<'_>) -> Result<Vec<SelectionRecord>, EvalError> {
        let mut answered = Vec::new();
        for contender in &self.contenders {
            let threshold = self.setup.thresholds.of_contender(contender);
            answered.push((contender, self.answers(contender, threshold, progress)?));
        }
        let mut records = Vec::new();
        for column in &self.setup.config.columns {
            for protocol in [Protocol::OtherRuns, Protocol::AnyOther] {
                let part = Part::of(self.field(), column, protocol);
                records.extend(part.references()?);
                for (contender, answers) in &answered {
                    records.extend(part.of_method(contender, answers)?);
                }
            }
        }
        Ok(records)
    }

    fn field(&self) -> Field<'_> {
        Field {
            pool: &self.pool.name,
            pairs: self.features.base.len(),
            candidates: &self.candidates,
            distances: &self.distances,
            grounds: &self.setup.grounds,
        }
    }
}

fn context(setup: &Setup<'_>, features: &PoolFeatures) -> Fingerprint {
    let mut context = Fingerprint::of("selection context 1")
        .text("version", env!("CARGO_PKG_VERSION"))
        .nested("encoder", setup.encoder.fingerprint())
        .nested("vocabulary", setup.grounds.vocabulary(0).fingerprint());
    for prompt in &features.prompts {
        context = context.text("prompt", prompt);
    }
    if let Some(proposer) = &setup.proposer {
        context = context.nested("proposer", &proposer.fingerprint());
    }
    context.finish()
}

/// The threshold of each method with the best mean over pools; the smaller one where they tie.
fn best(config: &SelectModels, tuned: &[BTreeMap<String, Vec<(f64, f64)>>]) -> Thresholds {
    let pools = config.pools.iter().map(|pool| pool.display().to_string());
    let mut thresholds = Thresholds::of(pools.collect());
    let Some(first) = tuned.first() else {
        return thresholds;
    };
    for (method, tried) in first {
        // Thresholds are tried by quantile, so the same place of each pool belongs together.
        let mean = |place: usize| -> Option<(f64, f64)> {
            let of = tuned
                .iter()
                .map(|pool| pool.get(method)?.get(place).copied());
            let of: Vec<(f64, f64)> = of.collect::<Option<_>>()?;
            let count = of.len() as f64;
            let [threshold, quality] = [0, 1].map(|which| {
                let values = of.iter().map(|pair| [pair.0, pair.1][which]);
                values.sum::<f64>() / count
            });
            Some((threshold, quality))
        };
        let mut chosen = (0.0, f64::NEG_INFINITY);
        for (threshold, quality) in (0..tried.len()).filter_map(mean) {
            if quality > chosen.1 + 1e-12 {
                chosen = (threshold, quality);
            }
        }
        thresholds.by_method.insert(method.clone(), chosen.0);
    }
    thresholds
}
