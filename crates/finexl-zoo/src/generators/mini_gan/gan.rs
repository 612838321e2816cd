//! Both players as what makes latents.

use super::{Direction, Discriminator, StyleGenerator};
use crate::ZooError;
use crate::generators::chosen_settings::Stated;
use crate::generators::mini_diffusion::{LatentSpace, Prompts};
use crate::generators::{
    ChosenSettings, DrawnRows, Family, GanSettings, GenerationRequest, GeneratorConfig,
    LatentBatch, LatentGenerator, LatentNetwork, Loss, NetworkSizes, SampleRequest, Walk,
};
use crate::sampling::{noise, standard_normal};
use crate::training::{adversarial_adamw, muon};
use burn::module::{Module, ParamGroup};
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Tensor, TensorData};
use finexl_core::experiment::{GanArchitecture, GanLosses, TrainingSchedule};
use finexl_core::seed::ChaCha8Rng;

/// A trained generative adversarial network.
pub type MiniGan = LatentGenerator<Gan>;

/// A generator with its discriminator, which is kept for going on with the training.
#[derive(Module, Debug)]
pub struct Gan {
    pub(crate) generator: StyleGenerator,
    pub(super) discriminator: Discriminator,
    #[module(skip)]
    pub(super) losses: GanLosses,
}

/// What a training step draws.
#[derive(Clone, Debug)]
pub struct GanNoise {
    /// What images are drawn from, standard normal, `[n, latent]`.
    pub z: Tensor<2>,
    /// The step over which a slope is measured, standard normal, `[n, positions, channels]`.
    pub step: Tensor<3>,
    /// 1 where it is measured at real latents, 0 where at generated ones: in turn, `[n, 1, 1]`.
    pub at_real: Tensor<3>,
    /// Whether the generator learns without the game.
    pub alone: bool,
}

impl DrawnRows for GanNoise {
    fn rows(&self, start: usize, end: usize) -> Self {
        Self {
            z: self.z.clone().narrow(0, start, end - start),
            step: self.step.clone().narrow(0, start, end - start),
            at_real: self.at_real.clone().narrow(0, start, end - start),
            alone: self.alone,
        }
    }
}

impl Gan {
    /// Two players with fresh weights of latents `[positions, channels]` that know `words` words.
    pub fn new(a: &GanArchitecture, latents: [usize; 2], words: usize, device: &Device) -> Self {
        Self {
            generator: StyleGenerator::new(a, &Self::sizes(a), latents, words, device),
            discriminator: Discriminator::new(a, latents, words, device),
            losses: a.losses.clone(),
        }
    }

    /// The same with every image moved along a direction.
    pub fn walked(self, direction: &Direction, distance: f64) -> Self {
        Self {
            generator: self.generator.walked(direction, distance),
            ..self
        }
    }

    /// The generator, moved along the closed-form direction of a walk.
    fn walking(&self, walk: &Walk) -> Result<StyleGenerator, ZooError> {
        let directions = self.generator.closed_form()?;
        match directions.get(walk.direction) {
            Some(direction) => Ok(self.generator.clone().walked(direction, walk.distance)),
            None => Err(self.no_direction(walk)),
        }
    }

    fn no_direction(&self, walk: &Walk) -> ZooError {
        ZooError::Config(format!(
            "there is no closed-form direction {}; they have the numbers 0 to {}",
            walk.direction,
            self.generator.width() - 1
        ))
    }
}

/// What requests are drawn from, `[n, latent]`: a function of seed and index alone.
pub(crate) fn drawn(requests: &[GenerationRequest], latent: usize, device: &Device) -> Tensor<2> {
    let rows = requests.iter().map(|r| {
        let data = noise(r.seed, r.index, [1, latent]);
        Tensor::<2>::from_data(data, device)
    });
    Tensor::cat(rows.collect(), 0)
}

impl LatentNetwork for Gan {
    const FAMILY: Family = Family::Gan;
    const NOUN: &'static str = "GAN";
    const ALIGNS: bool = false;
    type Architecture = GanArchitecture;
    type Drawn = GanNoise;
    type Settings = GanSettings;

    fn sizes(a: &GanArchitecture) -> NetworkSizes {
        NetworkSizes {
            width: a.width,
            layers: a.layers,
            heads: a.heads,
            hidden: a.hidden,
            context: a.text.context,
        }
    }

    fn fresh(
        config: &GeneratorConfig<GanArchitecture>,
        latents: &LatentSpace,
        device: &Device,
    ) -> Result<Self, ZooError> {
        let losses = &config.architecture.losses;
        let sound = |weight: f32| weight.is_finite() && weight >= 0.0;
        let distance = losses.slope_distance;
        if !(sound(losses.fidelity)
            && sound(losses.words)
            && sound(losses.slope)
            && sound(distance)
            && distance > 0.0)
        {
            return Err(ZooError::Config(format!(
                "{}: architecture.losses needs weights from 0 on and a slope-distance above 0",
                config.name
            )));
        }
        Ok(config.init(latents.shape(), device))
    }

    fn settings(&self, chosen: &ChosenSettings) -> Result<GanSettings, ZooError> {
        chosen.refuse(
            "a GAN makes an image in one pass: it",
            &[
                Stated::Tokens,
                Stated::Steps,
                Stated::Guidance,
                Stated::Concept,
                Stated::StableDiffusion,
            ],
        )?;
        let settings = GanSettings {
            walk: chosen.walk.clone(),
        };
        self.check_settings(&settings)?;
        Ok(settings)
    }

    fn check_settings(&self, settings: &GanSettings) -> Result<(), ZooError> {
        match &settings.walk {
            Some(walk) if !walk.distance.is_finite() => Err(ZooError::Config(format!(
                "the distance of a walk is {}; give a number",
                walk.distance
            ))),
            Some(walk) if walk.direction >= self.generator.width() => Err(self.no_direction(walk)),
            _ => Ok(()),
        }
    }

    fn passes(_settings: &GanSettings, _positions: usize) -> usize {
        1
    }

    fn optimizer(schedule: &TrainingSchedule) -> ModuleOptimizer {
        let matrices = |part| ParamGroup::from_predicates(vec!["generator", part, "weight"]);
        adversarial_adamw(schedule.weight_decay)
            .with_group(matrices("blocks"), muon(schedule), None)
            .with_group(matrices("transformer"), muon(schedule), None)
    }

    fn tuning_optimizer() -> ModuleOptimizer {
        adversarial_adamw(0.0)
    }

    fn kept(a: &GanArchitecture, [positions, _]: [usize; 2]) -> usize {
        /// Passes through the discriminator: real, generated twice, and the step aside.
        const JUDGED: usize = 4;
        Self::sizes(a).kept(positions) + JUDGED * Discriminator::sizes(a).kept(positions)
    }

    fn draw(
        a: &GanArchitecture,
        random: &mut ChaCha8Rng,
        [n, positions, channels]: [usize; 3],
        device: &Device,
    ) -> GanNoise {
        let z = standard_normal(random, n * a.latent_width);
        let step = standard_normal(random, n * positions * channels);
        let at_real: Vec<f32> = (0..n).map(|row| f32::from(row % 2 == 0)).collect();
        GanNoise {
            z: Tensor::from_data(TensorData::new(z, [n, a.latent_width]), device),
            step: Tensor::from_data(TensorData::new(step, [n, positions, channels]), device),
            at_real: Tensor::from_data(TensorData::new(at_real, [n, 1, 1]), device),
            alone: false,
        }
    }

    fn in_epoch(a: &GanArchitecture, drawn: GanNoise, epoch: u64) -> GanNoise {
        GanNoise {
            alone: epoch < a.losses.alone_epochs,
            ..drawn
        }
    }

    /// The sum of what both players lower: since neither loss reaches the other's weights, one way back
    /// moves each by its own.
    fn loss(&self, batch: LatentBatch<GanNoise>, _inner_after: Option<usize>) -> Loss {
        let value = match batch.drawn.alone {
            true => self.drawn_alone(batch),
            false => {
                let players = self.play(batch);
                players.generator + players.discriminator
            }
        };
        Loss { value, inner: None }
    }

    fn figures(&self, batch: LatentBatch<GanNoise>) -> Vec<(&'static str, Tensor<1>)> {
        let players = self.play(batch);
        let [on_real, on_fake] = players.words;
        vec![
            ("loss of the generator", players.generator),
            ("loss of the discriminator", players.discriminator),
            ("margin of real over generated", players.margin),
            ("squared slope", players.slope),
            ("squared distance from real", players.distance),
            ("words lost on real", on_real),
            ("words lost on generated", on_fake),
        ]
    }

    fn sample(
        &self,
        request: SampleRequest<'_, GanSettings>,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Tensor<3>, ZooError> {
        let latent = self.generator.latent_width();
        let z = drawn(request.requests, latent, request.device);
        let prompts = Prompts::new(request.conditions.prompts);
        let latents = match &request.settings.walk {
            None => self.generator.forward(z, &prompts),
            Some(walk) => self.walking(walk)?.forward(z, &prompts),
        };
        progress(1);
        Ok(latents)
    }
}
