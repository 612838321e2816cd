//! Images for the training of generators and captioners: scenes, clean or wearing aspects.

use crate::ZooError;
use finexl_core::experiment::TrainingArt;
use finexl_core::seed::ChaCha8Rng;
use finexl_data::art::{Artist, SpriteSet, subject_index, subjects};
use finexl_data::aspects::{Aspect, Implementation, find, stylize};
use finexl_data::captions::caption;
use finexl_data::image::Image;
use finexl_data::scenes::{Scene, Split};
use finexl_data::vocabulary::{self, Concept, draw_compatible};
use rand::{Rng, RngExt};

/// Weakest level that is drawn; below it an aspect could not be named.
const LOWEST_LEVEL: f32 = 0.3;

/// What generators learn to draw and captioners to describe.
pub(super) struct SceneImages {
    sprites: Vec<SpriteSet>,
    subjects: Vec<usize>,
    aspects: Vec<Concept>,
    operators: Vec<&'static Aspect>,
    size: usize,
}

/// An image with its caption.
pub(super) struct CaptionedImage {
    pub image: Image,
    pub caption: String,
}

impl SceneImages {
    /// Loads the art. No `names` of subjects means all of them; `unknown` aspects are left out.
    pub fn load(
        art: &TrainingArt,
        names: &[String],
        unknown: &[String],
        size: usize,
    ) -> Result<Self, ZooError> {
        let sprites = art
            .artists
            .iter()
            .map(|name| Ok(SpriteSet::load(Artist::from(*name), &art.folder, size)?))
            .collect::<Result<Vec<_>, ZooError>>()?;
        if sprites.is_empty() {
            return Err(ZooError::Config(
                "art.artists is empty; name at least twemoji".to_string(),
            ));
        }
        let subjects = match names {
            [] => (0..subjects().len()).collect(),
            names => subject_indices(names)?,
        };
        let mut aspects = vocabulary::trained_aspects()?;
        if let Some(name) = unknown
            .iter()
            .find(|u| aspects.iter().all(|a| a.name != **u))
        {
            return Err(ZooError::Unknown {
                kind: "aspect",
                name: name.clone(),
                known: aspects
                    .into_iter()
                    .map(|a| a.name)
                    .collect::<Vec<_>>()
                    .join(", "),
            });
        }
        aspects.retain(|a| !unknown.contains(&a.name));
        let operators = aspects.iter().filter_map(|a| find(&a.name)).collect();
        Ok(Self {
            sprites,
            subjects,
            aspects,
            operators,
            size,
        })
    }

    /// The subjects, as indices.
    pub fn subjects(&self) -> &[usize] {
        &self.subjects
    }

    /// The aspects that are worn.
    pub fn aspects(&self) -> &[Concept] {
        &self.aspects
    }

    /// Draws a scene of a split by one of the artists; with a probability of `stylized` it wears one
    /// to `most` aspects, which the caption names in words drawn among their synonyms.
    pub fn draw(
        &self,
        split: Split,
        stylized: f64,
        most: usize,
        random: &mut ChaCha8Rng,
    ) -> CaptionedImage {
        let sprites = &self.sprites[random.random_range(0..self.sprites.len())];
        let scene = Scene::draw_among(&self.subjects, split, random.next_u64(), 0);
        let clean = scene.render(sprites, self.size, random.next_u64());
        if !random.random_bool(stylized) {
            return CaptionedImage {
                image: clean,
                caption: scene.prompt(),
            };
        }
        let count = random.random_range(1..=most);
        let chosen = draw_compatible(&self.aspects, count, random);
        let worn: Vec<(&Aspect, f32)> = chosen
            .iter()
            .map(|index| {
                let level = random.random_range(LOWEST_LEVEL..=1.0);
                (self.operators[*index], level)
            })
            .collect();
        let phrases: Vec<&str> = chosen
            .iter()
            .map(|index| {
                let phrases = &self.aspects[*index].phrases;
                phrases[random.random_range(0..phrases.len())].as_str()
            })
            .collect();
        let (style, noise) = (random.next_u64(), random.next_u64());
        CaptionedImage {
            image: stylize(&clean, &worn, Implementation::Training, style, noise),
            caption: caption(&scene.prompt(), &phrases),
        }
    }
}

/// Indices of named subjects, at least two, none twice.
pub(super) fn subject_indices(names: &[String]) -> Result<Vec<usize>, ZooError> {
    let mut indices = Vec::with_capacity(names.len());
    for name in names {
        let index = subject_index(name)?;
        if indices.contains(&index) {
            return Err(ZooError::Config(format!(
                "the subject \"{name}\" is listed twice; list it once"
            )));
        }
        indices.push(index);
    }
    if indices.len() < 2 {
        return Err(ZooError::Config(
            "subjects lists fewer than two; scenes hold up to two different ones".to_string(),
        ));
    }
    Ok(indices)
}
