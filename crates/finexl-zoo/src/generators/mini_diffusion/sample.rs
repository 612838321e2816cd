//! Sampling: prompts and noise -> latents.

use super::denoiser::{Denoiser, PromptMemory};
use super::processor::ProcessorDenoiser;
use super::text_reader::Prompts;
use crate::ZooError;
use crate::generators::{Conditions, DiffusionSettings};
use crate::sampling::{NoiseLevel, Prediction, classifier_free, concept, rectified_flow};
use burn::tensor::{Device, Tensor};

/// Predicts for all conditions of one pass.
pub trait Velocity {
    /// The velocity of latents `[n, positions, channels]` that are all at one time, `[0, 1]`.
    ///
    /// # Errors
    /// [`ZooError::Backend`] where the device fails.
    fn at(&self, latents: Tensor<3>, time: f32) -> Result<Tensor<3>, ZooError>;
}

/// A denoiser on any device with what it sees of prompts.
struct OnDevice<'a> {
    denoiser: &'a Denoiser,
    memory: PromptMemory,
}

impl Velocity for OnDevice<'_> {
    fn at(&self, latents: Tensor<3>, time: f32) -> Result<Tensor<3>, ZooError> {
        let times = Tensor::full([latents.dims()[0]], time, &latents.device());
        let denoised = self.denoiser.forward(latents, times, &self.memory, None);
        Ok(denoised.velocity)
    }
}

/// What a step predicts with: one batched pass, and how its predictions are combined.
struct Guided<'a> {
    velocity: &'a dyn Velocity,
    rows: usize,
    groups: usize,
    guidance: f64,
    concepts: Vec<f64>,
}

/// Denoises noise `[n, positions, channels]`; `progress` is told every step that is done.
///
/// # Errors
/// Settings outside their range.
pub fn denoise(
    denoiser: &Denoiser,
    conditions: Conditions,
    noise: Tensor<3>,
    settings: &DiffusionSettings,
    progress: &mut impl FnMut(usize),
) -> Result<Tensor<3>, ZooError> {
    let grouped = conditions.grouped(settings.guidance, settings.concept.as_ref());
    let prompts = Prompts::new(grouped.sequences);
    let (processor, device);
    let velocity: &dyn Velocity = if noise.device() == Device::flex() {
        processor = ProcessorDenoiser::new(denoiser, &prompts)?;
        &processor
    } else {
        let memory = denoiser.read(&prompts);
        device = OnDevice { denoiser, memory };
        &device
    };
    let guided = Guided {
        velocity,
        rows: grouped.rows,
        groups: grouped.groups,
        guidance: grouped.guidance,
        concepts: grouped.concepts,
    };
    let levels = rectified_flow(settings.steps, 1.0)?;
    settings.sampler.sample(
        &mut |x, level| guided.data(x, level),
        noise,
        &levels,
        progress,
    )
}

impl Guided<'_> {
    /// The predicted data of latents at a noise level.
    fn data(&self, x: Tensor<3>, level: NoiseLevel) -> Result<Tensor<3>, ZooError> {
        let all = Tensor::cat(vec![x.clone(); self.groups], 0);
        let velocity = self.velocity.at(all, level.sigma as f32)?;
        let group = |index: usize| velocity.clone().narrow(0, index * self.rows, self.rows);
        let plain = group(0);
        let mut combined = plain.clone();
        if self.guidance != 1.0 {
            combined = classifier_free(plain.clone(), group(1), self.guidance);
        }
        let first = self.groups - self.concepts.len();
        for (place, strength) in self.concepts.iter().enumerate() {
            let along = concept(plain.clone(), group(first + place), *strength) - plain.clone();
            combined = combined + along;
        }
        Prediction::Velocity.to_x0(combined, x, level)
    }
}
