//! One training step's images and texts.

use super::encoder_data::SceneSource;
use crate::ZooError;
use crate::encoders::mini_clip::{TokenBatch, patch_tensor};
use burn::tensor::{Device, Tensor, TensorData};
use finexl_core::experiment::TrainEncoder;
use finexl_core::seed::{ChaCha8Rng, generator, key};
use finexl_data::aspects::{Aspect, Implementation, stylize};
use finexl_data::captions::caption;
use finexl_data::image::Image;
use finexl_data::nuisance::Nuisance;
use finexl_data::procedural::dead_leaves;
use finexl_data::resize::fit_square;
use finexl_data::scenes::{Scene, Split};
use finexl_data::vocabulary::draw_compatible;
use rand::{Rng, RngExt};
use rayon::prelude::*;

/// Variants of a scene: clean, then with one, one or two, and two or three aspects.
const VARIANTS: usize = 4;
/// Weakest level that is drawn; below it an aspect could not be named.
const LOWEST_LEVEL: f32 = 0.15;
/// Share of images that are disturbed below visibility.
const NUISANCE_SHARE: f64 = 0.3;
/// Distractors among the concepts of the divergence loss.
const DISTRACTOR_DIRECTIONS: usize = 11;
/// Sides in pixels at which scenes are drawn, in falling share.
const SIDES: [(usize, f64); 4] = [(64, 0.55), (96, 0.25), (128, 0.15), (192, 0.05)];

/// Images in groups of four variants; captioned scenes first, then procedural pictures.
///
/// Texts in three blocks: the captions of the captioned images, wrong captions, and one stylized
/// prompt per concept for its direction.
#[derive(Clone, Debug)]
pub struct EncoderBatch {
    /// `[n, tokens, features]`
    pub patches: Tensor<3>,
    /// All texts.
    pub texts: TokenBatch,
    /// Variants per group, clean first.
    pub variants: usize,
    /// Number of images that have a caption.
    pub captioned: usize,
    /// Number of texts that no image answers to.
    pub wrong_captions: usize,
    /// For every concept the index of the text that holds its bare prompt, `[K]`.
    pub direction_prompts: Vec<i32>,
    /// Applied level of every concept, `[stylized images, K]`.
    pub levels: Tensor<2>,
    /// The same as a distribution, rows summing to 1.
    pub targets: Tensor<2>,
    /// Stylized images that have just one aspect.
    pub single_rows: Vec<i32>,
    /// And which concept that is.
    pub single_aspects: Vec<i32>,
}

/// A scene or picture with its variants.
struct Group {
    images: Vec<Image>,
    scene: Option<Scene>,
    prompt: Option<String>,
    /// Aspects and levels of the stylized variants.
    aspects: Vec<Vec<(usize, f32)>>,
}

impl SceneSource {
    /// Draws one batch; equal keys give equal batches.
    ///
    /// # Errors
    /// Where a scene cannot be rendered or a caption not be read.
    pub(super) fn batch(
        &self,
        recipe: &TrainEncoder,
        split: Split,
        keys: [u64; 2],
        patch: usize,
        device: &Device,
    ) -> Result<EncoderBatch, ZooError> {
        let total = recipe.scenes_per_step + recipe.procedural_per_step;
        let groups: Vec<Group> = (0..total)
            .into_par_iter()
            .map(|index| self.group(recipe, split, [keys[0], keys[1], index as u64]))
            .collect::<Result<_, _>>()?;
        let images: Vec<Image> = groups.iter().flat_map(|g| g.images.clone()).collect();
        let mut rng = generator(recipe.seed, &[key("texts"), keys[0], keys[1], split as u64]);
        let scenes = &groups[..recipe.scenes_per_step];
        let mut texts = self.captions(scenes, &mut rng);
        let captioned = texts.len();
        texts.extend(self.wrong_captions(scenes, split, &mut rng));
        let wrong_captions = texts.len() - captioned;
        let direction_prompts = self.direction_texts(scenes, &mut texts, &mut rng);
        let tokens: Vec<Vec<i32>> = texts
            .iter()
            .map(|text| self.tokenizer.encode(text))
            .collect::<Result<_, _>>()?;
        let (levels, targets, single) = self.targets(&groups, direction_prompts.len(), device);
        Ok(EncoderBatch {
            patches: patch_tensor(&images, recipe.image_size, patch, device),
            texts: TokenBatch::new(&tokens),
            variants: VARIANTS,
            captioned,
            wrong_captions,
            direction_prompts,
            levels,
            targets,
            single_rows: single.iter().map(|(row, _)| *row).collect(),
            single_aspects: single.iter().map(|(_, aspect)| *aspect).collect(),
        })
    }

    fn group(
        &self,
        recipe: &TrainEncoder,
        split: Split,
        keys: [u64; 3],
    ) -> Result<Group, ZooError> {
        let seed = recipe.seed;
        let mut rng = generator(
            seed,
            &[key("group"), keys[0], keys[1], keys[2], split as u64],
        );
        let side = draw_side(&mut rng);
        let (clean, scene) = if (keys[2] as usize) < recipe.scenes_per_step {
            let sprites = &self.sprites[rng.random_range(0..self.sprites.len())];
            let scene = Scene::draw(split, rng.next_u64(), 0);
            (scene.render(sprites, side, rng.next_u64()), Some(scene))
        } else {
            (dead_leaves(side, rng.next_u64(), 0), None)
        };
        let aspects = self.draw_aspects(&mut rng);
        let mut images = vec![finish(&clean, recipe.image_size, &mut rng)?];
        for chosen in &aspects {
            let named: Vec<(&Aspect, f32)> = chosen
                .iter()
                .map(|(index, level)| (self.operators[*index], *level))
                .collect();
            let stylized = stylize(
                &clean,
                &named,
                Implementation::Training,
                rng.next_u64(),
                rng.next_u64(),
            );
            images.push(finish(&stylized, recipe.image_size, &mut rng)?);
        }
        Ok(Group {
            images,
            scene,
            prompt: scene.map(|scene| scene.prompt()),
            aspects,
        })
    }

    /// Aspects of the stylized variants: no conflict within a variant, no two variants alike.
    fn draw_aspects(&self, rng: &mut ChaCha8Rng) -> Vec<Vec<(usize, f32)>> {
        let counts = [1, rng.random_range(1..=2), rng.random_range(2..=3)];
        let mut variants: Vec<Vec<(usize, f32)>> = Vec::new();
        for count in counts {
            let mut chosen = draw_compatible(&self.aspects, count, rng);
            while count == 1 && variants.iter().any(|v| v.len() == 1 && v[0].0 == chosen[0]) {
                chosen = draw_compatible(&self.aspects, count, rng);
            }
            let levelled = chosen
                .into_iter()
                .map(|index| (index, rng.random_range(LOWEST_LEVEL..=1.0)));
            variants.push(levelled.collect());
        }
        variants
    }

    fn phrase(&self, aspect: usize, rng: &mut ChaCha8Rng) -> &str {
        let phrases = &self.aspects[aspect].phrases;
        &phrases[rng.random_range(0..phrases.len())]
    }

    fn captions(&self, scenes: &[Group], rng: &mut ChaCha8Rng) -> Vec<String> {
        let mut texts = Vec::with_capacity(scenes.len() * VARIANTS);
        for scene in scenes {
            let prompt = scene.prompt.as_deref().unwrap_or_default();
            texts.push(prompt.to_string());
            for chosen in &scene.aspects {
                let phrases: Vec<&str> = chosen.iter().map(|(a, _)| self.phrase(*a, rng)).collect();
                texts.push(caption(prompt, &phrases));
            }
        }
        texts
    }

    /// Two captions per scene that none of its variants answers to: one names a distractor or an
    /// aspect that none has, one a scene that differs in one thing.
    fn wrong_captions(&self, scenes: &[Group], split: Split, rng: &mut ChaCha8Rng) -> Vec<String> {
        let mut texts = Vec::with_capacity(2 * scenes.len());
        for scene in scenes {
            let prompt = scene.prompt.as_deref().unwrap_or_default();
            let absent = loop {
                let index = rng.random_range(0..self.aspects.len());
                if !scene.aspects.iter().flatten().any(|(a, _)| *a == index) {
                    break index;
                }
            };
            let phrase = if rng.random_bool(0.5) {
                self.phrase(absent, rng)
            } else {
                &self.distractors[rng.random_range(0..self.distractors.len())]
            };
            texts.push(caption(prompt, &[phrase]));
            if let Some(altered) = scene.scene.map(|s| s.altered(split, rng)) {
                let variant = rng.random_range(0..VARIANTS);
                let worn = variant.checked_sub(1).map(|v| &scene.aspects[v]);
                let worn = worn.into_iter().flatten();
                let phrases: Vec<&str> = worn.map(|(a, _)| self.phrase(*a, rng)).collect();
                texts.push(caption(&altered.prompt(), &phrases));
            }
        }
        texts
    }

    /// Appends the stylized prompt of every aspect and of some distractors; returns for each the
    /// index of its bare prompt.
    fn direction_texts(
        &self,
        scenes: &[Group],
        texts: &mut Vec<String>,
        rng: &mut ChaCha8Rng,
    ) -> Vec<i32> {
        let mut prompts = Vec::new();
        for concept in 0..self.aspects.len() + DISTRACTOR_DIRECTIONS {
            let scene = rng.random_range(0..scenes.len());
            let prompt = scenes[scene].prompt.as_deref().unwrap_or_default();
            let phrase = if concept < self.aspects.len() {
                self.phrase(concept, rng)
            } else {
                &self.distractors[rng.random_range(0..self.distractors.len())]
            };
            texts.push(caption(prompt, &[phrase]));
            prompts.push((scene * VARIANTS) as i32);
        }
        prompts
    }

    /// Levels and target distributions `[stylized, K]`, and the rows with a single aspect.
    fn targets(
        &self,
        groups: &[Group],
        concepts: usize,
        device: &Device,
    ) -> (Tensor<2>, Tensor<2>, Vec<(i32, i32)>) {
        let variants: Vec<&Vec<(usize, f32)>> = groups.iter().flat_map(|g| &g.aspects).collect();
        let mut levels = vec![0.0f32; variants.len() * concepts];
        let mut targets = levels.clone();
        let mut single = Vec::new();
        for (row, chosen) in variants.iter().enumerate() {
            let sum: f32 = chosen.iter().map(|(_, level)| level).sum();
            for (aspect, level) in chosen.iter() {
                levels[row * concepts + aspect] = *level;
                targets[row * concepts + aspect] = level / sum;
            }
            if let [(aspect, _)] = chosen.as_slice() {
                single.push((row as i32, *aspect as i32));
            }
        }
        let shape = [variants.len(), concepts];
        (
            Tensor::from_data(TensorData::new(levels, shape), device),
            Tensor::from_data(TensorData::new(targets, shape), device),
            single,
        )
    }
}

fn draw_side(rng: &mut ChaCha8Rng) -> usize {
    let mut at: f64 = rng.random();
    for (side, share) in SIDES {
        if at < share {
            return side;
        }
        at -= share;
    }
    SIDES[0].0
}

/// Sometimes disturbs an image below visibility, then brings it to the encoder's input size.
fn finish(image: &Image, size: usize, rng: &mut ChaCha8Rng) -> Result<Image, ZooError> {
    let kind = Nuisance::ALL[rng.random_range(0..Nuisance::ALL.len())];
    let seed = rng.next_u64();
    let disturbed = if rng.random_bool(NUISANCE_SHARE) {
        kind.apply(image, seed)?
    } else {
        image.clone()
    };
    Ok(fit_square(&disturbed, size))
}
