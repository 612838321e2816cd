//! How far the images of two models are from each other.

use super::pool_features::{PoolFeatures, pairs};
use crate::EvalError;
use crate::settings::Progress;
use finexl_core::pool::PoolRecord;
use finexl_core::selection::LPIPS;
use finexl_data::decode::decode_file;
use finexl_explain::cache::Cache;
use finexl_zoo::encoders::Encoder;
use finexl_zoo::perceptual::{Lpips, PerceptualFeatures};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Name of the judge's distance: one minus the mean cosine of its embeddings.
const JUDGE: &str = "judge distance";

/// Features of all images of a pool, for every measure that there is.
pub struct Distances {
    judge: PoolFeatures,
    lpips: Option<Vec<PerceptualFeatures>>,
    /// Those that were asked for, by the two models in rising order: a sum over a hundred thousand numbers
    /// per image, and every method asks for much the same ones.
    known: Mutex<BTreeMap<(usize, usize), Pair>>,
}

/// The distances of two models: the judge's, and LPIPS.
type Pair = (f64, Option<f64>);

impl Distances {
    /// Computes what is needed.
    ///
    /// # Errors
    /// Images that cannot be used.
    pub fn prepare(
        folder: &Path,
        pool: &PoolRecord,
        judge: &dyn Encoder,
        lpips: Option<&Lpips>,
        cache: &Cache,
        progress: Progress<'_>,
    ) -> Result<Self, EvalError> {
        let judge = PoolFeatures::encode(folder, pool, judge, cache, progress)?;
        let lpips = match lpips {
            Some(lpips) => Some(perceptual(folder, pool, lpips, progress)?),
            None => None,
        };
        Ok(Self {
            judge,
            lpips,
            known: Mutex::default(),
        })
    }

    /// Mean distances of the images of a model from those of some others, of the same prompts.
    pub fn between(&self, target: usize, selected: &[usize]) -> Vec<(&'static str, f64)> {
        let pairs: Vec<Pair> = selected
            .iter()
            .map(|other| self.pair(target, *other))
            .collect();
        let mean =
            |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / pairs.len().max(1) as f64;
        let mut all = vec![(JUDGE, mean(&mut pairs.iter().map(|pair| pair.0)))];
        if self.lpips.is_some() {
            all.push((LPIPS, mean(&mut pairs.iter().filter_map(|pair| pair.1))));
        }
        all
    }

    fn pair(&self, a: usize, b: usize) -> Pair {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry((a.min(b), a.max(b))).or_insert_with(|| {
            let lpips = self.lpips.as_ref().map(|features| {
                let distances = features[a].distances(&features[b]);
                distances.iter().sum::<f64>() / distances.len().max(1) as f64
            });
            (self.judge.distance(a, b), lpips)
        })
    }
}

/// Features of every model's images at the size of its first one.
fn perceptual(
    folder: &Path,
    pool: &PoolRecord,
    lpips: &Lpips,
    progress: Progress<'_>,
) -> Result<Vec<PerceptualFeatures>, EvalError> {
    let mut all = Vec::with_capacity(pool.models.len());
    for (done, model) in pool.models.iter().enumerate() {
        progress(LPIPS, done, pool.models.len());
        let set = pairs(folder, pool, model)?;
        let images = set
            .pairs
            .iter()
            .map(|pair| decode_file(&pair.personalized).map(|decoded| decoded.image));
        let images: Vec<_> = images.collect::<Result<_, _>>()?;
        let size = images
            .first()
            .map_or(0, |image| image.width.min(image.height));
        all.push(lpips.features(&images, size)?);
    }
    progress(LPIPS, pool.models.len(), pool.models.len());
    Ok(all)
}
