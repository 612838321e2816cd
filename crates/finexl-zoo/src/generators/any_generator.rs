//! A generator of any family.

use super::mini_autoregressive::MiniAutoregressive;
use super::mini_diffusion::MiniDiffusion;
use super::mini_gan::MiniGan;
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
}

/// Does the same with a generator of whichever embedded family: `with_generator!(any, base => work(base))`; the work
/// gives a result, an error for other families.
macro_rules! with_generator {
    ($any:expr, $base:ident => $work:expr) => {
        match $any {
            $crate::generators::AnyGenerator::Diffusion($base) => $work,
            $crate::generators::AnyGenerator::Autoregressive($base) => $work,
            $crate::generators::AnyGenerator::Gan($base) => $work,
        }
    };
}
pub(crate) use with_generator;

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
        }
    }
}

impl Deref for AnyGenerator {
    type Target = dyn Generator;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Diffusion(generator) => generator.as_ref(),
            Self::Autoregressive(generator) => generator.as_ref(),
            Self::Gan(generator) => generator.as_ref(),
        }
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
