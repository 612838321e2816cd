//! Runs `[evaluate-probes]`.

use super::chosen_models::{ChosenModel, chosen_models};
use super::figures::Findings;
use super::gallery::{Drawn, Gallery, base_of};
use super::probe_bank::ProbeBank;
use super::trials::{Study, comparisons};
use crate::EvalError;
use crate::made_pool::made_pool;
use crate::pool_levels::Open;
use crate::report::{fingerprint, write_json};
use crate::settings::Progress;
use crate::summary::Measure;
use finexl_core::experiment::EvaluateProbes;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::pool::PoolRecord;
use finexl_data::scenes::Split;
use finexl_explain::Explainer;
use finexl_explain::cache::Cache;
use finexl_explain::decompose::Method;
use finexl_explain::references::References;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use finexl_zoo::generators::PromptSource;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Probes of the study for each pair of an explanation, at least: the truth has to be known far better than what
/// is held against it.
const PROBES_PER_PAIR: usize = 10;

/// Where the probes come from.
fn prompt_source(config: &EvaluateProbes, split: Split) -> PromptSource<'_> {
    match &config.prompts {
        Some(path) => PromptSource::File {
            path,
            count: Some(config.probes),
        },
        None => PromptSource::Scenes {
            split,
            seed: config.seed,
            count: config.probes,
        },
    }
}

/// Runs the experiment: the encoder is opened by `open`, generators on the device of that name. Writes the figures
/// and every trial behind them, and returns the figures with remarks. Features are kept in the user's cache, so a
/// run that was stopped goes on.
///
/// # Errors
/// Settings that cannot be measured with, a pool that is not there or has no such models, images that cannot be
/// generated or encoded, an explainer that fails, tables that cannot be written.
pub fn evaluate_probes(
    config: &EvaluateProbes,
    open: Open<'_>,
    device: &str,
    progress: Progress<'_>,
) -> Result<(Vec<Measure>, Vec<String>), EvalError> {
    let methods = checked(config)?;
    let split = config.split;
    let opened: Arc<dyn Encoder> = open(&config.encoder)?.into();
    let encoder = opened.as_ref();
    let vocabulary = Vocabulary::default_phrases()?;
    let readers = readers(methods, config, &opened, &vocabulary)?;
    let made = made_pool(&config.pool, "pool", device, progress)?;
    let pool = PoolRecord::read(&made.folder)?;
    check_references(config, &pool)?;
    let chosen = chosen_models(&pool, &vocabulary, config.models)?;
    let base = base_of(&made, &pool, device)?;
    let list = prompt_source(config, split).prompts(&base)?;
    for note in &list.notes {
        tracing::warn!("{note}");
    }
    let prompts = list.prompts;
    finexl_core::atomic::create_folder(&config.output)?;
    let cache = Cache::of_user();
    let gallery = Gallery {
        config,
        made: &made,
        base: &base,
        model: made.model.as_deref().unwrap_or(&pool.base),
        prompts: &prompts,
        encoder,
        cache: &cache,
        device,
        progress,
    };
    let drawn = gallery.draw(&chosen)?;
    let bank = ProbeBank::of(encoder, &vocabulary, &prompts, &cache, &|done| {
        progress("concept directions", done, prompts.len());
    })?;
    let mut findings = Findings::default();
    for reader in &readers {
        let study = Study::new(config, reader.clone(), &bank);
        examine(&study, &chosen, &drawn, &mut findings, progress)?;
        // What is there already is kept whatever becomes of the next method.
        findings.write(&config.output)?;
    }
    let notes: Vec<String> = readers.iter().filter_map(note).collect();
    let calibrations = readers.iter().map(calibration);
    let provenance = ProbeProvenance {
        version: env!("CARGO_PKG_VERSION"),
        experiment: config,
        pool: &pool.name,
        base: base.fingerprint(),
        models: chosen.iter().map(|model| model.name.as_str()).collect(),
        encoder: encoder.fingerprint(),
        device: encoder.device(),
        settings: (readers.iter())
            .map(|reader| {
                let method = &reader.settings().method;
                Ok::<_, EvalError>((method.name(), reader.fingerprint()?))
            })
            .collect::<Result<_, _>>()?,
        vocabulary: vocabulary.fingerprint(),
        calibrations: calibrations.collect::<Result<_, _>>()?,
        notes: &notes,
    };
    write_json(&config.output.join("provenance.json"), &provenance)?;
    Ok((findings.measures, notes))
}

/// Refuses reference models that are known to be of another base than the pool.
fn check_references(config: &EvaluateProbes, pool: &PoolRecord) -> Result<(), EvalError> {
    let Some(path) = &config.references else {
        return Ok(());
    };
    let references = References::open(path)?;
    match references.base_fingerprint() {
        Some(base) if *base != pool.base_fingerprint => {
            let problem = format!(
                "{} are of the base {}, and the pool {} is of {}; give references of {}",
                path.display(),
                references.base(),
                pool.name,
                pool.base,
                pool.base
            );
            Err(EvalError::setting("references", problem))
        }
        _ => Ok(()),
    }
}

/// Everything that the figures depend on.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ProbeProvenance<'a> {
    version: &'static str,
    experiment: &'a EvaluateProbes,
    pool: &'a str,
    base: &'a Fingerprint,
    models: Vec<&'a str>,
    encoder: &'a Fingerprint,
    device: &'static str,
    /// By method: what it reads by, resampling, seed.
    settings: BTreeMap<&'static str, Fingerprint>,
    vocabulary: &'a Fingerprint,
    /// By method; none where scores are weights.
    calibrations: BTreeMap<String, Option<Fingerprint>>,
    notes: &'a [String],
}

/// The methods of an experiment that can be measured with.
///
/// # Errors
/// [`EvalError::Setting`] naming what is wrong, before anything is opened or made.
fn checked(config: &EvaluateProbes) -> Result<Vec<Method>, EvalError> {
    let EvaluateProbes { probes, pairs, .. } = *config;
    let refused = |setting, problem: String| Err(EvalError::setting(setting, problem));
    if config.methods.is_empty() {
        return refused("methods", "name at least one".to_string());
    }
    if pairs < 2 {
        return refused("pairs", "intervals take at least 2".to_string());
    }
    let least = pairs.saturating_mul(PROBES_PER_PAIR);
    if probes < least {
        let problem = format!(
            "{probes} are too few beside {pairs} pairs: what all other probes say has to be known far better; \
             give at least {least}"
        );
        return refused("probes", problem);
    }
    for (setting, count, least) in [
        ("models", config.models, 1),
        ("trials", config.trials, 2),
        ("resamples", config.resamples, 1),
    ] {
        if count < least {
            return refused(
                setting,
                format!("{count} are too few; give at least {least}"),
            );
        }
    }
    for (setting, count) in [("trials", config.trials), ("nulls", config.nulls)] {
        if count.saturating_mul(pairs) > probes {
            let problem = format!(
                "{count} times {pairs} pairs that share no probe cannot be drawn from {probes} probes; give at \
                 most {}, or raise `probes`",
                probes / pairs
            );
            return refused(setting, problem);
        }
    }
    Ok(config.methods.iter().map(|name| (*name).into()).collect())
}

/// An explainer per method, with all that a user's reads by; reference models for those with a head.
fn readers(
    methods: Vec<Method>,
    config: &EvaluateProbes,
    encoder: &Arc<dyn Encoder>,
    vocabulary: &Vocabulary,
) -> Result<Vec<Explainer>, EvalError> {
    let references = match &config.references {
        Some(path) => Some(Arc::new(References::open(path)?)),
        None => None,
    };
    let readers = methods.into_iter().map(|method| {
        let references = references.clone().filter(|_| method.has_head());
        let mut builder = Explainer::builder()
            .encoder(encoder.clone())
            .vocabulary(vocabulary.clone())
            .method(method)
            .resamples(config.resamples);
        if let Some(references) = references {
            builder = builder.references(references);
        }
        Ok(builder.build()?)
    });
    readers.collect()
}

fn calibration(reader: &Explainer) -> Result<(String, Option<Fingerprint>), EvalError> {
    let calibration = reader.calibration();
    let fingerprint = calibration.map(|calibration| fingerprint("calibration", calibration));
    Ok((
        reader.settings().method.name().to_string(),
        fingerprint.transpose()?,
    ))
}

fn note(reader: &Explainer) -> Option<String> {
    let name = reader.settings().method.name();
    let uncalibrated = reader.calibration().is_none();
    uncalibrated.then(|| format!("{name}: no calibration fits, scores are raw weights"))
}

/// Everything that is asked of one method.
fn examine(
    study: &Study<'_>,
    chosen: &[ChosenModel],
    drawn: &Drawn,
    findings: &mut Findings,
    progress: Progress<'_>,
) -> Result<(), EvalError> {
    let (mut rows, mut compared) = (Vec::new(), Vec::new());
    for (done, (model, divergences)) in chosen.iter().zip(&drawn.divergences).enumerate() {
        progress(study.method(), done, chosen.len());
        let trials = study.trials(model, divergences)?;
        compared.extend(comparisons(&trials));
        rows.extend(trials.into_iter().flatten());
    }
    progress(study.method(), chosen.len(), chosen.len());
    let nulls = study.nulls(&drawn.base)?;
    findings.add(study.method(), rows, &compared, nulls)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::made_up::FakeEncoder;
    use finexl_core::names::{MethodName, Split};
    use finexl_zoo::ZooError;

    fn config() -> EvaluateProbes {
        EvaluateProbes {
            output: "out".into(),
            pool: "no-such-pool".into(),
            encoder: "fake".to_string(),
            methods: vec![MethodName::Nnls, MethodName::Ridge],
            references: None,
            models: 2,
            probes: 40,
            pairs: 4,
            trials: 10,
            nulls: 10,
            resamples: 20,
            prompts: None,
            split: Split::Test,
            seed: 1,
            steps: None,
        }
    }

    #[test]
    fn what_cannot_be_measured_with_is_refused_by_its_setting() {
        assert_eq!(checked(&config()).unwrap().len(), 2);
        type Change = fn(&mut EvaluateProbes);
        let wrong: [(&str, &str, Change); 8] = [
            ("methods", "at least one", |c| c.methods.clear()),
            ("pairs", "at least 2", |c| c.pairs = 1),
            ("probes", "at least 40", |c| c.probes = 39),
            ("models", "at least 1", |c| c.models = 0),
            ("trials", "at least 2", |c| c.trials = 1),
            ("trials", "at most 10", |c| c.trials = 11),
            ("nulls", "at most 10", |c| c.nulls = 11),
            ("resamples", "at least 1", |c| c.resamples = 0),
        ];
        for (setting, words, change) in wrong {
            let mut config = config();
            change(&mut config);
            let message = checked(&config).unwrap_err().to_string();
            for part in [format!("`{setting}`").as_str(), words] {
                assert!(message.contains(part), "{setting}: {message}");
            }
        }
    }

    #[test]
    fn a_pool_that_is_not_there_is_named() {
        let open = |_: &str| Ok::<_, ZooError>(Box::new(FakeEncoder::new()) as Box<dyn Encoder>);
        let found = evaluate_probes(&config(), &open, "cpu", &|_, _, _| ());
        let message = found.err().unwrap().to_string();
        assert!(message.contains("no-such-pool"), "{message}");
    }
}
