//! A direction as what is learned: one vector that leads from a base's images to stylized ones.

use super::objective::Objective;
use super::style_images::{restyled_images, scene_prompts};
use crate::ZooError;
use crate::generators::mini_diffusion::Prompts;
use crate::generators::mini_gan::{Direction, MiniGan, StyleGenerator, drawn};
use crate::generators::{
    DIRECTION_FILE, GanSettings, GenerationRequest, Generator, SceneGenerator, values,
};
use crate::training::tuning_adamw;
use burn::module::{Initializer, Module, Param};
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Tensor};
use finexl_core::experiment::Personalize;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::partial_folder::PartialFolder;
use finexl_core::seed::ChaCha8Rng;
use std::path::Path;

/// Images of a base that stylized ones of themselves are reached from.
pub(super) struct DirectionTuning<'a> {
    base: &'a MiniGan,
    /// What the images are drawn from, `[images, latent]`.
    z: Tensor<2>,
    /// Word tokens of every image.
    prompts: Vec<Vec<i32>>,
    /// Latents of the stylized images, `[images, positions, channels]`.
    goals: Tensor<3>,
}

/// A vector in the space of a generator that stays as it is.
#[derive(Module, Debug)]
pub(super) struct WalkedGenerator {
    /// `[1, width]`
    direction: Param<Tensor<2>>,
    #[module(skip)]
    generator: StyleGenerator,
}

/// Rows of a step.
pub(super) struct DirectionBatch {
    z: Tensor<2>,
    prompts: Prompts,
    goals: Tensor<3>,
}

/// What the base's images of a personalization are asked with.
fn requests(config: &Personalize, prompts: &[String]) -> Vec<GenerationRequest> {
    GenerationRequest::of_prompts(prompts, config.seed)
}

/// Fingerprint of what the training images follow from. They are made by the base itself, whose last bits
/// may be others on another machine, so their pixels do not count.
///
/// # Errors
/// As [`scene_prompts`].
pub(super) fn images_fingerprint(
    config: &Personalize,
    base: &MiniGan,
) -> Result<Fingerprint, ZooError> {
    let key = Fingerprint::of("restyled images").nested("base", base.fingerprint());
    let prompts = scene_prompts(config, base.subjects())?;
    let key = prompts.iter().fold(key, |key, p| key.text("prompt", p));
    Ok(key.finish())
}

impl<'a> DirectionTuning<'a> {
    /// Makes the base's images, stylizes and encodes them.
    ///
    /// # Errors
    /// As [`restyled_images`]; what the base cannot generate.
    pub fn new(config: &Personalize, base: &'a MiniGan) -> Result<Self, ZooError> {
        let styled = restyled_images(config, base.subjects(), |prompts| {
            base.generate(
                &requests(config, prompts),
                &GanSettings::default().into(),
                &|_| (),
            )
        })?;
        let pairs = styled.into_iter().map(|s| (s.image, s.prompt));
        let (images, prompts): (Vec<_>, Vec<String>) = pairs.unzip();
        let latent = base.network().generator.latent_width();
        Ok(Self {
            base,
            z: drawn(&requests(config, &prompts), latent, base.device()),
            goals: base.latents().encode(&images),
            prompts: prompts
                .iter()
                .map(|prompt| base.tokenizer().encode(prompt))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Objective for DirectionTuning<'_> {
    type Learned = WalkedGenerator;
    type Batch = DirectionBatch;

    fn fresh(&self, device: &Device) -> Result<WalkedGenerator, ZooError> {
        let generator = self.base.network().generator.clone();
        Ok(WalkedGenerator {
            direction: Initializer::Zeros.init([1, generator.width()], device),
            generator: generator.train().fork(device).no_grad(),
        })
    }

    fn optimizer(&self) -> ModuleOptimizer {
        tuning_adamw()
    }

    fn batch(
        &self,
        chosen: &[usize],
        _random: &mut ChaCha8Rng,
        _device: &Device,
    ) -> DirectionBatch {
        let rows = |of: &dyn Fn(usize) -> Tensor<2>| {
            let rows = chosen.iter().map(|row| of(*row)).collect();
            Tensor::from_inner(Tensor::cat(rows, 0))
        };
        let [_, positions, channels] = self.goals.dims();
        let goals = rows(&|row| {
            let goal = self.goals.clone().narrow(0, row, 1);
            goal.reshape([1, positions * channels])
        });
        let prompts = chosen.iter().map(|row| self.prompts[*row].clone());
        DirectionBatch {
            z: rows(&|row| self.z.clone().narrow(0, row, 1)),
            prompts: Prompts::new(prompts.collect()),
            goals: goals.reshape([chosen.len(), positions, channels]),
        }
    }

    fn rows(batch: &DirectionBatch, start: usize, end: usize) -> DirectionBatch {
        DirectionBatch {
            z: batch.z.clone().narrow(0, start, end - start),
            prompts: batch.prompts.rows(start, end),
            goals: batch.goals.clone().narrow(0, start, end - start),
        }
    }

    /// The mean squared difference of the latents that the walk ends at from those it is to end at.
    fn loss(learned: &WalkedGenerator, batch: DirectionBatch) -> Tensor<1> {
        let generator = &learned.generator;
        let text = generator.read(&batch.prompts);
        let w = generator.place(batch.z, &text) + learned.direction.val();
        (generator.paint(w, &text) - batch.goals).square().mean()
    }

    fn write(&self, learned: &WalkedGenerator, folder: &Path) -> Result<(), ZooError> {
        let vector = values(learned.direction.val().without_autodiff())?;
        let partial = PartialFolder::start(folder)?;
        let path = partial.path().join(DIRECTION_FILE);
        Direction::learned(&vector)?.save(self.base.name(), self.base.weights(), &path)?;
        Ok(partial.finish([DIRECTION_FILE].into_iter())?)
    }
}
