//! Flow matching: what the denoiser is trained on.

use super::{Denoiser, Prompts};
use crate::generators::Loss;
use burn::tensor::Tensor;

/// Latents on the straight way from data (time 0) to noise (time 1).
///
/// # Shapes
/// - latents, noise, output: `[n, positions, channels]`
/// - times: `[n]`
pub(crate) fn on_the_way(latents: Tensor<3>, noise: Tensor<3>, times: &Tensor<1>) -> Tensor<3> {
    let [n, _, _] = latents.dims();
    let times = times.clone().reshape([n, 1, 1]);
    latents * times.clone().neg().add_scalar(1.0) + noise * times
}

/// The flow matching loss of a denoiser, with inner tokens after a block: the mean squared error of the velocity (Lipman et al.
/// 2023; Liu et al. 2023).
///
/// # Shapes
/// - latents, noise: `[n, positions, channels]`
/// - times: `[n]`
pub(crate) fn flow_matching(
    denoiser: &Denoiser,
    latents: Tensor<3>,
    noise: Tensor<3>,
    times: Tensor<1>,
    prompts: &Prompts,
    inner_after: Option<usize>,
) -> Loss {
    let goal = noise.clone() - latents.clone();
    let noisy = on_the_way(latents, noise, &times);
    let memory = denoiser.read(prompts);
    let denoised = denoiser.forward(noisy, times, &memory, inner_after);
    Loss {
        value: (denoised.velocity - goal).square().mean(),
        inner: denoised.inner,
    }
}
