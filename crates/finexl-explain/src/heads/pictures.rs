//! The pictures that a head learns from, before anything is done to them.

use crate::error::ExplainError;
use finexl_core::seed;
use finexl_data::art::SpriteSet;
use finexl_data::image::Image;
use finexl_data::resize::resize;
use finexl_data::scenes::{Scene, Split};
use rand::RngExt;

/// Pictures with their prompts, drawn by one or several hands.
pub trait Pictures: Send + Sync {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many hands drew each of them; a second hand is a change that no aspect names.
    fn hands(&self) -> usize;

    /// A picture by a hand. Another `variant` shows the same with other accidents: what two runs of a
    /// generator would make different for one prompt.
    fn picture(&self, index: usize, hand: usize, variant: u64) -> Image;

    /// What a picture shows in words, where that is known.
    fn prompt(&self, index: usize) -> Option<String>;
}

/// Scenes of a split in emoji art.
pub struct Scenes {
    scenes: Vec<Scene>,
    sprites: Vec<SpriteSet>,
    side: usize,
    seed: u64,
}

impl Scenes {
    /// The first `count` different scenes of a split.
    ///
    /// # Errors
    /// A split with fewer scenes, no artist.
    pub fn new(
        split: Split,
        seed: u64,
        count: usize,
        sprites: Vec<SpriteSet>,
        side: usize,
    ) -> Result<Self, ExplainError> {
        let scenes = Scene::draw_distinct(split, seed, count);
        if scenes.len() < count || sprites.is_empty() {
            return Err(ExplainError::TooFew {
                what: "scenes and artists",
                least: count.max(1),
            });
        }
        Ok(Self {
            scenes,
            sprites,
            side,
            seed,
        })
    }
}

impl Pictures for Scenes {
    fn len(&self) -> usize {
        self.scenes.len()
    }

    fn hands(&self) -> usize {
        self.sprites.len()
    }

    fn picture(&self, index: usize, hand: usize, variant: u64) -> Image {
        let keys = [seed::key("picture"), index as u64, variant];
        let accidents: u64 = seed::generator(self.seed, &keys).random();
        self.scenes[index].render(&self.sprites[hand], self.side, accidents)
    }

    fn prompt(&self, index: usize) -> Option<String> {
        Some(self.scenes[index].prompt())
    }
}

/// Pictures of the user's own.
pub struct Folder {
    images: Vec<Image>,
}

impl Folder {
    /// Some images.
    pub fn new(images: Vec<Image>) -> Self {
        Self { images }
    }
}

impl Pictures for Folder {
    fn len(&self) -> usize {
        self.images.len()
    }

    fn hands(&self) -> usize {
        1
    }

    fn picture(&self, index: usize, _hand: usize, variant: u64) -> Image {
        let image = &self.images[index];
        if variant == 0 {
            return image.clone();
        }
        // A little closer: nine tenths of the side, anywhere.
        let mut random = seed::generator(variant, &[seed::key("crop"), index as u64]);
        let factor: f32 = random.random_range(1.02..1.12);
        let larger = |n: usize| (n as f32 * factor).round() as usize;
        let (width, height) = (larger(image.width), larger(image.height));
        let grown = resize(image, width, height);
        let (left, top) = (
            random.random_range(0..=width - image.width),
            random.random_range(0..=height - image.height),
        );
        let mut cut = Image::filled(image.width, image.height, [0.0; 3]);
        for y in 0..image.height {
            for x in 0..image.width {
                cut.set(x, y, grown.pixel(x + left, y + top));
            }
        }
        cut
    }

    fn prompt(&self, _index: usize) -> Option<String> {
        None
    }
}
