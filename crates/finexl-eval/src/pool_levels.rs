//! Whether what was personalized rises with the level of a pool's models, and all else stays.

use crate::EvalError;
use crate::painted::{AMOUNTS, PaintedStyle};
use crate::pool_figures::{FEWEST_LEVELS, PAINTED, Row, correlation, summary, unmeasured};
use crate::report::{write_json, write_table};
use crate::settings::Progress;
use crate::summary::Measure;
use finexl_core::experiment::{EvaluatePool, PoolScorer};
use finexl_core::fingerprint::Fingerprint;
use finexl_core::pool::{PoolModel, PoolRecord};
use finexl_data::aspects::{all, find};
use finexl_data::image::Image;
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{PairOptions, PairSet};
use finexl_data::scenes::MANIFEST;
use finexl_explain::Explainer;
use finexl_explain::bank::ConceptBank;
use finexl_explain::cache::Cache;
use finexl_explain::divergence::Divergences;
use finexl_explain::image_features::encode_pairs;
use finexl_explain::views::Views;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::ZooError;
use finexl_zoo::encoders::Encoder;
use finexl_zoo::generators::{AnyGenerator, Reconstruction};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Opens an encoder by its name.
pub type Open<'a> = &'a dyn Fn(&str) -> Result<Box<dyn Encoder>, ZooError>;

/// Opens a generator by its name.
pub type OpenGenerator<'a> = &'a dyn Fn(&str) -> Result<AnyGenerator, ZooError>;

/// An opened scorer.
struct Scorer {
    /// Encoder and method.
    name: String,
    encoder: Arc<dyn Encoder>,
    explainer: Explainer,
}

/// Scores the models of a pool with every encoder, which `open` opens by name, writes what was found and
/// returns the figures with remarks on what they leave out. What the figures could be at best is measured on
/// the base's own images with the styles painted on by their operators.
///
/// # Errors
/// A pool that is not there or not complete, an unknown encoder or method, images that cannot be used.
pub fn evaluate_pool(
    config: &EvaluatePool,
    (open, open_generator): (Open<'_>, OpenGenerator<'_>),
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
    let mut notes = left_out(&pool, &vocabulary);
    let (mut measures, mut rows) = (Vec::new(), Vec::new());
    let base = open_generator(&pool.base).ok();
    let base = base.filter(|base| *base.weights() == pool.base_fingerprint);
    if base.is_none() {
        notes.push(format!(
            "nothing is painted on the base's images: no generator of the name {} is at hand with the weights \
             that the pool was made with",
            pool.base
        ));
    }
    let painted = Painted::of(
        &config.pool,
        &pool,
        base.as_ref()
            .map(AnyGenerator::reconstruction)
            .transpose()?,
    )?;
    for scorer in &scorers {
        let found = scorer.score(&config.pool, &pool, &vocabulary, &painted, progress)?;
        measures.extend(summary(&scorer.name, &found)?);
        rows.extend(found);
    }
    notes.extend(unmeasured(&measures));
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
        settings: scorers
            .iter()
            .map(|s| Ok::<_, EvalError>((s.name.clone(), s.explainer.fingerprint()?)))
            .collect::<Result<_, _>>()?,
        device: scorers.first().map_or("cpu", |s| s.encoder.device()),
        calibrated: scorers
            .iter()
            .map(|s| (s.name.clone(), s.explainer.calibration().is_some()))
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
    /// By scorer: method, head, resampling, seed.
    settings: BTreeMap<String, Fingerprint>,
    device: &'static str,
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
        let encoder: Arc<dyn Encoder> = open(&choice.encoder)?.into();
        let mut builder = Explainer::builder()
            .encoder(encoder.clone())
            .vocabulary(vocabulary.clone());
        if let Some(name) = choice.method {
            builder = builder.method(name.into());
        }
        let explainer = builder.build()?;
        let method = explainer.settings().method.name();
        Ok(Self {
            name: format!("{} {method}", choice.encoder),
            encoder,
            explainer,
        })
    }

    fn score(
        &self,
        folder: &Path,
        pool: &PoolRecord,
        vocabulary: &Vocabulary,
        painted: &Painted,
        progress: Progress<'_>,
    ) -> Result<Vec<Row>, EvalError> {
        let encoder = self.encoder.as_ref();
        let directions = ConceptBank::build(encoder, vocabulary, &painted.prompts)?.mean();
        let scored = Scored {
            explainer: &self.explainer,
            directions,
        };
        let total = painted.styles.len() + pool.models.len();
        let (mut rows, mut followed) = (Vec::new(), BTreeMap::new());
        let before = encoder.encode_images(&painted.base)?;
        for (done, (style, levels)) in painted.styles.iter().enumerate() {
            progress(&self.name, done, total);
            let mut found = Vec::new();
            for (amount, images) in AMOUNTS.iter().zip(levels) {
                let after = encoder.encode_images(images)?;
                let score = scored.scores(&Divergences::between(&before, &after)?)?;
                let of = Origin::painted(style, *amount);
                found.extend(of.rows(&self.name, vocabulary, &score));
            }
            let correlation = correlation(&found.iter().collect::<Vec<_>>());
            for run in &style.runs {
                followed.extend(correlation.map(|c| (run.clone(), c)));
            }
            rows.extend(found);
        }
        for (done, model) in pool.models.iter().enumerate() {
            progress(&self.name, painted.styles.len() + done, total);
            let set = pairs(folder, pool, &model.images)?;
            let features = encode_pairs(
                encoder,
                &set,
                &PairOptions::plain(BadFiles::Refuse),
                Views::Whole,
                &Cache::none(),
                &|_, _| (),
            )?;
            let divergences = Divergences::between(&features.base, &features.personalized)?;
            let score = scored.scores(&divergences)?;
            let of = Origin::model(model, vocabulary, followed.get(&model.run).copied());
            rows.extend(of.rows(&self.name, vocabulary, &score));
        }
        progress(&self.name, total, total);
        Ok(rows)
    }
}

/// The base's images with every style of the pool painted on, at every amount, as its autoencoder draws them.
struct Painted {
    prompts: Vec<String>,
    /// Without a style.
    base: Vec<Image>,
    styles: Vec<(PaintedStyle, Vec<Vec<Image>>)>,
}

impl Painted {
    /// Without the base nothing is painted.
    fn of(
        folder: &Path,
        pool: &PoolRecord,
        base: Option<&dyn Reconstruction>,
    ) -> Result<Self, EvalError> {
        let set = pairs(folder, pool, &pool.base_images)?;
        let prompts = set.pairs.iter().filter_map(|pair| pair.prompt.clone());
        let prompts = prompts.collect();
        let Some(base) = base else {
            return Ok(Self {
                prompts,
                base: Vec::new(),
                styles: Vec::new(),
            });
        };
        let loaded = set.map_loaded(&PairOptions::plain(BadFiles::Refuse), |_, _, pair| {
            pair.base.image
        })?;
        let images: Vec<Image> = loaded.results.into_iter().map(|(_, image)| image).collect();
        let mut styles = Vec::new();
        for style in PaintedStyle::of_pool(pool) {
            let levels = AMOUNTS
                .iter()
                .map(|amount| style.drawn(*amount, &images, base))
                .collect::<Result<_, _>>()?;
            styles.push((style, levels));
        }
        Ok(Self {
            prompts,
            base: base.reconstruct(&images)?,
            styles,
        })
    }
}

/// Scores of all concepts for what a scorer sees.
struct Scored<'a> {
    explainer: &'a Explainer,
    /// Mean directions on the pool's prompts, `[N, d]`.
    directions: Vec<f64>,
}

impl Scored<'_> {
    fn scores(
        &self,
        divergences: &Divergences,
    ) -> Result<impl Fn(&str) -> f64 + use<'_>, EvalError> {
        let vocabulary = self.explainer.vocabulary();
        let fit = self.explainer.fit(&divergences.mean(), &self.directions)?;
        let weights = fit.weights.weights;
        Ok(move |name: &str| {
            let weight = vocabulary.position(name).map_or(0.0, |at| weights[at]);
            self.explainer.level(name, weight)
        })
    }
}

/// The base's images beside those of a folder of the pool.
fn pairs(folder: &Path, pool: &PoolRecord, images: &Path) -> Result<PairSet, EvalError> {
    let base = folder.join(&pool.base_images);
    let personalized = folder.join(images);
    let manifest = base.join(MANIFEST);
    let set = PairSet::open(
        &base,
        &personalized,
        Some(&manifest),
        &PairOptions::plain(BadFiles::Refuse),
    )?;
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

/// Where a row comes from.
struct Origin<'a> {
    model: String,
    run: &'a str,
    mechanism: &'static str,
    dial: &'static str,
    level: f64,
    /// The aspects that it was made with and that have a word.
    truth: BTreeSet<&'a str>,
    painted: Option<f64>,
}

impl<'a> Origin<'a> {
    fn model(model: &'a PoolModel, vocabulary: &Vocabulary, painted: Option<f64>) -> Self {
        Self {
            model: model.name.clone(),
            run: &model.run,
            mechanism: model.by.mechanism(),
            dial: model.dial.name(),
            level: model.level,
            truth: made_with(model, vocabulary),
            painted,
        }
    }

    fn painted(style: &'a PaintedStyle, amount: f32) -> Self {
        Self {
            model: format!("{} x {amount}", style.name),
            run: &style.name,
            mechanism: PAINTED,
            dial: "amount",
            level: f64::from(amount),
            truth: style.aspects().collect(),
            painted: None,
        }
    }

    fn rows(&self, scorer: &str, vocabulary: &Vocabulary, score: &dyn Fn(&str) -> f64) -> Vec<Row> {
        let families: BTreeSet<_> = self
            .truth
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
        self.truth
            .iter()
            .filter(|aspect| vocabulary.position(aspect).is_some())
            .map(|aspect| Row {
                scorer: scorer.to_string(),
                model: self.model.clone(),
                run: self.run.to_string(),
                mechanism: self.mechanism.to_string(),
                dial: self.dial,
                level: self.level,
                aspect: aspect.to_string(),
                strength: score(aspect),
                outside,
                outside_most: others.iter().copied().fold(0.0, f64::max),
                strongest: strongest.to_string(),
                painted: self.painted,
            })
            .collect()
    }
}
