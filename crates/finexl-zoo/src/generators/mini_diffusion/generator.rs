//! mini-diffusion as a [`Generator`].

use super::sample::{Conditions, denoise};
use super::{Denoiser, LatentSpace, MiniDiffusionConfig};
use crate::ZooError;
use crate::encoders::mini_clip::Tokenizer;
use crate::generators::{GenerationRequest, GenerationSettings, Generator};
use crate::sampling::noise;
use crate::weights::WeightsFile;
use crate::workers::{Workers, cuts};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use finexl_core::fingerprint::Fingerprint;
use finexl_data::art::subject_indices;
use finexl_data::captions::caption;
use finexl_data::image::Image;
use finexl_data::scenes::{Scene, Split};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Images per pass through the network; more would only take memory.
const LARGEST_BATCH: usize = 32;

/// A trained latent diffusion model.
pub struct MiniDiffusion {
    config: MiniDiffusionConfig,
    denoiser: Denoiser,
    latents: Arc<LatentSpace>,
    tokenizer: Tokenizer,
    /// Of the denoiser's weights file.
    weights: Fingerprint,
    /// Of everything an image depends on.
    fingerprint: Fingerprint,
    device: Device,
    workers: Workers,
}

impl MiniDiffusion {
    /// Builds a model from its weights and those of its autoencoder.
    ///
    /// # Errors
    /// [`ZooError::Weights`] where a file is damaged, [`ZooError::Config`] where it was trained on the
    /// latents of another autoencoder.
    pub fn from_weights(
        weights: &WeightsFile,
        autoencoder: &WeightsFile,
        device: &Device,
    ) -> Result<Self, ZooError> {
        let config: MiniDiffusionConfig = weights.config()?;
        let latents = LatentSpace::from_weights(autoencoder, device)?;
        if config.autoencoder != latents.fingerprint().to_string() {
            return Err(ZooError::Config(format!(
                "{} was trained on the latents of another autoencoder than {} ({}); put the one with \
                 the SHA-256 {} beside it, as mini-autoencoder.safetensors, or train it anew",
                config.name,
                latents.config().name,
                latents.fingerprint(),
                config.autoencoder
            )));
        }
        let denoiser = weights.load_into(config.init(latents.shape(), device))?;
        let fingerprint = Fingerprint::of("generator")
            .nested("weights", &weights.fingerprint())
            .nested("autoencoder", latents.fingerprint())
            .finish();
        Ok(Self::new(
            config,
            denoiser,
            Arc::new(latents),
            [weights.fingerprint(), fingerprint],
            device,
        ))
    }

    /// A model of parts that are in memory.
    pub(crate) fn new(
        config: MiniDiffusionConfig,
        denoiser: Denoiser,
        latents: Arc<LatentSpace>,
        [weights, fingerprint]: [Fingerprint; 2],
        device: &Device,
    ) -> Self {
        let context = config.architecture.text.context;
        Self {
            tokenizer: Tokenizer::new(&config.name, &config.words, context),
            config,
            denoiser,
            latents,
            weights,
            fingerprint,
            device: device.clone(),
            workers: Workers::new(device),
        }
    }

    /// What it was built from.
    pub fn config(&self) -> &MiniDiffusionConfig {
        &self.config
    }

    /// Prompts of different scenes with the subjects that it learned.
    ///
    /// # Errors
    /// [`ZooError::Config`] where there are fewer than `count`, or where none is asked for.
    pub fn scene_prompts(
        &self,
        split: Split,
        seed: u64,
        count: usize,
    ) -> Result<Vec<String>, ZooError> {
        let subjects = subject_indices(&self.config.subjects)?;
        let scenes = Scene::draw_distinct_among(&subjects, split, seed, count);
        if count == 0 || scenes.len() < count {
            return Err(ZooError::Config(format!(
                "{count} prompts were asked for; {} has between 1 and {} scenes of the split {}",
                self.config.name,
                scenes.len(),
                split.name()
            )));
        }
        Ok(scenes.iter().map(Scene::prompt).collect())
    }

    /// What a reader wants to know of it: names and values.
    pub fn describe(&self) -> Vec<(String, String)> {
        let config = &self.config;
        let a = &config.architecture;
        let [positions, channels] = self.latents.shape();
        let size = self.latents.config().architecture.image_size;
        let lines = [
            ("name", config.name.clone()),
            ("fingerprint", self.fingerprint.to_string()),
            ("weights (SHA-256)", self.weights.to_string()),
            ("images", format!("{size} x {size}")),
            (
                "denoiser",
                format!(
                    "{} blocks of width {}, {} parameters",
                    a.layers,
                    a.width,
                    self.denoiser.num_params()
                ),
            ),
            (
                "latents",
                format!(
                    "{positions} positions of {channels} values ({})",
                    self.latents.config().name
                ),
            ),
            ("longest prompt", format!("{} tokens", a.text.context)),
            ("subjects", config.subjects.join(", ")),
            ("aspects", config.aspects.join(", ")),
            ("words", config.words.join(" ")),
        ];
        lines.map(|(name, value)| (name.to_string(), value)).into()
    }

    /// The same with another denoiser in place of its own, such as one with an adapter in it.
    pub fn with_denoiser(self, denoiser: Denoiser, fingerprint: Fingerprint) -> Self {
        Self {
            denoiser,
            fingerprint,
            ..self
        }
    }

    /// Fingerprint of the denoiser's weights file.
    pub fn weights(&self) -> &Fingerprint {
        &self.weights
    }

    /// The reader of prompts.
    pub(crate) fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The network.
    pub fn denoiser(&self) -> &Denoiser {
        &self.denoiser
    }

    /// Its autoencoder.
    pub fn latents(&self) -> &Arc<LatentSpace> {
        &self.latents
    }

    fn conditions(
        &self,
        requests: &[GenerationRequest],
        settings: &GenerationSettings,
    ) -> Result<Conditions, ZooError> {
        let encode = |text: &str| self.tokenizer.encode(text);
        let with_concept = settings.concept.as_ref().map(|concept| {
            let with = |r: &GenerationRequest| caption(&r.prompt, &[&concept.phrase]);
            requests
                .iter()
                .map(|r| encode(&with(r)))
                .collect::<Result<_, _>>()
        });
        Ok(Conditions {
            prompts: requests
                .iter()
                .map(|r| encode(&r.prompt))
                .collect::<Result<_, _>>()?,
            empty: encode("")?,
            with_concept: with_concept.transpose()?,
        })
    }

    /// The starting noise of requests, `[n, positions, channels]`.
    fn noise(&self, requests: &[GenerationRequest]) -> Tensor<3> {
        let [positions, channels] = self.latents.shape();
        let parts = requests
            .iter()
            .map(|r| {
                let data = noise(r.seed, r.index, [1, positions, channels]);
                Tensor::from_data(data, &self.device)
            })
            .collect();
        Tensor::cat(parts, 0)
    }
}

impl Generator for MiniDiffusion {
    fn name(&self) -> &str {
        &self.config.name
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn image_size(&self) -> usize {
        self.latents.config().architecture.image_size
    }

    fn check_prompt(&self, prompt: &str) -> Result<(), ZooError> {
        self.tokenizer.encode(prompt).map(|_| ())
    }

    fn memory(&self, images: usize) -> u64 {
        const NUMBER: usize = 4;
        /// Rows of token values that are alive at a time inside a block.
        const ALIVE: usize = 8;
        /// Prompt, empty prompt, prompt with concept.
        const GROUPS: usize = 3;
        let a = &self.config.architecture;
        let [positions, _] = self.latents.shape();
        let attention = a.heads * positions * (positions + a.text.context) * 2;
        let row = GROUPS * (positions * (ALIVE * a.width + 2 * a.hidden) + attention);
        let at_once = images.min(LARGEST_BATCH * self.workers.threads());
        let pixels = 3 * self.image_size() * self.image_size();
        // The autoencoder's widest layers take several times the pixels.
        let decoding = 16 * pixels * at_once;
        let weights = self.denoiser.num_params() * (1 + self.workers.threads());
        let numbers = weights + at_once * row + decoding;
        let kept = images.saturating_mul(pixels);
        numbers.saturating_add(kept).saturating_mul(NUMBER) as u64
    }

    fn generate(
        &self,
        requests: &[GenerationRequest],
        settings: &GenerationSettings,
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<Vec<Image>, ZooError> {
        if let Some(concept) = &settings.concept {
            self.check_prompt(&concept.phrase)?;
        }
        let parts = requests
            .len()
            .div_ceil(LARGEST_BATCH)
            .max(self.workers.threads());
        let jobs: Vec<&[GenerationRequest]> = cuts(requests.len(), parts)
            .map(|[start, end]| &requests[start..end])
            .filter(|part| !part.is_empty())
            .collect();
        let all = (requests.len() * settings.steps).max(1);
        let done = AtomicUsize::new(0);
        let start = Instant::now();
        let latents = self.workers.run(jobs, |part| {
            let conditions = self.conditions(part, settings)?;
            let noise = self.noise(part);
            denoise(&self.denoiser, conditions, noise, settings, &mut |_| {
                let before = done.fetch_add(part.len(), Ordering::Relaxed);
                progress((before + part.len()) as f64 / all as f64);
            })
        });
        let mut images = Vec::with_capacity(requests.len());
        for latents in latents {
            images.extend(self.latents.decode(latents?)?);
        }
        let seconds = start.elapsed().as_secs_f64();
        tracing::info!(images = images.len(), seconds, "generated images");
        Ok(images)
    }
}
