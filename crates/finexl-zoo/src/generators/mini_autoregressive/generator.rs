//! The causal transformer as what makes latents.

use super::sample::{sample, states};
use super::{TokenShape, TokenTransformer};
use crate::ZooError;
use crate::generators::chosen_settings::Stated;
use crate::generators::mini_diffusion::LatentSpace;
use crate::generators::{
    AutoregressiveSettings, ChosenSettings, Family, GeneratorConfig, LatentBatch, LatentGenerator,
    LatentNetwork, Loss, NetworkSizes, SampleRequest,
};
use burn::tensor::{Device, Tensor};
use finexl_core::experiment::AutoregressiveArchitecture;
use finexl_core::seed::ChaCha8Rng;

/// Scale of classifier-free guidance by default: less than diffusion takes, since logits grow with it.
const GUIDANCE: f64 = 2.0;

/// A trained autoregressive model.
pub type MiniAutoregressive = LatentGenerator<TokenTransformer>;

impl LatentNetwork for TokenTransformer {
    const FAMILY: Family = Family::Autoregressive;
    const NOUN: &'static str = "transformer";
    type Architecture = AutoregressiveArchitecture;
    type Drawn = ();
    type Settings = AutoregressiveSettings;

    fn sizes(a: &AutoregressiveArchitecture) -> NetworkSizes {
        NetworkSizes {
            width: a.width,
            layers: a.layers,
            heads: a.heads,
            hidden: a.hidden,
            context: a.text.context,
        }
    }

    fn fresh(
        config: &GeneratorConfig<AutoregressiveArchitecture>,
        latents: &LatentSpace,
        device: &Device,
    ) -> Result<Self, ZooError> {
        Ok(config.init(TokenShape::of(latents)?, device))
    }

    fn settings(&self, chosen: &ChosenSettings) -> Result<AutoregressiveSettings, ZooError> {
        chosen.refuse(
            "an autoregressive model",
            &[Stated::Steps, Stated::Walk, Stated::StableDiffusion],
        )?;
        let settings = AutoregressiveSettings {
            guidance: chosen.guidance.unwrap_or(GUIDANCE),
            concept: chosen.concept.clone(),
            tokens: chosen.tokens(),
        };
        self.check_settings(&settings)?;
        Ok(settings)
    }

    fn check_settings(&self, settings: &AutoregressiveSettings) -> Result<(), ZooError> {
        let wrong = |problem: String| Err(ZooError::Config(problem));
        let sampling = &settings.tokens;
        if !(sampling.temperature.is_finite() && sampling.temperature >= 0.0) {
            return wrong(format!(
                "the temperature is {}; give a number from 0 (always the likeliest token) on",
                sampling.temperature
            ));
        }
        if sampling.top_k == Some(0) {
            return wrong("top-k is 0; draw from at least 1 value, or leave it out".to_string());
        }
        if !settings.guidance.is_finite() {
            return wrong(format!(
                "the guidance is {}; give a number, 1 for none",
                settings.guidance
            ));
        }
        Ok(())
    }

    fn passes(_settings: &AutoregressiveSettings, positions: usize) -> usize {
        positions
    }

    fn kept(a: &AutoregressiveArchitecture, [positions, channels]: [usize; 2]) -> usize {
        /// Values of the head that are kept per number of its hidden layer and channel.
        const KEPT_BY_HEAD: usize = 6;
        let blocks = Self::sizes(a).kept(positions);
        blocks + KEPT_BY_HEAD * positions * channels * a.head_width
    }

    fn draw(
        _architecture: &AutoregressiveArchitecture,
        _random: &mut ChaCha8Rng,
        _shape: [usize; 3],
        _device: &Device,
    ) -> Self::Drawn {
    }

    fn loss(&self, batch: LatentBatch<()>, inner_after: Option<usize>) -> Loss {
        let (value, inner) = self.cross_entropy(batch.latents, &batch.prompts, inner_after);
        Loss { value, inner }
    }

    fn sample(
        &self,
        request: SampleRequest<'_, AutoregressiveSettings>,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Tensor<3>, ZooError> {
        let settings = request.settings;
        let context = self.text.context();
        let groups = (request.conditions).grouped(settings.guidance, settings.concept.as_ref());
        let mut states = states(self, &groups, context, request.device)?;
        let tokens = sample(
            self,
            states.as_mut(),
            request.requests,
            &groups,
            &settings.tokens,
            progress,
        )?;
        Ok(self.tokens.codes(&tokens, request.device))
    }
}
