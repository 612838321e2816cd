//! Scores of several encoders side by side.

use crate::EvalError;
use crate::encoder_scores::{EncoderScores, Score, score_encoder};
use crate::pool_levels::Open;
use crate::report::{write_json, write_table};
use crate::settings::Progress;
use crate::summary::Measure;
use finexl_core::experiment::ScoreEncoders;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::manifest::read_prompts;
use finexl_data::scenes::Scene;
use finexl_explain::statistics::Interval;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::clip::locate;
use finexl_zoo::encoders::{DEFAULT_ENCODER, JUDGE};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Everything that the figures depend on.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Provenance<'a> {
    version: &'static str,
    experiment: &'a ScoreEncoders,
    vocabulary: &'a Fingerprint,
    encoders: BTreeMap<String, Fingerprint>,
}

/// Scores the encoders of an experiment, writes the figures and returns them, with notes on those that
/// are not on this machine.
///
/// # Errors
/// An encoder that is damaged, texts that one cannot read, figures that cannot be written; where no
/// encoder is there at all.
pub fn score_encoders(
    config: &ScoreEncoders,
    open: Open<'_>,
    progress: Progress<'_>,
) -> Result<(Vec<Measure>, Vec<String>), EvalError> {
    let (probes, mut notes) = probes(config)?;
    let vocabulary = match &config.vocabulary {
        Some(path) => Vocabulary::read(path)?,
        None => Vocabulary::default_phrases()?,
    };
    let (mut measures, mut encoders) = (Vec::new(), BTreeMap::new());
    for (done, name) in config.encoders.iter().enumerate() {
        progress("encoders", done, config.encoders.len());
        let here = [DEFAULT_ENCODER, JUDGE].contains(&name.as_str()) || Path::new(name).exists();
        if !here && let Err(missing) = locate(name) {
            notes.push(format!("{name} is left out: {missing}"));
            continue;
        }
        let encoder = open(name)?;
        let scores = score_encoder(
            encoder.as_ref(),
            &vocabulary,
            &probes,
            config.pairs,
            config.seed,
        )?;
        measures.extend(figures(name, &scores));
        encoders.insert(name.clone(), encoder.fingerprint().clone());
    }
    progress("encoders", config.encoders.len(), config.encoders.len());
    if measures.is_empty() {
        let problem = format!(
            "none of the encoders is on this machine; {}",
            notes.join("; ")
        );
        return Err(EvalError::setting("encoders", problem));
    }
    finexl_core::atomic::create_folder(&config.output)?;
    write_table(&config.output.join("summary.csv"), &measures)?;
    let provenance = Provenance {
        version: env!("CARGO_PKG_VERSION"),
        experiment: config,
        vocabulary: vocabulary.fingerprint(),
        encoders,
    };
    write_json(&config.output.join("provenance.json"), &provenance)?;
    Ok((measures, notes))
}

/// The prompts on which directions are measured, and what is to be said of their file.
fn probes(config: &ScoreEncoders) -> Result<(Vec<String>, Vec<String>), EvalError> {
    let (found, notes, what) = match &config.prompts {
        Some(path) => {
            let list = read_prompts(path)?;
            (
                list.prompts,
                list.notes,
                format!("{} holds", path.display()),
            )
        }
        None => {
            let scenes = Scene::draw_distinct(config.split, config.seed, config.probes);
            let found = scenes.iter().map(Scene::prompt).collect();
            let what = format!("different scenes of the split {} are", config.split.name());
            (found, Vec::new(), what)
        }
    };
    if found.len() < config.probes {
        let problem = format!("{} were asked for, {what} {}", config.probes, found.len());
        return Err(EvalError::setting("probes", problem));
    }
    Ok((found.into_iter().take(config.probes).collect(), notes))
}

fn figures(encoder: &str, scores: &EncoderScores) -> [Measure; 3] {
    let pairs = scores.concepts * (scores.concepts - 1) / 2;
    [
        ("encoder/linearity", scores.linearity, scores.pairs),
        ("encoder/deviation", scores.deviation, scores.pairs),
        ("encoder/orthogonality", scores.orthogonality, pairs),
    ]
    .map(|(name, Score { value, low, high }, trials)| {
        Measure::new(name, encoder, (value, Interval { low, high }), trials)
    })
}
