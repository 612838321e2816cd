//! The transformer on other devices than the processor.
//!
//! There is no cache: at every position the whole image is computed anew, which a graphics processor
//! does as fast as it could read one. All passes have one shape, whatever is sampled, so that the device
//! takes the same kernels: as many sequences, as long prompts, as many positions.

use super::decoding::States;
use super::{TokenMemory, TokenTransformer};
use crate::ZooError;
use crate::encoders::mini_clip::Tokenizer;
use crate::generators::burn_layers::values;
use crate::generators::mini_diffusion::Prompts;
use crate::transformer::Rows;
use burn::tensor::{Device, Tensor};

/// Sequences of a pass.
const PASS: usize = 32;

/// A transformer with prompts, ready for the next position.
pub struct DeviceTransformer<'a> {
    network: &'a TokenTransformer,
    passes: Vec<TokenMemory>,
    /// Of every sequence, padding to whole passes included.
    tokens: Vec<Vec<u8>>,
    position: usize,
    device: Device,
}

impl<'a> DeviceTransformer<'a> {
    /// Reads prompts of at most `context` tokens, one per sequence.
    pub fn new(
        network: &'a TokenTransformer,
        sequences: &[Vec<i32>],
        context: usize,
        device: &Device,
    ) -> Self {
        let padded = |sequence: &Vec<i32>| {
            let mut padded = sequence.clone();
            padded.resize(context.max(sequence.len()), Tokenizer::PADDING);
            padded
        };
        let passes = sequences.chunks(PASS).map(|part| {
            let last = part.len() - 1;
            let rows = (0..PASS).map(|row| padded(&part[row.min(last)]));
            network.read(&Prompts::new(rows.collect()))
        });
        let passes: Vec<TokenMemory> = passes.collect();
        let tokens = network.tokens;
        let blank = vec![0; tokens.positions * tokens.channels];
        Self {
            network,
            tokens: vec![blank; passes.len() * PASS],
            passes,
            position: 0,
            device: device.clone(),
        }
    }
}

impl States for DeviceTransformer<'_> {
    fn next(&mut self, before: &[&[u8]]) -> Result<Rows, ZooError> {
        let shape = self.network.tokens;
        if let Some(last) = self.position.checked_sub(1) {
            for (to, from) in self.tokens.iter_mut().zip(before) {
                to[last * shape.channels..][..shape.channels].copy_from_slice(from);
            }
        }
        let mut states = Vec::new();
        let mut width = 1;
        for (memory, tokens) in self.passes.iter().zip(self.tokens.chunks(PASS)) {
            let one_hot = shape.one_hot(shape.codes(tokens, &self.device));
            let hidden: Tensor<3> = self.network.states(one_hot, memory, None).states;
            width = hidden.dims()[2];
            states.extend(values(hidden.narrow(1, self.position, 1))?);
        }
        states.truncate(before.len() * width);
        self.position += 1;
        Ok(Rows {
            values: states,
            width,
        })
    }
}
