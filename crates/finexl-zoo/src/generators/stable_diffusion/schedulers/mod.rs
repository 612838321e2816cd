//! Schedulers of Stable Diffusion, as a `scheduler_config.json` of diffusers describes them.
//!
//! [`SchedulerConfig`] reads the file, [`Schedule`] is one for a number of steps, and [`Steps`] goes along it. The
//! samplers of [`crate::sampling`] speak of noise levels and are for networks of our own; published models depend on
//! what one library does to the last timestep, so here its conventions are followed exactly.

mod class;
mod config;
mod config_fields;
mod config_reading;
mod ddim;
mod dpm_solver;
mod euler;
mod karras_sigmas;
mod lcm;
mod noise_table;
mod pndm;
mod schedule;
mod timesteps;

pub use class::SchedulerClass;
pub use config::{BetaSchedule, FinalSigma, SchedulerConfig, SolverType, Spacing};
pub(super) use config_fields::config_json;
pub(crate) use config_reading::prediction;
pub(super) use noise_table::noise_kept;
pub use schedule::{Call, FreshNoise, Schedule, Steps};
