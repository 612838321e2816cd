//! The three families and their networks.

use std::fmt;

/// A family of models whose layers have the same names and shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Base {
    /// Stable Diffusion 1.1 to 1.5.
    Sd1,
    /// Stable Diffusion 2.0 and 2.1.
    Sd2,
    /// Stable Diffusion XL.
    Xl,
}

impl Base {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sd1, Self::Sd2, Self::Xl];

    /// The networks that adapters change.
    pub fn parts(self) -> &'static [Part] {
        match self {
            Self::Sd1 | Self::Sd2 => &[Part::Unet, Part::TextEncoder],
            Self::Xl => &[Part::Unet, Part::TextEncoder, Part::TextEncoder2],
        }
    }

    /// Width of the text rows that the UNet attends to.
    pub fn context(self) -> usize {
        match self {
            Self::Sd1 => 768,
            Self::Sd2 => 1024,
            Self::Xl => 2048,
        }
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sd1 => "Stable Diffusion 1",
            Self::Sd2 => "Stable Diffusion 2",
            Self::Xl => "Stable Diffusion XL",
        })
    }
}

/// A network of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The network that removes noise.
    Unet,
    /// The text encoder; of XL the first one.
    TextEncoder,
    /// XL's second text encoder.
    TextEncoder2,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unet, Self::TextEncoder, Self::TextEncoder2];

    /// What diffusers calls it, in folders and in keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unet => "unet",
            Self::TextEncoder => "text_encoder",
            Self::TextEncoder2 => "text_encoder_2",
        }
    }
}
