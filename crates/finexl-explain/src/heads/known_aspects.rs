//! What a head knows of the aspects that it was trained on.

use crate::packed_numbers::Packed;
use faer::MatRef;
use serde::{Deserialize, Serialize};

/// Cosine of two text directions from which on they begin to mean the same, and from which on they do.
/// In the whitened space of mini-clip two concepts are at 0.75 at most, one concept on other prompts at 0.93
/// at least.
const ALIKE: [f64; 2] = [0.8, 0.9];
/// Cosine from which on one stands for the other.
const SAME: f64 = (ALIKE[0] + ALIKE[1]) / 2.0;

/// Aspects with their directions, all in a head's space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KnownAspects {
    /// Names.
    pub names: Vec<String>,
    /// Text directions, `[A, d]`.
    texts: Packed,
    /// Mean divergence of images at level 1, `[A, d]`.
    images: Packed,
    /// Text directions of the phrases that were offered beside the aspects, `[M, d]`.
    others: Packed,
}

impl KnownAspects {
    /// Aspects with text and image directions, `[A, d]` each, beside phrases with text directions, `[M, d]`.
    pub(super) fn new(
        names: Vec<String>,
        [texts, images]: [Vec<f64>; 2],
        others: Vec<f64>,
    ) -> Self {
        debug_assert_eq!(texts.len(), images.len());
        Self {
            names,
            texts: Packed::of(texts),
            images: Packed::of(images),
            others: Packed::of(others),
        }
    }

    /// The same aspects with other directions of images, `[A, d]`.
    pub(super) fn with_images(&self, images: Vec<f64>) -> Self {
        debug_assert_eq!(images.len(), self.images.0.len());
        Self {
            images: Packed::of(images),
            ..self.clone()
        }
    }

    /// The direction of images of an aspect, `[d]`.
    pub(super) fn image(&self, aspect: usize, dimension: usize) -> &[f64] {
        &self.images.0[aspect * dimension..(aspect + 1) * dimension]
    }

    /// Text directions of all that was on offer in training, aspects first, `[A + M, d]`.
    pub(super) fn offered(&self) -> Vec<f64> {
        [self.texts.0.as_slice(), &self.others.0].concat()
    }

    /// Whether the numbers are as many as names and dimension say.
    pub(super) fn fits(&self, dimension: usize) -> bool {
        let expected = self.names.len() * dimension;
        self.texts.0.len() == expected
            && self.images.0.len() == expected
            && self.others.0.len().is_multiple_of(dimension.max(1))
    }

    /// Everything that was on offer in training, and what of another offer, `[N, d]`, is none of it: text directions,
    /// `[M, d]`, and which of them each of the offer means, `[N]`. None where the offer has all of it itself.
    ///
    /// A fit on these has the rivals that it had in training, so weights mean what they meant there; on a small
    /// offer alone they would be as large as it is small.
    pub(super) fn with_rivals(
        &self,
        offered: &[f64],
        dimension: usize,
    ) -> Option<(Vec<f64>, Vec<usize>)> {
        let mut rows = self.offered();
        let own = rows.len() / dimension;
        let nearest = |text: &[f64]| {
            let cosines = rows.chunks_exact(dimension).map(|row| cosine(row, text));
            let best = cosines.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
            best.filter(|(_, cosine)| *cosine >= SAME).map(|(at, _)| at)
        };
        let meant: Vec<Option<usize>> = offered.chunks_exact(dimension).map(nearest).collect();
        if (0..own).all(|row| meant.contains(&Some(row))) {
            return None;
        }
        let mut places = Vec::with_capacity(meant.len());
        for (text, meant) in offered.chunks_exact(dimension).zip(meant) {
            places.push(meant.unwrap_or(rows.len() / dimension));
            if meant.is_none() {
                rows.extend_from_slice(text);
            }
        }
        Some((rows, places))
    }

    /// How far each of some text directions, `[N, d]`, means a known aspect, in [0, 1], and the direction of images
    /// that stands for it: that of the aspect as far as it means it, the text's own for the rest.
    ///
    /// An aspect is recognised by what its words mean to the encoder and not by its name, so synonyms are
    /// known too.
    pub(super) fn recall(&self, texts: &[f64], dimension: usize) -> Vec<Recalled> {
        let d = dimension;
        let matrix = |rows| MatRef::from_row_major_slice(rows, rows.len() / d, d);
        let known: &[f64] = &self.texts.0;
        // At once: every resample of an explanation asks anew.
        let products = matrix(texts) * matrix(known).transpose();
        let lengths: Vec<f64> = known.chunks_exact(d).map(norm).collect();
        let recalled = texts.chunks_exact(d).enumerate().map(|(row, text)| {
            let own = norm(text);
            let cosine = |k: usize| products[(row, k)] / (lengths[k] * own).max(f64::MIN_POSITIVE);
            let mut best = (0.0, None);
            for index in 0..lengths.len() {
                let cosine = cosine(index);
                if cosine > best.0 {
                    best = (cosine, Some(index));
                }
            }
            let known = ((best.0 - ALIKE[0]) / (ALIKE[1] - ALIKE[0])).clamp(0.0, 1.0);
            let Some(index) = best.1.filter(|_| known > 0.0) else {
                return Recalled {
                    known: 0.0,
                    aspect: None,
                    image: text.to_vec(),
                };
            };
            let image = self.image(index, d);
            let blended = image.iter().zip(text);
            let blended = blended.map(|(i, t)| known * i + (1.0 - known) * t);
            Recalled {
                known,
                aspect: Some(index),
                image: blended.collect(),
            }
        });
        recalled.collect()
    }
}

/// What a head knows of a text direction.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Recalled {
    /// How far it is known, in [0, 1].
    pub known: f64,
    /// As which aspect.
    pub aspect: Option<usize>,
    /// Its direction of images, `[d]`.
    pub image: Vec<f64>,
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let product: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    product / (norm(a) * norm(b)).max(f64::MIN_POSITIVE)
}

pub(super) fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|v| v * v).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_means_the_same_is_known_and_what_does_not_stays_itself() {
        let texts = vec![1.0, 0.0, 0.0, 1.0];
        let images = vec![2.0, 0.5, 0.0, 3.0];
        let names = vec!["a".to_string(), "b".to_string()];
        let aspects = KnownAspects::new(names, [texts, images], vec![0.7, 0.7]);
        // All that is known is on offer.
        assert_eq!(
            aspects.with_rivals(&[2.0, 0.0, 0.0, 1.0, 3.0, 3.0], 2),
            None
        );
        // A synonym of the second, and something new.
        let (rows, places) = aspects.with_rivals(&[0.1, 1.0, -1.0, 0.0], 2).unwrap();
        assert_eq!(rows[..4], [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(rows[6..], [-1.0, 0.0]);
        assert_eq!(places, [1, 3]);
        assert!(aspects.fits(2) && !aspects.fits(3));
        // The last: cos = 0.85, half way.
        let between = [0.85, (1.0f64 - 0.85 * 0.85).sqrt()];
        let recalled = aspects.recall(
            &[&[0.5, 0.01, 1.0, 1.0, 0.0, 0.0][..], &between].concat(),
            2,
        );
        let of = |known, aspect, image: [f64; 2]| Recalled {
            known,
            aspect,
            image: image.to_vec(),
        };
        assert_eq!(recalled[0], of(1.0, Some(0), [2.0, 0.5]));
        assert_eq!(recalled[1], of(0.0, None, [1.0, 1.0]));
        assert_eq!(recalled[2], of(0.0, None, [0.0, 0.0]));
        assert!((recalled[3].known - 0.5).abs() < 1e-9);
    }
}
