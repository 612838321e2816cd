//! The images of a pool as features, computed once.

use crate::EvalError;
use crate::settings::Progress;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::pool::{PoolModel, PoolRecord};
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{PairOptions, PairSet};
use finexl_data::scenes::MANIFEST;
use finexl_explain::cache::Cache;
use finexl_explain::image_features::encode_pairs;
use finexl_explain::views::Views;
use finexl_zoo::encoders::{Encoder, Features};
use std::path::Path;

/// A model's images.
#[derive(Clone, Debug)]
pub struct ModelFeatures {
    /// Its name.
    pub name: String,
    /// `[n, d]`
    pub features: Features,
    /// Fingerprint of its images and the base's.
    pub images: Fingerprint,
}

/// All images of a pool: row `i` of every model is of prompt `i`.
#[derive(Clone, Debug)]
pub struct PoolFeatures {
    /// The base's, `[n, d]`.
    pub base: Features,
    /// The prompts.
    pub prompts: Vec<String>,
    models: Vec<ModelFeatures>,
}

impl PoolFeatures {
    /// Encodes all images, or takes what the cache has.
    ///
    /// # Errors
    /// [`EvalError::Setting`] for a pool of fewer than two models; images that are missing or cannot be
    /// used; images without prompts.
    pub fn encode(
        folder: &Path,
        pool: &PoolRecord,
        encoder: &dyn Encoder,
        cache: &Cache,
        progress: Progress<'_>,
    ) -> Result<Self, EvalError> {
        if pool.models.len() < 2 {
            return Err(EvalError::setting(
                "pools",
                format!(
                    "{} has {} models; to select one of several takes at least 2",
                    folder.display(),
                    pool.models.len()
                ),
            ));
        }
        let mut found: Option<Self> = None;
        for (done, model) in pool.models.iter().enumerate() {
            progress(encoder.name(), done, pool.models.len());
            let set = pairs(folder, pool, model)?;
            let pairs = encode_pairs(
                encoder,
                &set,
                &PairOptions::plain(BadFiles::Refuse),
                Views::Whole,
                cache,
                &|_, _| (),
            )?;
            let prompts = pairs.pairs.iter().map(|pair| pair.prompt.clone());
            let prompts: Option<Vec<String>> = prompts.collect();
            let Some(prompts) = prompts else {
                let problem = format!("{} has images without prompts", folder.display());
                return Err(EvalError::setting("pools", problem));
            };
            let of = found.get_or_insert_with(|| Self {
                base: pairs.base.clone(),
                prompts,
                models: Vec::new(),
            });
            of.models.push(ModelFeatures {
                name: model.name.clone(),
                features: pairs.personalized,
                images: pairs.fingerprint,
            });
        }
        progress(encoder.name(), pool.models.len(), pool.models.len());
        found.ok_or_else(|| EvalError::setting("pools", "there is no model"))
    }

    /// The models, in the order of the pool.
    pub fn models(&self) -> &[ModelFeatures] {
        &self.models
    }

    /// Mean cosine distance of the images of two models of the same prompts.
    pub fn distance(&self, a: usize, b: usize) -> f64 {
        let [a, b] = [a, b].map(|index| &self.models[index].features);
        let cosines = (0..a.len()).map(|row| {
            let products = a.row(row).iter().zip(b.row(row));
            products
                .map(|(x, y)| f64::from(*x) * f64::from(*y))
                .sum::<f64>()
        });
        1.0 - cosines.sum::<f64>() / a.len().max(1) as f64
    }
}

/// The images of a model beside the base's.
pub fn pairs(folder: &Path, pool: &PoolRecord, model: &PoolModel) -> Result<PairSet, EvalError> {
    let base = folder.join(&pool.base_images);
    let personalized = folder.join(&model.images);
    let manifest = base.join(MANIFEST);
    let set = PairSet::open(
        &base,
        &personalized,
        Some(&manifest),
        &PairOptions::plain(BadFiles::Refuse),
    )?;
    Ok(set)
}
