//! What an encoder was trained on, as examples: images unlike all of them get a warning.

use crate::error::ExplainError;
use crate::features_file::FeaturesFile;
use finexl_core::fingerprint::Fingerprint;
use finexl_zoo::encoders::{Encoder, Features};
use std::collections::HashMap;
use std::path::Path;

/// Examples of the embedded encoder's domain.
const EMBEDDED: &[u8] = include_bytes!("../calibration/mini-clip-domain.safetensors");
/// Metadata keys.
const ENCODER: &str = "encoder";
const THRESHOLD: &str = "threshold";

/// Embeddings of known images and the cosine below which an image is unlike all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    encoder: Fingerprint,
    examples: Features,
    threshold: f32,
}

impl Domain {
    /// Fits the threshold: a share of `outside` of the domain's own `held_out` images lies below it.
    pub fn fit(
        encoder: &dyn Encoder,
        examples: Features,
        held_out: &Features,
        outside: f64,
    ) -> Self {
        let mut domain = Self {
            encoder: encoder.fingerprint().clone(),
            examples,
            threshold: -1.0,
        };
        let mut nearest: Vec<f32> = (0..held_out.len())
            .map(|row| domain.nearest(held_out.row(row)))
            .collect();
        nearest.sort_by(f32::total_cmp);
        let place = (nearest.len() as f64 * outside) as usize;
        domain.threshold = nearest.get(place).copied().unwrap_or(-1.0);
        domain
    }

    /// The embedded domain, if it is that of this encoder.
    ///
    /// # Errors
    /// Where the embedded file is damaged.
    pub fn embedded_for(encoder: &dyn Encoder) -> Result<Option<Self>, ExplainError> {
        let domain = Self::parse(Path::new("the embedded domain"), EMBEDDED)?;
        Ok(domain.filter(|d| d.encoder == *encoder.fingerprint()))
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Option<Self>, ExplainError> {
        let file = FeaturesFile::parse(path, bytes)?;
        let entry = |key: &str| file.metadata.get(key);
        let (Some(encoder), Some(threshold)) = (entry(ENCODER), entry(THRESHOLD)) else {
            return Ok(None);
        };
        let (Ok(encoder), Ok(threshold)) = (
            serde_json::from_value(serde_json::Value::String(encoder.clone())),
            threshold.parse(),
        ) else {
            return Ok(None);
        };
        Ok(Some(Self {
            encoder,
            examples: file.features,
            threshold,
        }))
    }

    /// Writes the domain, atomically.
    ///
    /// # Errors
    /// [`finexl_core::CoreError::Write`] naming the file.
    pub fn write(&self, path: &Path) -> Result<(), ExplainError> {
        let metadata = HashMap::from([
            (ENCODER.to_string(), self.encoder.to_string()),
            (THRESHOLD.to_string(), self.threshold.to_string()),
        ]);
        FeaturesFile {
            features: self.examples.clone(),
            names: Vec::new(),
            metadata,
        }
        .write(path)
    }

    /// Whether an embedding, `[d]`, is unlike all examples.
    pub fn is_far(&self, embedding: &[f32]) -> bool {
        self.nearest(embedding) < self.threshold
    }

    /// Largest cosine with an example.
    fn nearest(&self, embedding: &[f32]) -> f32 {
        (0..self.examples.len())
            .map(|row| {
                let example = self.examples.row(row);
                example.iter().zip(embedding).map(|(a, b)| a * b).sum()
            })
            .fold(-1.0, f32::max)
    }
}
