//! The denoiser on the processor, with the kernels of [`crate::transformer`].
//!
//! In one pass of sampling all latents are at the same time. So what time does to a norm is part of the
//! norm, its gates are part of the weights, and a block is a plain pre-norm block.

use super::Denoiser;
use super::denoiser_block::{DenoiserBlock, MODULATIONS};
use super::sample::Velocity;
use super::text_reader::Prompts;
use crate::ZooError;
use crate::generators::burn_layers::{linear, norm, values};
use crate::transformer::{Activation, Linear, Memory, Norm, Rows, attend_with_memory};
use burn::tensor::{Tensor, TensorData};

/// A denoiser with prompts, ready to predict.
pub struct ProcessorDenoiser<'a> {
    denoiser: &'a Denoiser,
    input: Linear,
    positions: Vec<f32>,
    blocks: Vec<ProcessorBlock>,
    norm: Norm,
    /// Shift and scale, `[2 width]`.
    modulation: Vec<f32>,
    output: Linear,
}

struct ProcessorBlock {
    norm_attention: Norm,
    qkv: Linear,
    output: Linear,
    norm_feed_forward: Norm,
    fc1: Linear,
    fc2: Linear,
    /// Added to what time says, `[6 width]`.
    modulation: Vec<f32>,
    heads: usize,
    memory: Memory,
}

impl<'a> ProcessorDenoiser<'a> {
    /// Reads prompts.
    ///
    /// # Errors
    /// [`ZooError::Backend`] where weights cannot be read.
    pub fn new(denoiser: &'a Denoiser, prompts: &Prompts) -> Result<Self, ZooError> {
        let text = denoiser.text.forward(prompts);
        let [_, padded, width] = text.values.dims();
        let all = Rows {
            values: values(text.values)?,
            width,
        };
        let lengths = prompts.lengths();
        let kept: Vec<usize> = lengths
            .iter()
            .enumerate()
            .flat_map(|(prompt, length)| (0..*length).map(move |at| prompt * padded + at))
            .collect();
        let words = all.select(&kept);
        let mut starts = vec![0];
        for length in &lengths {
            starts.push(starts[starts.len() - 1] + length);
        }
        let blocks = denoiser
            .blocks
            .iter()
            .map(|block| ProcessorBlock::new(block, &words, &starts))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            denoiser,
            input: linear(&[&denoiser.input])?,
            positions: values(denoiser.positions.val())?,
            blocks,
            norm: norm(&denoiser.norm)?,
            modulation: values(denoiser.modulation.val())?,
            output: linear(&[&denoiser.output])?,
        })
    }
}

impl Velocity for ProcessorDenoiser<'_> {
    fn at(&self, latents: Tensor<3>, time: f32) -> Result<Tensor<3>, ZooError> {
        let device = latents.device();
        let [n, tokens, channels] = latents.dims();
        let rows = Rows {
            values: values(latents)?,
            width: channels,
        };
        let time = Tensor::<1>::from_data([time], &device);
        let time = values(self.denoiser.time(time))?;
        let mut x = self.input.apply(rows)?;
        for image in x.values.chunks_exact_mut(self.positions.len()) {
            image
                .iter_mut()
                .zip(&self.positions)
                .for_each(|(x, p)| *x += p);
        }
        for block in &self.blocks {
            block.forward(&mut x, &time, tokens)?;
        }
        let width = x.width;
        let last = sum(&time[..2 * width], &self.modulation);
        let (shift, scale) = last.split_at(width);
        let velocity = self
            .output
            .apply(self.norm.modulated(shift, scale).apply(&x))?;
        let data = TensorData::new(velocity.values, [n, tokens, channels]);
        Ok(Tensor::from_data(data, &device))
    }
}

impl ProcessorBlock {
    fn new(block: &DenoiserBlock, words: &Rows, starts: &[usize]) -> Result<Self, ZooError> {
        let seen = linear(&[&block.to_k, &block.to_v])?.apply(words.clone())?;
        Ok(Self {
            norm_attention: norm(&block.norm_attention)?,
            qkv: linear(&[&block.to_q, &block.to_k, &block.to_v])?,
            output: linear(&[&block.to_out])?,
            norm_feed_forward: norm(&block.norm_feed_forward)?,
            fc1: linear(&[&block.fc1])?,
            fc2: linear(&[&block.fc2])?,
            modulation: values(block.modulation.val())?,
            heads: block.heads,
            memory: Memory {
                rows: seen,
                starts: starts.to_vec(),
            },
        })
    }

    /// `[n tokens, width]`, at a time `[6 width]`.
    fn forward(&self, x: &mut Rows, time: &[f32], tokens: usize) -> Result<(), ZooError> {
        let time = sum(time, &self.modulation);
        let width = time.len() / MODULATIONS;
        let part = |index: usize| &time[index * width..(index + 1) * width];
        let seen = self.norm_attention.modulated(part(0), part(1)).apply(x);
        let qkv = self.qkv.apply(seen)?;
        let mixed = attend_with_memory(&qkv, self.heads, tokens, &self.memory);
        self.output.scaled(part(2))?.add_to(x, mixed)?;
        let seen = self.norm_feed_forward.modulated(part(3), part(4)).apply(x);
        let inner = self.fc1.activated(seen, Activation::GeluTanh)?;
        self.fc2.scaled(part(5))?.add_to(x, inner)
    }
}

fn sum(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}
