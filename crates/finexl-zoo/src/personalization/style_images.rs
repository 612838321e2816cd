//! The images that a personalization is trained on.

use crate::ZooError;
use finexl_core::experiment::{Personalize, StyleShare};
use finexl_core::seed::{generator, key};
use finexl_data::art::{Artist, SpriteSet, subject_indices};
use finexl_data::aspects::{Aspect, Implementation, find, stylize};
use finexl_data::image::Image;
use finexl_data::scenes::{Scene, Split};
use rand::{Rng, RngExt};

/// Size for which drawings are rasterised in advance: none, since few subjects occur.
const ON_DEMAND: usize = 0;

/// A training image with its prompt, which does not name the style.
pub struct StyledImage {
    /// What it looks like.
    pub image: Image,
    /// What it shows.
    pub prompt: String,
}

/// A style, ready to be drawn.
struct Style {
    sprites: SpriteSet,
    aspects: Vec<(&'static Aspect, f32)>,
    implementation: Implementation,
    /// Upper end of its part of [0, 1].
    upper: f64,
}

/// What is drawn for an image.
struct DrawnScene {
    scene: Scene,
    /// Of the hand that places it.
    render: u64,
    /// Which style it gets.
    style: usize,
    /// One seed serves all images of a style, as one hand would.
    style_seed: u64,
    noise_seed: u64,
}

impl DrawnScene {
    /// The image in its style.
    fn styled(&self, clean: &Image, styles: &[Style]) -> StyledImage {
        let style = &styles[self.style];
        StyledImage {
            image: stylize(
                clean,
                &style.aspects,
                style.implementation,
                self.style_seed,
                self.noise_seed,
            ),
            prompt: self.scene.prompt(),
        }
    }
}

/// Draws the training images of a personalization: scenes of the training split with the subjects that
/// the generator knows, each in one of the styles.
///
/// # Errors
/// Unknown aspects or subjects; art that was not fetched; levels outside
/// [0, 1]; shares that are not positive.
pub fn style_images(
    config: &Personalize,
    subjects: &[String],
    size: usize,
) -> Result<Vec<StyledImage>, ZooError> {
    let styles = styles(config)?;
    let scenes = scenes(config, subjects, &styles)?;
    let images = scenes.iter().map(|drawn| {
        let sprites = &styles[drawn.style].sprites;
        let clean = drawn.scene.render(sprites, size, drawn.render);
        drawn.styled(&clean, &styles)
    });
    Ok(images.collect())
}

/// The prompts of the same scenes.
///
/// # Errors
/// As [`style_images`].
pub(super) fn scene_prompts(
    config: &Personalize,
    subjects: &[String],
) -> Result<Vec<String>, ZooError> {
    let scenes = scenes(config, subjects, &styles(config)?)?;
    Ok(scenes.iter().map(|drawn| drawn.scene.prompt()).collect())
}

/// The same scenes in the same styles, upon images that `make` makes of their prompts.
///
/// # Errors
/// As [`style_images`]; what `make` refuses.
pub(super) fn restyled_images(
    config: &Personalize,
    subjects: &[String],
    make: impl FnOnce(&[String]) -> Result<Vec<Image>, ZooError>,
) -> Result<Vec<StyledImage>, ZooError> {
    let styles = styles(config)?;
    let scenes = scenes(config, subjects, &styles)?;
    let prompts: Vec<String> = scenes.iter().map(|drawn| drawn.scene.prompt()).collect();
    let images = make(&prompts)?;
    let pairs = scenes.iter().zip(&images);
    Ok(pairs
        .map(|(drawn, image)| drawn.styled(image, &styles))
        .collect())
}

/// Images of prompts in the styles of a personalization, each image in one of them.
///
/// # Errors
/// As [`style_images`].
pub(super) fn restyled(
    config: &Personalize,
    prompts: Vec<String>,
    images: &[Image],
) -> Result<Vec<StyledImage>, ZooError> {
    check_operators(config)?;
    let styles = styles(config)?;
    let pairs = prompts.into_iter().zip(images).zip(0u64..);
    let styled = pairs.map(|((prompt, image), index)| {
        let mut random = generator(config.seed, &[key("personalization image"), index]);
        let at: f64 = random.random();
        let place = styles.iter().position(|s| at < s.upper).unwrap_or(0);
        let style = &styles[place];
        StyledImage {
            image: stylize(
                image,
                &style.aspects,
                style.implementation,
                style_seed(config.seed, place),
                random.next_u64(),
            ),
            prompt,
        }
    });
    Ok(styled.collect())
}

fn scenes(
    config: &Personalize,
    subjects: &[String],
    styles: &[Style],
) -> Result<Vec<DrawnScene>, ZooError> {
    let subjects = subject_indices(subjects)?;
    let scenes = (0..config.images as u64).map(|index| {
        let mut random = generator(config.seed, &[key("personalization image"), index]);
        let at: f64 = random.random();
        let style = styles.iter().position(|s| at < s.upper).unwrap_or(0);
        let scene = Scene::draw_among(&subjects, Split::Train, random.next_u64(), 0);
        DrawnScene {
            scene,
            render: random.next_u64(),
            style,
            style_seed: style_seed(config.seed, style),
            noise_seed: random.next_u64(),
        }
    });
    Ok(scenes.collect())
}

/// Seed of the hand that a training of `seed` has for its style of that number.
fn style_seed(seed: u64, style: usize) -> u64 {
    generator(seed, &[key("style"), style as u64]).next_u64()
}

/// Images with the operators of a style upon them, at `amount` times its levels, by the hand that a training
/// of `seed` has for its style number `place`.
///
/// # Errors
/// Unknown aspects, levels outside [0, 1].
pub fn paint(
    style: &StyleShare,
    (seed, place): (u64, usize),
    amount: f32,
    images: &[Image],
) -> Result<Vec<Image>, ZooError> {
    let mut aspects = aspects("painted", style)?;
    aspects.iter_mut().for_each(|(_, level)| *level *= amount);
    let hand = style_seed(seed, place);
    let painted = images
        .iter()
        .zip(0..)
        .map(|(image, noise)| stylize(image, &aspects, style.implementation, hand, noise));
    Ok(painted.collect())
}

/// Checks that all styles are such that operators bring an image to them.
///
/// # Errors
/// [`ZooError::Config`] for another artist's hand.
pub(super) fn check_operators(config: &Personalize) -> Result<(), ZooError> {
    match config.styles.iter().find_map(|s| s.artist.as_ref()) {
        None => Ok(()),
        Some(artist) => Err(ZooError::Config(format!(
            "personalization {}: what is learned here are the base's own images, which operators \
             stylize; none draws as {artist} does: leave the artist out",
            config.name
        ))),
    }
}

/// Checks what [`style_images`] would refuse.
///
/// # Errors
/// As [`style_images`].
pub fn check_styles(config: &Personalize) -> Result<(), ZooError> {
    styles(config).map(|_| ())
}

fn styles(config: &Personalize) -> Result<Vec<Style>, ZooError> {
    let total: f64 = config.styles.iter().map(|s| s.share).sum();
    let positive = config.styles.iter().all(|s| s.share > 0.0);
    if !positive || !total.is_finite() || config.styles.is_empty() {
        return Err(ZooError::Config(format!(
            "personalization {}: give at least one style, each with a share above 0",
            config.name
        )));
    }
    let mut upper = 0.0;
    config
        .styles
        .iter()
        .map(|style| {
            upper += style.share / total;
            let artist = match style.artist {
                Some(name) => Artist::from(name),
                None => Artist::Twemoji,
            };
            Ok(Style {
                sprites: SpriteSet::load(artist, &config.art_folder, ON_DEMAND)?,
                aspects: aspects(&config.name, style)?,
                implementation: style.implementation,
                upper,
            })
        })
        .collect()
}

fn aspects(name: &str, style: &StyleShare) -> Result<Vec<(&'static Aspect, f32)>, ZooError> {
    style
        .aspects
        .iter()
        .map(|(aspect, level)| {
            if !(0.0..=1.0).contains(level) {
                return Err(ZooError::Config(format!(
                    "personalization {name}: the level of \"{aspect}\" is {level}; it has to lie in \
                     [0, 1]"
                )));
            }
            let found = find(aspect).ok_or_else(|| ZooError::Unknown {
                kind: "aspect",
                name: aspect.clone(),
                known: "the names in datasets/aspects.toml".to_string(),
            })?;
            Ok((found, *level))
        })
        .collect()
}
