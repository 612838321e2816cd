//! The transformer on the processor, a position at a time, with a key-value cache.
//!
//! Whoever draws tokens must not be swayed by the last bit: one other token and the rest of an image is
//! another one. So every number is computed from its own image alone, in one order, whatever stands
//! beside it in a batch (see [`RowLinear`]), and a prompt is read without any other.

use super::TokenTransformer;
use super::decoding::States;
use crate::ZooError;
use crate::generators::TokenBlock;
use crate::generators::burn_layers::{norm, row_linear, values};
use crate::generators::mini_diffusion::Prompts;
use crate::transformer::{Activation, KeyValueCache, Norm, RowLinear, Rows};
use std::collections::BTreeMap;

/// A transformer with prompts, ready for the next position.
pub struct ProcessorTransformer {
    /// `[channels * levels, width]`
    embeddings: Rows,
    /// `[positions, width]`
    positions: Rows,
    blocks: Vec<ProcessorBlock>,
    norm: Norm,
    levels: usize,
    position: usize,
}

struct ProcessorBlock {
    norm_attention: Norm,
    qkv: RowLinear,
    output: RowLinear,
    norm_feed_forward: Norm,
    fc1: RowLinear,
    fc2: RowLinear,
    heads: usize,
    cache: KeyValueCache,
}

impl ProcessorTransformer {
    /// Reads prompts, one per sequence.
    ///
    /// # Errors
    /// [`ZooError::Backend`] where weights cannot be read.
    pub fn new(network: &TokenTransformer, sequences: &[Vec<i32>]) -> Result<Self, ZooError> {
        let width = network.positions.dims()[2];
        let mut texts = BTreeMap::new();
        for sequence in sequences {
            if !texts.contains_key(sequence) {
                let text = network.text.forward(&Prompts::new(vec![sequence.clone()]));
                let rows = Rows {
                    values: values(text.values)?,
                    width,
                };
                texts.insert(sequence.clone(), rows);
            }
        }
        let blocks = network.blocks.iter().map(|block| {
            let mut made = ProcessorBlock::new(block, sequences, network.tokens.positions)?;
            made.read(block, sequences, &texts)?;
            Ok(made)
        });
        Ok(Self {
            embeddings: Rows {
                values: values(network.input.weight.val())?,
                width,
            },
            positions: Rows {
                values: values(network.positions.val())?,
                width,
            },
            blocks: blocks.collect::<Result<_, ZooError>>()?,
            norm: norm(&network.norm)?,
            levels: network.tokens.levels,
            position: 0,
        })
    }
}

impl States for ProcessorTransformer {
    fn next(&mut self, before: &[&[u8]]) -> Result<Rows, ZooError> {
        let position = self.positions.row(self.position);
        let mut x = Rows::zeros(before.len(), position.len());
        for (x, tokens) in x.values.chunks_exact_mut(position.len()).zip(before) {
            x.copy_from_slice(position);
            for (channel, token) in tokens.iter().enumerate() {
                let added = self
                    .embeddings
                    .row(channel * self.levels + usize::from(*token));
                x.iter_mut().zip(added).for_each(|(x, added)| *x += added);
            }
        }
        for block in &mut self.blocks {
            block.forward(&mut x);
        }
        self.position += 1;
        Ok(self.norm.apply(&x))
    }
}

impl ProcessorBlock {
    fn new(block: &TokenBlock, sequences: &[Vec<i32>], positions: usize) -> Result<Self, ZooError> {
        let longest = sequences.iter().map(Vec::len).max().unwrap_or(0);
        let width = block.to_q.weight.dims()[0];
        Ok(Self {
            norm_attention: norm(&block.norm_attention)?,
            qkv: row_linear(&[&block.to_q, &block.to_k, &block.to_v])?,
            output: row_linear(&[&block.to_out])?,
            norm_feed_forward: norm(&block.norm_feed_forward)?,
            fc1: row_linear(&[&block.fc1])?,
            fc2: row_linear(&[&block.fc2])?,
            heads: block.heads,
            cache: KeyValueCache::new(sequences.len(), longest + positions, width),
        })
    }

    /// Puts keys and values of every sequence's words into the cache.
    fn read(
        &mut self,
        block: &TokenBlock,
        sequences: &[Vec<i32>],
        texts: &BTreeMap<Vec<i32>, Rows>,
    ) -> Result<(), ZooError> {
        let seen = row_linear(&[&block.to_k, &block.to_v])?;
        let seen: BTreeMap<&Vec<i32>, Rows> = texts
            .iter()
            .map(|(sequence, rows)| (sequence, seen.apply(rows)))
            .collect();
        for (place, sequence) in sequences.iter().enumerate() {
            if let Some(rows) = seen.get(sequence) {
                for row in 0..rows.len() {
                    self.cache.push(place, rows.row(row));
                }
            }
        }
        Ok(())
    }

    /// The next row of every sequence, `[n, width]`.
    fn forward(&mut self, x: &mut Rows) {
        let qkv = self.qkv.apply(&self.norm_attention.apply(x));
        let mixed = self.cache.attend(&qkv, self.heads);
        self.output.add_to(x, &mixed);
        let seen = self.norm_feed_forward.apply(x);
        let inner = self.fc1.activated(&seen, Activation::GeluTanh);
        self.fc2.add_to(x, &inner);
    }
}
