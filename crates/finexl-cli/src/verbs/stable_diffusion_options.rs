//! Options that only Stable Diffusion has.

use crate::diagnostics::CliError;
use finexl_zoo::generators::stable_diffusion::{SchedulerChoice, Size, StartNoise};
use finexl_zoo::generators::{AnyGenerator, ChosenStableDiffusion};
use finexl_zoo::sampling::Prediction;
use std::path::PathBuf;

/// How pictures of Stable Diffusion are made.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Stable Diffusion")]
pub struct StableDiffusionOptions {
    /// What pictures should not show [default: nothing].
    #[arg(long, value_name = "TEXT")]
    negative: Option<String>,
    /// Width and height in pixels, multiples of 8 [default: those of the model].
    #[arg(long, value_name = "WxH", value_parser = Size::parse)]
    size: Option<Size>,
    /// pndm, ddim, euler, euler-ancestral, dpm-solver-pp-2m or lcm; euler-karras, dpm-solver-pp-2m-karras; with
    /// :leading, :trailing or :linspace [default: that of the model].
    #[arg(long, value_name = "NAME", value_parser = SchedulerChoice::parse)]
    scheduler: Option<SchedulerChoice>,
    /// What the model predicts: epsilon, v_prediction or sample; for single files that cannot say.
    #[arg(long, value_name = "NAME", value_parser = prediction)]
    prediction: Option<Prediction>,
    /// Leave out so many layers at the end of the text encoder [default: 0].
    #[arg(long, value_name = "N")]
    clip_skip: Option<usize>,
    /// Start noise of another program: safetensors, one tensor [prompts, 4, height/8, width/8] of standard normal
    /// numbers; the size follows from it.
    #[arg(long, value_name = "FILE")]
    latents: Option<PathBuf>,
}

fn prediction(text: &str) -> Result<Prediction, String> {
    match text {
        "epsilon" => Ok(Prediction::Noise),
        "v_prediction" | "v" => Ok(Prediction::V),
        "sample" => Ok(Prediction::Sample),
        _ => Err("it can be epsilon, v_prediction or sample".to_string()),
    }
}

impl StableDiffusionOptions {
    /// The settings that are stated.
    pub fn chosen(&self) -> ChosenStableDiffusion {
        ChosenStableDiffusion {
            negative: self.negative.clone(),
            size: self.size,
            clip_skip: self.clip_skip,
            scheduler: self.scheduler,
            prediction: self.prediction,
        }
    }

    /// Whether any is stated.
    pub fn is_stated(&self) -> bool {
        self.latents.is_some() || self.chosen() != ChosenStableDiffusion::default()
    }

    /// The start noise of as many prompts.
    pub fn start_noise(&self, prompts: usize) -> Result<Option<StartNoise>, CliError> {
        let Some(path) = &self.latents else {
            return Ok(None);
        };
        let noise = StartNoise::read(path)?;
        noise.check_rows(prompts)?;
        Ok(Some(noise))
    }

    /// A generator with the start noise, if there is one.
    pub fn put_into(
        generator: AnyGenerator,
        noise: Option<&StartNoise>,
    ) -> Result<AnyGenerator, CliError> {
        Ok(match noise {
            Some(noise) => generator.with_start_noise(noise.clone())?,
            None => generator,
        })
    }
}
