//! Runs the recipe of an explainer head.

use super::episode_store::{DrawingProgress, EpisodeStore};
use super::fitting::{self, Readout};
use super::head_batches::HeadBatches;
use super::head_metrics::FigureMetric;
use super::head_trainee::HeadTrainee;
use super::made_sets::made_sets;
use super::material::Material;
use crate::bank::ConceptBank;
use crate::cache::Cache;
use crate::error::ExplainError;
use crate::heads::cues::CueBank;
use crate::heads::head::Head;
use crate::heads::head_config::Reading;
use crate::heads::head_network::HeadNetwork;
use crate::heads::{Codec, Episode, HeadConfig, Levels, Stock};
use crate::views::Views;
use crate::vocabulary::Vocabulary;
use burn::tensor::Device;
use burn::train::metric::LossMetric;
use finexl_core::experiment::{MadeSets, TrainHead};
use finexl_core::fingerprint::Fingerprint;
use finexl_data::image::Image;
use finexl_data::vocabulary::{Concept, distractors};
use finexl_zoo::encoders::Encoder;
use finexl_zoo::generators::AnyGenerator;
use finexl_zoo::training::{TrainingReport, TrainingRun, adamw};
use finexl_zoo::weights;
use std::path::{Path, PathBuf};

/// Version of how sets are drawn: raised whenever the same recipe draws others.
const VERSION: u32 = 2;

/// Folder of the drawn sets in the run folder, where nothing is cached.
const EPISODES: &str = "episodes";

/// Trains a head for `encoder` in `run_folder`, going on where it was: sets that are drawn are not drawn again,
/// and the network goes on from the last whole checkpoint.
///
/// # Errors
/// What the recipe names and is not there, a setting outside its range, a checkpoint that does not fit, or
/// burn-train's failure.
pub fn train_head(
    recipe: &TrainHead,
    encoder: &dyn Encoder,
    run_folder: &Path,
    quiet: bool,
    progress: DrawingProgress<'_>,
) -> Result<TrainingReport, ExplainError> {
    check(recipe)?;
    let material = Material::open(recipe, encoder)?;
    let drawn = Drawn::draw(recipe, encoder, &material, run_folder, progress)?;
    let closed = Closed::fit(recipe, encoder, &material, &drawn)?;
    Device::flex().autodiff().seed(recipe.seed);
    let dimension = encoder.dimension();
    let fresh = |device: &Device| HeadNetwork::new(&recipe.architecture, dimension, device);
    let trainee = HeadTrainee::new(fresh, recipe.averaging_decay);
    let run = TrainingRun {
        name: &recipe.name,
        schedule: recipe.schedule.clone(),
        folder: run_folder,
        quiet,
        patience: recipe.patience,
    };
    let config = &closed.config;
    let batches = HeadBatches::new(
        [&drawn.training, &drawn.validation],
        (&config.space, &config.aspects, config.scale),
        (&closed.bank, closed.vocabulary.concepts()),
        (recipe.seed, recipe.episodes_per_step),
    )?;
    let trained = run.launch(trainee, batches, adamw(&run.schedule), |mut run| {
        run = run.metrics((LossMetric::new(),));
        for figure in FigureMetric::all() {
            run = run.metric_valid_numeric(figure);
        }
        run
    })?;
    let resumed_after = trained.resumed_after;
    let Some(trainee) = trained.module else {
        return Ok(TrainingReport {
            weights: None,
            resumed_after,
        });
    };
    let network = trainee.finished();
    let config = closed.read(network.clone(), &drawn)?;
    weights::save(&network, &config, &recipe.output)?;
    Ok(TrainingReport {
        weights: Some(recipe.output.clone()),
        resumed_after,
    })
}

/// Fits anew how the numbers of a trained head are read: levels, thresholds, intervals. The network in the recipe's
/// weights file stays as it is, and so does everything that it was trained with.
///
/// # Errors
/// As [`train_head`]; a weights file that is not there, or that the recipe does not describe.
pub fn fit_readings(
    recipe: &TrainHead,
    encoder: &dyn Encoder,
    run_folder: &Path,
    progress: DrawingProgress<'_>,
) -> Result<(), ExplainError> {
    check(recipe)?;
    let head = Head::open(&recipe.output)?;
    head.check(encoder)?;
    let material = Material::open(recipe, encoder)?;
    let vocabulary = vocabulary(&material, &recipe.held_out);
    let concepts = vocabulary.concepts().iter();
    let phrases: Vec<Vec<String>> = concepts.map(|concept| concept.phrases.clone()).collect();
    if phrases != head.config().vocabulary || recipe.architecture != head.config().architecture {
        return Err(ExplainError::Head {
            head: recipe.output.display().to_string(),
            problem: "it has other aspects or another architecture than the recipe; train it anew"
                .to_string(),
        });
    }
    let drawn = Drawn::draw(recipe, encoder, &material, run_folder, progress)?;
    let (config, network) = (head.config().clone(), head.network());
    let config = HeadConfig {
        name: recipe.name.clone(),
        views: views(&drawn.training),
        ..config
    };
    let closed = Closed::given(config, encoder, vocabulary, &material.prompts)?;
    let config = closed.read(network.clone(), &drawn)?;
    weights::save(network, &config, &recipe.output)?;
    Ok(())
}

fn check(recipe: &TrainHead) -> Result<(), ExplainError> {
    let wrong = |setting, value: String, allowed| {
        Err(ExplainError::Setting {
            setting,
            value,
            allowed,
        })
    };
    let a = &recipe.architecture;
    if a.heads == 0 || a.layers == 0 || !a.width.is_multiple_of(a.heads) {
        let value = format!("{} wide with {} heads", a.width, a.heads);
        return wrong(
            "architecture",
            value,
            "as wide as a multiple of its heads, of a layer or more",
        );
    }
    let e = &recipe.episodes;
    for (setting, value) in [
        ("episodes.training", e.training),
        ("episodes.validation", e.validation),
        ("episodes.pairs", e.pairs),
        ("episodes.most-aspects", e.most_aspects),
        ("episodes-per-step", recipe.episodes_per_step),
    ] {
        if value == 0 {
            return wrong(setting, value.to_string(), "at least 1");
        }
    }
    if !(0.0..1.0).contains(&recipe.averaging_decay) {
        let value = recipe.averaging_decay.to_string();
        return wrong("averaging-decay", value, "from 0 to below 1");
    }
    Ok(())
}

/// The sets of both splits.
struct Drawn {
    training: Vec<Episode>,
    validation: Vec<Episode>,
}

impl Drawn {
    fn draw(
        recipe: &TrainHead,
        encoder: &dyn Encoder,
        material: &Material,
        run_folder: &Path,
        progress: DrawingProgress<'_>,
    ) -> Result<Self, ExplainError> {
        let codecs = material.codecs.iter();
        let through = codecs
            .map(|generator: &AnyGenerator| {
                let codec = generator.reconstruction()?;
                Ok(move |images: &[Image]| codec.reconstruct(images))
            })
            .collect::<Result<Vec<_>, ExplainError>>()?;
        let codecs: Vec<Codec<'_>> = through.iter().map(|codec| codec as Codec<'_>).collect();
        let cache = Cache::of_user();
        let wanted = &recipe.episodes;
        let made = |folders: fn(&MadeSets) -> &[PathBuf]| {
            let folders = recipe.made_sets.as_ref().map_or(&[][..], folders).iter();
            let sets = folders
                .map(|folder| made_sets(folder, encoder, &material.aspects, &cache, progress));
            Ok::<_, ExplainError>(sets.collect::<Result<Vec<_>, _>>()?.concat())
        };
        let [learned, validated] = [made(|sets| &sets.training)?, made(|sets| &sets.validation)?];
        let both = [
            ("training", 0, &material.training, wanted.training, learned),
            (
                "validation",
                1,
                &material.validation,
                wanted.validation,
                validated,
            ),
        ]
        .map(|(name, number, pictures, count, made)| {
            let stock = Stock {
                pictures: pictures.as_ref(),
                aspects: &material.aspects,
                encoder,
                pairs: wanted.pairs,
                most: wanted.most_aspects,
                codecs: &codecs,
                seed: recipe.seed.wrapping_add(number),
            };
            let key = key(recipe, encoder, material, name);
            let folder = cache.episodes(&key);
            let folder = folder.unwrap_or_else(|| run_folder.join(EPISODES));
            let sets = EpisodeStore::new(&folder, name, key).episodes(&stock, count, progress);
            let mut sets = sets?;
            sets.extend(made);
            Ok::<_, ExplainError>(without(sets, &material.held_out(recipe)))
        });
        let [training, validation] = both;
        Ok(Self {
            training: training?,
            validation: validation?,
        })
    }
}

/// The sets that have none of some aspects, which then are not listed either.
fn without(episodes: Vec<Episode>, aspects: &[usize]) -> Vec<Episode> {
    let there = |set: &Episode| aspects.iter().any(|aspect| set.levels[*aspect] > 0.0);
    let rest = episodes.into_iter().filter(|set| !there(set));
    rest.map(|set| {
        let levels = set.levels.iter().enumerate();
        let kept = levels.filter(|(aspect, _)| !aspects.contains(aspect));
        Episode {
            levels: kept.map(|(_, level)| *level).collect(),
            divergences: set.divergences,
            tiles: set.tiles,
        }
    })
    .collect()
}

/// Of everything that sets are drawn from, their number aside.
fn key(recipe: &TrainHead, encoder: &dyn Encoder, material: &Material, name: &str) -> Fingerprint {
    let mut key = Fingerprint::of("episodes")
        .number("version", u64::from(VERSION))
        .text("split", name)
        .number("seed", recipe.seed)
        .number("pairs", recipe.episodes.pairs as u64)
        .number("most", recipe.episodes.most_aspects as u64)
        .nested("pictures", &material.fingerprint)
        .nested("encoder", encoder.fingerprint())
        .text("device", encoder.device());
    for aspect in &material.aspects {
        key = key.nested("aspect", &aspect.fingerprint());
    }
    for codec in &material.codecs {
        key = key.nested("codec", codec.fingerprint());
    }
    key.finish()
}

/// What is fitted before the network learns.
struct Closed {
    config: HeadConfig,
    vocabulary: Vocabulary,
    bank: ConceptBank,
    /// Directions of texts in the space, over all prompts, `[N, d]`.
    texts: Vec<f64>,
}

impl Closed {
    fn fit(
        recipe: &TrainHead,
        encoder: &dyn Encoder,
        material: &Material,
        drawn: &Drawn,
    ) -> Result<Self, ExplainError> {
        let vocabulary = vocabulary(material, &recipe.held_out);
        let bank = ConceptBank::build(encoder, &vocabulary, &material.prompts)?;
        let directions = bank.mean();
        let space = fitting::space(&drawn.training, &vocabulary, &directions)?;
        let texts = space.whitened(&directions)?;
        let aspects = fitting::known_aspects(&drawn.training, &space, &vocabulary, &texts)?;
        let concepts = vocabulary.concepts().iter();
        let config = HeadConfig {
            name: recipe.name.clone(),
            encoder: recipe.encoder.clone(),
            encoder_fingerprint: encoder.fingerprint().clone(),
            dimension: encoder.dimension(),
            architecture: recipe.architecture.clone(),
            vocabulary: concepts.map(|concept| concept.phrases.clone()).collect(),
            scale: fitting::scale(&texts, encoder.dimension()),
            space,
            aspects,
            learned: fitting::plain_reading()?,
            calibrated: fitting::plain_reading()?,
            views: views(&drawn.training),
            interval: 1.0,
        };
        Ok(Self {
            config,
            vocabulary,
            bank,
            texts,
        })
    }

    /// What a head was trained with.
    fn given(
        config: HeadConfig,
        encoder: &dyn Encoder,
        vocabulary: Vocabulary,
        prompts: &[String],
    ) -> Result<Self, ExplainError> {
        let bank = ConceptBank::build(encoder, &vocabulary, prompts)?;
        Ok(Self {
            texts: config.space.whitened(&bank.mean())?,
            config,
            vocabulary,
            bank,
        })
    }

    /// Lines from weights to levels, which know nothing of the network, fitted on the sets that it learned from.
    fn lines(&self, drawn: &Drawn) -> Result<Reading, ExplainError> {
        let config = &self.config;
        let (d, aspects) = (config.dimension, &config.aspects);
        let bank = CueBank::new(self.texts.clone(), d, aspects, config.scale, None)?;
        let weigh = |divergence: &[f64]| bank.strengths(divergence);
        Readout::of(&self.vocabulary, &drawn.training, &config.space, weigh)?.lines()
    }

    /// The config with how weights are read: lines to levels, then all else, fitted on sets that it has not seen.
    fn read(mut self, network: HeadNetwork, drawn: &Drawn) -> Result<HeadConfig, ExplainError> {
        self.config.learned = self.lines(drawn)?;
        let config = &self.config;
        let (d, aspects) = (config.dimension, &config.aspects);
        let bank = CueBank::new(self.texts.clone(), d, aspects, config.scale, None)?;
        let (words, space) = (&self.vocabulary, &config.space);
        let validation = &drawn.validation;
        let readout = Readout::of(words, validation, space, |v| bank.ridge(v))?;
        let calibrated = readout.thresholds(readout.maps()?);
        let head = Head::of_parts(config.clone(), network);
        let read = validation.iter().map(|episode| {
            let views = episode.views().map(|view| {
                let divergence = config.space.whitened(&fitting::mean(view))?;
                head.read(&bank, &divergence)
            });
            Ok(Levels::merged(views.collect::<Result<_, ExplainError>>()?))
        });
        let read: Vec<Levels> = read.collect::<Result<_, ExplainError>>()?;
        let readout = Readout {
            weights: read.iter().map(|levels| levels.strength.clone()).collect(),
            vocabulary: &self.vocabulary,
            episodes: validation,
        };
        let learned = readout.thresholds(self.config.learned.clone());
        self.config.interval = fitting::interval(&read, validation, &self.vocabulary, &learned)?;
        self.config.calibrated = calibrated;
        self.config.learned = learned;
        Ok(self.config)
    }
}

/// What a head learns to read from sets: tiles too, where any has them.
fn views(episodes: &[Episode]) -> Views {
    match episodes.iter().any(|episode| episode.tiles.is_some()) {
        true => Views::Tiles,
        false => Views::Whole,
    }
}

/// The aspects, then phrases that no operator makes.
fn vocabulary(material: &Material, held_out: &[String]) -> Vocabulary {
    let aspects = material.aspects.iter().map(|aspect| aspect.concept.clone());
    let mut concepts: Vec<Concept> = aspects.filter(|c| !held_out.contains(&c.name)).collect();
    let others = distractors().into_iter().filter(|phrase| {
        let own = concepts.iter().flat_map(|concept| &concept.phrases);
        !held_out.contains(phrase) && own.clone().all(|own| own != phrase)
    });
    let others: Vec<Concept> = others.map(|phrase| Concept::phrase(&phrase)).collect();
    concepts.extend(others);
    Vocabulary::of_concepts(concepts)
}
