//! Settings that suit a model.

use super::facts::Facts;
use super::schedulers::{SchedulerClass, SchedulerConfig, Spacing, prediction};
use super::size::Size;
use crate::ZooError;
use crate::generators::ChosenStableDiffusion;
use crate::sampling::Prediction;
use crate::stable_diffusion::Base;
use std::path::Path;

/// What is used where nothing is stated.
pub(super) struct Defaults {
    pub steps: usize,
    pub guidance: f64,
    pub size: Size,
}

/// Steps and guidance of a model: few steps without guidance for distilled ones, which their schedulers show.
pub(super) fn defaults(facts: &Facts, scheduler: &SchedulerConfig) -> Defaults {
    let euler = [SchedulerClass::Euler, SchedulerClass::EulerAncestral];
    let turbo = scheduler.spacing == Spacing::Trailing && euler.contains(&scheduler.class);
    let (steps, guidance) = match (scheduler.class, facts.base) {
        (SchedulerClass::Lcm, _) if facts.guidance_embedding => (4, 8.5),
        (SchedulerClass::Lcm, _) => (4, 1.0),
        _ if facts.guidance_embedding => (4, 8.5),
        _ if turbo => (4, 1.0),
        (_, Base::Xl) => (30, 5.0),
        (_, Base::Sd1 | Base::Sd2) => (20, 7.5),
    };
    Defaults {
        steps,
        guidance,
        size: Size::square(facts.default_size),
    }
}

/// The scheduler that a model comes with, or another one that is stated.
///
/// # Errors
/// Configs that are not built.
pub(super) fn scheduler(
    facts: &Facts,
    path: &Path,
    chosen: &ChosenStableDiffusion,
) -> Result<SchedulerConfig, ZooError> {
    let choice = chosen.scheduler;
    let class = choice.map(|choice| choice.class);
    let own = facts.prediction.and_then(prediction);
    let mut config = match &facts.scheduler_config {
        Some(json) => {
            let file = path.join("scheduler").join("scheduler_config.json");
            SchedulerConfig::of_json(json, &file, class)?
        }
        None => {
            let told = chosen.prediction.or(own).unwrap_or(Prediction::Noise);
            let published = match facts.base {
                Base::Xl => SchedulerConfig::of_stable_diffusion_xl(told),
                Base::Sd1 | Base::Sd2 => SchedulerConfig::of_stable_diffusion(told),
            };
            let mut config = match class {
                Some(class) => published.with_class(class),
                None => published,
            };
            config.zero_snr |= facts.zero_snr == Some(true) && class_rescales(config.class);
            config
        }
    };
    if let Some(choice) = choice {
        config = choice.apply(config);
    }
    if let Some(prediction) = chosen.prediction {
        config = config.with_prediction(prediction);
    }
    Ok(config)
}

/// Whether diffusers' class knows betas with nothing left at the end.
fn class_rescales(class: SchedulerClass) -> bool {
    class != SchedulerClass::Pndm
}
