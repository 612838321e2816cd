//! Runs `[select-models]`.

use super::contest::Contest;
use super::fitting_pool::{check_concepts, fitting_pool};
use super::grounds::{Ground, Grounds};
use super::methods::Contender;
use super::output::{self, PoolOrigin};
use super::thresholds::Thresholds;
use crate::EvalError;
use crate::made_pool::made_pool;
use crate::pool_levels::Open;
use crate::proposals::{Proposer, open_proposer};
use crate::settings::Progress;
use finexl_core::cells::Cells;
use finexl_core::experiment::SelectModels;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::pool::PoolRecord;
use finexl_core::selection::{FID, LPIPS, TableColumn};
use finexl_explain::cache::Cache;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use finexl_zoo::perceptual::{Inception, Lpips};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

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
pub(super) struct Setup<'a> {
    pub config: &'a SelectModels,
    pub encoder: Arc<dyn Encoder>,
    pub judge: Box<dyn Encoder>,
    pub lpips: Option<Lpips>,
    pub inception: Option<Inception>,
    pub grounds: Grounds,
    pub thresholds: Thresholds,
    pub proposer: Option<Box<dyn Proposer>>,
    pub cache: Cache,
}

/// Runs the experiment: encoders are opened by `open`, the rest on the device of that name. Every
/// answer is kept at once, and the features of the encoders; a run that was stopped goes on, and one at work in
/// the folder is waited for. What LPIPS and Inception see is computed anew.
///
/// # Errors
/// Settings that cannot be measured with, pools that are not there. A method that fails on a model is no error
/// but a problem.
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
    let pools = folders.iter().map(|folder| fitting_pool(config, folder));
    let pools: Vec<PoolRecord> = pools.collect::<Result<_, _>>()?;
    let origins = pools.iter().map(origin).collect();
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
    let columns = output::write(config, &setup.provenance(origins)?, &records)?;
    Ok(Selection {
        columns,
        problems: records.iter().filter(|r| r.problem.is_some()).count(),
        notes: setup.notes(),
    })
}

fn origin(pool: &PoolRecord) -> (String, PoolOrigin) {
    let origin = PoolOrigin {
        base: pool.base.clone(),
        base_fingerprint: pool.base_fingerprint.clone(),
        models: pool.models.len(),
    };
    (pool.name.clone(), origin)
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
        let encoder: Arc<dyn Encoder> = open(&config.encoder)?.into();
        let judge = open(&config.judge)?;
        let vocabulary = match &config.vocabulary {
            Some(path) => Vocabulary::read(path)?,
            None => Vocabulary::default_phrases()?,
        };
        check_concepts(config, vocabulary.concepts().len())?;
        let grounds = Grounds::new(&vocabulary, &config.variants);
        let contenders = contenders(config, &encoder, &grounds, None)?;
        let needs = contenders.iter().find(|c| c.method.needs_proposals());
        if config.proposer.is_none()
            && let Some(needs) = needs
        {
            let name = needs.method.name();
            let problem = format!("{name} chooses among proposals; name a proposer");
            return Err(EvalError::setting("proposer", problem));
        }
        let on = finexl_zoo::device::by_name(device)?;
        let there = |path: &Option<PathBuf>| path.clone().filter(|path| path.exists());
        let lpips = there(&config.lpips).map(|path| Lpips::open(&path, &on));
        let inception = there(&config.inception).map(|path| Inception::open(&path, &on));
        let asked = config.proposer.as_ref().filter(|_| needs.is_some());
        let proposer = asked.map(|choice| open_proposer(choice, device));
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

    fn provenance(
        &self,
        pools: BTreeMap<String, PoolOrigin>,
    ) -> Result<output::Provenance<'_>, EvalError> {
        let contenders = contenders(self.config, &self.encoder, &self.grounds, None)?;
        let methods = contenders.iter().map(|contender| {
            Ok::<_, EvalError>((contender.name(), contender.method.fingerprint()?))
        });
        Ok(output::Provenance {
            version: env!("CARGO_PKG_VERSION"),
            experiment: self.config,
            pools,
            device: self.encoder.device(),
            methods: methods.collect::<Result<_, _>>()?,
            encoder: self.encoder.fingerprint(),
            judge: self.judge.fingerprint(),
            lpips: self.lpips.as_ref().map(Lpips::fingerprint),
            inception: self.inception.as_ref().map(Inception::fingerprint),
            proposer: self.proposer.as_ref().map(|p| p.fingerprint()),
            vocabulary: self.grounds.vocabulary(0).fingerprint(),
            thresholds: &self.thresholds,
        })
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
pub(super) fn contenders(
    config: &SelectModels,
    encoder: &Arc<dyn Encoder>,
    grounds: &Grounds,
    base: Option<&Fingerprint>,
) -> Result<Vec<Contender>, EvalError> {
    let vocabulary = grounds.vocabulary(0);
    let names = config.methods.iter();
    let named = names.map(|name| Contender::named(name.name(), encoder, vocabulary));
    let varied = config.variants.iter().map(|variant| {
        let offer = grounds.place(&Ground::of(variant));
        Contender::varied(variant, encoder, grounds.vocabulary(offer), (offer, base))
    });
    named.chain(varied).collect()
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
