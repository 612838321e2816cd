//! Stable Diffusion 1, 2 and XL.

mod sampling_settings;
mod scheduler_choice;
pub mod schedulers;
mod size;
mod start_noise;

pub use sampling_settings::StableDiffusionSettings;
pub use scheduler_choice::SchedulerChoice;
pub use size::Size;
pub use start_noise::StartNoise;
