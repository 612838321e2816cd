//! Stable Diffusion 1, 2 and XL.

pub mod schedulers;
