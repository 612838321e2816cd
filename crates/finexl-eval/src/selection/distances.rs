//! How far the images of two models are from each other.

use super::pool_features::{PoolFeatures, pairs};
use crate::EvalError;
use crate::frechet::frechet_distance;
use crate::settings::Progress;
use finexl_core::pool::PoolRecord;
use finexl_core::selection::{FID, LPIPS};
use finexl_data::decode::decode_file;
use finexl_data::image::Image;
use finexl_explain::cache::Cache;
use finexl_zoo::ZooError;
use finexl_zoo::encoders::{Encoder, Features};
use finexl_zoo::perceptual::{Inception, Lpips, PerceptualFeatures};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Name of the judge's distance: one minus the mean cosine of its embeddings.
const JUDGE: &str = "judge distance";

/// What distances are measured with.
#[derive(Clone, Copy)]
pub struct Measuring<'a> {
    /// An encoder that explains nothing.
    pub judge: &'a dyn Encoder,
    /// LPIPS, where its weights are there.
    pub lpips: Option<&'a Lpips>,
    /// Inception, where its weights are there.
    pub inception: Option<&'a Inception>,
}

/// Features of all images of a pool, for every measure that there is.
pub struct Distances {
    judge: PoolFeatures,
    lpips: Option<Vec<PerceptualFeatures>>,
    inception: Option<Vec<Features>>,
    /// Those that were asked for, by the two models in rising order: a sum over a hundred thousand numbers
    /// per image, and every method asks for much the same ones.
    known: Mutex<BTreeMap<(usize, usize), Pair>>,
}

/// The distances of two models.
#[derive(Clone, Copy)]
struct Pair {
    judge: f64,
    lpips: Option<f64>,
    fid: Option<f64>,
}

impl Distances {
    /// Computes what is needed.
    ///
    /// # Errors
    /// Images that cannot be used.
    pub fn prepare(
        folder: &Path,
        pool: &PoolRecord,
        with: Measuring<'_>,
        cache: &Cache,
        progress: Progress<'_>,
    ) -> Result<Self, EvalError> {
        let judge = PoolFeatures::encode(folder, pool, with.judge, cache, progress)?;
        let lpips = with.lpips.map(|lpips| {
            of_models(folder, pool, (LPIPS, progress), |images| {
                let size = images.first().map_or(0, |i| i.width.min(i.height));
                lpips.features(images, size)
            })
        });
        let inception = with.inception.map(|inception| {
            of_models(folder, pool, (FID, progress), |images| {
                inception.features(images)
            })
        });
        Ok(Self {
            judge,
            lpips: lpips.transpose()?,
            inception: inception.transpose()?,
            known: Mutex::default(),
        })
    }

    /// Mean distances of the images of a model from those of some others: the judge's and LPIPS of images of
    /// the same prompts, FID of all images of both.
    ///
    /// # Errors
    /// A Fréchet distance that is not found.
    pub fn between(
        &self,
        target: usize,
        selected: &[usize],
    ) -> Result<Vec<(&'static str, f64)>, EvalError> {
        let pairs: Vec<Pair> = selected
            .iter()
            .map(|other| self.pair(target, *other))
            .collect::<Result<_, _>>()?;
        let mean = |value: &dyn Fn(&Pair) -> Option<f64>| {
            pairs.iter().filter_map(value).sum::<f64>() / pairs.len().max(1) as f64
        };
        let mut all = vec![(JUDGE, mean(&|pair| Some(pair.judge)))];
        if self.lpips.is_some() {
            all.push((LPIPS, mean(&|pair| pair.lpips)));
        }
        if self.inception.is_some() {
            all.push((FID, mean(&|pair| pair.fid)));
        }
        Ok(all)
    }

    fn pair(&self, a: usize, b: usize) -> Result<Pair, EvalError> {
        let key = (a.min(b), a.max(b));
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pair) = known().get(&key) {
            return Ok(*pair);
        }
        let lpips = self.lpips.as_ref().map(|features| {
            let distances = features[a].distances(&features[b]);
            distances.iter().sum::<f64>() / distances.len().max(1) as f64
        });
        let fid = self.inception.as_ref();
        let fid = fid.map(|features| frechet_distance(&features[a], &features[b]));
        let pair = Pair {
            judge: self.judge.distance(a, b),
            lpips,
            fid: fid.transpose()?,
        };
        known().insert(key, pair);
        Ok(pair)
    }
}

/// Features of every model's images.
fn of_models<T>(
    folder: &Path,
    pool: &PoolRecord,
    (name, progress): (&str, Progress<'_>),
    features: impl Fn(&[Image]) -> Result<T, ZooError>,
) -> Result<Vec<T>, EvalError> {
    let mut all = Vec::with_capacity(pool.models.len());
    for (done, model) in pool.models.iter().enumerate() {
        progress(name, done, pool.models.len());
        let set = pairs(folder, pool, model)?;
        let images = set
            .pairs
            .iter()
            .map(|pair| decode_file(&pair.personalized).map(|decoded| decoded.image));
        let images: Vec<Image> = images.collect::<Result<_, _>>()?;
        all.push(features(&images)?);
    }
    progress(name, pool.models.len(), pool.models.len());
    Ok(all)
}
