//! All of it.

use super::super::layers::{Convolution, GroupNorm};
use super::blocks::{DownBlock, MiddleBlock, Steering, UpBlock};
use super::config::UnetConfig;
use super::embedding::{Embedding, guidance_waves, waves};
use burn::module::Module;
use burn::tensor::Tensor;

/// What a pass takes.
#[derive(Clone, Debug)]
pub struct UnetInput {
    /// Noisy latents, `[n, 4, height, width]`.
    pub latents: Tensor<4>,
    /// Times, `n` of them.
    pub times: Vec<f64>,
    /// Rows of text, `[n, tokens, context]`.
    pub text: Tensor<3>,
    /// Pooled text, `[n, width]`, and six sizes for each of `n`: XL only.
    pub addition: Option<(Tensor<2>, Vec<[f64; 6]>)>,
    /// Scales of guidance, `n` of them, for models that read them.
    pub guidance: Option<Vec<f64>>,
}

/// A UNet that attends to text.
#[derive(Module, Debug)]
pub struct Unet {
    pub(super) conv_in: Convolution,
    pub(super) time_embedding: Embedding,
    pub(super) add_embedding: Option<Embedding>,
    pub(super) down_blocks: Vec<DownBlock>,
    pub(super) mid_block: Option<MiddleBlock>,
    pub(super) up_blocks: Vec<UpBlock>,
    pub(super) conv_norm_out: GroupNorm,
    pub(super) conv_out: Convolution,
    #[module(skip)]
    pub(super) config: UnetConfig,
}

impl Unet {
    /// Its architecture.
    pub fn config(&self) -> &UnetConfig {
        &self.config
    }

    /// Latents to what it predicts, `[n, 4, height, width]` both.
    pub fn forward(&self, input: UnetInput) -> Tensor<4> {
        self.trace(input, &mut |_, _| ())
    }

    /// The same; `observer` is told what leaves every block, `[n, height, width, channels]`, and the embedding,
    /// `[n, 1, 1, channels]`.
    pub fn trace(&self, input: UnetInput, observer: &mut dyn FnMut(&str, &Tensor<4>)) -> Tensor<4> {
        let time = self.embedding(&input);
        let [n, width] = time.dims();
        observer("emb", &time.clone().reshape([n, 1, 1, width]));
        let by = Steering {
            time,
            text: input.text,
        };
        let mut x = self.conv_in.forward(input.latents.permute([0, 2, 3, 1]));
        observer("conv_in", &x);
        let mut kept = vec![x.clone()];
        for (level, block) in self.down_blocks.iter().enumerate() {
            x = block.forward(x, &by, &mut kept);
            observer(&format!("down_blocks.{level}"), &x);
        }
        if let Some(block) = &self.mid_block {
            x = block.forward(x, &by);
            observer("mid_block", &x);
        }
        for (level, block) in self.up_blocks.iter().enumerate() {
            x = block.forward(x, &by, &mut kept);
            observer(&format!("up_blocks.{level}"), &x);
        }
        let x = self.conv_out.forward(self.conv_norm_out.forward_silu(x));
        x.permute([0, 3, 1, 2])
    }

    /// Time, and of XL sizes and pooled text, `[n, embedded]`.
    fn embedding(&self, input: &UnetInput) -> Tensor<2> {
        let (c, device) = (&self.config, input.latents.device());
        let embed = |numbers: &[f64], channels| {
            waves(
                numbers,
                channels,
                c.cosines_first,
                c.frequency_shift,
                &device,
            )
        };
        let guidance = match (c.guidance, &input.guidance) {
            (Some(channels), Some(scales)) => Some(guidance_waves(scales, channels, &device)),
            _ => None,
        };
        let time = embed(&input.times, c.channels[0]);
        let time = self.time_embedding.forward(time, guidance);
        match (&self.add_embedding, &c.addition, &input.addition) {
            (Some(layers), Some(addition), Some((pooled, sizes))) => {
                let sizes = embed(sizes.as_flattened(), addition.size);
                let sizes = sizes.reshape([input.times.len(), 6 * addition.size]);
                time + layers.forward(Tensor::cat(vec![pooled.clone(), sizes], 1), None)
            }
            _ => time,
        }
    }
}
