//! Every aspect with its operators, and the way several of them are applied to one image.

pub use finexl_core::names::Implementation;
use finexl_core::seed;

use super::{Draw, Operator, colour, edge, light, mono, shape, temperature, texture, tone};
use crate::image::Image;

/// What an aspect is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Hue and saturation.
    Colour,
    /// Light and dark.
    Tone,
    /// The surface the picture is on, the marks it is made of.
    Texture,
    /// Contours, focus and shapes.
    Edge,
    /// Light sources and lenses.
    Light,
    /// Never trained on, kept for tests with unknown aspects.
    Reserved,
}

impl Family {
    /// The name as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Colour => "colour",
            Self::Tone => "tone",
            Self::Texture => "texture",
            Self::Edge => "edge",
            Self::Light => "light",
            Self::Reserved => "reserved",
        }
    }
}

/// When an aspect is applied; see [`stylize`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Shape,
    Edge,
    Texture,
    Colour,
    Tone,
    Light,
}

/// One aspect: its name and its operators.
#[derive(Clone, Debug)]
pub struct Aspect {
    /// The name in words, for example `high contrast`.
    pub name: &'static str,
    /// What it is about.
    pub family: Family,
    /// The implementation that trainings see.
    pub training: Operator,
    /// An independent implementation for tests; for a reserved aspect the same as `training`.
    pub held_out: Operator,
    stage: Stage,
}

impl Aspect {
    /// The operator of one implementation.
    pub fn operator(&self, implementation: Implementation) -> Operator {
        match implementation {
            Implementation::Training => self.training,
            Implementation::HeldOut => self.held_out,
        }
    }
}

macro_rules! aspect {
    ($name:literal, $family:ident, $stage:ident, $training:path, $held_out:path) => {
        Aspect {
            name: $name,
            family: Family::$family,
            training: $training,
            held_out: $held_out,
            stage: Stage::$stage,
        }
    };
}

#[rustfmt::skip]
static ALL: [Aspect; 29] = [
    aspect!("vivid", Colour, Colour, colour::vivid_training, colour::vivid_held_out),
    aspect!("muted", Colour, Colour, colour::muted_training, colour::muted_held_out),
    aspect!("monochrome", Colour, Colour, mono::monochrome_training, mono::monochrome_held_out),
    aspect!("warm", Colour, Colour, temperature::warm_training, temperature::warm_held_out),
    aspect!("cool", Colour, Colour, temperature::cool_training, temperature::cool_held_out),
    aspect!("sepia", Colour, Colour, mono::sepia_training, mono::sepia_held_out),
    aspect!("inverted", Colour, Colour, colour::inverted_training, colour::inverted_held_out),
    aspect!("pastel", Colour, Colour, colour::pastel_training, colour::pastel_held_out),
    aspect!("dark", Tone, Tone, tone::dark_training, tone::dark_held_out),
    aspect!("bright", Tone, Tone, tone::bright_training, tone::bright_held_out),
    aspect!("high contrast", Tone, Tone, tone::high_contrast_training, tone::high_contrast_held_out),
    aspect!("low contrast", Tone, Tone, tone::low_contrast_training, tone::low_contrast_held_out),
    aspect!("grainy", Texture, Texture, texture::grainy_training, texture::grainy_held_out),
    aspect!("halftone", Texture, Texture, texture::halftone_training, texture::halftone_held_out),
    aspect!("hatched", Texture, Texture, texture::hatched_training, texture::hatched_held_out),
    aspect!("paper", Texture, Texture, texture::paper_training, texture::paper_held_out),
    aspect!("mosaic", Texture, Texture, texture::mosaic_training, texture::mosaic_held_out),
    aspect!("blurry", Edge, Edge, edge::blurry_training, edge::blurry_held_out),
    aspect!("sharp", Edge, Edge, edge::sharp_training, edge::sharp_held_out),
    aspect!("pixelated", Edge, Shape, shape::pixelated_training, shape::pixelated_held_out),
    aspect!("flat colour", Edge, Shape, shape::flat_colour_training, shape::flat_colour_held_out),
    aspect!("outlined", Edge, Edge, edge::outlined_training, edge::outlined_held_out),
    aspect!("line art", Edge, Edge, edge::line_art_training, edge::line_art_held_out),
    aspect!("embossed", Edge, Edge, edge::embossed_training, edge::embossed_held_out),
    aspect!("wavy", Edge, Shape, shape::wavy_training, shape::wavy_held_out),
    aspect!("painterly", Edge, Shape, shape::painterly_training, shape::painterly_held_out),
    aspect!("neon", Light, Light, light::neon_training, light::neon_held_out),
    aspect!("glowing", Light, Light, light::glowing_training, light::glowing_held_out),
    aspect!("vignette", Light, Light, light::vignette_training, light::vignette_held_out),
];

static RESERVED: [Aspect; 3] = [
    aspect!(
        "glitch",
        Reserved,
        Edge,
        super::reserved::glitch,
        super::reserved::glitch
    ),
    aspect!(
        "kaleidoscope",
        Reserved,
        Shape,
        super::reserved::kaleidoscope,
        super::reserved::kaleidoscope
    ),
    aspect!(
        "rainbow",
        Reserved,
        Colour,
        super::reserved::rainbow,
        super::reserved::rainbow
    ),
];

/// The 29 aspects, grouped by family. The order is stable: results may index it.
pub fn all() -> &'static [Aspect] {
    &ALL
}

/// The aspects that no training may use.
pub fn reserved() -> &'static [Aspect] {
    &RESERVED
}

/// The aspect of a name, reserved ones included.
pub fn find(name: &str) -> Option<&'static Aspect> {
    ALL.iter().chain(&RESERVED).find(|a| a.name == name)
}

/// Applies several aspects, each with a level in [0, 1], whatever order they are listed in.
///
/// The order of application is that of making a picture: what is drawn (pixelated, flat colour,
/// wavy, painterly), its contours and focus, the marks and the surface, the colours, the exposure,
/// and last the light and the lens; within one stage the order of [`all`]. So grain is printed in
/// sepia, not sepia strewn with coloured grain, and a vignette darkens everything.
///
/// Every aspect draws from its own streams, keyed by its name: adding a second aspect leaves the
/// parameters of the first as they were. `style_seed` is one per personalized model, `noise_seed`
/// one per image. Levels of 0 or below leave the image exactly as it is.
pub fn stylize(
    image: &Image,
    aspects: &[(&Aspect, f32)],
    implementation: Implementation,
    style_seed: u64,
    noise_seed: u64,
) -> Image {
    let mut ordered: Vec<_> = aspects.iter().filter(|(_, level)| *level > 0.0).collect();
    ordered.sort_by_key(|(aspect, _)| (aspect.stage, place(aspect)));
    let mut styled = image.clone();
    for (aspect, level) in ordered {
        let mut draw = Draw::keyed(style_seed, noise_seed, seed::key(aspect.name));
        styled = aspect.operator(implementation)(&styled, level.min(1.0), &mut draw);
    }
    styled
}

fn place(aspect: &Aspect) -> usize {
    ALL.iter()
        .position(|a| a.name == aspect.name)
        .unwrap_or(ALL.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn picture() -> Image {
        super::super::filters::probe::picture(32, 32)
    }

    #[test]
    fn names_are_found() {
        for aspect in all().iter().chain(reserved()) {
            assert_eq!(find(aspect.name).unwrap().name, aspect.name);
        }
        assert!(find("nonsense").is_none());
    }

    #[test]
    fn the_order_of_the_list_does_not_matter_and_level_zero_is_skipped() {
        let [a, b, c] = ["vignette", "halftone", "warm"].map(|n| find(n).unwrap());
        let apply =
            |list: &[(&Aspect, f32)]| stylize(&picture(), list, Implementation::Training, 7, 8);
        let one = apply(&[(a, 0.6), (b, 0.7), (c, 0.8)]);
        assert_eq!(one, apply(&[(c, 0.8), (a, 0.6), (b, 0.7)]));
        assert_eq!(
            apply(&[(b, 0.7)]),
            apply(&[(b, 0.7), (c, 0.0), (a, f32::NAN)])
        );
        assert_eq!(apply(&[]), picture());
    }
}
