//! Bootstrap over one sample, or over several that are drawn independently.

use crate::error::ExplainError;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use finexl_core::seed;
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Resamples that a statistic gets at once.
pub(super) const AT_ONCE: usize = 16;

/// How to resample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Resampling {
    /// Number of resamples, default 2000.
    pub resamples: usize,
    /// Seed; resample `b` is a function of it, of `b` and of the sizes of the samples only.
    pub seed: u64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self {
            resamples: 2000,
            seed: 0,
        }
    }
}

impl Resampling {
    /// Resample number `b` of a sample: `size` indices below `size`, drawn with replacement.
    ///
    /// # Panics
    ///
    /// If the sample is empty.
    pub fn indices(&self, b: usize, size: usize) -> Vec<usize> {
        self.indices_of(b, 0, size)
    }

    /// The same of sample number `sample` of several.
    fn indices_of(&self, b: usize, sample: usize, size: usize) -> Vec<usize> {
        let keys = [seed::key("bootstrap"), b as u64, sample as u64];
        // The first sample has had two keys ever since it was the only one.
        let keys = &keys[..2 + usize::from(sample > 0)];
        let mut generator = seed::generator(self.seed, keys);
        (0..size).map(|_| generator.random_range(0..size)).collect()
    }
}

/// What a statistic says about one (re)sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    /// One value per concept, `[N]`.
    pub values: Vec<f64>,
    /// Its standard error (or anything proportional) per concept, for studentized intervals.
    pub scales: Option<Vec<f64>>,
}

impl From<Vec<f64>> for Estimate {
    fn from(values: Vec<f64>) -> Self {
        Self {
            values,
            scales: None,
        }
    }
}

/// Estimates of many resamples, of one concept after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Replicates {
    count: usize,
    /// `[N, B]`
    values: Vec<f64>,
    /// `[N, B]`
    scales: Option<Vec<f64>>,
}

impl Replicates {
    pub(super) fn collect(estimates: Vec<Estimate>) -> Result<Self, ExplainError> {
        let count = estimates.len();
        let concepts = estimates.first().map_or(0, |first| first.values.len());
        let scaled = !estimates.is_empty() && estimates.iter().all(|e| e.scales.is_some());
        let mut values = vec![0.0; concepts * count];
        let mut scales = scaled.then(|| values.clone());
        for (b, estimate) in estimates.into_iter().enumerate() {
            scatter(&mut values, &estimate.values, b, count)?;
            if let (Some(all), Some(scale)) = (&mut scales, &estimate.scales) {
                scatter(all, scale, b, count)?;
            }
        }
        Ok(Self {
            count,
            values,
            scales,
        })
    }

    /// Number of resamples `B`.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Number of concepts `N`.
    pub fn concepts(&self) -> usize {
        self.values.len() / self.count.max(1)
    }

    /// The replicates of one concept, `[B]`.
    ///
    /// # Panics
    ///
    /// If there is no such concept.
    pub fn values(&self, concept: usize) -> &[f64] {
        &self.values[concept * self.count..(concept + 1) * self.count]
    }

    /// Their scales, `[B]`, if the statistic gave any.
    ///
    /// # Panics
    ///
    /// If there is no such concept.
    pub fn scales(&self, concept: usize) -> Option<&[f64]> {
        let scales = self.scales.as_ref()?;
        Some(&scales[concept * self.count..(concept + 1) * self.count])
    }
}

fn scatter(all: &mut [f64], one: &[f64], b: usize, count: usize) -> Result<(), ExplainError> {
    if one.len() * count != all.len() {
        return Err(ExplainError::Shape {
            what: "the estimates of a resample",
            expected: all.len() / count,
            found: one.len(),
        });
    }
    for (concept, &value) in one.iter().enumerate() {
        all[concept * count + b] = value;
    }
    Ok(())
}

/// Evaluates `statistic` on resamples of several samples of such sizes, in parallel. Every sample has draws of its own:
/// how often one member of one is drawn says nothing about another sample.
///
/// The statistic gets the indices of a resample of each (with repetitions). It may run on any thread, in any order; the
/// result does not depend on that.
///
/// # Errors
///
/// An empty sample, no resamples, the first error of the statistic, or numbers of concepts that differ.
pub fn bootstrap_samples<const S: usize, F>(
    sizes: [usize; S],
    settings: &Resampling,
    statistic: F,
) -> Result<Replicates, ExplainError>
where
    F: Fn([&[usize]; S]) -> Result<Estimate, ExplainError> + Sync,
{
    bootstrap_blocks(sizes, settings, |drawn| {
        let each = drawn.iter();
        each.map(|drawn| statistic(std::array::from_fn(|sample| drawn[sample].as_slice())))
            .collect()
    })
}

/// [`bootstrap_samples`] for a statistic that takes many resamples at once, some dozens, and gives an estimate of each.
///
/// # Errors
///
/// As there.
pub fn bootstrap_blocks<const S: usize, F>(
    sizes: [usize; S],
    settings: &Resampling,
    statistic: F,
) -> Result<Replicates, ExplainError>
where
    F: Fn(&[[Vec<usize>; S]]) -> Result<Vec<Estimate>, ExplainError> + Sync,
{
    sizes.into_iter().try_for_each(check_size)?;
    if settings.resamples == 0 {
        return Err(ExplainError::Setting {
            setting: "resamples",
            value: settings.resamples.to_string(),
            allowed: "at least 1, and 1000 or more for intervals",
        });
    }
    let estimates: Result<Vec<_>, _> = (0..settings.resamples.div_ceil(AT_ONCE))
        .into_par_iter()
        .map(|block| {
            let last = settings.resamples.min((block + 1) * AT_ONCE);
            let drawn = (block * AT_ONCE..last).map(|b| {
                std::array::from_fn(|sample| settings.indices_of(b, sample, sizes[sample]))
            });
            statistic(&drawn.collect::<Vec<[Vec<usize>; S]>>())
        })
        .collect();
    Replicates::collect(estimates?.concat())
}

/// [`bootstrap_samples`] of one sample.
///
/// # Errors
///
/// As there.
pub fn bootstrap<S>(
    size: usize,
    settings: &Resampling,
    statistic: S,
) -> Result<Replicates, ExplainError>
where
    S: Fn(&[usize]) -> Result<Estimate, ExplainError> + Sync,
{
    bootstrap_samples([size], settings, |[chosen]| statistic(chosen))
}

pub(super) fn check_size(size: usize) -> Result<(), ExplainError> {
    if size == 0 {
        return Err(ExplainError::TooFew {
            what: "probes to resample",
            least: 2,
        });
    }
    Ok(())
}

/// Means of per-probe data over many resamples in one matrix product.
///
/// `data` is row-major `[probes, m]`, `m` being for example `N d` for the directions; the result
/// row-major `[resamples, m]`. Memory bandwidth is what limits a single mean of all directions, so
/// 8 to 32 resamples at a time are several times faster than one.
///
/// # Errors
///
/// No probes, a number of values that is no multiple of them, or an index that is no probe.
pub fn weighted_means(
    data: &[f64],
    probes: usize,
    resamples: &[Vec<usize>],
) -> Result<Vec<f64>, ExplainError> {
    check_size(probes)?;
    let width = data.len() / probes;
    if width * probes != data.len() {
        return Err(ExplainError::Shape {
            what: "the data of the probes",
            expected: width * probes,
            found: data.len(),
        });
    }
    let mut shares = vec![0.0; resamples.len() * probes];
    for (row, resample) in shares.chunks_exact_mut(probes).zip(resamples) {
        for &probe in resample {
            let share = row.get_mut(probe).ok_or(ExplainError::Shape {
                what: "the index of a resampled probe",
                expected: probes,
                found: probe,
            })?;
            *share += 1.0 / resample.len() as f64;
        }
    }
    let mut means = vec![0.0; resamples.len() * width];
    matmul(
        MatMut::from_row_major_slice_mut(&mut means, resamples.len(), width),
        Accum::Replace,
        MatRef::from_row_major_slice(&shares, resamples.len(), probes),
        MatRef::from_row_major_slice(data, probes, width),
        1.0,
        Par::Seq,
    );
    Ok(means)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn mean(data: &[f64]) -> impl Fn(&[usize]) -> Result<Estimate, ExplainError> + Sync {
        |indices: &[usize]| {
            let sum: f64 = indices.iter().map(|&i| data[i]).sum();
            Ok(vec![sum / indices.len() as f64, 1.0].into())
        }
    }

    #[test]
    fn replicates_repeat_and_are_ordered() {
        let data = [1.0, 2.0, 4.0, 8.0];
        let settings = Resampling {
            resamples: 200,
            seed: 5,
        };
        let all = bootstrap(4, &settings, mean(&data)).unwrap();
        assert_eq!((all.count(), all.concepts()), (200, 2));
        let third = mean(&data)(&settings.indices(3, 4)).unwrap();
        assert_eq!(all.values(0)[3], third.values[0]);
        assert!(all.values(1).iter().all(|&value| value == 1.0));
        assert!(all.scales(0).is_none());
        let centre = all.values(0).iter().sum::<f64>() / 200.0;
        assert!((centre - 3.75).abs() < 0.5, "{centre}");
    }

    #[test]
    fn samples_are_drawn_each_on_its_own() {
        let settings = Resampling {
            resamples: 400,
            seed: 5,
        };
        let sizes = [4, 25];
        let seen = bootstrap_samples(sizes, &settings, |[few, many]| {
            assert_eq!((few.len(), many.len()), (4, 25));
            let count = |chosen: &[usize], member| {
                chosen.iter().filter(|place| **place == member).count() as f64
            };
            Ok((0..25)
                .map(|member| count(many, member))
                .chain([count(few, 0)])
                .collect::<Vec<_>>()
                .into())
        });
        let seen = seen.unwrap();
        let mean = |concept| seen.values(concept).iter().sum::<f64>() / 400.0;
        // Every member of the larger sample is drawn, once per resample in the mean.
        assert!((0..25).all(|member| (mean(member) - 1.0).abs() < 0.3));
        // And no more often where the smaller one is drawn more often.
        let (few, many) = (seen.values(25), seen.values(0));
        let product: f64 = few
            .iter()
            .zip(many)
            .map(|(a, b)| (a - 1.0) * (b - 1.0))
            .sum();
        assert!((product / 400.0).abs() < 0.2, "{product}");
        assert!(bootstrap_samples([4, 0], &settings, |_| Ok(vec![0.0].into())).is_err());
    }

    #[test]
    fn means_equal_those_of_single_resamples() {
        let data: Vec<f64> = (0..5 * 7).map(|i| f64::from(i).sin()).collect();
        let settings = Resampling::default();
        let resamples: Vec<_> = (0..6).map(|b| settings.indices(b, 5)).collect();
        let means = weighted_means(&data, 5, &resamples).unwrap();
        for (resample, means) in resamples.iter().zip(means.chunks_exact(7)) {
            for (column, value) in means.iter().enumerate() {
                let sum: f64 = resample.iter().map(|&probe| data[probe * 7 + column]).sum();
                assert!((value - sum / 5.0).abs() < 1e-14);
            }
        }
        assert!(weighted_means(&data, 5, &[vec![5]]).is_err());
    }
}
