//! What a pool will hold: trainings, and the models that come of them and of untrained ones.

use super::pool::{BASE, IMAGES, MODELS, plain, settings_by};
use super::tuning::snapshot_folder;
use super::tuning_checks::check;
use super::untrained_models::{given_by, guided_by, walked_by};
use crate::ZooError;
use crate::generators::{AdapterChoice, AnyGenerator};
use finexl_core::experiment::{MakePool, Mechanism, Personalize, StyleShare, TrainedModels};
use finexl_core::pool::{Dial, Personalized, PoolModel};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A training and the models that come of it.
pub(super) struct Training {
    pub config: Personalize,
    pub models: Vec<PoolModel>,
}

/// Everything that a pool will hold.
pub(super) struct Plan {
    pub trainings: Vec<Training>,
    /// By adapters that are there already, with their places.
    pub given: Vec<(AdapterChoice, PoolModel)>,
    /// By guidance or by a walk.
    pub untrained: Vec<PoolModel>,
}

pub(super) fn wrong(config: &MakePool, problem: String) -> ZooError {
    ZooError::Config(format!("pool {}: {problem}", config.name))
}

impl Plan {
    /// Checks a configuration and lists what is to be made.
    ///
    /// # Errors
    /// What names something that is not there, cannot be trained or would be made twice.
    pub fn of(config: &MakePool, base: &AnyGenerator) -> Result<Self, ZooError> {
        let mut trainings = Vec::new();
        for trained in &config.trained {
            trainings.extend(trainings_of(config, trained)?);
        }
        let mut untrained = Vec::new();
        for models in &config.guided {
            untrained.extend(guided_by(config, models, base)?);
        }
        untrained.extend(config.walked.iter().flat_map(walked_by));
        base.settings(&plain(config)?)?;
        for model in &untrained {
            base.settings(&settings_by(config, &model.by)?)?;
        }
        let mut given = Vec::new();
        for adapters in &config.adapters {
            given.extend(given_by(config, adapters)?);
        }
        let plan = Self {
            trainings,
            given,
            untrained,
        };
        let mut names = BTreeSet::from([BASE]);
        let trained = plan.trainings.iter().map(|t| &t.config.name);
        for name in plan.models().map(|model| &model.name).chain(trained) {
            let plain = !name.contains(['/', '\\']) && !name.starts_with('.');
            if !plain || !names.insert(name) {
                let problem = "would be made twice, or is no name of a folder; give styles plain \
                               names, and no style with the same mechanism and seed twice";
                return Err(wrong(config, format!("{name} {problem}")));
            }
        }
        for training in &plan.trainings {
            check(&training.config, base)?;
        }
        if plan.models().next().is_none() {
            let problem = "there is no model; give styles and seeds, adapters, concepts and \
                           strengths, or directions and distances";
            return Err(wrong(config, problem.to_string()));
        }
        Ok(plan)
    }

    /// All models, in the order in which they are made.
    pub fn models(&self) -> impl Iterator<Item = &PoolModel> {
        let trained = self.trainings.iter().flat_map(|t| &t.models);
        let given = self.given.iter().map(|(_, model)| model);
        trained.chain(given).chain(&self.untrained)
    }
}

fn trainings_of(config: &MakePool, trained: &TrainedModels) -> Result<Vec<Training>, ZooError> {
    if !trained.scales.is_empty() && trained.mechanism == (Mechanism::Full {}) {
        let problem = "a model that is fine-tuned as a whole has no scale; leave scales out";
        return Err(wrong(config, problem.to_string()));
    }
    if !trained.scales.is_empty() && !trained.shares.is_empty() {
        let problem = "scales and shares are given together; give each its own table";
        return Err(wrong(config, problem.to_string()));
    }
    let mut trainings = Vec::new();
    for style in &trained.styles {
        let Some(shares) = config.styles.get(style) else {
            let known: Vec<&str> = config.styles.keys().map(String::as_str).collect();
            let problem = format!(
                "there is no style named \"{style}\"; known: {}",
                known.join(", ")
            );
            return Err(wrong(config, problem));
        };
        for seed in &trained.seeds {
            let run = format!(
                "{}-{}-seed{seed}",
                trained.mechanism.name(),
                style.replace(' ', "-")
            );
            if trained.shares.is_empty() {
                trainings.push(Training::of_steps(config, trained, &run, shares, *seed));
            }
            for share in &trained.shares {
                if !(*share > 0.0 && *share <= 1.0) {
                    let problem = format!("a share is {share}; it has to lie in (0, 1]");
                    return Err(wrong(config, problem));
                }
                let mixed = mixed(shares, *share);
                trainings.push(Training::of_share(
                    config,
                    trained,
                    &run,
                    mixed,
                    (*seed, *share),
                ));
            }
        }
    }
    Ok(trainings)
}

impl Training {
    fn new(
        config: &MakePool,
        trained: &TrainedModels,
        name: &str,
        styles: Vec<StyleShare>,
        seed: u64,
    ) -> Self {
        Self {
            config: Personalize {
                name: name.to_string(),
                output: config.output.join(MODELS).join(name),
                model: config.model.clone(),
                seed,
                mechanism: trained.mechanism.clone(),
                styles,
                pictures: None,
                art_folder: config.art_folder.clone(),
                images: trained.images,
                images_per_step: trained.images_per_step,
                learning_rate: trained.learning_rate,
                snapshots: trained.snapshots.clone(),
            },
            models: Vec::new(),
        }
    }

    /// A model per snapshot, and one per scale of the last.
    fn of_steps(
        config: &MakePool,
        trained: &TrainedModels,
        run: &str,
        styles: &[StyleShare],
        seed: u64,
    ) -> Self {
        let mut made = Self::new(config, trained, run, styles.to_vec(), seed);
        for step in &trained.snapshots {
            made.add(
                run,
                &format!("step{step}"),
                *step,
                (Dial::Steps, *step as f64),
            );
        }
        let last = trained.snapshots.last().copied().unwrap_or_default();
        for scale in &trained.scales {
            made.add(
                &format!("{run}-scaled"),
                &scale.to_string(),
                last,
                (Dial::Scale, *scale),
            );
        }
        made
    }

    /// The last snapshot, trained with a share of styled images.
    fn of_share(
        config: &MakePool,
        trained: &TrainedModels,
        run: &str,
        styles: Vec<StyleShare>,
        (seed, share): (u64, f64),
    ) -> Self {
        let mut made = Self::new(
            config,
            trained,
            &format!("{run}-share{share}"),
            styles,
            seed,
        );
        let last = trained.snapshots.last().copied().unwrap_or_default();
        made.config.snapshots = trained.snapshots.last().copied().into_iter().collect();
        made.add(
            &format!("{run}-shares"),
            &share.to_string(),
            last,
            (Dial::Share, share),
        );
        made
    }

    fn add(&mut self, run: &str, level: &str, step: usize, dial: (Dial, f64)) {
        let name = format!("{run}-{level}");
        let scaled = self.config.mechanism != (Mechanism::Full {});
        let scale = match dial {
            (Dial::Scale, scale) => scale,
            _ => 1.0,
        };
        let folder = snapshot_folder(&PathBuf::from(MODELS).join(&self.config.name), step);
        self.models.push(PoolModel {
            images: Path::new(IMAGES).join(&name),
            name,
            run: run.to_string(),
            by: Personalized::Training {
                mechanism: self.config.mechanism.clone(),
                seed: self.config.seed,
                folder,
                scale: scaled.then_some(scale),
            },
            styles: self.config.styles.clone(),
            dial: dial.0,
            level: dial.1,
        });
    }
}

/// Shares of a style among all images, the others plain.
fn mixed(shares: &[StyleShare], share: f64) -> Vec<StyleShare> {
    let total: f64 = shares.iter().map(|s| s.share).sum();
    let mut mixed: Vec<StyleShare> = shares
        .iter()
        .map(|style| StyleShare {
            share: style.share / total * share,
            ..style.clone()
        })
        .collect();
    if share < 1.0 {
        mixed.push(StyleShare::plain(1.0 - share));
    }
    mixed
}
