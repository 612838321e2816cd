//! A checkpoint of Stable Diffusion as a [`Generator`].

use super::default_settings::{defaults, scheduler};
use super::prompt_notes::{commanding_prompts, cut_prompts};
use super::sample::{Sampling, guides};
use super::unet::Unet;
use super::{StableDiffusion, StableDiffusionSettings, StartNoise};
use crate::ZooError;
use crate::generators::chosen_settings::Stated;
use crate::generators::{
    ChosenSettings, ConceptGuidance, GenerationRequest, GenerationSettings, Generator,
    KeptPictures, values,
};
use burn::tensor::{Device, Tensor};
use finexl_core::fingerprint::Fingerprint;
use finexl_data::image::Image;
use std::path::{Path, PathBuf};

/// Share of the work behind the last call of the network, in calls of it.
const DECODING: f64 = 2.0;

/// Stable Diffusion 1, 2 or XL with everything that makes pictures of prompts.
#[derive(Debug)]
pub struct StableDiffusionGenerator {
    name: String,
    path: PathBuf,
    network: StableDiffusion,
    fingerprint: Fingerprint,
    start: Option<StartNoise>,
    kept: Option<KeptPictures>,
    notes: Vec<String>,
}

impl StableDiffusionGenerator {
    /// Opens a folder or a single file; `name` is what it is called.
    ///
    /// # Errors
    /// As [`StableDiffusion::open`].
    pub fn open(name: &str, path: &Path, device: &Device) -> Result<Self, ZooError> {
        let network = StableDiffusion::open(path, device)?;
        let mut notes = network.notes().to_vec();
        let facts = network.facts();
        if facts.scheduler_config.is_none() && facts.prediction.is_none() {
            notes.push(format!(
                "{name} does not say what its network predicts; unless --prediction says otherwise it is taken to be \
                 epsilon. Where pictures are noise, give --prediction v_prediction."
            ));
        }
        Ok(Self {
            name: name.to_string(),
            path: path.to_path_buf(),
            fingerprint: network.fingerprint().clone(),
            network,
            start: None,
            kept: KeptPictures::of_user(),
            notes,
        })
    }

    /// The same with start noise from a file, or drawn where there is none.
    pub fn with_start_noise(mut self, start: Option<StartNoise>) -> Self {
        self.start = start;
        self
    }

    /// The same with its pictures kept elsewhere, or nowhere.
    pub fn with_kept_pictures(mut self, kept: Option<KeptPictures>) -> Self {
        self.kept = kept;
        self
    }

    /// The same with another UNet of the same shape, and the fingerprint of its weights.
    pub(super) fn with_unet(mut self, unet: Unet, weights: Fingerprint) -> Self {
        self.fingerprint = Fingerprint::of("stable diffusion, tuned")
            .nested("base", &self.fingerprint)
            .nested("unet", &weights)
            .finish();
        self.network.unet = unet;
        self
    }

    /// The same model with other weights, which have a fingerprint of their own.
    pub(super) fn with_network(&self, network: StableDiffusion, fingerprint: Fingerprint) -> Self {
        Self {
            name: self.name.clone(),
            path: self.path.clone(),
            network,
            fingerprint,
            start: self.start.clone(),
            kept: self.kept.clone(),
            notes: self.notes.clone(),
        }
    }

    /// The folder or file that it was opened from.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The networks.
    pub fn network(&self) -> &StableDiffusion {
        &self.network
    }

    fn check(&self, settings: &StableDiffusionSettings) -> Result<(), ZooError> {
        let facts = self.network.facts();
        let wrong = |problem: String| Err(ZooError::Config(problem));
        let (size, factor) = (settings.size, facts.factor.max(1));
        if size.width == 0
            || size.height == 0
            || size.width % factor != 0
            || size.height % factor != 0
        {
            let near = |side: usize| (side / factor).max(1) * factor;
            return wrong(format!(
                "the size {size} is no multiple of {factor} pixels, which one number of {}'s latents stands for; take \
                 {}x{}",
                self.name,
                near(size.width),
                near(size.height)
            ));
        }
        let most = self.network.most_clip_skip();
        if settings.clip_skip > most {
            return wrong(format!(
                "clip skip is {}; {} can leave out 0 to {most} layers of its text encoder",
                settings.clip_skip, self.name
            ));
        }
        if !settings.guidance.is_finite() {
            return wrong(format!(
                "the guidance is {}; give a number, 1 for none",
                settings.guidance
            ));
        }
        if settings.negative.is_some() && !guides(settings, facts.guidance_embedding) {
            return wrong(match facts.guidance_embedding {
                true => format!(
                    "{} reads the scale of guidance and is not guided away from anything; leave the negative prompt out",
                    self.name
                ),
                false => format!(
                    "a negative prompt does nothing at a guidance of {}; give a guidance above 1, or leave it out",
                    settings.guidance
                ),
            });
        }
        settings.scheduler.schedule(settings.steps)?;
        Ok(())
    }

    fn images(&self, decoded: Tensor<4>) -> Result<Vec<Image>, ZooError> {
        let [count, _, height, width] = decoded.dims();
        let interleaved = decoded.permute([0, 2, 3, 1]);
        let numbers = values(interleaved)?;
        let of = |pixels: &[f32]| Image::new(width, height, pixels.to_vec());
        let images = numbers.chunks_exact(height * width * 3).map(of);
        let images: Vec<Image> = images.collect();
        debug_assert_eq!(images.len(), count);
        Ok(images)
    }
}

impl Generator for StableDiffusionGenerator {
    fn name(&self) -> &str {
        &self.name
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn device(&self) -> &'static str {
        crate::device::name(self.network.device())
    }

    fn weights(&self) -> &Fingerprint {
        self.network.weights()
    }

    fn settings(&self, chosen: &ChosenSettings) -> Result<GenerationSettings, ZooError> {
        chosen.refuse(&self.name, &[Stated::Tokens, Stated::Walk])?;
        let facts = self.network.facts();
        let own = &chosen.stable_diffusion;
        let scheduler = scheduler(facts, &self.path, own)?;
        let usual = defaults(facts, &scheduler);
        let size = match (&self.start, own.size) {
            (None, size) => size.unwrap_or(usual.size),
            (Some(start), asked) => {
                let size = start.size(facts.latent_channels, facts.factor)?;
                if let Some(asked) = asked.filter(|asked| *asked != size) {
                    return Err(ZooError::Config(format!(
                        "the start noise is for pictures of {size}, asked for are {asked}; leave the size out"
                    )));
                }
                size
            }
        };
        let settings = StableDiffusionSettings {
            steps: chosen.steps.unwrap_or(usual.steps),
            guidance: chosen.guidance.unwrap_or(usual.guidance),
            concept: chosen.concept.clone(),
            negative: own.negative.clone(),
            size,
            clip_skip: own.clip_skip.unwrap_or(0),
            scheduler,
            latents: self.start.as_ref().map(|start| start.fingerprint().clone()),
        };
        self.check(&settings)?;
        Ok(settings.into())
    }

    fn describe(&self) -> Vec<(String, String)> {
        let facts = self.network.facts();
        let mut lines = vec![
            ("name", self.name.clone()),
            ("family", facts.base.to_string()),
            ("fingerprint", self.fingerprint.to_string()),
            ("weights (SHA-256)", self.weights().to_string()),
            ("precision", facts.precision.clone()),
            ("pixels per latent", facts.factor.to_string()),
        ];
        if let Ok(GenerationSettings::StableDiffusion(own)) =
            self.settings(&ChosenSettings::default())
        {
            let own = own.described().into_iter();
            let own: Vec<String> = own.map(|(name, value)| format!("{name} {value}")).collect();
            lines.push(("settings where none is stated", own.join(", ")));
        }
        let lines = lines.into_iter();
        lines
            .map(|(name, value)| (name.to_string(), value))
            .collect()
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }

    fn check_prompt(&self, prompt: &str) -> Result<(), ZooError> {
        self.network.text_length(prompt).map(|_| ())
    }

    fn prompt_notes(&self, prompts: &[String]) -> Vec<String> {
        let cut = cut_prompts(&self.name, prompts, |prompt| {
            self.network.text_length(prompt)
        });
        [cut, commanding_prompts(prompts)]
            .into_iter()
            .flatten()
            .collect()
    }

    fn memory(&self, images: usize, settings: &GenerationSettings) -> u64 {
        let own: Result<&StableDiffusionSettings, _> = settings.of_family(&self.name);
        own.map_or(0, |own| {
            let halves = 1 + usize::from(guides(own, self.network.facts().guidance_embedding));
            let concepts = own
                .concept
                .iter()
                .flat_map(ConceptGuidance::concepts)
                .count();
            let size = [own.size.height, own.size.width];
            self.network.memory(images, size, halves + concepts)
        })
    }

    fn at_once(&self) -> usize {
        1
    }

    fn kept(&self) -> Option<&KeptPictures> {
        self.kept.as_ref()
    }

    fn generate(
        &self,
        requests: &[GenerationRequest],
        settings: &GenerationSettings,
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<Vec<Image>, ZooError> {
        let settings: &StableDiffusionSettings = settings.of_family(&self.name)?;
        self.check(settings)?;
        if settings.latents.as_ref() != self.start.as_ref().map(StartNoise::fingerprint) {
            return Err(ZooError::Config(
                "the settings are for other start noise than is given".to_string(),
            ));
        }
        let mut images = Vec::with_capacity(requests.len());
        let total = requests.len().max(1) as f64;
        for (place, request) in requests.iter().enumerate() {
            let sampling = Sampling {
                network: &self.network,
                requests: std::slice::from_ref(request),
                settings,
                start: self.start.as_ref(),
            };
            let calls = sampling.schedule()?.calls().len() as f64;
            let before = place as f64;
            let latents = sampling.latents(&|share| {
                progress((before + share * calls / (calls + DECODING)) / total);
            })?;
            let made = self.images(self.network.decode(latents)?)?;
            if made
                .iter()
                .any(|image| image.pixels.iter().any(|v| !v.is_finite()))
            {
                return Err(ZooError::Config(format!(
                    "{} made a picture of \"{}\" that is not finite; its weights are damaged, or --prediction is another",
                    self.name, request.prompt
                )));
            }
            images.extend(made);
            progress((before + 1.0) / total);
        }
        Ok(images)
    }
}
