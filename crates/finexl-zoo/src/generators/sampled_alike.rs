//! Two models that are compared are sampled alike, and adapters are put onto models that predict what theirs did.

use super::settings::GenerationSettings;
use super::stable_diffusion::{StableDiffusionSettings, TrainedOn, told_prediction};
use super::{ChosenSettings, Generator};
use crate::ZooError;
use crate::sampling::Prediction;
use std::path::Path;

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
    let [a, b] = [of_base, &own].map(|settings| settings.scheduler.prediction);
    predict_the_same(names, [a, b])?;
    Ok(other_settings(names, of_base, &own).into_iter().collect())
}

/// The same of a checkpoint whose weights are not loaded; false where only they tell what it predicts.
///
/// # Errors
/// As [`sampled_alike`]; for files that are not whole.
pub fn checkpoint_predicts_alike(
    (base, of_base): (&str, &GenerationSettings),
    (name, checkpoint): (&str, &Path),
    chosen: &ChosenSettings,
) -> Result<bool, ZooError> {
    let GenerationSettings::StableDiffusion(of_base) = of_base else {
        return Ok(true);
    };
    match told_prediction(checkpoint, &chosen.stable_diffusion)? {
        None => Ok(false),
        Some(told) => {
            predict_the_same([base, name], [of_base.scheduler.prediction, told]).map(|()| true)
        }
    }
}

/// What a reader should know where an adapter says that it was trained on a model that predicts something else than
/// `model`, which is sampled as `settings` say. It is an error unless --prediction was stated, or the adapter contradicts
/// itself: its changes were learned for another target, so that pictures show them wrongly or not at all.
///
/// # Errors
/// [`ZooError::Config`] naming the adapter, its entry and what to do.
pub fn adapters_predict_alike(
    trained_on: &[TrainedOn],
    (model, settings): (&str, &GenerationSettings),
    chosen: &ChosenSettings,
) -> Result<Vec<String>, ZooError> {
    let GenerationSettings::StableDiffusion(settings) = settings else {
        return Ok(Vec::new());
    };
    let is_v = match settings.scheduler.prediction {
        Prediction::V => true,
        Prediction::Noise => false,
        Prediction::Sample | Prediction::Velocity => return Ok(Vec::new()),
    };
    let own = name(settings.scheduler.prediction);
    let mut notes = Vec::new();
    for on in trained_on {
        let Some(other) = on.predictions.iter().find(|said| said.is_v != is_v) else {
            continue;
        };
        let said = format!(
            "{} says that it was trained on a model that predicts {} ({}), and {model} predicts {own}",
            on.file,
            other.what(),
            other.key
        );
        let agrees = on.predictions.iter().any(|said| said.is_v == is_v);
        if agrees || chosen.stable_diffusion.prediction.is_some() {
            notes.push(format!(
                "{said}; its effect may be another than it was trained for."
            ));
            continue;
        }
        return Err(ZooError::Config(format!(
            "{said}, so its effect would be another than it was trained for; give the model that it was trained on with \
             --model, or, where the files are silent or wrong, say with --prediction what {model} predicts"
        )));
    }
    Ok(notes)
}

fn predict_the_same(names: [&str; 2], predictions: [Prediction; 2]) -> Result<(), ZooError> {
    let [a, b] = predictions.map(name);
    match a == b {
        true => Ok(()),
        false => Err(ZooError::Config(format!(
            "{} predicts {a} and {} predicts {b}, so sampled alike one of them would draw noise; if a file is silent \
             about it and both predict the same, say so with --prediction",
            names[0], names[1]
        ))),
    }
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
