//! What a recipe names, opened: pictures, aspects, codecs.

use super::aspects_file::{own_aspects, read_aspects};
use crate::error::ExplainError;
use crate::heads::{Folder, HeadAspect, Pictures, Scenes};
use crate::probes::Probes;
use crate::vocabulary::Vocabulary;
use finexl_core::experiment::{FolderPictures, HeadPictures, ScenePictures, TrainHead};
use finexl_core::fingerprint::Fingerprint;
use finexl_core::seed;
use finexl_data::art::{Artist, SpriteSet};
use finexl_data::decode::decode_file;
use finexl_data::image_folder::{BadFiles, ImageFolder};
use finexl_data::manifest::read_prompts;
use finexl_data::resize::fit_square;
use finexl_data::scenes::Split;
use finexl_data::vocabulary::{Concept, distractors};
use finexl_zoo::encoders::Encoder;
use finexl_zoo::generators::{AnyGenerator, open_generator};

/// One of so many images of a folder, and as small a part of the scenes, is for validation.
const VALIDATION_PART: usize = 5;
/// Prompts that directions of concepts are measured on.
const MOST_PROMPTS: usize = 64;

/// Everything that episodes are made of.
pub(super) struct Material {
    /// Pictures that are learned from.
    pub training: Box<dyn Pictures>,
    /// Pictures for validation.
    pub validation: Box<dyn Pictures>,
    /// What sets are drawn with, held-out ones among them.
    pub aspects: Vec<HeadAspect>,
    /// Generators whose autoencoders serve as codecs.
    pub codecs: Vec<AnyGenerator>,
    /// Prompts that the encoder can read.
    pub prompts: Vec<String>,
    /// Of everything that is in the pictures.
    pub fingerprint: Fingerprint,
}

impl Material {
    /// Opens what a recipe names.
    ///
    /// # Errors
    /// Art, images, aspects or generators that are not there or cannot be used; fewer than two aspects left.
    pub fn open(recipe: &TrainHead, encoder: &dyn Encoder) -> Result<Self, ExplainError> {
        let aspects = match &recipe.aspects {
            Some(path) => read_aspects(path)?,
            None => own_aspects()?,
        };
        // Before any picture is touched.
        for phrase in aspects.iter().flat_map(|aspect| &aspect.concept.phrases) {
            encoder.check_text(phrase)?;
        }
        let known = |name: &String| aspects.iter().any(|aspect| aspect.concept.name == *name);
        if let Some(name) = recipe.held_out.iter().find(|name| !known(name)) {
            return Err(ExplainError::Setting {
                setting: "held-out",
                value: name.clone(),
                allowed: "names of aspects that the recipe has",
            });
        }
        if aspects.len() < recipe.held_out.len() + 2 {
            return Err(ExplainError::TooFew {
                what: "aspects to learn beside those that are held out",
                least: 2,
            });
        }
        let device = burn::tensor::Device::flex();
        let codecs = recipe
            .codecs
            .iter()
            .map(|name| open_generator(name, &device));
        let codecs: Vec<AnyGenerator> = codecs.collect::<Result<_, _>>()?;
        let ([training, validation], fingerprint) = match &recipe.pictures {
            HeadPictures::Scenes(scenes) => of_scenes(scenes)?,
            HeadPictures::Folder(folder) => of_folder(folder)?,
        };
        let given = match &recipe.pictures {
            HeadPictures::Scenes(_) => (0..training.len().min(MOST_PROMPTS))
                .map(|index| training.prompt(index))
                .collect(),
            HeadPictures::Folder(folder) => match &folder.prompts {
                Some(path) => {
                    let read = read_prompts(path)?.prompts.into_iter();
                    read.take(MOST_PROMPTS).map(Some).collect()
                }
                // The program's own prompts.
                None => vec![None],
            },
        };
        let concepts = aspects.iter().map(|aspect| aspect.concept.clone());
        let others = distractors().into_iter();
        let others = others.map(|phrase| Concept::phrase(&phrase));
        let vocabulary = Vocabulary::of_concepts(concepts.chain(others).collect());
        Ok(Self {
            prompts: Probes::choose(encoder, &vocabulary, &given)?.prompts,
            training,
            validation,
            aspects,
            codecs,
            fingerprint,
        })
    }
}

impl Material {
    /// Indices of the aspects that a recipe holds out.
    pub fn held_out(&self, recipe: &TrainHead) -> Vec<usize> {
        let aspects = self.aspects.iter().enumerate();
        aspects
            .filter(|(_, aspect)| recipe.held_out.contains(&aspect.concept.name))
            .map(|(index, _)| index)
            .collect()
    }
}

type Parts = ([Box<dyn Pictures>; 2], Fingerprint);

fn of_scenes(scenes: &ScenePictures) -> Result<Parts, ExplainError> {
    let part = |split: Split, count: usize| -> Result<Box<dyn Pictures>, ExplainError> {
        let mut sprites = Vec::new();
        for name in &scenes.art.artists {
            sprites.push(SpriteSet::load(
                Artist::from(*name),
                &scenes.art.folder,
                scenes.side,
            )?);
        }
        Ok(Box::new(Scenes::new(
            split,
            scenes.seed,
            count,
            sprites,
            scenes.side,
        )?))
    };
    let mut key = Fingerprint::of("scenes for a head")
        .number("seed", scenes.seed)
        .number("count", scenes.count as u64)
        .number("side", scenes.side as u64);
    for name in &scenes.art.artists {
        let artist = Artist::from(*name);
        key = key.text("artist", name.name());
        // What was fetched under a name may be something else tomorrow.
        if let Some(file) = artist.file(&scenes.art.folder) {
            key = key.nested("art", &Fingerprint::of_file(&file)?);
        }
    }
    Ok((
        [
            part(Split::Train, scenes.count)?,
            part(Split::Validation, (scenes.count / VALIDATION_PART).max(1))?,
        ],
        key.finish(),
    ))
}

fn of_folder(folder: &FolderPictures) -> Result<Parts, ExplainError> {
    let listed = ImageFolder::list(&folder.images, BadFiles::Refuse)?;
    let mut fingerprint = Fingerprint::of("images for a head").number("side", folder.side as u64);
    let (mut training, mut validation) = (Vec::new(), Vec::new());
    for (name, path) in &listed.images {
        let decoded = decode_file(path)?;
        // A name decides which part an image is in.
        fingerprint = (fingerprint.text("name", name)).nested("image", &decoded.fingerprint);
        let image = fit_square(&decoded.image, folder.side);
        match seed::key(name) % VALIDATION_PART as u64 {
            0 => validation.push(image),
            _ => training.push(image),
        }
    }
    const LEAST: usize = 8;
    if training.len() < LEAST || validation.is_empty() {
        return Err(ExplainError::Features {
            path: folder.images.clone(),
            problem: format!(
                "it holds {} images, of which {} would be for training and {} for validation; a head needs \
                 some dozens",
                listed.images.len(),
                training.len(),
                validation.len()
            ),
        });
    }
    let parts =
        [training, validation].map(|images| Box::new(Folder::new(images)) as Box<dyn Pictures>);
    Ok((parts, fingerprint.finish()))
}
