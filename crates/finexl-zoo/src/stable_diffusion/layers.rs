//! A layer.

use super::base::Part;
use std::fmt;

/// What a layer computes, and so the shape of its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A matrix `[outputs, inputs]`.
    Linear,
    /// A convolution `[outputs, inputs, kernel, kernel]`.
    Convolution {
        /// Side of the kernel.
        kernel: usize,
    },
    /// A group or layer norm: `[outputs]`.
    Norm,
    /// A table `[inputs, outputs]`, a row per token or position.
    Table,
}

/// What a layer is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Attention of positions to each other: `attn1`, and all attention of a text encoder.
    SelfAttention,
    /// Attention of the picture to the prompt: `attn2`.
    CrossAttention,
    /// Feed-forward layers.
    FeedForward,
    /// The way in and out of a stack of attention blocks.
    Projection,
    /// Convolutions of the residual blocks, samplers, first and last layer.
    Convolution,
    /// Norms, embeddings of time and size, tables, the projection of the text.
    Other,
}

impl Place {
    /// All of them, in the order that tables show them.
    pub const ALL: [Self; 6] = [
        Self::SelfAttention,
        Self::CrossAttention,
        Self::FeedForward,
        Self::Projection,
        Self::Convolution,
        Self::Other,
    ];

    /// As a column is headed.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelfAttention => "attn1",
            Self::CrossAttention => "attn2",
            Self::FeedForward => "ff",
            Self::Projection => "proj",
            Self::Convolution => "conv",
            Self::Other => "other",
        }
    }
}

/// A block, as tools for block weights count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Block {
    /// The text encoder.
    Text,
    /// XL's second text encoder.
    Text2,
    /// Embeddings of time and size.
    Embedding,
    /// On the way down: 0 is the first convolution.
    In(u8),
    /// In the middle.
    Middle,
    /// On the way up.
    Out(u8),
    /// The last norm and convolution.
    End,
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("TE1"),
            Self::Text2 => f.write_str("TE2"),
            Self::Embedding => f.write_str("EMB"),
            Self::In(index) => write!(f, "IN{index:02}"),
            Self::Middle => f.write_str("MID"),
            Self::Out(index) => write!(f, "OUT{index:02}"),
            Self::End => f.write_str("END"),
        }
    }
}

/// A layer with weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its network.
    pub part: Part,
    /// Its path in diffusers, without the network.
    pub path: String,
    /// Its path in the code that Stability AI published, for the UNet.
    pub sgm: Option<String>,
    /// Its form.
    pub form: Form,
    /// Numbers it gives per position.
    pub outputs: usize,
    /// Numbers it takes per position.
    pub inputs: usize,
    /// Whether a bias is added.
    pub bias: bool,
    /// Its block.
    pub block: Block,
    /// What it is there for.
    pub place: Place,
}

impl Layer {
    /// The weight as a matrix: outputs, and inputs times the area of a kernel. Norms are one column.
    pub fn matrix(&self) -> [usize; 2] {
        match self.form {
            Form::Linear => [self.outputs, self.inputs],
            Form::Convolution { kernel } => [self.outputs, self.inputs * kernel * kernel],
            Form::Norm => [self.outputs, 1],
            Form::Table => [self.inputs, self.outputs],
        }
    }

    /// Numbers in weight and bias.
    pub fn parameters(&self) -> usize {
        let [rows, columns] = self.matrix();
        rows * columns + if self.bias { self.outputs } else { 0 }
    }
}
