//! Two models that are compared are sampled alike.

use super::settings::GenerationSettings;
use super::stable_diffusion::StableDiffusionSettings;
use super::{ChosenSettings, Generator};
use crate::ZooError;
use crate::sampling::Prediction;

/// What a reader should know where a personalized model, sampled with the settings of its base, would by itself be
/// sampled otherwise; `base` is its name and what it makes of the chosen settings. Only checkpoints of Stable Diffusion
/// bring settings of their own.
///
/// # Errors
/// [`ZooError::Config`] where the two predict different things, so that one would draw noise; as
/// [`Generator::settings`].
pub fn sampled_alike(
    (base, of_base): (&str, &GenerationSettings),
    personalized: &dyn Generator,
    chosen: &ChosenSettings,
) -> Result<Vec<String>, ZooError> {
    let own = personalized.settings(chosen)?;
    let (GenerationSettings::StableDiffusion(of_base), GenerationSettings::StableDiffusion(own)) =
        (of_base, own)
    else {
        return Ok(Vec::new());
    };
    let names = [base, personalized.name()];
    let [a, b] = [of_base, &own].map(|settings| name(settings.scheduler.prediction));
    if a != b {
        return Err(ZooError::Config(format!(
            "{} predicts {a} and {} predicts {b}, so sampled alike one of them would draw noise; if a file is silent \
             about it and both predict the same, say so with --prediction",
            names[0], names[1]
        )));
    }
    Ok(other_settings(names, of_base, &own).into_iter().collect())
}

fn other_settings(
    [base, personalized]: [&str; 2],
    of_base: &StableDiffusionSettings,
    own: &StableDiffusionSettings,
) -> Option<String> {
    if own == of_base {
        return None;
    }
    let usual: Vec<String> = (own.described().into_iter())
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    Some(format!(
        "{personalized} was sampled with the settings of {base}; by itself it would be sampled otherwise ({}). Give \
         --scheduler, --steps, --guidance or --size where those suit both better.",
        usual.join(", ")
    ))
}

/// As configs of diffusers call it.
fn name(prediction: Prediction) -> &'static str {
    match prediction {
        Prediction::Sample => "sample",
        Prediction::Noise => "epsilon",
        Prediction::Velocity => "velocity",
        Prediction::V => "v_prediction",
    }
}
