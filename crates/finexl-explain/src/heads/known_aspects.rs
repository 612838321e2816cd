//! What a head knows of the aspects that it was trained on.

use crate::packed_numbers::Packed;
use serde::{Deserialize, Serialize};

/// Cosine of two text directions from which on they begin to mean the same, and from which on they do.
/// In the whitened space of mini-clip two concepts are at 0.75 at most, one concept on other prompts at 0.93
/// at least.
const ALIKE: [f64; 2] = [0.8, 0.9];

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
}

impl KnownAspects {
    /// Aspects with text and image directions, `[A, d]` each.
    pub(super) fn new(names: Vec<String>, texts: Vec<f64>, images: Vec<f64>) -> Self {
        debug_assert_eq!(texts.len(), images.len());
        Self {
            names,
            texts: Packed::of(texts),
            images: Packed::of(images),
        }
    }

    /// Whether the numbers are as many as names and dimension say.
    pub(super) fn fits(&self, dimension: usize) -> bool {
        let expected = self.names.len() * dimension;
        self.texts.0.len() == expected && self.images.0.len() == expected
    }

    /// How far a text direction, `[d]`, means a known aspect, in [0, 1], and the direction of images that
    /// stands for it, `[d]`: that of the aspect as far as it means it, the text's own for the rest.
    ///
    /// An aspect is recognised by what its words mean to the encoder and not by its name, so synonyms are
    /// known too.
    pub(super) fn recall(&self, text: &[f64]) -> (f64, Vec<f64>) {
        let d = text.len();
        let size = norm(text);
        let mut best = (0.0, None);
        for (index, known) in self.texts.0.chunks_exact(d).enumerate() {
            let product: f64 = known.iter().zip(text).map(|(a, b)| a * b).sum();
            let cosine = product / (size * norm(known)).max(f64::MIN_POSITIVE);
            if cosine > best.0 {
                best = (cosine, Some(index));
            }
        }
        let known = ((best.0 - ALIKE[0]) / (ALIKE[1] - ALIKE[0])).clamp(0.0, 1.0);
        let Some(index) = best.1.filter(|_| known > 0.0) else {
            return (0.0, text.to_vec());
        };
        let image = &self.images.0[index * d..(index + 1) * d];
        let blended = image.iter().zip(text);
        (
            known,
            blended
                .map(|(i, t)| known * i + (1.0 - known) * t)
                .collect(),
        )
    }
}

pub(super) fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|v| v * v).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_is_known_and_what_does_not_stays_itself() {
        let texts = vec![1.0, 0.0, 0.0, 1.0];
        let images = vec![2.0, 0.5, 0.0, 3.0];
        let names = vec!["a".to_string(), "b".to_string()];
        let aspects = KnownAspects::new(names, texts, images);
        assert!(aspects.fits(2) && !aspects.fits(3));
        assert_eq!(aspects.recall(&[0.5, 0.01]), (1.0, vec![2.0, 0.5]));
        assert_eq!(aspects.recall(&[1.0, 1.0]), (0.0, vec![1.0, 1.0]));
        assert_eq!(aspects.recall(&[0.0, 0.0]), (0.0, vec![0.0, 0.0]));
        // cos = 0.85: half way.
        let (known, _) = aspects.recall(&[0.85, (1.0f64 - 0.85 * 0.85).sqrt()]);
        assert!((known - 0.5).abs() < 1e-9);
    }
}
