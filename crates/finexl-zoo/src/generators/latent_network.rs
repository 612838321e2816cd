//! What one family of generators has that another has not.

use super::conditions::Conditions;
use super::mini_diffusion::{LatentSpace, Prompts};
use super::{ChosenSettings, Family, FamilySettings, GenerationRequest, GeneratorConfig};
use crate::ZooError;
use crate::training::{muon_in, tuning_adamw};
use burn::module::{Module, ModuleDisplay};
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Tensor};
use finexl_core::experiment::TrainingSchedule;
use finexl_core::seed::ChaCha8Rng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// Widths and counts that every architecture has.
#[derive(Clone, Copy, Debug)]
pub struct NetworkSizes {
    /// Token width.
    pub width: usize,
    /// Blocks.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Width of the feed-forward layers.
    pub hidden: usize,
    /// Longest prompt in tokens.
    pub context: usize,
}

impl NetworkSizes {
    /// Numbers that the blocks keep of an image of so many positions for the way back, roughly.
    pub fn kept(&self, positions: usize) -> usize {
        /// Rows of token values that a block keeps: of attention, norms and feed-forward layers.
        const KEPT_PER_BLOCK: usize = 24;
        let attention = self.heads * positions * (positions + self.context) * 2;
        let rows = positions * (KEPT_PER_BLOCK * self.width + 4 * self.hidden);
        self.layers * (rows + attention)
    }
}

/// What is drawn for a training step beside its images, by row.
pub trait DrawnRows: Clone + Send + Sync + 'static {
    /// A range of rows.
    fn rows(&self, start: usize, end: usize) -> Self;
}

impl DrawnRows for () {
    fn rows(&self, _start: usize, _end: usize) -> Self {}
}

/// What a loss is computed from.
#[derive(Clone, Debug)]
pub struct LatentBatch<D> {
    /// Standardised latents, or codes, `[n, positions, channels]`.
    pub latents: Tensor<3>,
    /// What the images show; empty for dropped captions.
    pub prompts: Prompts,
    /// What the family draws beside.
    pub drawn: D,
}

impl<D: DrawnRows> LatentBatch<D> {
    /// A range of rows.
    pub fn rows(&self, start: usize, end: usize) -> Self {
        Self {
            latents: self.latents.clone().narrow(0, start, end - start),
            prompts: self.prompts.rows(start, end),
            drawn: self.drawn.rows(start, end),
        }
    }
}

/// A loss with what is inside.
pub struct Loss {
    /// The mean over rows, `[1]`.
    pub value: Tensor<1>,
    /// Tokens after the asked-for block, `[n, positions, width]`.
    pub inner: Option<Tensor<3>>,
}

/// A batch that is to be sampled.
pub struct SampleRequest<'a, S> {
    /// Seeds and indices, the source of all randomness.
    pub requests: &'a [GenerationRequest],
    /// What the images are to show.
    pub conditions: Conditions,
    /// How they are made.
    pub settings: &'a S,
    /// Where latents live.
    pub latents: &'a LatentSpace,
    /// Where tensors are computed.
    pub device: &'a Device,
}

/// A network that makes latents of prompts, and how it is trained.
pub trait LatentNetwork: Module + ModuleDisplay + Sync + 'static {
    /// Its family.
    const FAMILY: Family;
    /// What a reader calls it.
    const NOUN: &'static str;
    /// Whether its loss shows inner tokens, which can then be aligned with those of an encoder.
    const ALIGNS: bool = true;
    /// What it is built from.
    type Architecture: Clone
        + Debug
        + PartialEq
        + Serialize
        + DeserializeOwned
        + Send
        + Sync
        + 'static;
    /// What is drawn for a training step beside its images.
    type Drawn: DrawnRows;
    /// How it is sampled.
    type Settings: FamilySettings + Sync;

    /// Widths and counts.
    fn sizes(architecture: &Self::Architecture) -> NetworkSizes;

    /// A network with fresh weights for the latents of an autoencoder.
    ///
    /// # Errors
    /// [`ZooError::Config`] for latents that it cannot make.
    fn fresh(
        config: &GeneratorConfig<Self::Architecture>,
        latents: &LatentSpace,
        device: &Device,
    ) -> Result<Self, ZooError>;

    /// The settings that are stated, and those that suit the family where none is.
    ///
    /// # Errors
    /// [`ZooError::Config`] for settings of another family or outside their range.
    fn settings(&self, chosen: &ChosenSettings) -> Result<Self::Settings, ZooError>;

    /// Checks the ranges of settings.
    ///
    /// # Errors
    /// [`ZooError::Config`] for settings outside their range.
    fn check_settings(&self, settings: &Self::Settings) -> Result<(), ZooError>;

    /// Passes through the network that make an image of so many positions.
    fn passes(settings: &Self::Settings, positions: usize) -> usize;

    /// What a training from fresh weights moves them with.
    fn optimizer(schedule: &TrainingSchedule) -> ModuleOptimizer {
        muon_in(&["blocks", "transformer"], schedule)
    }

    /// What a personalization moves weights with.
    fn tuning_optimizer() -> ModuleOptimizer {
        tuning_adamw()
    }

    /// Numbers that a training step keeps for the way back, per image of `[positions, channels]`, roughly.
    fn kept(architecture: &Self::Architecture, [positions, _]: [usize; 2]) -> usize {
        Self::sizes(architecture).kept(positions)
    }

    /// Draws what a training step on latents `[n, positions, channels]` takes.
    fn draw(
        architecture: &Self::Architecture,
        random: &mut ChaCha8Rng,
        shape: [usize; 3],
        device: &Device,
    ) -> Self::Drawn;

    /// What was drawn as an epoch of a training from fresh weights takes it, counted from 0.
    fn in_epoch(
        _architecture: &Self::Architecture,
        drawn: Self::Drawn,
        _epoch: u64,
    ) -> Self::Drawn {
        drawn
    }

    /// What training lowers, and inner tokens after block `inner_after` (from 1).
    fn loss(&self, batch: LatentBatch<Self::Drawn>, inner_after: Option<usize>) -> Loss;

    /// What a reader of a training's log wants to know of a batch beside its loss: names and numbers,
    /// `[1]` each.
    fn figures(&self, _batch: LatentBatch<Self::Drawn>) -> Vec<(&'static str, Tensor<1>)> {
        Vec::new()
    }

    /// Latents of requests, `[n, positions, channels]`; `progress` is told every pass that is done.
    ///
    /// # Errors
    /// Settings outside their range; [`ZooError::Backend`] where the device fails.
    fn sample(
        &self,
        request: SampleRequest<'_, Self::Settings>,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Tensor<3>, ZooError>;
}
