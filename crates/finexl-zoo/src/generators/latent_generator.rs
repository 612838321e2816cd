//! A network over the latents of an autoencoder as a [`Generator`].

use super::conditions::Conditions;
use super::latent_network::{LatentNetwork, SampleRequest};
use super::mini_diffusion::LatentSpace;
use super::{
    ChosenSettings, ConceptGuidance, FamilySettings, GenerationRequest, GenerationSettings,
    Generator, GeneratorConfig, Reconstruction, SceneGenerator,
};
use crate::ZooError;
use crate::encoders::mini_clip::Tokenizer;
use crate::weights::WeightsFile;
use crate::workers::{Workers, cuts};
use burn::module::Module;
use burn::tensor::Device;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::captions::caption;
use finexl_data::image::Image;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Images per pass through the network; more would only take memory.
const LARGEST_BATCH: usize = 32;

/// A trained generator of latents with its autoencoder.
pub struct LatentGenerator<N: LatentNetwork> {
    config: GeneratorConfig<N::Architecture>,
    network: N,
    latents: Arc<LatentSpace>,
    tokenizer: Tokenizer,
    /// Of the network's weights file.
    weights: Fingerprint,
    /// Of everything an image depends on.
    fingerprint: Fingerprint,
    device: Device,
    workers: Workers,
}

impl<N: LatentNetwork> LatentGenerator<N> {
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
        let latents = Arc::new(LatentSpace::from_weights(autoencoder, device)?);
        Self::on_latents(weights, latents, device)
    }

    /// Builds a model from its weights and an autoencoder that is in memory.
    ///
    /// # Errors
    /// As [`LatentGenerator::from_weights`].
    pub fn on_latents(
        weights: &WeightsFile,
        latents: Arc<LatentSpace>,
        device: &Device,
    ) -> Result<Self, ZooError> {
        let config: GeneratorConfig<N::Architecture> = weights.config()?;
        if config.autoencoder != latents.fingerprint().to_string() {
            return Err(ZooError::Config(format!(
                "{} was trained on the latents of another autoencoder than {} ({}); put the one with \
                 the SHA-256 {} beside it, as {}, or train it anew",
                config.name,
                latents.config().name,
                latents.fingerprint(),
                config.autoencoder,
                N::FAMILY.autoencoder_file()
            )));
        }
        let network = weights.load_into(N::fresh(&config, &latents, device)?)?;
        let fingerprint = Fingerprint::of("generator")
            .nested("weights", &weights.fingerprint())
            .nested("autoencoder", latents.fingerprint())
            .finish();
        let prints = [weights.fingerprint(), fingerprint];
        Ok(Self::new(config, network, latents, prints, device))
    }

    /// A model of parts that are in memory.
    pub(crate) fn new(
        config: GeneratorConfig<N::Architecture>,
        network: N,
        latents: Arc<LatentSpace>,
        [weights, fingerprint]: [Fingerprint; 2],
        device: &Device,
    ) -> Self {
        let context = N::sizes(&config.architecture).context;
        Self {
            tokenizer: Tokenizer::new(&config.name, &config.words, context),
            config,
            network,
            latents,
            weights,
            fingerprint,
            device: device.clone(),
            workers: Workers::new(device),
        }
    }

    /// What it was built from.
    pub fn config(&self) -> &GeneratorConfig<N::Architecture> {
        &self.config
    }

    /// The same with another network in place of its own, such as one with an adapter in it.
    pub fn with_network(self, network: N, fingerprint: Fingerprint) -> Self {
        Self {
            network,
            fingerprint,
            ..self
        }
    }

    /// The reader of prompts.
    pub(crate) fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The network.
    pub fn network(&self) -> &N {
        &self.network
    }

    /// Its autoencoder.
    pub fn latents(&self) -> &Arc<LatentSpace> {
        &self.latents
    }

    /// Where it computes.
    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    fn conditions(
        &self,
        requests: &[GenerationRequest],
        concept: Option<&ConceptGuidance>,
    ) -> Result<Conditions, ZooError> {
        let encode = |text: &str| self.tokenizer.encode(text);
        let phrases = concept.into_iter().flat_map(ConceptGuidance::phrases);
        let with_concepts = phrases.map(|phrase| {
            let with = |r: &GenerationRequest| caption(&r.prompt, &[phrase]);
            requests
                .iter()
                .map(|r| encode(&with(r)))
                .collect::<Result<Vec<_>, ZooError>>()
        });
        Ok(Conditions {
            prompts: requests
                .iter()
                .map(|r| encode(&r.prompt))
                .collect::<Result<_, _>>()?,
            empty: encode("")?,
            with_concepts: with_concepts.collect::<Result<_, _>>()?,
        })
    }
}

impl<N: LatentNetwork> Generator for LatentGenerator<N> {
    fn name(&self) -> &str {
        &self.config.name
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn device(&self) -> &'static str {
        crate::device::name(&self.device)
    }

    fn weights(&self) -> &Fingerprint {
        &self.weights
    }

    fn settings(&self, chosen: &ChosenSettings) -> Result<GenerationSettings, ZooError> {
        Ok(self.network.settings(chosen)?.into())
    }

    fn describe(&self) -> Vec<(String, String)> {
        let config = &self.config;
        let sizes = N::sizes(&config.architecture);
        let [positions, channels] = self.latents.shape();
        let size = self.image_size();
        let network = format!(
            "{} blocks of width {}, {} parameters",
            sizes.layers,
            sizes.width,
            Module::num_params(&self.network)
        );
        let of = &self.latents.config().name;
        let latents = match self.latents.levels() {
            Some(levels) => {
                format!("{positions} positions of {channels} values at {levels} levels ({of})")
            }
            None => format!("{positions} positions of {channels} values ({of})"),
        };
        let lines = [
            ("name", config.name.clone()),
            ("fingerprint", self.fingerprint.to_string()),
            ("weights (SHA-256)", self.weights.to_string()),
            ("images", format!("{size} x {size}")),
            (N::NOUN, network),
            ("latents", latents),
            ("longest prompt", format!("{} tokens", sizes.context)),
            ("subjects", config.subjects.join(", ")),
            ("aspects", config.aspects.join(", ")),
            ("words", config.words.join(" ")),
        ];
        lines.map(|(name, value)| (name.to_string(), value)).into()
    }

    fn check_prompt(&self, prompt: &str) -> Result<(), ZooError> {
        self.tokenizer.encode(prompt).map(|_| ())
    }

    fn memory(&self, images: usize, settings: &GenerationSettings) -> u64 {
        const NUMBER: usize = 4;
        /// Rows of token values that are alive at a time inside a block.
        const ALIVE: usize = 8;
        /// Prompt, empty prompt; one more for each concept.
        const GROUPS: usize = 2;
        let concept = N::Settings::of(settings).and_then(N::Settings::concept);
        let groups = GROUPS + concept.map_or(0, |concept| concept.concepts().len());
        let a = N::sizes(&self.config.architecture);
        let [positions, _] = self.latents.shape();
        let attention = a.heads * positions * (positions + a.context) * 2;
        // Keys and values of all blocks, where a family keeps them.
        let cache = 2 * a.layers * (positions + a.context) * a.width;
        let row = groups * (positions * (ALIVE * a.width + 2 * a.hidden) + attention + cache);
        let at_once = images.min(LARGEST_BATCH * self.workers.threads());
        let pixels = 3 * self.image_size() * self.image_size();
        // The autoencoder's widest layers take several times the pixels.
        let decoding = 16 * pixels * at_once;
        let weights = Module::num_params(&self.network) * (1 + self.workers.threads());
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
        let settings: &N::Settings = settings.of_family(self.name())?;
        self.network.check_settings(settings)?;
        for phrase in settings
            .concept()
            .into_iter()
            .flat_map(ConceptGuidance::phrases)
        {
            self.check_prompt(phrase)?;
        }
        let parts = requests
            .len()
            .div_ceil(LARGEST_BATCH)
            .max(self.workers.threads());
        let jobs: Vec<&[GenerationRequest]> = cuts(requests.len(), parts)
            .map(|[start, end]| &requests[start..end])
            .filter(|part| !part.is_empty())
            .collect();
        let [positions, _] = self.latents.shape();
        let all = (requests.len() * N::passes(settings, positions)).max(1);
        let done = AtomicUsize::new(0);
        let start = Instant::now();
        let latents = self.workers.run(jobs, |part| {
            let request = SampleRequest {
                requests: part,
                conditions: self.conditions(part, settings.concept())?,
                settings,
                latents: &self.latents,
                device: &self.device,
            };
            self.network.sample(request, &mut |_| {
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

impl<N: LatentNetwork> SceneGenerator for LatentGenerator<N> {
    fn image_size(&self) -> usize {
        self.latents.config().architecture.image_size
    }

    fn subjects(&self) -> &[String] {
        &self.config.subjects
    }
}

impl<N: LatentNetwork> Reconstruction for LatentGenerator<N> {
    fn reconstruct(&self, images: &[Image]) -> Result<Vec<Image>, ZooError> {
        self.latents.decode(self.latents.encode(images))
    }
}
