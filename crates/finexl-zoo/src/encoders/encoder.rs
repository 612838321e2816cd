//! What every encoder does.

use crate::ZooError;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::image::Image;

/// L2-normalised embeddings, one row each.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// Dimension of a row.
    pub dimension: usize,
    /// `[n, dimension]`, row-major.
    pub values: Vec<f32>,
}

impl Features {
    /// No rows of a dimension.
    pub fn empty(dimension: usize) -> Self {
        Self {
            dimension,
            values: Vec::new(),
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.dimension.max(1)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Row `index`, `[dimension]`.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.dimension..(index + 1) * self.dimension]
    }

    /// The first `rows` rows, or all where there are fewer.
    pub fn first(&self, rows: usize) -> Self {
        Self {
            dimension: self.dimension,
            values: self.values[..rows.min(self.len()) * self.dimension].to_vec(),
        }
    }

    /// Appends the rows of another block of the same dimension.
    pub fn extend(&mut self, other: &Self) {
        debug_assert_eq!(self.dimension, other.dimension);
        self.values.extend_from_slice(&other.values);
    }
}

/// How long a text is, in tokens with start and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextLength {
    /// Of the whole text.
    pub tokens: usize,
    /// Of what the encoder reads of it.
    pub read: usize,
}

impl TextLength {
    /// Whether all of a text is read.
    pub fn is_read_whole(self) -> bool {
        self.read >= self.tokens
    }
}

/// An aligned pair of image and text encoders.
pub trait Encoder: Send + Sync {
    /// Name as given to `--encoder`.
    fn name(&self) -> &str;

    /// Fingerprint of weights, architecture and preprocessing: equal fingerprints give equal
    /// embeddings on one device.
    fn fingerprint(&self) -> &Fingerprint;

    /// Where it computes, by the name of [`crate::device`]: devices differ in the last digits.
    fn device(&self) -> &'static str {
        "cpu"
    }

    /// Dimension d of the embeddings.
    fn dimension(&self) -> usize;

    /// What a reader has to know of how it was put together from its files.
    fn notes(&self) -> &[String] {
        &[]
    }

    /// Images that are best encoded, and held prepared, at a time.
    fn images_at_a_time(&self) -> usize {
        128
    }

    /// Brings an image of any size to the encoder's input, so that many can be kept in memory.
    fn prepare(&self, image: &Image) -> Image;

    /// Embeds images of any size, `[n, d]`, rows L2-normalised.
    ///
    /// # Errors
    /// Where the backend fails or an embedding is not finite.
    fn encode_images(&self, images: &[Image]) -> Result<Features, ZooError>;

    /// Embeds texts, `[n, d]`, rows L2-normalised.
    ///
    /// # Errors
    /// [`ZooError::UnknownWords`] or [`ZooError::TextTooLong`] where the encoder cannot read a text.
    fn encode_texts(&self, texts: &[String]) -> Result<Features, ZooError>;

    /// How long a text is, and how much of it is read; what is too long is no error here.
    ///
    /// # Errors
    /// [`ZooError::UnknownWords`] where the encoder cannot read a text at all.
    fn text_length(&self, text: &str) -> Result<TextLength, ZooError>;

    /// Checks that a text can be read, without encoding it.
    ///
    /// # Errors
    /// As [`Encoder::encode_texts`].
    fn check_text(&self, text: &str) -> Result<(), ZooError>;
}
