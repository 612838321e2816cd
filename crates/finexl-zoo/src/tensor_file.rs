//! The tensors of a safetensors file as they lie in memory, which is mostly a mapped file: nothing is
//! read from disk before its numbers are asked for.

use crate::ZooError;
use crate::foreign_bytes::foreign;
use crate::safetensors_header::Header;
use half::slice::HalfFloatSliceExt;
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeMap;
use std::path::Path;

/// Numbers that are widened at a time.
const PIECE: usize = 4096;
const REMEDY: &str = "fetch or save the file again";

/// The tensors of a file by name, and what its header says beside them.
#[derive(Clone, Debug)]
pub struct TensorFile<'a> {
    /// All tensors.
    pub tensors: BTreeMap<String, StoredTensor<'a>>,
    /// Free text of the header.
    pub metadata: BTreeMap<String, String>,
}

/// A tensor as it is stored.
#[derive(Clone, Debug)]
pub struct StoredTensor<'a> {
    /// Lengths of its sides.
    pub shape: Vec<usize>,
    /// What its numbers are stored as.
    pub dtype: Dtype,
    data: &'a [u8],
}

impl<'a> TensorFile<'a> {
    /// Reads the header of a file's bytes; `path` stands in messages.
    ///
    /// # Errors
    /// [`ZooError::Weights`] for what is no whole safetensors file.
    pub fn parse(path: &Path, bytes: &'a [u8]) -> Result<Self, ZooError> {
        let refused = |problem: String, remedy| ZooError::Weights {
            path: path.to_path_buf(),
            problem,
            remedy,
        };
        let damaged = |e: String| refused(format!("it is no whole safetensors file ({e})"), REMEDY);
        // It says more of what is wrong than the reference does. What else bytes may be is asked of those alone that fail,
        // since the length of a header may be any bytes: 640 begins as a pickle does.
        Header::read(bytes, bytes.len() as u64).map_err(|e| match foreign(bytes) {
            Some(other) => refused(format!("it is {}", other.what), other.remedy),
            None => damaged(e.to_string()),
        })?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| damaged(e.to_string()))?;
        let file = SafeTensors::deserialize(bytes).map_err(|e| damaged(e.to_string()))?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let tensors = file.iter().map(|(name, view)| {
            let tensor = StoredTensor {
                shape: view.shape().to_vec(),
                dtype: view.dtype(),
                data: view.data(),
            };
            (name.to_string(), tensor)
        });
        Ok(Self {
            tensors: tensors.collect(),
            metadata: metadata.into_iter().collect(),
        })
    }
}

impl<'a> StoredTensor<'a> {
    /// How many numbers it has.
    pub fn count(&self) -> usize {
        // The product cannot overflow: safetensors has compared it with the bytes that are there.
        self.shape.iter().product()
    }

    /// The first side, and the product of all others.
    pub fn matrix(&self) -> [usize; 2] {
        match self.shape.split_first() {
            None => [1, 1],
            Some((first, others)) => {
                // Of an empty tensor the other sides may be anything.
                let columns = others
                    .iter()
                    .fold(1, |all: usize, side| all.saturating_mul(*side));
                [*first, columns]
            }
        }
    }

    /// Its one number, which may be stored as an integer.
    ///
    /// # Errors
    /// As [`StoredTensor::numbers`], and where it is not one number.
    pub(crate) fn number(&self) -> Result<f64, String> {
        if self.count() != 1 {
            return Err(format!("has the shape {:?}, not one number", self.shape));
        }
        let whole = match (self.dtype, self.data) {
            (Dtype::I64, data) => data.first_chunk().map(|b| i64::from_le_bytes(*b) as f64),
            (Dtype::I32, data) => data
                .first_chunk()
                .map(|b| f64::from(i32::from_le_bytes(*b))),
            _ => None,
        };
        match whole {
            Some(number) => Ok(number),
            None => self
                .numbers()
                .map(|numbers| numbers.first().copied().unwrap_or(0.0)),
        }
    }

    /// Whether any of its bytes is not 0: a truth value.
    pub(crate) fn is_true(&self) -> bool {
        self.data.iter().any(|byte| *byte != 0)
    }

    /// Its bytes as they are stored.
    pub fn bytes(&self) -> &'a [u8] {
        self.data
    }

    /// Its precision as a person calls it.
    pub fn precision(&self) -> String {
        self.dtype.to_string().to_lowercase()
    }

    /// Whether it holds floating-point numbers of a width that is read.
    pub fn is_readable(&self) -> bool {
        matches!(
            self.dtype,
            Dtype::F16 | Dtype::BF16 | Dtype::F32 | Dtype::F64
        )
    }

    /// Its numbers in double precision.
    ///
    /// # Errors
    /// What is wrong with them, to be put behind the tensor's name.
    pub fn numbers(&self) -> Result<Vec<f64>, String> {
        let mut numbers = Vec::with_capacity(self.count());
        if self.dtype == Dtype::F64 {
            let doubles = self.data.as_chunks().0.iter();
            numbers.extend(doubles.map(|bytes| f64::from_le_bytes(*bytes)));
        } else {
            self.pieces(|piece| numbers.extend(piece.iter().copied().map(f64::from)))?;
        }
        finite(numbers.iter().all(|v| v.is_finite()))?;
        Ok(numbers)
    }

    /// Its numbers in single precision, for large tensors.
    ///
    /// # Errors
    /// As [`StoredTensor::numbers`].
    pub fn singles(&self) -> Result<Vec<f32>, String> {
        let mut numbers = Vec::with_capacity(self.count());
        self.pieces(|piece| numbers.extend_from_slice(piece))?;
        finite(numbers.iter().all(|v| v.is_finite()))?;
        Ok(numbers)
    }

    /// Hands out its numbers piece by piece.
    fn pieces(&self, mut take: impl FnMut(&[f32])) -> Result<(), String> {
        let mut piece = [0f32; PIECE];
        match self.dtype {
            Dtype::F16 => {
                let mut narrow = [half::f16::ZERO; PIECE];
                for bytes in self.data.as_chunks::<2>().0.chunks(PIECE) {
                    for (to, from) in narrow.iter_mut().zip(bytes) {
                        *to = half::f16::from_le_bytes(*from);
                    }
                    narrow[..bytes.len()].convert_to_f32_slice(&mut piece[..bytes.len()]);
                    take(&piece[..bytes.len()]);
                }
            }
            Dtype::BF16 => {
                for bytes in self.data.as_chunks::<2>().0.chunks(PIECE) {
                    for (to, from) in piece.iter_mut().zip(bytes) {
                        *to = half::bf16::from_le_bytes(*from).to_f32();
                    }
                    take(&piece[..bytes.len()]);
                }
            }
            Dtype::F32 => {
                for bytes in self.data.as_chunks::<4>().0.chunks(PIECE) {
                    for (to, from) in piece.iter_mut().zip(bytes) {
                        *to = f32::from_le_bytes(*from);
                    }
                    take(&piece[..bytes.len()]);
                }
            }
            Dtype::F64 => {
                for bytes in self.data.as_chunks::<8>().0.chunks(PIECE) {
                    for (to, from) in piece.iter_mut().zip(bytes) {
                        *to = f64::from_le_bytes(*from) as f32;
                    }
                    take(&piece[..bytes.len()]);
                }
            }
            _ => {
                return Err(format!(
                    "holds {}, not f16, bf16, f32 or f64",
                    self.precision()
                ));
            }
        }
        Ok(())
    }
}

fn finite(finite: bool) -> Result<(), String> {
    match finite {
        true => Ok(()),
        false => Err("holds NaN or infinity".to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A file of one number, its header filled to a length.
    fn file(length: usize) -> Vec<u8> {
        let mut header = br#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#.to_vec();
        header.resize(length, b' ');
        let mut bytes = (length as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        bytes.extend(1f32.to_le_bytes());
        bytes
    }

    #[test]
    fn a_header_may_be_as_long_as_a_pickle_begins() {
        // 0x0280 to 0x0580: the first bytes of pickles.
        for length in [64, 640, 896, 1152, 1408, 0x227b, 0x7b22] {
            let bytes = file(length);
            let read = TensorFile::parse(Path::new("a"), &bytes).unwrap();
            assert_eq!(read.tensors["a"].numbers().unwrap(), [1.0], "{length}");
        }
    }

    #[test]
    fn what_is_cut_says_by_how_much() {
        let mut bytes = file(640);
        bytes.truncate(bytes.len() - 3);
        let said = TensorFile::parse(Path::new("a"), &bytes)
            .unwrap_err()
            .to_string();
        assert!(said.contains("ends 3 bytes before"), "{said}");
    }
}
