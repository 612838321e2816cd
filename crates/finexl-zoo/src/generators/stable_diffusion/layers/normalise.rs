//! Norms on the processor.

use crate::transformer::vector::{dispatch, exp, sum, sum_of_squares};
use rayon::prelude::*;

/// Places of one task.
const PLACES: usize = 64;

/// Group norm of `[n, places, channels]`, with scale and shift of the channels, and SiLU behind it if asked for.
///
/// Means are taken first and distances from them second, so that a large mean costs no digits; both are summed in double
/// precision over tasks whose cut depends on nothing but the shape.
pub(super) fn group_norm(
    x: &[f32],
    n: usize,
    groups: usize,
    [weight, bias]: [&[f32]; 2],
    epsilon: f32,
    silu: bool,
) -> Vec<f32> {
    let channels = weight.len();
    let mut to = vec![0.0f32; x.len()];
    if x.is_empty() || n == 0 {
        return to;
    }
    let image = x.len() / n;
    let size = channels / groups;
    let count = (image / channels * size) as f64;
    for (x, to) in x.chunks_exact(image).zip(to.chunks_exact_mut(image)) {
        let sums = channel_sums(x, channels, None);
        let means: Vec<f32> = group_means(&sums, size, count);
        let squares = channel_sums(x, channels, Some((&means, size)));
        let variances = group_means(&squares, size, count);
        let factor = |c: usize| weight[c] / (variances[c / size] + epsilon).sqrt();
        let factors: Vec<f32> = (0..channels).map(factor).collect();
        let shift = |c: usize| bias[c] - means[c / size] * factors[c];
        let shifts: Vec<f32> = (0..channels).map(shift).collect();
        to.par_chunks_mut(PLACES * channels)
            .zip(x.par_chunks(PLACES * channels))
            .for_each(|(to, x)| {
                dispatch(
                    #[inline(always)]
                    || {
                        let rows = to.chunks_exact_mut(channels).zip(x.chunks_exact(channels));
                        for (to, x) in rows {
                            let values = to.iter_mut().zip(x).zip(factors.iter().zip(&shifts));
                            for ((to, x), (factor, shift)) in values {
                                *to = x * factor + shift;
                            }
                            if silu {
                                to.iter_mut().for_each(|v| *v /= 1.0 + exp(-*v));
                            }
                        }
                    },
                );
            });
    }
    to
}

/// The sum of every channel, or of the squared distances from the mean of its group.
fn channel_sums(x: &[f32], channels: usize, means: Option<(&[f32], usize)>) -> Vec<f64> {
    let centres: Vec<f32> = match means {
        Some((means, size)) => (0..channels).map(|c| means[c / size]).collect(),
        None => vec![0.0; channels],
    };
    let squared = means.is_some();
    let parts: Vec<Vec<f32>> = x
        .par_chunks(PLACES * channels)
        .map(|x| {
            let mut sums = vec![0.0f32; channels];
            dispatch(
                #[inline(always)]
                || {
                    for row in x.chunks_exact(channels) {
                        for ((sum, value), centre) in sums.iter_mut().zip(row).zip(&centres) {
                            let distance = value - centre;
                            *sum += if squared {
                                distance * distance
                            } else {
                                distance
                            };
                        }
                    }
                },
            );
            sums
        })
        .collect();
    let mut sums = vec![0.0f64; channels];
    for part in parts {
        for (sum, part) in sums.iter_mut().zip(part) {
            *sum += f64::from(part);
        }
    }
    sums
}

fn group_means(sums: &[f64], size: usize, count: f64) -> Vec<f32> {
    sums.chunks_exact(size)
        .map(|group| (group.iter().sum::<f64>() / count) as f32)
        .collect()
}

/// Layer norm of rows.
pub(super) fn layer_norm(x: &[f32], [weight, bias]: [&[f32]; 2], epsilon: f32) -> Vec<f32> {
    let channels = weight.len();
    let mut to = vec![0.0f32; x.len()];
    to.par_chunks_mut(PLACES * channels)
        .zip(x.par_chunks(PLACES * channels))
        .for_each(|(to, x)| {
            dispatch(
                #[inline(always)]
                || {
                    for (to, x) in to.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
                        let share = 1.0 / channels as f32;
                        let mean = sum(x) * share;
                        let variance = sum_of_squares(x, mean) * share;
                        let unit = 1.0 / (variance + epsilon).sqrt();
                        let affine = weight.iter().zip(bias);
                        for ((to, x), (weight, bias)) in to.iter_mut().zip(x).zip(affine) {
                            *to = (x - mean) * unit * weight + bias;
                        }
                    }
                },
            );
        });
    to
}
