//! Which sampler.

use super::noise_level::NoiseLevel;
use super::{dpm_solver_pp_2m, euler, heun};
use crate::ZooError;
use burn::tensor::Tensor;

/// A sampler by name; all are deterministic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SamplerKind {
    /// [`euler`](euler()): first order, one call of the network per step.
    Euler,
    /// [`heun`](heun()): second order, two calls per step.
    Heun,
    /// [`dpm_solver_pp_2m`]: second order, one call per step.
    #[serde(rename = "dpm-solver-pp-2m")]
    DpmSolverPp2M,
}

impl SamplerKind {
    /// All samplers.
    pub const ALL: [Self; 3] = [Self::Euler, Self::Heun, Self::DpmSolverPp2M];

    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Euler => "euler",
            Self::Heun => "heun",
            Self::DpmSolverPp2M => "dpm-solver-pp-2m",
        }
    }

    /// How often the network is called for levels that end at `sigma = 0`.
    pub fn calls(self, steps: usize) -> usize {
        match self {
            Self::Euler | Self::DpmSolverPp2M => steps,
            Self::Heun => (2 * steps).saturating_sub(1),
        }
    }

    /// Samples with this sampler; arguments are those of [`euler`](euler()).
    ///
    /// # Shapes
    /// `x`, the estimates and the result all have the shape of `x`.
    ///
    /// # Errors
    /// What `denoise` returns, or [`ZooError::Config`] for levels that no sampler can follow.
    pub fn sample<const D: usize, E: From<ZooError>>(
        self,
        denoise: &mut impl FnMut(Tensor<D>, NoiseLevel) -> Result<Tensor<D>, E>,
        x: Tensor<D>,
        levels: &[NoiseLevel],
        progress: &mut impl FnMut(usize),
    ) -> Result<Tensor<D>, E> {
        match self {
            Self::Euler => euler(denoise, x, levels, progress),
            Self::Heun => heun(denoise, x, levels, progress),
            Self::DpmSolverPp2M => dpm_solver_pp_2m(denoise, x, levels, progress),
        }
    }
}
