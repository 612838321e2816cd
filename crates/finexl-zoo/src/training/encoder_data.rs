//! Where training images come from: scenes of several artists, and procedural pictures.

use crate::ZooError;
use crate::encoders::mini_clip::Tokenizer;
use finexl_core::experiment::TrainEncoder;
use finexl_data::art::{Artist, SpriteSet};
use finexl_data::aspects::{Aspect, find};
use finexl_data::vocabulary::{self, Concept};

/// Side in pixels at which sprites are kept.
const SPRITE_SIZE: usize = 128;

/// Everything a batch is drawn from.
pub struct SceneSource {
    pub(super) sprites: Vec<SpriteSet>,
    pub(super) aspects: Vec<Concept>,
    /// The operator of each aspect.
    pub(super) operators: Vec<&'static Aspect>,
    pub(super) distractors: Vec<String>,
    words: Vec<String>,
    pub(super) tokenizer: Tokenizer,
}

impl SceneSource {
    /// Loads the art that a recipe names and the vocabulary.
    ///
    /// # Errors
    /// Art that was not fetched.
    pub fn load(recipe: &TrainEncoder) -> Result<Self, ZooError> {
        let mut sprites = Vec::new();
        for name in &recipe.art.artists {
            let artist = Artist::from(*name);
            sprites.push(SpriteSet::load(artist, &recipe.art.folder, SPRITE_SIZE)?);
        }
        if sprites.is_empty() {
            return Err(ZooError::Config(
                "art.artists is empty; name at least twemoji".to_string(),
            ));
        }
        let words = vocabulary::words()?;
        let tokenizer = Tokenizer::new(&recipe.name, &words, recipe.text_tower.context);
        let aspects = vocabulary::trained_aspects()?;
        let operators = aspects.iter().filter_map(|a| find(&a.name)).collect();
        Ok(Self {
            sprites,
            aspects,
            operators,
            distractors: vocabulary::distractors(),
            words,
            tokenizer,
        })
    }

    /// All words of prompts, aspects and distractors.
    pub fn words(&self) -> &[String] {
        &self.words
    }
}
