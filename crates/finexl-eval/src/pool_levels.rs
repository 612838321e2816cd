//! Whether what was personalized rises with the level of a pool's models, and all else stays.

use crate::EvalError;
use crate::pool_figures::{FEWEST_LEVELS, Row, summary};
use crate::report::{write_json, write_table};
use crate::settings::Progress;
use crate::summary::Measure;
use crate::trial::Explainer;
use finexl_core::experiment::{EvaluatePool, PoolScorer};
use finexl_core::fingerprint::Fingerprint;
use finexl_core::pool::{PoolModel, PoolRecord};
use finexl_data::aspects::{all, find};
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::PairSet;
use finexl_data::scenes::MANIFEST;
use finexl_explain::analysis::AnalysisSettings;
use finexl_explain::bank::ConceptBank;
use finexl_explain::cache::Cache;
use finexl_explain::calibration::{Applicable, Calibration};
use finexl_explain::decompose::Method;
use finexl_explain::divergence::Divergences;
use finexl_explain::image_features::encode_pairs;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::ZooError;
use finexl_zoo::encoders::Encoder;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Opens an encoder by its name.
pub type Open<'a> = &'a dyn Fn(&str) -> Result<Box<dyn Encoder>, ZooError>;

/// An opened scorer.
struct Scorer {
    /// Encoder and method.
    name: String,
    encoder: Box<dyn Encoder>,
    settings: AnalysisSettings,
    applicable: Applicable,
}

/// Scores the models of a pool with every encoder, which `open` opens by name, writes what was found and
/// returns the figures with remarks on what they leave out.
///
/// # Errors
/// A pool that is not there or not complete, an unknown encoder or method, images that cannot be used.
pub fn evaluate_pool(
    config: &EvaluatePool,
    open: Open<'_>,
    progress: Progress<'_>,
) -> Result<(Vec<Measure>, Vec<String>), EvalError> {
    let pool = PoolRecord::read(&config.pool)?;
    let vocabulary = Vocabulary::default_phrases()?;
    let scorers: Vec<Scorer> = config
        .scorers
        .iter()
        .map(|choice| Scorer::open(choice, open, &vocabulary))
        .collect::<Result<_, _>>()?;
    if scorers.is_empty() {
        return Err(EvalError::setting("scorers", "name at least one encoder"));
    }
    finexl_core::atomic::create_folder(&config.output)?;
    let notes = left_out(&pool, &vocabulary);
    let (mut measures, mut rows) = (Vec::new(), Vec::new());
    for scorer in &scorers {
        let found = scorer.score(&config.pool, &pool, &vocabulary, progress)?;
        measures.extend(summary(&scorer.name, &found)?);
        rows.extend(found);
    }
    write_table(&config.output.join("models.csv"), &rows)?;
    write_table(&config.output.join("summary.csv"), &measures)?;
    let provenance = PoolProvenance {
        version: env!("CARGO_PKG_VERSION"),
        experiment: config,
        pool: &pool.name,
        base: &pool.base_fingerprint,
        vocabulary: vocabulary.fingerprint(),
        encoders: scorers
            .iter()
            .map(|s| (s.name.clone(), s.encoder.fingerprint().clone()))
            .collect(),
        calibrated: scorers
            .iter()
            .map(|s| (s.name.clone(), s.applicable.calibration.is_some()))
            .collect(),
        notes: &notes,
    };
    write_json(&config.output.join("provenance.json"), &provenance)?;
    Ok((measures, notes))
}

/// Everything that the figures depend on.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct PoolProvenance<'a> {
    version: &'static str,
    experiment: &'a EvaluatePool,
    pool: &'a str,
    base: &'a Fingerprint,
    vocabulary: &'a Fingerprint,
    encoders: BTreeMap<String, Fingerprint>,
    /// Whether scores are levels; else they are weights.
    calibrated: BTreeMap<String, bool>,
    notes: &'a [String],
}

impl Scorer {
    fn open(
        choice: &PoolScorer,
        open: Open<'_>,
        vocabulary: &Vocabulary,
    ) -> Result<Self, EvalError> {
        let settings = AnalysisSettings {
            method: match &choice.method {
                Some(name) => Method::parse(name)?,
                None => Method::default(),
            },
            ..AnalysisSettings::default()
        };
        let encoder = open(&choice.encoder)?;
        let applicable = Calibration::embedded_for(encoder.as_ref(), vocabulary, &settings.method)?;
        Ok(Self {
            name: format!("{} {}", choice.encoder, settings.method.name()),
            encoder,
            settings,
            applicable,
        })
    }

    fn score(
        &self,
        folder: &Path,
        pool: &PoolRecord,
        vocabulary: &Vocabulary,
        progress: Progress<'_>,
    ) -> Result<Vec<Row>, EvalError> {
        let encoder = self.encoder.as_ref();
        let explainer = Explainer {
            encoder,
            vocabulary,
            space: self.applicable.space.as_ref(),
            calibration: self.applicable.calibration.as_ref(),
            settings: self.settings.clone(),
        };
        let mut directions: Option<Vec<f64>> = None;
        let mut rows = Vec::new();
        for (done, model) in pool.models.iter().enumerate() {
            progress(&self.name, done, pool.models.len());
            let set = pairs(folder, pool, model)?;
            let features =
                encode_pairs(encoder, &set, BadFiles::Refuse, &Cache::none(), &|_, _| ())?;
            let divergences = Divergences::between(&features.base, &features.personalized)?;
            let directions = match &directions {
                Some(directions) => directions,
                None => {
                    let prompts = features.pairs.iter().filter_map(|p| p.prompt.clone());
                    let prompts: Vec<String> = prompts.collect();
                    directions.insert(ConceptBank::build(encoder, vocabulary, &prompts)?.mean())
                }
            };
            let concepts = vocabulary.concepts().len();
            let weights = explainer.weights(&divergences.mean(), directions, concepts)?;
            let score = |name: &str| {
                let weight = vocabulary.position(name).map_or(0.0, |at| weights[at]);
                explainer.level(name, weight)
            };
            rows.extend(rows_of(&self.name, model, vocabulary, &score));
        }
        progress(&self.name, pool.models.len(), pool.models.len());
        Ok(rows)
    }
}

fn pairs(folder: &Path, pool: &PoolRecord, model: &PoolModel) -> Result<PairSet, EvalError> {
    let base = folder.join(&pool.base_images);
    let personalized = folder.join(&model.images);
    let manifest = base.join(MANIFEST);
    let set = PairSet::open(&base, &personalized, Some(&manifest), BadFiles::Refuse)?;
    Ok(set)
}

/// The aspects that a model was made with and that have a word.
fn made_with<'a>(model: &'a PoolModel, vocabulary: &Vocabulary) -> BTreeSet<&'a str> {
    let aspects = model.styles.iter().flat_map(|style| style.aspects.keys());
    let named = aspects.filter(|name| vocabulary.position(name).is_some());
    named.map(String::as_str).collect()
}

/// Remarks on runs that have no rank correlation.
fn left_out(pool: &PoolRecord, vocabulary: &Vocabulary) -> Vec<String> {
    let mut levels: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unnamed: BTreeSet<&str> = BTreeSet::new();
    for model in &pool.models {
        *levels.entry(&model.run).or_default() += 1;
        if made_with(model, vocabulary).is_empty() {
            unnamed.insert(&model.run);
        }
    }
    let few: Vec<&str> = levels
        .iter()
        .filter(|(run, levels)| **levels < FEWEST_LEVELS && !unnamed.contains(*run))
        .map(|(run, _)| *run)
        .collect();
    let unnamed: Vec<&str> = unnamed.into_iter().collect();
    let mut notes = Vec::new();
    if !few.is_empty() {
        let runs = few.join(", ");
        notes.push(format!(
            "left out for fewer than {FEWEST_LEVELS} levels: {runs}"
        ));
    }
    if !unnamed.is_empty() {
        let runs = unnamed.join(", ");
        notes.push(format!("left out for having no aspect with a word: {runs}"));
    }
    notes
}

fn rows_of(
    scorer: &str,
    model: &PoolModel,
    vocabulary: &Vocabulary,
    score: &dyn Fn(&str) -> f64,
) -> Vec<Row> {
    let truth = made_with(model, vocabulary);
    let families: BTreeSet<_> = truth
        .iter()
        .filter_map(|name| find(name))
        .map(|aspect| aspect.family)
        .collect();
    let others: Vec<f64> = all()
        .iter()
        .filter(|aspect| !families.contains(&aspect.family))
        .map(|aspect| score(aspect.name).abs())
        .collect();
    let outside = others.iter().sum::<f64>() / others.len().max(1) as f64;
    let strongest = all()
        .iter()
        .max_by(|a, b| score(a.name).total_cmp(&score(b.name)))
        .map_or("", |aspect| aspect.name);
    truth
        .iter()
        .map(|aspect| Row {
            scorer: scorer.to_string(),
            model: model.name.clone(),
            run: model.run.clone(),
            mechanism: model.by.mechanism().to_string(),
            dial: model.dial.name(),
            level: model.level,
            aspect: aspect.to_string(),
            strength: score(aspect),
            outside,
            outside_most: others.iter().copied().fold(0.0, f64::max),
            strongest: strongest.to_string(),
        })
        .collect()
}
