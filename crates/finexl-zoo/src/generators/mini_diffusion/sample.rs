//! Sampling: prompts and noise -> latents.

use super::denoiser::{Denoiser, PromptMemory};
use super::text_reader::Prompts;
use crate::ZooError;
use crate::generators::GenerationSettings;
use crate::sampling::{NoiseLevel, Prediction, classifier_free, concept, rectified_flow};
use burn::tensor::Tensor;

/// Prompts as tokens: each as it is, without words, and with the concept where there is one.
pub struct Conditions {
    /// As given.
    pub prompts: Vec<Vec<i32>>,
    /// The empty prompt.
    pub empty: Vec<i32>,
    /// With the concept of concept guidance.
    pub with_concept: Option<Vec<Vec<i32>>>,
}

/// What a step predicts with: memories of one batched pass, and how the predictions are combined.
struct Guided<'a> {
    denoiser: &'a Denoiser,
    memory: PromptMemory,
    rows: usize,
    groups: usize,
    guidance: f64,
    concept: Option<f64>,
}

/// Denoises noise `[n, positions, channels]`; `progress` is told every step that is done.
///
/// # Errors
/// Settings outside their range.
pub fn denoise(
    denoiser: &Denoiser,
    conditions: Conditions,
    noise: Tensor<3>,
    settings: &GenerationSettings,
    progress: &mut impl FnMut(usize),
) -> Result<Tensor<3>, ZooError> {
    let rows = conditions.prompts.len();
    let mut sequences = conditions.prompts;
    if settings.guidance != 1.0 {
        sequences.extend(std::iter::repeat_n(conditions.empty, rows));
    }
    let moved = conditions
        .with_concept
        .map(|prompts| sequences.extend(prompts));
    let groups = sequences.len() / rows.max(1);
    let guided = Guided {
        denoiser,
        memory: denoiser.read(&Prompts::new(sequences)),
        rows,
        groups,
        guidance: settings.guidance,
        concept: moved.and(settings.concept.as_ref().map(|c| c.strength)),
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
        let device = x.device();
        let all = Tensor::cat(vec![x.clone(); self.groups], 0);
        let times = Tensor::full([self.rows * self.groups], level.sigma, &device);
        let velocity = self
            .denoiser
            .forward(all, times, &self.memory, None)
            .velocity;
        let group = |index: usize| velocity.clone().narrow(0, index * self.rows, self.rows);
        let plain = group(0);
        let mut combined = plain.clone();
        if self.guidance != 1.0 {
            combined = classifier_free(plain.clone(), group(1), self.guidance);
        }
        if let Some(strength) = self.concept {
            let along = concept(plain.clone(), group(self.groups - 1), strength) - plain;
            combined = combined + along;
        }
        Prediction::Velocity.to_x0(combined, x, level)
    }
}
