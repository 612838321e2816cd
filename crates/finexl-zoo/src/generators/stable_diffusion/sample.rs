//! Prompts and noise to pictures.

use super::schedulers::{Call, Schedule};
use super::{Extra, StableDiffusion, StableDiffusionSettings, StartNoise, TextConditions};
use crate::ZooError;
use crate::generators::{ConceptGuidance, GenerationRequest};
use crate::sampling::{classifier_free, concept, noise, step_noise};
use burn::tensor::{Tensor, TensorData};
use finexl_data::captions::caption;

/// Pictures that are made in one batch.
pub(super) struct Sampling<'a> {
    pub network: &'a StableDiffusion,
    pub requests: &'a [GenerationRequest],
    pub settings: &'a StableDiffusionSettings,
    pub start: Option<&'a StartNoise>,
}

/// Texts of one pass: what is not wanted, the prompts, the prompts with each concept.
struct Texts {
    all: TextConditions,
    negative: bool,
    concepts: Vec<f64>,
}

impl Sampling<'_> {
    /// Latents as the autoencoder takes them, `[n, channels, height, width]`; `progress` is told the share of calls that
    /// are done.
    pub fn latents(&self, progress: &dyn Fn(f64)) -> Result<Tensor<4>, ZooError> {
        let settings = self.settings;
        let schedule = settings.scheduler.schedule(settings.steps)?;
        let texts = self.texts()?;
        let facts = self.network.facts();
        let extra = Extra {
            guidance: facts.guidance_embedding.then_some(settings.guidance),
            ..Extra::default()
        };
        let mut x = self.start_noise()?.mul_scalar(schedule.start());
        let mut steps = schedule.steps();
        let total = schedule.calls().len() as f64;
        for (
            call,
            Call {
                timestep,
                input_scale,
            },
        ) in schedule.calls().iter().enumerate()
        {
            let seen = x.clone().mul_scalar(*input_scale);
            let groups = texts.all.len() / self.requests.len().max(1);
            let batch = Tensor::cat(vec![seen; groups], 0);
            let told = self
                .network
                .denoise(batch, &[*timestep], &texts.all, &extra)?;
            let predicted = self.combined(told, &texts);
            x = steps.step(predicted, x, &mut |call| self.fresh(call))?;
            progress((call + 1) as f64 / total);
        }
        Ok(x)
    }

    /// The number of calls that settings ask for.
    pub fn schedule(&self) -> Result<Schedule, ZooError> {
        self.settings.scheduler.schedule(self.settings.steps)
    }

    fn texts(&self) -> Result<Texts, ZooError> {
        let (network, settings) = (self.network, self.settings);
        let skip = settings.clip_skip;
        let rows = self.requests.len();
        let prompts: Vec<String> = self.requests.iter().map(|r| r.prompt.clone()).collect();
        let negative = guides(settings, network.facts().guidance_embedding);
        let mut parts = Vec::new();
        if negative {
            // As in diffusers, whose clip skip is for the prompts alone.
            let text = network.encode_negative(settings.negative.as_deref(), 0)?;
            parts.push(text.repeat(rows));
        }
        parts.push(network.encode_texts(&prompts, skip)?);
        let concept = settings.concept.as_ref();
        for phrase in concept.into_iter().flat_map(ConceptGuidance::phrases) {
            let with = prompts.iter().map(|p| caption(p, &[phrase]));
            parts.push(network.encode_texts(&with.collect::<Vec<_>>(), skip)?);
        }
        Ok(Texts {
            all: TextConditions::cat(parts),
            negative,
            concepts: concept.map(ConceptGuidance::strengths).unwrap_or_default(),
        })
    }

    /// What all groups of a batch predict together.
    fn combined(&self, told: Tensor<4>, texts: &Texts) -> Tensor<4> {
        let rows = self.requests.len();
        let group = |place: usize| told.clone().narrow(0, place * rows, rows);
        let plain = group(usize::from(texts.negative));
        let mut combined = match texts.negative {
            true => classifier_free(plain.clone(), group(0), self.settings.guidance),
            false => plain.clone(),
        };
        let first = usize::from(texts.negative) + 1;
        for (place, strength) in texts.concepts.iter().enumerate() {
            let along = concept(plain.clone(), group(first + place), *strength) - plain.clone();
            combined = combined + along;
        }
        combined
    }

    /// Of one picture, `[1, channels, height, width]`.
    fn shape(&self) -> [usize; 4] {
        let facts = self.network.facts();
        let (factor, size) = (facts.factor.max(1), self.settings.size);
        [
            1,
            facts.latent_channels,
            size.height / factor,
            size.width / factor,
        ]
    }

    fn start_noise(&self) -> Result<Tensor<4>, ZooError> {
        let (shape, device) = (self.shape(), self.network.device());
        let row = |request: &GenerationRequest| {
            let data = match self.start {
                Some(start) => TensorData::new(start.row(request.index)?.to_vec(), shape),
                None => noise(request.seed, request.index, shape),
            };
            Ok(Tensor::<4>::from_data(data, device))
        };
        let rows = self.requests.iter().map(row);
        Ok(Tensor::cat(rows.collect::<Result<_, ZooError>>()?, 0))
    }

    fn fresh(&self, call: usize) -> Tensor<4> {
        let row = |request: &GenerationRequest| {
            let data = step_noise(request.seed, request.index, call, self.shape());
            Tensor::<4>::from_data(data, self.network.device())
        };
        Tensor::cat(self.requests.iter().map(row).collect(), 0)
    }
}

/// Whether guidance takes a second half of a batch.
pub(super) fn guides(settings: &StableDiffusionSettings, guidance_embedding: bool) -> bool {
    settings.guidance > 1.0 && !guidance_embedding
}
