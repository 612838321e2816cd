//! A generator of any family.

use super::mini_autoregressive::MiniAutoregressive;
use super::mini_diffusion::MiniDiffusion;
use super::mini_gan::MiniGan;
use super::stable_diffusion::{StableDiffusionGenerator, StartNoise};
use super::{Generator, Reconstruction, SceneGenerator};
use crate::ZooError;
use std::ops::Deref;

/// A generator whose family was found out when it was opened; what all families do is done through
/// [`Generator`], to which it dereferences.
pub enum AnyGenerator {
    /// Denoises latents.
    Diffusion(Box<MiniDiffusion>),
    /// Draws tokens.
    Autoregressive(Box<MiniAutoregressive>),
    /// Makes latents in one pass.
    Gan(Box<MiniGan>),
    /// Stable Diffusion 1, 2 or XL.
    StableDiffusion(Box<StableDiffusionGenerator>),
}

/// Does the same with a generator of whichever embedded family: `with_generator!(any, base => work(base))`; the work
/// gives a result, an error for other families.
macro_rules! with_generator {
    ($any:expr, $base:ident => $work:expr) => {
        match $any {
            $crate::generators::AnyGenerator::Diffusion($base) => $work,
            $crate::generators::AnyGenerator::Autoregressive($base) => $work,
            $crate::generators::AnyGenerator::Gan($base) => $work,
            $crate::generators::AnyGenerator::StableDiffusion(other) => {
                Err($crate::generators::AnyGenerator::embedded_only(
                    $crate::generators::Generator::name(other.as_ref()),
                    "personalize",
                ))
            }
        }
    };
}
pub(crate) use with_generator;

/// The same with a generator of whichever family, all of which can be trained.
macro_rules! with_tunable {
    ($any:expr, $base:ident => $work:expr) => {
        match $any {
            $crate::generators::AnyGenerator::Diffusion($base) => $work,
            $crate::generators::AnyGenerator::Autoregressive($base) => $work,
            $crate::generators::AnyGenerator::Gan($base) => $work,
            $crate::generators::AnyGenerator::StableDiffusion($base) => $work,
        }
    };
}
pub(crate) use with_tunable;

impl AnyGenerator {
    /// As a generator of scenes with known subjects.
    ///
    /// # Errors
    /// [`ZooError::Config`] for models of anything.
    pub fn scenes(&self) -> Result<&dyn SceneGenerator, ZooError> {
        match self {
            Self::Diffusion(generator) => Ok(generator.as_ref()),
            Self::Autoregressive(generator) => Ok(generator.as_ref()),
            Self::Gan(generator) => Ok(generator.as_ref()),
            Self::StableDiffusion(generator) => Err(ZooError::Config(format!(
                "{} has no list of subjects to draw scenes of; give a file of prompts, one per line",
                generator.name()
            ))),
        }
    }

    /// The same with start noise from a file.
    ///
    /// # Errors
    /// [`ZooError::Config`] for families that draw their own.
    pub fn with_start_noise(self, noise: StartNoise) -> Result<Self, ZooError> {
        match self {
            Self::StableDiffusion(generator) => Ok(generator.with_start_noise(Some(noise)).into()),
            other => Err(ZooError::Config(format!(
                "{} is no Stable Diffusion and draws its own noise; leave the start noise out",
                other.name()
            ))),
        }
    }

    /// The same without pictures that are kept between runs.
    pub fn without_kept_pictures(self) -> Self {
        match self {
            Self::StableDiffusion(generator) => generator.with_kept_pictures(None).into(),
            other => other,
        }
    }

    /// As a generator whose autoencoder can be looked through.
    ///
    /// # Errors
    /// [`ZooError::Config`] for families that this is not built for.
    pub fn reconstruction(&self) -> Result<&dyn Reconstruction, ZooError> {
        match self {
            Self::Diffusion(generator) => Ok(generator.as_ref()),
            Self::Autoregressive(generator) => Ok(generator.as_ref()),
            Self::Gan(generator) => Ok(generator.as_ref()),
            Self::StableDiffusion(generator) => Err(Self::embedded_only(
                generator.name(),
                "draw given images with",
            )),
        }
    }

    pub(crate) fn embedded_only(name: &str, what: &str) -> ZooError {
        ZooError::Config(format!(
            "{name} is a Stable Diffusion checkpoint, which finexl cannot {what} yet; take mini-diffusion, \
             mini-autoregressive, mini-gan or a weights file that `finexl train` wrote"
        ))
    }
}

impl Deref for AnyGenerator {
    type Target = dyn Generator;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Diffusion(generator) => generator.as_ref(),
            Self::Autoregressive(generator) => generator.as_ref(),
            Self::Gan(generator) => generator.as_ref(),
            Self::StableDiffusion(generator) => generator.as_ref(),
        }
    }
}

impl From<StableDiffusionGenerator> for AnyGenerator {
    fn from(generator: StableDiffusionGenerator) -> Self {
        Self::StableDiffusion(Box::new(generator))
    }
}

impl From<MiniDiffusion> for AnyGenerator {
    fn from(generator: MiniDiffusion) -> Self {
        Self::Diffusion(Box::new(generator))
    }
}

impl From<MiniAutoregressive> for AnyGenerator {
    fn from(generator: MiniAutoregressive) -> Self {
        Self::Autoregressive(Box::new(generator))
    }
}

impl From<MiniGan> for AnyGenerator {
    fn from(generator: MiniGan) -> Self {
        Self::Gan(Box::new(generator))
    }
}
