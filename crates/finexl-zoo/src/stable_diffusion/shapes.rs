//! What the list of a model's layers follows from.

use super::base::{Base, Part};

/// The sizes of a UNet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnetShape {
    /// Levels, the finest first.
    pub levels: Vec<UnetLevel>,
    /// Depth of the middle's attention; none without a middle.
    pub middle: Option<usize>,
    /// Width of the text rows that it attends to.
    pub context: usize,
    /// Whether the way into a transformer is stored as a matrix and not as a convolution.
    pub linear_projection: bool,
    /// Width of the embedded sizes and pooled text, where there are any.
    pub added: Option<usize>,
    /// Channels of the embedded scale of guidance, where it is read.
    pub guidance: Option<usize>,
    /// Numbers of a latent.
    pub latent_channels: usize,
}

/// A level of a UNet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnetLevel {
    /// Channels.
    pub channels: usize,
    /// Depth of attention on the way down, 0 where there is none.
    pub depth: usize,
    /// The same on the way up.
    pub depth_up: usize,
    /// Residual blocks on the way down; one more on the way up.
    pub residuals: usize,
}

/// The sizes of a text encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextShape {
    /// Which one it is.
    pub part: Part,
    /// Known tokens.
    pub vocabulary: usize,
    /// Tokens of a text.
    pub positions: usize,
    /// Channels.
    pub width: usize,
    /// Channels inside the feed-forward layers.
    pub hidden: usize,
    /// Layers.
    pub layers: usize,
    /// Numbers of the pooled text, where there is a projection.
    pub projection: Option<usize>,
}

impl UnetShape {
    /// That of the published models of a family.
    pub fn published(base: Base) -> Self {
        let level = |channels, depth| UnetLevel {
            channels,
            depth,
            depth_up: depth,
            residuals: 2,
        };
        let (levels, middle) = match base {
            Base::Sd1 | Base::Sd2 => (
                vec![level(320, 1), level(640, 1), level(1280, 1), level(1280, 0)],
                1,
            ),
            Base::Xl => (vec![level(320, 0), level(640, 2), level(1280, 10)], 10),
        };
        Self {
            levels,
            middle: Some(middle),
            context: base.context(),
            linear_projection: base != Base::Sd1,
            added: (base == Base::Xl).then_some(2816),
            guidance: None,
            latent_channels: 4,
        }
    }

    /// Channels of the finest level.
    pub(super) fn first(&self) -> usize {
        self.levels.first().map_or(0, |level| level.channels)
    }
}

impl TextShape {
    /// Those of the published models of a family.
    pub fn published(base: Base) -> Vec<Self> {
        let shape = |part, width, layers, projection| Self {
            part,
            vocabulary: 49408,
            positions: 77,
            width,
            hidden: 4 * width,
            layers,
            projection,
        };
        match base {
            Base::Sd1 => vec![shape(Part::TextEncoder, 768, 12, None)],
            // The last but one of 24 layers is read, so the last is not even loaded.
            Base::Sd2 => vec![shape(Part::TextEncoder, 1024, 23, None)],
            Base::Xl => vec![
                shape(Part::TextEncoder, 768, 12, None),
                shape(Part::TextEncoder2, 1280, 32, Some(1280)),
            ],
        }
    }
}
