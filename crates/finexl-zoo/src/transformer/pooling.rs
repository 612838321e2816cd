//! Attention pooling: one learnt query reads a whole sequence.
//!
//! Reference: `SiglipMultiheadAttentionPoolingHead` of transformers, after Zhai et al. 2023.

use super::block::Mlp;
use super::linear::Linear;
use super::norm::Norm;
use super::rows::Rows;
use super::vector::{dispatch, dot, softmax};
use crate::ZooError;
use rayon::prelude::*;

/// A query of its own, attention, and a feed-forward layer added to it.
#[derive(Debug)]
pub struct AttentionPool {
    /// The query after its layer, `[width]`.
    pub query: Vec<f32>,
    /// `width` to keys and values, `2 width`.
    pub kv: Linear,
    /// Heads.
    pub heads: usize,
    /// `width` to `width`.
    pub output: Linear,
    /// Before the feed-forward layer.
    pub norm: Norm,
    /// Feed-forward layer.
    pub mlp: Mlp,
}

impl AttentionPool {
    /// Sequences of `length` rows, `[n length, width]`, to `[n, width]`.
    ///
    /// # Errors
    /// [`ZooError::Backend`] where the device fails.
    pub fn forward(&self, rows: Rows, length: usize) -> Result<Rows, ZooError> {
        let width = rows.width;
        let kv = self.kv.apply(rows)?;
        let mut attended = Rows::zeros(kv.len() / length, width);
        let channels = width / self.heads;
        let scale = 1.0 / (channels as f32).sqrt();
        attended
            .values
            .par_chunks_mut(width)
            .zip(kv.values.par_chunks(length * 2 * width))
            .for_each(|(to, kv)| {
                dispatch(
                    #[inline(always)]
                    || {
                        let mut scores = vec![0.0; length];
                        for (head, to) in to.chunks_exact_mut(channels).enumerate() {
                            let start = head * channels;
                            let query = &self.query[start..start + channels];
                            for (score, row) in scores.iter_mut().zip(kv.chunks_exact(2 * width)) {
                                *score = dot(query, &row[start..start + channels]) * scale;
                            }
                            softmax(&mut scores);
                            for (share, row) in scores.iter().zip(kv.chunks_exact(2 * width)) {
                                let values = &row[width + start..width + start + channels];
                                for (to, value) in to.iter_mut().zip(values) {
                                    *to += share * value;
                                }
                            }
                        }
                    },
                );
            });
        let mut x = self.output.apply(attended)?;
        let normalised = self.norm.apply(&x);
        self.mlp.add_to(&mut x, normalised)?;
        Ok(x)
    }
}
