//! What the tiny models of all families' tests share.
#![allow(clippy::unwrap_used)]

use super::mini_diffusion::{Autoencoder, AutoencoderConfig};
use super::{
    ChosenSettings, Family, GenerationRequest, GenerationSettings, Generator, GeneratorConfig,
};
use crate::weights::{WeightsFile, save};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Distribution, Tensor};
use finexl_core::experiment::{AutoencoderArchitecture, TextReader};
use finexl_data::image::Image;
use std::path::Path;

/// Gives every weight a value, those that begin at zero too.
pub struct Shaken;

impl ModuleMapper for Shaken {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|value| {
            let noise = value.random_like(Distribution::Normal(0.0, 0.1));
            value + noise
        })
    }
}

/// The config of an autoencoder of images of 16 by 16, whose latents have four positions.
pub fn autoencoder_config(channels: usize, levels: Option<usize>) -> AutoencoderConfig {
    let spread = |values: [f32; 4]| values.into_iter().cycle().take(channels).collect();
    let (mean, deviation) = match levels {
        Some(_) => ([0.0; 4], [1.0; 4]),
        None => ([0.1, -0.2, 0.0, 0.3], [1.5, 0.5, 1.0, 2.0]),
    };
    AutoencoderConfig {
        name: "tiny-autoencoder".to_string(),
        architecture: AutoencoderArchitecture {
            image_size: 16,
            latent_channels: channels,
            width: 4,
            deep_width: 6,
            encoder_blocks: 1,
            decoder_blocks: 1,
            levels,
        },
        latent_mean: spread(mean),
        latent_deviation: spread(deviation),
    }
}

/// The weights of such an autoencoder, in a folder.
pub fn autoencoder(folder: &Path, channels: usize, levels: Option<usize>) -> WeightsFile {
    let device = Device::flex();
    device.seed(5);
    let path = folder.join("autoencoder");
    let config = autoencoder_config(channels, levels);
    let model = Autoencoder::new(&config.architecture, &device).map(&mut Shaken);
    save(&model, &config, &path).unwrap();
    WeightsFile::read(&path).unwrap()
}

/// A reader of prompts of at most ten tokens.
pub fn text_reader() -> TextReader {
    TextReader {
        context: 10,
        width: 8,
        layers: 1,
        heads: 2,
        hidden: 16,
    }
}

/// A config on the latents of an autoencoder.
pub fn config<A>(
    family: Family,
    name: &str,
    architecture: A,
    autoencoder: &WeightsFile,
) -> GeneratorConfig<A> {
    GeneratorConfig {
        family,
        name: name.to_string(),
        architecture,
        autoencoder: autoencoder.fingerprint().to_string(),
        words: ["red", "apple", "style", ",", "vivid"]
            .map(str::to_string)
            .to_vec(),
        subjects: vec!["red apple".to_string()],
        aspects: vec!["vivid".to_string()],
    }
}

/// Requests of prompts, seed 3.
pub fn requests(prompts: &[&str]) -> Vec<GenerationRequest> {
    let prompts: Vec<String> = prompts.iter().map(ToString::to_string).collect();
    GenerationRequest::of_prompts(&prompts, 3)
}

/// The settings of a model where none is stated.
pub fn own(model: &dyn Generator) -> GenerationSettings {
    model.settings(&ChosenSettings::default()).unwrap()
}

/// Generates, telling nobody how far it is.
pub fn generate(
    model: &dyn Generator,
    requests: &[GenerationRequest],
    settings: &GenerationSettings,
) -> Vec<Image> {
    model.generate(requests, settings, &|_| ()).unwrap()
}

/// All numbers of a module.
pub fn weights<M: Module>(module: &M) -> Vec<f32> {
    struct All(Vec<f32>);
    impl ModuleVisitor for All {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let data = param.val().without_autodiff().into_data();
            self.0.extend(data.try_to_vec::<f32>().unwrap());
        }
    }
    let mut all = All(Vec::new());
    module.visit(&mut all);
    all.0
}
