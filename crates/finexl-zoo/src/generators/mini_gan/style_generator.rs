//! The generator: what is drawn and a prompt -> latents, in one pass.

use super::{Direction, MappingNetwork};
use crate::generators::NetworkSizes;
use crate::generators::mini_diffusion::{
    DenoiserBlock, MODULATIONS, Prompts, TextReader, TextTokens,
};
use burn::module::{Initializer, Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, TensorData};
use finexl_core::experiment::GanArchitecture;

/// A constant image of tokens becomes latents on its way through blocks that w steers and that see the
/// words of the prompt: a style-based generator (Karras et al. 2019) with the blocks of the denoiser,
/// w standing where time stands there.
#[derive(Module, Debug)]
pub struct StyleGenerator {
    text: TextReader,
    mapping: MappingNetwork,
    /// What every image begins with, `[1, positions, width]`.
    positions: Param<Tensor<3>>,
    /// From w to the modulations of all blocks, which add their own: without bias.
    pub(super) styles: Linear,
    blocks: Vec<DenoiserBlock>,
    norm: LayerNorm,
    output: Linear,
    /// What is added to every w, `[width]`: a direction that was walked. None at the start.
    #[module(skip)]
    walked: Option<Vec<f32>>,
}

impl StyleGenerator {
    /// A generator with fresh weights of latents `[positions, channels]` that reads `words` words.
    pub fn new(
        a: &GanArchitecture,
        sizes: &NetworkSizes,
        [positions, channels]: [usize; 2],
        words: usize,
        device: &Device,
    ) -> Self {
        let normal = |std| Initializer::Normal { mean: 0.0, std };
        // Open from the start: the discriminator has to see something that it can tell apart.
        let gates = (2.0 * a.layers.max(1) as f32).sqrt().recip();
        Self {
            text: TextReader::new(&a.text, words, a.width, device),
            mapping: MappingNetwork::new(a.latent_width, a.width, device),
            positions: normal(0.5).init([1, positions, a.width], device),
            styles: LinearConfig::new(a.width, MODULATIONS * a.width)
                .with_bias(false)
                .with_initializer(normal(0.2 / (a.width as f64).sqrt()))
                .init(device),
            blocks: (0..a.layers)
                .map(|_| DenoiserBlock::new(sizes, gates, device))
                .collect(),
            norm: LayerNormConfig::new(a.width).init(device),
            output: LinearConfig::new(a.width, channels).init(device),
            walked: None,
        }
    }

    /// Reads prompts.
    pub fn read(&self, prompts: &Prompts) -> TextTokens {
        self.text.forward(prompts)
    }

    /// Where in the space that can be walked in images lie: z `[n, latent]` to w `[n, width]`.
    pub fn place(&self, z: Tensor<2>, text: &TextTokens) -> Tensor<2> {
        let w = self.mapping.forward(z, text.mean());
        match &self.walked {
            None => w,
            Some(walked) => {
                let data = TensorData::new(walked.clone(), [1, walked.len()]);
                let walked = Tensor::<2>::from_data(data, &w.device());
                w + walked
            }
        }
    }

    /// # Shapes
    /// - w: `[n, width]`
    /// - output: `[n, positions, channels]`
    pub fn paint(&self, w: Tensor<2>, text: &TextTokens) -> Tensor<3> {
        let styles = self.styles.forward(w);
        let [n, all] = styles.dims();
        let styles = styles.reshape([n, MODULATIONS, all / MODULATIONS]);
        let mut x = self.positions.val().repeat_dim(0, n);
        for block in &self.blocks {
            x = block.forward(x, &block.remember(text), styles.clone());
        }
        self.output.forward(self.norm.forward(x))
    }

    /// What is drawn `[n, latent]` and prompts to latents `[n, positions, channels]`.
    pub fn forward(&self, z: Tensor<2>, prompts: &Prompts) -> Tensor<3> {
        let text = self.read(prompts);
        self.paint(self.place(z, &text), &text)
    }

    /// How many numbers an image is drawn from.
    pub fn latent_width(&self) -> usize {
        self.mapping.latent_width()
    }

    /// Width of the space that can be walked in.
    pub fn width(&self) -> usize {
        self.styles.weight.dims()[0]
    }

    /// The same with every image moved along a direction; walks add up.
    pub fn walked(mut self, direction: &Direction, distance: f64) -> Self {
        let width = self.width();
        let walked = self.walked.get_or_insert_with(|| vec![0.0; width]);
        for (walked, unit) in walked.iter_mut().zip(&direction.unit) {
            *walked += (f64::from(*unit) * distance) as f32;
        }
        self
    }
}
