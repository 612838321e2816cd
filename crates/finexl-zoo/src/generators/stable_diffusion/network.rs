//! The networks of one model.

use super::autoencoder::Autoencoder;
use super::conditions::{Extra, Sizes, TextConditions};
use super::facts::Facts;
use super::files::{Opened, open_files};
use super::text::{Prompts, TextEncoder};
use super::unet::{Unet, UnetInput};
use crate::ZooError;
use crate::encoders::TextLength;
use crate::stable_diffusion::Base;
use burn::tensor::{Device, Tensor};
use finexl_core::fingerprint::Fingerprint;
use std::path::{Path, PathBuf};

/// Version of everything between files and numbers, part of the fingerprint.
const VERSION: &str = "stable diffusion 2";

/// Stable Diffusion 1, 2 or XL: text encoders, UNet and autoencoder with their weights.
///
/// A clone shares all weights.
#[derive(Clone, Debug)]
pub struct StableDiffusion {
    pub(super) texts: Vec<(TextEncoder, Prompts)>,
    pub(super) unet: Unet,
    pub(super) autoencoder: Autoencoder,
    facts: Facts,
    device: Device,
    fingerprint: Fingerprint,
    weights: Fingerprint,
    notes: Vec<String>,
}

impl StableDiffusion {
    /// Loads a model from the folder of a pipeline of diffusers or from a single file.
    ///
    /// # Errors
    /// [`ZooError::GeneratorFiles`] for missing or unfit files and models that are not built, [`ZooError::Weights`] for
    /// weights that do not fit the config, [`ZooError::Core`] for files that cannot be read and for too little memory.
    pub fn open(path: &Path, device: &Device) -> Result<Self, ZooError> {
        let opened = open_files(path)?;
        let needed = super::memory::weights(&opened, device);
        finexl_core::memory::require(&format!("loading {}", path.display()), needed)?;
        let (unet_files, other_files) = (opened.unet_files.clone(), opened.other_files.clone());
        // Hashing and reading the weights take about as long; each has a processor of its own.
        std::thread::scope(|scope| {
            let hashes = scope.spawn(|| fingerprints(&unet_files, &other_files));
            let mut model = Self::load(opened, device)?;
            let (weights, all) = hashes.join().unwrap_or_else(|_| {
                Err(ZooError::Backend {
                    what: "hashing the weights",
                    message: "its thread died".to_string(),
                })
            })?;
            (model.weights, model.fingerprint) = (weights, all);
            Ok(model)
        })
    }

    fn load(opened: Opened, device: &Device) -> Result<Self, ZooError> {
        let facts = Facts::of(&opened);
        let (config, checkpoint) = opened.unet;
        let unet = Unet::load(checkpoint, config, device)?;
        let (config, checkpoint) = opened.autoencoder;
        let autoencoder = Autoencoder::load(checkpoint, config, device)?;
        let mut texts = Vec::new();
        for part in opened.texts {
            let encoder = TextEncoder::load(part.checkpoint, part.config, device)?;
            texts.push((encoder, part.prompts));
        }
        let none = Fingerprint::of("none").finish();
        let mut model = Self {
            texts,
            unet,
            autoencoder,
            facts,
            device: device.clone(),
            fingerprint: none.clone(),
            weights: none,
            notes: opened.notes,
        };
        model.measure_prediction()?;
        Ok(model)
    }

    /// Shapes do not show what a single file of SD 2 predicts; one pass does. At the last time the input is nearly pure
    /// noise, which one that predicts noise gives back, and one that predicts v does not (the test of A1111's program).
    fn measure_prediction(&mut self) -> Result<(), ZooError> {
        if !self.facts.is_silent() {
            return Ok(());
        }
        let text = self.encode_texts(&[String::new()], 0)?;
        let latents = Tensor::<4>::full([1, self.facts.latent_channels, 8, 8], 0.5, &self.device);
        let told = self.denoise(latents.clone(), &[999.0], &text, &Extra::default())?;
        let distance = crate::generators::values((told - latents).mean())?;
        let distance = distance.first().copied().unwrap_or(0.0);
        let found = if distance < -1.0 {
            "v_prediction"
        } else {
            "epsilon"
        };
        self.facts.prediction = Some(found);
        self.notes.push(format!(
            "The file does not say what its UNet predicts; one pass at the last time shows {found} (mean difference {distance:.2})."
        ));
        Ok(())
    }

    /// What is known of it.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Its family.
    pub fn base(&self) -> Base {
        self.facts.base
    }

    /// Where it computes.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Fingerprint of everything that its numbers depend on.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Fingerprint of the UNet's weights alone; SHA-256 of the file where it is one.
    pub fn weights(&self) -> &Fingerprint {
        &self.weights
    }

    /// What was chosen or left out while it was loaded.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The network that removes noise; paths of its layers are those of diffusers.
    pub fn unet(&self) -> &Unet {
        &self.unet
    }

    /// Text encoders, in the order of diffusers.
    pub fn text_encoders(&self) -> impl Iterator<Item = &TextEncoder> {
        self.texts.iter().map(|(encoder, _)| encoder)
    }

    /// The autoencoder.
    pub fn autoencoder(&self) -> &Autoencoder {
        &self.autoencoder
    }

    /// How many tokens a text has, start and end included, and how many are read.
    ///
    /// # Errors
    /// Where the tokenizer fails.
    pub fn text_length(&self, text: &str) -> Result<TextLength, ZooError> {
        match self.texts.first() {
            Some((_, prompts)) => prompts.length(text),
            None => Ok(TextLength { tokens: 0, read: 0 }),
        }
    }

    /// What the UNet says of noisy latents; whether that is noise, v or a picture is the schedule's matter.
    ///
    /// # Shapes
    /// - latents: `[n, 4, height, width]`, scaled as the schedule wants
    /// - times: 1 or `n`
    /// - text: of 1 or `n` texts
    /// - output: `[n, 4, height, width]`
    ///
    /// # Errors
    /// [`ZooError::Config`] where numbers of latents, times and texts do not fit, or a scale of guidance is missing or
    /// not read.
    pub fn denoise(
        &self,
        latents: Tensor<4>,
        times: &[f64],
        text: &TextConditions,
        extra: &Extra,
    ) -> Result<Tensor<4>, ZooError> {
        let [n, channels, height, width] = latents.dims();
        let times = match times {
            [time] => vec![*time; n],
            times => times.to_vec(),
        };
        let text = text.repeat(n);
        if times.len() != n || text.len() != n || channels != self.facts.latent_channels {
            return Err(ZooError::Config(format!(
                "{n} latents of {channels} channels, {} times and {} texts do not fit",
                times.len(),
                text.len()
            )));
        }
        if extra.guidance.is_some() != self.facts.guidance_embedding {
            return Err(ZooError::Config(
                "a scale of guidance is given exactly to models that read it (time_cond_proj_dim)"
                    .to_string(),
            ));
        }
        let factor = self.facts.factor;
        let sizes = extra
            .sizes
            .unwrap_or(Sizes::whole(height * factor, width * factor));
        let pooled = text
            .pooled
            .filter(|_| self.unet.config().addition.is_some());
        let input = UnetInput {
            latents,
            times,
            text: text.context,
            addition: pooled.map(|pooled| (pooled, vec![sizes.numbers(); n])),
            guidance: extra.guidance.map(|guidance| vec![guidance; n]),
        };
        Ok(self.unet.forward(input))
    }

    /// Latents as sampling ends with them, `[n, 4, height, width]`, to pictures in [0, 1], `[n, 3, ..]`.
    ///
    /// # Errors
    /// [`ZooError::Config`] for latents of other channels.
    pub fn decode(&self, latents: Tensor<4>) -> Result<Tensor<4>, ZooError> {
        match latents.dims()[1] == self.facts.latent_channels {
            true => Ok(self.autoencoder.decode(latents)),
            false => Err(ZooError::Config(format!(
                "latents have 4 channels, not {}",
                latents.dims()[1]
            ))),
        }
    }

    /// Pictures in [0, 1], `[n, 3, height, width]`, to the mean of their latents as the UNet sees them.
    ///
    /// # Errors
    /// [`ZooError::Config`] for sides that are no multiple of the factor.
    pub fn encode(&self, images: Tensor<4>) -> Result<Tensor<4>, ZooError> {
        let [_, channels, height, width] = images.dims();
        let factor = self.facts.factor;
        if channels != 3 || height % factor != 0 || width % factor != 0 || height * width == 0 {
            return Err(ZooError::Config(format!(
                "a picture of {width}x{height} with {channels} channels cannot be encoded; sides have to be multiples of {factor}"
            )));
        }
        Ok(self.autoencoder.encode(images))
    }
}

/// Of the UNet's weights, and of everything.
fn fingerprints(
    unet: &[PathBuf],
    others: &[PathBuf],
) -> Result<(Fingerprint, Fingerprint), ZooError> {
    let of = |files: &[PathBuf]| {
        files
            .iter()
            .map(|file| Fingerprint::of_file(file))
            .collect::<Result<Vec<_>, _>>()
    };
    let unet = of(unet)?;
    let weights = match &unet[..] {
        [only] => only.clone(),
        parts => {
            let builder = Fingerprint::of("weights");
            let builder = parts
                .iter()
                .fold(builder, |builder, part| builder.nested("part", part));
            builder.finish()
        }
    };
    let builder = Fingerprint::of("stable diffusion")
        .text("version", VERSION)
        .nested("unet", &weights);
    let others = of(others)?;
    let builder = others
        .iter()
        .fold(builder, |builder, file| builder.nested("file", file));
    Ok((weights, builder.finish()))
}
