//! Training an adapter, or the whole UNet, on pictures, as diffusers' scripts do.

use super::adapter_writing::diffusers_file;
use super::adapters::{TRAINED_ON, TRAINED_ON_SHA256};
use super::conditions::{Sizes, TextConditions};
use super::generator::StableDiffusionGenerator;
use super::schedulers::noise_kept;
use super::unet::{Unet, UnetInput};
use super::whole_writing::write_whole;
use crate::ZooError;
use crate::adapters::Adapter;
use crate::generators::{ChosenSettings, GenerationSettings, Generator, Tunable, TuningMemory};
use crate::sampling::{Prediction, noise};
use crate::stable_diffusion::Base;
use crate::training::tuning_adamw;
use crate::weights::WeightsFile;
use burn::module::{Module, ModuleMapper, Param};
use burn::optim::ModuleOptimizer;
use burn::tensor::{DType, Device, Tensor, TensorData};
use finexl_core::atomic;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::partial_folder::PartialFolder;
use finexl_core::seed::ChaCha8Rng;
use finexl_data::image::Image;
use rand::{Rng, RngExt};
use std::collections::BTreeMap;
use std::path::Path;

/// The file that diffusers looks for in a folder.
pub const DIFFUSERS_LORA: &str = "pytorch_lora_weights.safetensors";

/// Pictures as a training of Stable Diffusion takes them.
pub struct PictureSet {
    /// The mean of what the encoder says, as the UNet sees it: `[1, channels, height, width]` each.
    latents: Vec<Tensor<4>>,
    text: TextConditions,
    sizes: Vec<Sizes>,
    /// The variance that is left of the image at every timestep.
    kept: Vec<f32>,
    prediction: Prediction,
}

/// Noisy latents of a step and what the UNet should say of them.
pub struct NoisyLatents {
    /// `[n, channels, height, width]`.
    pub noisy: Tensor<4>,
    /// Timesteps.
    pub times: Vec<f64>,
    /// Noise, v or the latents themselves, as the model predicts.
    pub target: Tensor<4>,
    /// `[n, tokens, context]`.
    pub text: Tensor<3>,
    /// Pooled text and sizes: XL only.
    pub addition: Option<(Tensor<2>, Vec<[f64; 6]>)>,
}

impl Tunable for StableDiffusionGenerator {
    type Network = Unet;
    type Set = PictureSet;
    type Batch = NoisyLatents;

    fn network(&self) -> &Unet {
        StableDiffusionGenerator::network(self).unet()
    }

    fn network_to_train(&self) -> Unet {
        StableDiffusionGenerator::network(self)
            .unet()
            .clone()
            .map(&mut Widen)
    }

    /// diffusers' names, of which two modules stand in a list of one.
    fn path_of_target(target: &str) -> String {
        target
            .replace("to_out.0", "to_out")
            .replace("ff.net.0.proj", "ff.gate")
            .replace("ff.net.2", "ff.down")
    }

    fn store_adapter(&self, adapter: &Adapter, folder: &Path) -> Result<(), ZooError> {
        let bytes = diffusers_file(
            adapter,
            StableDiffusionGenerator::network(self).unet().config(),
            &self.said_of_training()?,
        )?;
        let partial = PartialFolder::start(folder)?;
        atomic::write(partial.path().join(DIFFUSERS_LORA), &bytes)?;
        Ok(partial.finish([DIFFUSERS_LORA].into_iter())?)
    }

    fn tuned(self, network: Unet, fingerprint: Fingerprint) -> Self {
        self.with_unet(network, fingerprint)
    }

    fn store(&self, _network: &Unet, _path: &Path) -> Result<(), ZooError> {
        Err(self.not_one_file())
    }

    /// The folder of a pipeline, which is opened as any other one.
    fn store_whole(&self, network: &Unet, folder: &Path) -> Result<(), ZooError> {
        let partial = PartialFolder::start(folder)?;
        let files = write_whole(self.path(), network, partial.path())?;
        Ok(partial.finish(files.iter().map(String::as_str))?)
    }

    fn stored(&self, _weights: &WeightsFile) -> Result<Self, ZooError> {
        Err(self.not_one_file())
    }

    fn training_set(&self, images: &[Image], prompts: &[String]) -> Result<PictureSet, ZooError> {
        let network = StableDiffusionGenerator::network(self);
        let GenerationSettings::StableDiffusion(settings) =
            self.settings(&ChosenSettings::default())?
        else {
            return Err(self.not_one_file());
        };
        if network.facts().guidance_embedding {
            return Err(ZooError::Config(format!(
                "{} was distilled to few steps and reads the scale of guidance; train on the model that it comes from",
                self.name()
            )));
        }
        let device = network.device();
        let encode = |image: &Image| {
            let shape = [1, image.height, image.width, 3];
            let data = TensorData::new(image.pixels.clone(), shape);
            let pixels = Tensor::<4>::from_data(data, device).permute([0, 3, 1, 2]);
            network.encode(pixels)
        };
        Ok(PictureSet {
            latents: images.iter().map(encode).collect::<Result<_, _>>()?,
            text: network.encode_texts(prompts, 0)?,
            sizes: images
                .iter()
                .map(|i| Sizes::whole(i.height, i.width))
                .collect(),
            kept: noise_kept(&settings.scheduler)?,
            prediction: settings.scheduler.prediction,
        })
    }

    fn batch(
        &self,
        set: &PictureSet,
        chosen: &[usize],
        random: &mut ChaCha8Rng,
        device: &Device,
    ) -> NoisyLatents {
        let rows: Vec<Tensor<4>> = chosen.iter().map(|row| set.latents[*row].clone()).collect();
        let latents: Tensor<4> = Tensor::cat(rows, 0);
        let [n, channels, height, width] = latents.dims();
        let times: Vec<usize> = (0..n)
            .map(|_| random.random_range(0..set.kept.len()))
            .collect();
        let seed = random.next_u64();
        let drawn = (0..n as u64).map(|row| {
            let data = noise(seed, row, [1, channels, height, width]);
            Tensor::<4>::from_data(data, &latents.device())
        });
        let drawn = Tensor::cat(drawn.collect(), 0);
        let (noisy, target) = diffused(latents, drawn, &times, set);
        let text = set.text.select(chosen);
        let sizes = chosen.iter().map(|row| set.sizes[*row].numbers()).collect();
        let on = |tensor: Tensor<4>| Tensor::from_inner(tensor).to_device(device);
        NoisyLatents {
            noisy: on(noisy),
            times: times.iter().map(|time| *time as f64).collect(),
            target: on(target),
            text: Tensor::from_inner(text.context).to_device(device),
            addition: text
                .pooled
                .map(|pooled| (Tensor::from_inner(pooled).to_device(device), sizes)),
        }
    }

    fn rows(batch: &NoisyLatents, start: usize, end: usize) -> NoisyLatents {
        let count = end - start;
        NoisyLatents {
            noisy: batch.noisy.clone().narrow(0, start, count),
            times: batch.times[start..end].to_vec(),
            target: batch.target.clone().narrow(0, start, count),
            text: batch.text.clone().narrow(0, start, count),
            addition: (batch.addition.as_ref()).map(|(pooled, sizes)| {
                (
                    pooled.clone().narrow(0, start, count),
                    sizes[start..end].to_vec(),
                )
            }),
        }
    }

    /// The mean of squared differences between what the UNet says and what it should, `[1]`.
    fn loss(network: &Unet, batch: NoisyLatents) -> Tensor<1> {
        let told = network.forward(UnetInput {
            latents: batch.noisy,
            times: batch.times,
            text: batch.text,
            addition: batch
                .addition
                .filter(|_| network.config().addition.is_some()),
            guidance: None,
        });
        (told - batch.target).square().mean()
    }

    fn optimizer() -> ModuleOptimizer {
        tuning_adamw()
    }

    fn tuning_memory(&self, side: Option<usize>) -> TuningMemory {
        let network = StableDiffusionGenerator::network(self);
        let (facts, config) = (network.facts(), network.unet().config());
        let side = side.unwrap_or(facts.default_size) / facts.factor.max(1);
        TuningMemory {
            per_image: facts.latent_channels * side * side + 77 * config.context,
            per_row: kept_for_the_way_back(config, side),
        }
    }
}

/// Numbers that a pass over latents of so many places a side keeps, roughly: values of every residual and transformer
/// block, and attention of all places to each other.
fn kept_for_the_way_back(config: &super::unet::UnetConfig, side: usize) -> usize {
    /// Values that a residual block, and a block of a transformer, keep of every place and channel.
    const OF_RESIDUAL: usize = 12;
    const OF_TRANSFORMER: usize = 40;
    let level = |(level, channels): (usize, &usize)| {
        let places = (side >> level).max(1).pow(2);
        let residuals = 2 * config.residuals.get(level).copied().unwrap_or(2) + 1;
        let attends = config.attends.get(level).copied().unwrap_or(false);
        let depth = if attends {
            config.depths.get(level).copied().unwrap_or(1)
        } else {
            0
        };
        let heads = config.heads.get(level).copied().unwrap_or(8);
        let values = places * channels * (OF_RESIDUAL + OF_TRANSFORMER * depth);
        residuals * (values + 3 * depth * heads * places * places)
    };
    config.channels.iter().enumerate().map(level).sum()
}

/// Latents with the noise of each one's timestep, and what the model should say of them.
fn diffused(
    latents: Tensor<4>,
    noise: Tensor<4>,
    times: &[usize],
    set: &PictureSet,
) -> (Tensor<4>, Tensor<4>) {
    let device = latents.device();
    let level = |of: &dyn Fn(f64) -> f64| {
        let values: Vec<f32> = times
            .iter()
            .map(|t| of(f64::from(set.kept[*t])) as f32)
            .collect();
        Tensor::<4>::from_data(TensorData::new(values, [times.len(), 1, 1, 1]), &device)
    };
    let alpha = level(&|kept| kept.sqrt());
    let sigma = level(&|kept| (1.0 - kept).sqrt());
    let noisy = alpha.clone() * latents.clone() + sigma.clone() * noise.clone();
    let target = match set.prediction {
        Prediction::Noise => noise,
        Prediction::V => alpha * noise - sigma * latents,
        Prediction::Sample => latents,
        Prediction::Velocity => noise - latents,
    };
    (noisy, target)
}

impl StableDiffusionGenerator {
    /// What the header of an adapter says of this model: what it is called, the SHA-256 of its weights, and family and
    /// prediction in the words of other tools.
    fn said_of_training(&self) -> Result<BTreeMap<String, String>, ZooError> {
        let v = match self.settings(&ChosenSettings::default())? {
            GenerationSettings::StableDiffusion(settings) => {
                settings.scheduler.prediction == Prediction::V
            }
            _ => false,
        };
        let family = match (StableDiffusionGenerator::network(self).base(), v) {
            (Base::Sd1, _) => "stable-diffusion-v1",
            (Base::Sd2, true) => "stable-diffusion-v2-768-v",
            (Base::Sd2, false) => "stable-diffusion-v2-512",
            (Base::Xl, _) => "stable-diffusion-xl-v1-base",
        };
        let prediction = if v { "v" } else { "epsilon" };
        let said = [
            ("format", "pt".to_string()),
            ("modelspec.architecture", format!("{family}/lora")),
            ("modelspec.prediction_type", prediction.to_string()),
            (TRAINED_ON, self.name().to_string()),
            (TRAINED_ON_SHA256, self.weights().to_string()),
        ];
        let said = said.into_iter();
        Ok(said.map(|(key, value)| (key.to_string(), value)).collect())
    }

    fn not_one_file(&self) -> ZooError {
        ZooError::Config(format!(
            "the weights of {} are those of somebody else's program, and not kept as one of FineXL's files",
            self.name()
        ))
    }
}

/// Brings weights to single precision: in half of it small steps are lost.
struct Widen;

impl ModuleMapper for Widen {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| match tensor.dtype() {
            DType::F32 => tensor,
            _ => tensor.cast(DType::F32),
        })
    }
}
