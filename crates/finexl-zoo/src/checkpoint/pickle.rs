//! PyTorch files.

use super::precision::Precision;
use super::reading::{Checkpoint, Entry, Place, damaged};
use crate::ZooError;
use burn::store::pytorch::PytorchReader;
use burn::store::pytorch_reader;
use std::path::Path;
use std::sync::Arc;

impl Checkpoint {
    /// Opens a PyTorch file (`.bin`, `.pt`) with burn's reader, which runs nothing of what a pickle
    /// may ask for.
    ///
    /// # Errors
    /// A file that is not a plain dictionary of tensors.
    pub fn open_pickle(path: &Path) -> Result<Self, ZooError> {
        let mut checkpoint = Self::empty(path);
        checkpoint.stored = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        let reader = PytorchReader::new(path).map_err(|e| {
            damaged(
                path,
                format!("it is no whole PyTorch file of plain tensors ({e})"),
            )
        })?;
        for (name, tensor) in reader.into_tensors() {
            let precision = match tensor.dtype() {
                pytorch_reader::DType::F64 => Some(Precision::F64),
                pytorch_reader::DType::F32 => Some(Precision::F32),
                pytorch_reader::DType::F16 => Some(Precision::F16),
                pytorch_reader::DType::BF16 => Some(Precision::Bf16),
                _ => None,
            };
            let entry = Entry {
                shape: tensor.shape().to_vec(),
                precision,
                place: Place::Pickle {
                    tensor: Arc::new(tensor),
                    part: None,
                },
                transposed: false,
            };
            checkpoint.entries.insert(name, entry);
        }
        Ok(checkpoint)
    }
}
