//! Directions in the space that a mapping network leads to.

use crate::ZooError;
use crate::weights::{WeightsFile, save_as};
use burn::module::{Initializer, Module, Param};
use burn::tensor::{DType, Device, Tensor, TensorData};
use finexl_core::fingerprint::Fingerprint;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A direction that can be walked along, in either sense.
#[derive(Clone, Debug, PartialEq)]
pub struct Direction {
    /// A vector of length 1, `[width]`.
    pub unit: Vec<f32>,
    /// Where it is from.
    pub provenance: Provenance,
}

/// Where a direction is from.
#[derive(Clone, Debug, PartialEq)]
pub enum Provenance {
    /// It follows from the weights alone.
    ClosedForm {
        /// Its rank, from 0.
        rank: usize,
        /// How far the modulations move per distance walked, squared.
        eigenvalue: f64,
    },
    /// It was learned from images before and after.
    Learned {
        /// The distance that leads from the ones to the others.
        length: f64,
    },
}

/// What stands beside a learned direction in its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct StoredConfig {
    /// Name of the model it was learned with.
    base: String,
    /// SHA-256 of that model's weights file.
    base_sha256: String,
    /// The distance that was learned.
    length: f64,
}

/// The tensors of the file.
#[derive(Module, Debug)]
struct StoredDirection {
    direction: Param<Tensor<1>>,
}

impl Direction {
    /// A learned one, of the vector that was learned.
    ///
    /// # Errors
    /// [`ZooError::NotFinite`] for a vector that is not finite or has no length.
    pub fn learned(vector: &[f32]) -> Result<Self, ZooError> {
        let squares = vector.iter().map(|v| f64::from(*v).powi(2));
        let length = squares.sum::<f64>().sqrt();
        if !(length.is_finite() && length > 0.0) {
            return Err(ZooError::NotFinite {
                encoder: "the training of a direction".to_string(),
                what: format!("a vector of length {length}"),
            });
        }
        Ok(Self {
            unit: vector
                .iter()
                .map(|v| (f64::from(*v) / length) as f32)
                .collect(),
            provenance: Provenance::Learned { length },
        })
    }

    /// The distance that a scale means: so many times what was learned; for a closed-form direction the
    /// scale itself.
    pub fn distance(&self, scale: f64) -> f64 {
        match self.provenance {
            Provenance::ClosedForm { .. } => scale,
            Provenance::Learned { length } => scale * length,
        }
    }

    /// Writes a learned direction in single precision, with its length and its base in the metadata.
    ///
    /// # Errors
    /// As [`crate::weights::save`].
    pub fn save(&self, base: &str, weights: &Fingerprint, path: &Path) -> Result<(), ZooError> {
        let config = StoredConfig {
            base: base.to_string(),
            base_sha256: weights.to_string(),
            length: self.distance(1.0),
        };
        let data = TensorData::new(self.unit.clone(), [self.unit.len()]);
        let stored = StoredDirection {
            direction: Param::from_data(data, &Device::flex()),
        };
        save_as(&stored, &config, DType::F32, path)
    }

    /// Reads a learned direction of `width` numbers of the model whose weights have this fingerprint.
    ///
    /// # Errors
    /// [`ZooError::Weights`] for a damaged file, [`ZooError::OtherBase`] for one of another model.
    pub fn load(path: &Path, width: usize, weights: &Fingerprint) -> Result<Self, ZooError> {
        let file = WeightsFile::read(path)?;
        let config: StoredConfig = file.config()?;
        if config.base_sha256 != weights.as_str() {
            return Err(ZooError::OtherBase {
                path: path.to_path_buf(),
                stated: config.base_sha256,
                given: weights.to_string(),
                name: Some(config.base),
            });
        }
        let blank = StoredDirection {
            direction: Initializer::Zeros.init([width], &Device::flex()),
        };
        let stored = file.load_into(blank)?;
        Ok(Self {
            unit: crate::generators::values(stored.direction.val())?,
            provenance: Provenance::Learned {
                length: config.length,
            },
        })
    }
}
