//! The denoiser as what makes latents.

use super::sample::denoise;
use super::{Denoiser, LatentSpace, flow_matching};
use crate::ZooError;
use crate::generators::chosen_settings::Stated;
use crate::generators::{
    ChosenSettings, DiffusionSettings, DrawnRows, Family, GeneratorConfig, LatentBatch,
    LatentGenerator, LatentNetwork, Loss, NetworkSizes, SampleRequest,
};
use crate::sampling::{noise, standard_normal};
use burn::tensor::{Device, Tensor, TensorData};
use finexl_core::experiment::DenoiserArchitecture;
use finexl_core::seed::ChaCha8Rng;

/// A trained latent diffusion model.
pub type MiniDiffusion = LatentGenerator<Denoiser>;

/// Where latents of a training step stand on their way to noise.
#[derive(Clone, Debug)]
pub struct FlowNoise {
    /// Standard normal, `[n, positions, channels]`.
    pub noise: Tensor<3>,
    /// 0 for data, 1 for noise, `[n]`.
    pub times: Tensor<1>,
}

impl DrawnRows for FlowNoise {
    fn rows(&self, start: usize, end: usize) -> Self {
        Self {
            noise: self.noise.clone().narrow(0, start, end - start),
            times: self.times.clone().narrow(0, start, end - start),
        }
    }
}

impl LatentNetwork for Denoiser {
    const FAMILY: Family = Family::Diffusion;
    const NOUN: &'static str = "denoiser";
    type Architecture = DenoiserArchitecture;
    type Drawn = FlowNoise;
    type Settings = DiffusionSettings;

    fn sizes(a: &DenoiserArchitecture) -> NetworkSizes {
        NetworkSizes {
            width: a.width,
            layers: a.layers,
            heads: a.heads,
            hidden: a.hidden,
            context: a.text.context,
        }
    }

    fn fresh(
        config: &GeneratorConfig<DenoiserArchitecture>,
        latents: &LatentSpace,
        device: &Device,
    ) -> Result<Self, ZooError> {
        Ok(config.init(latents.shape(), device))
    }

    fn settings(&self, chosen: &ChosenSettings) -> Result<DiffusionSettings, ZooError> {
        chosen.refuse(
            "a diffusion model",
            &[Stated::Tokens, Stated::Walk, Stated::StableDiffusion],
        )?;
        let usual = DiffusionSettings::default();
        let settings = DiffusionSettings {
            steps: chosen.steps.unwrap_or(usual.steps),
            guidance: chosen.guidance.unwrap_or(usual.guidance),
            concept: chosen.concept.clone(),
            ..usual
        };
        self.check_settings(&settings)?;
        Ok(settings)
    }

    fn check_settings(&self, settings: &DiffusionSettings) -> Result<(), ZooError> {
        match settings.guidance.is_finite() {
            true => Ok(()),
            false => Err(ZooError::Config(format!(
                "the guidance is {}; give a number, 1 for none",
                settings.guidance
            ))),
        }
    }

    fn passes(settings: &DiffusionSettings, _positions: usize) -> usize {
        settings.steps
    }

    fn draw(
        _architecture: &DenoiserArchitecture,
        random: &mut ChaCha8Rng,
        [n, positions, channels]: [usize; 3],
        device: &Device,
    ) -> FlowNoise {
        let noise = standard_normal(random, n * positions * channels);
        // Logit-normal times (Esser et al. 2024).
        let times: Vec<f32> = standard_normal(random, n)
            .into_iter()
            .map(|z| 1.0 / (1.0 + (-z).exp()))
            .collect();
        FlowNoise {
            noise: Tensor::from_data(TensorData::new(noise, [n, positions, channels]), device),
            times: Tensor::from_data(TensorData::new(times, [n]), device),
        }
    }

    fn loss(&self, batch: LatentBatch<FlowNoise>, inner_after: Option<usize>) -> Loss {
        let FlowNoise { noise, times } = batch.drawn;
        flow_matching(
            self,
            batch.latents,
            noise,
            times,
            &batch.prompts,
            inner_after,
        )
    }

    fn sample(
        &self,
        request: SampleRequest<'_, DiffusionSettings>,
        mut progress: &mut dyn FnMut(usize),
    ) -> Result<Tensor<3>, ZooError> {
        let [positions, channels] = request.latents.shape();
        let parts = request
            .requests
            .iter()
            .map(|r| {
                let data = noise(r.seed, r.index, [1, positions, channels]);
                Tensor::from_data(data, request.device)
            })
            .collect();
        let (conditions, settings) = (request.conditions, request.settings);
        denoise(
            self,
            conditions,
            Tensor::cat(parts, 0),
            settings,
            &mut progress,
        )
    }
}
