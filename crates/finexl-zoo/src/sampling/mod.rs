//! Samplers of diffusion and flow models, their noise schedules, guidance and the noise itself.
//!
//! Everything here speaks of noise levels, `x = alpha * x0 + sigma * noise`, so that one sampler
//! serves rectified flow, EDM and variance-preserving diffusion. A schedule gives the levels, the
//! network's output becomes an estimate of `x0` (with or without guidance), and a sampler takes `x`
//! from one level to the next.

mod dpm_solver_pp;
mod euler;
mod guidance;
mod heun;
mod karras;
mod noise;
mod noise_level;
mod prediction;
#[cfg(test)]
mod properties;
mod rectified_flow;
mod sampler_kind;
mod scaled_linear;
#[cfg(test)]
mod tests;

pub use dpm_solver_pp::dpm_solver_pp_2m;
pub use euler::euler;
pub use guidance::{classifier_free, concept};
pub use heun::heun;
pub use karras::karras;
pub(crate) use noise::standard_normal;
pub use noise::{noise, step_noise};
pub use noise_level::{NoiseLevel, check_levels};
pub use prediction::Prediction;
pub use rectified_flow::rectified_flow;
pub use sampler_kind::SamplerKind;
pub use scaled_linear::{ScaledLinear, Spacing};
