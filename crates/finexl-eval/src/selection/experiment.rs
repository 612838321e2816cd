//! Runs `[select-models]`.

use super::answers::{Answer, Form, answers};
use super::distances::Distances;
use super::grounds::{Ground, Grounds};
use super::matching::{OPTIONS, matched};
use super::methods::Contender;
use super::output;
use super::pool_features::{PoolFeatures, pairs};
use super::thresholds::{Thresholds, choices, quality};
use super::{Candidate, Credit, Outcome, Protocol, Reference, columns, outcomes, reference};
use crate::EvalError;
use crate::baselines::Offer;
use crate::pool_levels::Open;
use crate::proposals::{ImagePair, PairAnswer, ProposalTable, Proposer, open_proposer};
use crate::settings::Progress;
use finexl_core::cells::Cells;
use finexl_core::experiment::{Experiment, PoolColumn, SelectModels};
use finexl_core::fingerprint::Fingerprint;
use finexl_core::pool::PoolRecord;
use finexl_core::selection::{
    ASPECT_F1, CHANCE, Found, LEVEL_WITHIN_ONE, ORACLE, Role, SAME_STYLE, SelectionRecord,
    TableColumn,
};
use finexl_core::toml_file;
use finexl_data::decode::decode_file;
use finexl_explain::cache::Cache;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use finexl_zoo::perceptual::Lpips;
use finexl_zoo::personalization::make_pool;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Aspects that a record lists.
const LISTED: usize = 8;

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
    grounds: Grounds,
    contenders: Vec<Contender>,
    thresholds: Thresholds,
    proposer: Option<Box<dyn Proposer>>,
    cache: Cache,
}

/// Runs the experiment: encoders are opened by `open`, the rest on the device of that name. Whatever is
/// computed is kept at once; a run that was stopped goes on.
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
    let folders = config.pools.iter().map(|path| made(path, device, progress));
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

/// The folder of a pool; one that is given as an experiment is made first, as far as it is not there.
fn made(path: &Path, device: &str, progress: Progress<'_>) -> Result<PathBuf, EvalError> {
    if path.extension().is_none_or(|extension| extension != "toml") {
        return Ok(path.to_path_buf());
    }
    let Experiment::MakePool(recipe) = toml_file::read(path)? else {
        let problem = format!("{} is no [make-pool] experiment", path.display());
        return Err(EvalError::setting("pools", problem));
    };
    let device = finexl_zoo::device::by_name(device)?;
    make_pool(&recipe, &device, progress)?;
    Ok(recipe.output)
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
        let vocabulary = grounds.vocabulary(0);
        let named = config
            .methods
            .iter()
            .map(|name| Contender::named(name, encoder.as_ref(), vocabulary));
        let varied = config.variants.iter().map(|variant| {
            let offer = grounds.place(&Ground::of(variant));
            Contender::varied(variant, encoder.as_ref(), grounds.vocabulary(offer), offer)
        });
        let contenders: Vec<Contender> = named.chain(varied).collect::<Result<_, _>>()?;
        if config.proposer.is_none()
            && let Some(needs) = contenders.iter().find(|c| c.method.needs_proposals())
        {
            let name = needs.method.name();
            let problem = format!("{name} chooses among proposals; name a proposer");
            return Err(EvalError::setting("proposer", problem));
        }
        let on = finexl_zoo::device::by_name(device)?;
        let lpips = config.lpips.as_ref().filter(|path| path.exists());
        let lpips = lpips.map(|path| Lpips::open(path, &on));
        let proposer = config.proposer.as_ref().map(|c| open_proposer(c, device));
        Ok(Self {
            thresholds: match &config.thresholds {
                Some(path) => Thresholds::read(path)?,
                None => Thresholds::of(Vec::new()),
            },
            lpips: lpips.transpose()?,
            proposer: proposer.transpose()?,
            cache: Cache::of_user(),
            config,
            encoder,
            judge,
            grounds,
            contenders,
        })
    }

    fn provenance(&self) -> output::Provenance<'_> {
        output::Provenance {
            version: env!("CARGO_PKG_VERSION"),
            experiment: self.config,
            encoder: self.encoder.fingerprint(),
            judge: self.judge.fingerprint(),
            lpips: self.lpips.as_ref().map(Lpips::fingerprint),
            proposer: self.proposer.as_ref().map(|p| p.fingerprint()),
            vocabulary: self.grounds.vocabulary(0).fingerprint(),
            thresholds: &self.thresholds,
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.lpips.is_none() {
            notes.push(match &self.config.lpips {
                Some(path) => format!("LPIPS is left out: {} is not there", path.display()),
                None => "LPIPS is left out: the experiment names no weights of it".to_string(),
            });
        }
        if self.config.thresholds.is_none() {
            notes
                .push("no weight is too small to count: the experiment names no thresholds".into());
        }
        notes
    }
}

/// One pool with all that methods are offered.
struct Contest<'a> {
    setup: &'a Setup<'a>,
    cells: &'a Cells,
    folder: &'a Path,
    pool: PoolRecord,
    candidates: Vec<Candidate>,
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
        let features = PoolFeatures::encode(folder, &pool, encoder, &setup.cache, progress)?;
        let (judge, lpips) = (setup.judge.as_ref(), setup.lpips.as_ref());
        let distances = Distances::prepare(folder, &pool, judge, lpips, &setup.cache, progress)?;
        let offers = setup.grounds.offers(setup.encoder.as_ref(), &features)?;
        let mut contest = Self {
            candidates: Candidate::of_pool(&pool.models),
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
        for contender in &self.setup.contenders {
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
        for contender in &self.setup.contenders {
            let threshold = self.setup.thresholds.of_contender(contender);
            answered.push((contender, self.answers(contender, threshold, progress)?));
        }
        let mut records = Vec::new();
        for column in &self.setup.config.columns {
            for protocol in [Protocol::OtherRuns, Protocol::AnyOther] {
                let part = Part::of(self, column, protocol);
                records.extend(part.references());
                for (contender, answers) in &answered {
                    records.extend(part.of_method(contender, answers));
                }
            }
        }
        Ok(records)
    }
}

/// One column under one protocol.
struct Part<'a> {
    contest: &'a Contest<'a>,
    column: String,
    protocol: Protocol,
    /// Indices in the pool of those that can be selected.
    members: Vec<usize>,
    candidates: Vec<Candidate>,
    /// Places of the targets among the members.
    targets: Vec<usize>,
    known: Vec<Reference>,
}

impl<'a> Part<'a> {
    fn of(contest: &'a Contest<'a>, column: &PoolColumn, protocol: Protocol) -> Self {
        let [members, targets] = columns::members(column, &contest.candidates);
        let candidates: Vec<Candidate> = members
            .iter()
            .map(|index| contest.candidates[*index].clone())
            .collect();
        let targets: Vec<usize> = (0..members.len())
            .filter(|place| targets.contains(&members[*place]))
            .collect();
        Self {
            contest,
            column: columns::name(column),
            protocol,
            known: reference(&candidates, &targets, protocol),
            members,
            candidates,
            targets,
        }
    }

    /// Chance, and somebody who knows all.
    fn references(&self) -> Vec<SelectionRecord> {
        let chance = self.known.iter().map(|known| {
            let all = self.protocol.eligible(known.target, &self.candidates);
            self.record(CHANCE, Role::Reference, known, &all, known.chance)
        });
        let oracle = self.known.iter().map(|known| {
            let credit = Credit::mean(
                &self.candidates[known.target],
                &known.oracle,
                &self.candidates,
            );
            self.record(ORACLE, Role::Reference, known, &known.oracle, credit)
        });
        chance.chain(oracle).collect()
    }

    /// A row per kind of directions.
    fn of_method(&self, contender: &Contender, answers: &[Answer]) -> Vec<SelectionRecord> {
        let mut records = Vec::new();
        let weighs = answers.iter().any(|a| a.weights.iter().any(|w| *w != 0.0));
        for (place, column) in contender.columns.iter().enumerate() {
            let vectors: Vec<Vec<f64>> = self
                .members
                .iter()
                .map(|index| answers[*index].vectors[place].clone())
                .collect();
            let chosen = outcomes(&self.candidates, &self.targets, self.protocol, &vectors);
            let name = contender.row(*column);
            for (outcome, known) in chosen.iter().zip(&self.known) {
                let answer = &answers[self.members[outcome.target]];
                let Outcome {
                    selected, credit, ..
                } = outcome;
                let mut record = self.record(&name, contender.role, known, selected, *credit);
                let vocabulary = self.contest.setup.grounds.vocabulary(contender.offer);
                record.found = found(vocabulary, &answer.weights);
                if weighs {
                    read(vocabulary, &answer.weights, &mut record);
                }
                record.problem.clone_from(&answer.problem);
                records.push(record);
            }
        }
        records
    }

    fn record(
        &self,
        method: &str,
        role: Role,
        known: &Reference,
        selected: &[usize],
        credit: Credit,
    ) -> SelectionRecord {
        let target = &self.candidates[known.target];
        let in_pool: Vec<usize> = selected.iter().map(|place| self.members[*place]).collect();
        let distances = &self.contest.distances;
        let mut figures = figures(credit);
        for (name, distance) in distances.between(self.members[known.target], &in_pool) {
            figures.insert(name.to_string(), distance);
        }
        let of = |index: &usize| &self.candidates[*index];
        let style = |candidate: &Candidate| {
            let aspects: Vec<&str> = candidate.aspects.iter().map(String::as_str).collect();
            aspects.join(" + ")
        };
        SelectionRecord {
            pool: self.contest.pool.name.clone(),
            column: self.column.clone(),
            protocol: self.protocol.name().to_string(),
            method: method.to_string(),
            role,
            target: target.model.clone(),
            run: target.run.clone(),
            aspects: target.aspects.iter().cloned().collect(),
            level: target.level,
            selected: selected.iter().map(|i| of(i).model.clone()).collect(),
            selected_styles: selected.iter().map(|i| style(of(i))).collect(),
            figures,
            ceilings: self::figures(known.ceiling),
            strength: None,
            found: Vec::new(),
            problem: None,
        }
    }
}

/// What the weights say of the target's own aspects: how strong they are, and whether the aspect of a
/// target with one is told from other aspects.
fn read(vocabulary: &Vocabulary, weights: &[f64], record: &mut SelectionRecord) {
    let own = record.aspects.iter().map(|name| vocabulary.position(name));
    let Some(own) = own.collect::<Option<Vec<usize>>>() else {
        return;
    };
    record.strength = Some(own.iter().map(|index| weights[*index]).sum());
    let [own] = own[..] else { return };
    // Options are aspects, so that none is easy to rule out.
    let concepts = vocabulary.concepts().iter().enumerate();
    let aspects: Vec<usize> = concepts
        .filter(|(_, concept)| concept.family.is_some())
        .map(|(index, _)| index)
        .collect();
    let Some(truth) = aspects.iter().position(|index| *index == own) else {
        return;
    };
    let weights: Vec<f64> = aspects.iter().map(|index| weights[*index]).collect();
    for options in OPTIONS {
        if let Some(share) = matched(&weights, truth, options) {
            let name = format!("matched of {options}");
            record.figures.insert(name, share);
        }
    }
}

/// The strongest weights with their concepts.
fn found(vocabulary: &Vocabulary, weights: &[f64]) -> Vec<Found> {
    let mut found: Vec<Found> = vocabulary
        .concepts()
        .iter()
        .zip(weights)
        .filter(|(_, weight)| **weight != 0.0)
        .map(|(concept, weight)| Found {
            concept: concept.name.clone(),
            weight: *weight,
        })
        .collect();
    found.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    found.truncate(LISTED);
    found
}

fn figures(credit: Credit) -> BTreeMap<String, f64> {
    let named = [
        (SAME_STYLE, credit.same_style),
        (LEVEL_WITHIN_ONE, credit.level_within_one),
        (ASPECT_F1, credit.aspect_f1),
    ];
    named.map(|(name, value)| (name.to_string(), value)).into()
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
