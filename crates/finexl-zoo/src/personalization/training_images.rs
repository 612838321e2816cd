//! Where the training images of a personalization come from.

use super::style_images::{StyledImage, check_styles, restyled, style_images};
use crate::ZooError;
use crate::generators::stable_diffusion::Size;
use crate::generators::{
    AnyGenerator, ChosenSettings, ChosenStableDiffusion, GenerationRecord, GenerationRequest,
    PromptSource, SceneGenerator, ensure_folder,
};
use finexl_core::experiment::{Personalize, TrainingPictures};
use finexl_core::work_lock::Patience;
use finexl_data::decode::{decode_file, remarks_in_words};
use finexl_data::image::Image;
use finexl_data::image_folder::{BadFiles, ImageFolder};
use finexl_data::resize::fit_square;
use std::path::{Path, PathBuf};

/// Folder, inside that of a personalization, of the model's own images that styles are put on.
const OWN_IMAGES: &str = "own-images";

/// The images that a personalization is trained on, with their prompts.
///
/// # Errors
/// Pictures, captions or prompts that cannot be read or are fewer than asked for; those of [`style_images`]; a model
/// without subjects where scenes are to be drawn.
pub(super) fn training_images(
    config: &Personalize,
    base: &AnyGenerator,
) -> Result<Vec<StyledImage>, ZooError> {
    let styled = drawn_or_given(config, base)?;
    let prompts: Vec<String> = styled.iter().map(|s| s.prompt.clone()).collect();
    for note in base.prompt_notes(&prompts) {
        tracing::warn!("{note}");
    }
    Ok(styled)
}

fn drawn_or_given(config: &Personalize, base: &AnyGenerator) -> Result<Vec<StyledImage>, ZooError> {
    match &config.pictures {
        None => {
            let scenes = subjects(config, base)?;
            style_images(config, scenes.subjects(), scenes.image_size())
        }
        Some(TrainingPictures::Folder {
            path,
            caption,
            side,
        }) => {
            let side = side_of(config, base, *side)?;
            of_folder(config, path, caption.as_deref(), side)
        }
        Some(TrainingPictures::Prompts { path, side }) => {
            let side = side_of(config, base, *side)?;
            of_prompts(config, base, path, side)
        }
    }
}

/// Refuses what [`training_images`] would, as far as it shows before a picture is made.
///
/// # Errors
/// Styles beside a folder, none beside prompts, a side that the model cannot have.
pub(super) fn check_pictures(config: &Personalize, base: &AnyGenerator) -> Result<(), ZooError> {
    match &config.pictures {
        Some(TrainingPictures::Folder { side, .. }) => {
            side_of(config, base, *side)?;
            match config.styles.is_empty() {
                true => Ok(()),
                false => Err(wrong(
                    config,
                    "pictures of a folder are taken as they are; leave the styles out, or give prompts instead of a folder",
                )),
            }
        }
        Some(TrainingPictures::Prompts { side, .. }) => {
            side_of(config, base, *side)?;
            check_styles(config)
        }
        None => {
            subjects(config, base)?;
            check_styles(config)
        }
    }
}

/// What scenes are drawn of.
fn subjects<'a>(
    config: &Personalize,
    base: &'a AnyGenerator,
) -> Result<&'a dyn SceneGenerator, ZooError> {
    base.scenes().map_err(|_| {
        wrong(
            config,
            &format!(
                "{} has no list of subjects to draw scenes of; give pictures = {{ folder = {{ path = \"..\" }} }} or \
                 pictures = {{ prompts = {{ path = \"..\" }} }}",
                base.name()
            ),
        )
    })
}

/// Side of the training images, pixels.
fn side_of(
    config: &Personalize,
    base: &AnyGenerator,
    asked: Option<usize>,
) -> Result<usize, ZooError> {
    let (own, factor) = match base {
        AnyGenerator::StableDiffusion(generator) => {
            let facts = generator.network().facts();
            (facts.default_size, facts.factor.max(1))
        }
        other => {
            let own = other.scenes()?.image_size();
            if asked.is_some_and(|asked| asked != own) {
                return Err(wrong(
                    config,
                    &format!(
                        "{} makes images of {own} pixels only; leave side out",
                        base.name()
                    ),
                ));
            }
            (own, 1)
        }
    };
    let side = asked.unwrap_or(own);
    match side > 0 && side.is_multiple_of(factor) {
        true => Ok(side),
        false => Err(wrong(
            config,
            &format!(
                "the side {side} is no multiple of {factor} pixels, which one latent stands for"
            ),
        )),
    }
}

/// The first images of a folder, in the order of their names.
fn of_folder(
    config: &Personalize,
    folder: &Path,
    caption: Option<&str>,
    side: usize,
) -> Result<Vec<StyledImage>, ZooError> {
    let listed = ImageFolder::list(folder, BadFiles::Refuse)?;
    let files = listed.images.values().take(config.images);
    let files: Vec<&Path> = files.map(PathBuf::as_path).collect();
    if files.len() < config.images {
        return Err(wrong(
            config,
            &format!(
                "images is {}, and {} holds {}",
                config.images,
                folder.display(),
                files.len()
            ),
        ));
    }
    let (mut remarks, mut small) = (Vec::new(), 0);
    let mut styled = Vec::with_capacity(files.len());
    for file in &files {
        let prompt = match caption {
            Some(caption) => caption.to_string(),
            None => caption_beside(config, file)?,
        };
        let decoded = decode_file(file)?;
        remarks.extend(decoded.remarks.into_iter().map(|remark| (*file, remark)));
        small += usize::from(decoded.image.width.min(decoded.image.height) < side);
        let image = fit_square(&decoded.image, side);
        styled.push(StyledImage { image, prompt });
    }
    let left = listed.images.len() - files.len();
    if left > 0 {
        tracing::warn!(
            "{left} of {} pictures of {} are not trained on: images is {}",
            listed.images.len(),
            folder.display(),
            config.images
        );
    }
    if small > 0 {
        tracing::warn!(
            "{small} of {} pictures are smaller than {side} pixels, and were made larger",
            files.len()
        );
    }
    let captions =
        |other: &Path| other.extension().is_some_and(|end| end == "txt") && caption.is_none();
    let notes = listed.all_notes(captions);
    let said = remarks_in_words(remarks.iter().map(|(file, remark)| (*file, remark)));
    notes
        .iter()
        .chain(&said)
        .for_each(|note| tracing::warn!("{note}"));
    Ok(styled)
}

/// The text beside a picture.
fn caption_beside(config: &Personalize, file: &Path) -> Result<String, ZooError> {
    let path = file.with_extension("txt");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(wrong(
                config,
                &format!(
                    "{} has no text beside it ({}); write one, or give a caption for all pictures",
                    file.display(),
                    path.display()
                ),
            ));
        }
        Err(source) => {
            return Err(ZooError::Core(finexl_core::CoreError::Read {
                path,
                source,
            }));
        }
    };
    match text.split_whitespace().collect::<Vec<_>>().join(" ") {
        caption if caption.is_empty() => Err(wrong(
            config,
            &format!(
                "{} is empty; write what the picture shows, or give a caption for all pictures",
                path.display()
            ),
        )),
        caption => Ok(caption),
    }
}

/// The model's own images of prompts, in the styles.
fn of_prompts(
    config: &Personalize,
    base: &AnyGenerator,
    path: &Path,
    side: usize,
) -> Result<Vec<StyledImage>, ZooError> {
    let source = PromptSource::File {
        path,
        count: Some(config.images),
    };
    let list = source.prompts(base)?;
    for note in &list.notes {
        tracing::warn!("{note}");
    }
    let made = own_images(config, base, &list.prompts, side)?;
    restyled(config, list.prompts, &made)
}

/// Images of the model, made once into the folder of the personalization.
fn own_images(
    config: &Personalize,
    base: &AnyGenerator,
    prompts: &[String],
    side: usize,
) -> Result<Vec<Image>, ZooError> {
    let chosen = match base {
        AnyGenerator::StableDiffusion(_) => ChosenSettings {
            stable_diffusion: ChosenStableDiffusion {
                size: Some(Size {
                    width: side,
                    height: side,
                }),
                ..ChosenStableDiffusion::default()
            },
            ..ChosenSettings::default()
        },
        _ => ChosenSettings::default(),
    };
    let settings = base.settings(&chosen)?;
    let requests = GenerationRequest::of_prompts(prompts, config.seed);
    let record = GenerationRecord::new(&**base, &[], settings, &requests);
    let folder = config.output.join(OWN_IMAGES);
    ensure_folder(
        &**base,
        &requests,
        &record,
        &folder,
        Patience::Wait,
        &|_| (),
    )?;
    let listed = ImageFolder::list(&folder, BadFiles::Refuse)?;
    let files = listed.images.values();
    files.map(|file| Ok(decode_file(file)?.image)).collect()
}

fn wrong(config: &Personalize, problem: &str) -> ZooError {
    ZooError::Config(format!("personalization {}: {problem}", config.name))
}
