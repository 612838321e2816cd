//! Strict reading of tensors from safetensors files (one or many) or a PyTorch file.
//!
//! Tensors are read one at a time, so that a file is never in memory beside the model made of it.

use super::precision::{Precision, decode, is_finite};
use crate::ZooError;
use crate::transformer::Matrix;
use burn::store::pytorch::PytorchReader;
use burn::store::pytorch_reader;
use finexl_core::CoreError;
use safetensors::Dtype;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Longest header of a safetensors file.
const LONGEST_HEADER: u64 = 100 << 20;
/// Problems that a message lists.
const LISTED: usize = 8;
/// What to do about weights that do not fit.
const REMEDY: &str = "fetch config and weights of one model again (`finexl zoo pull`) and check them with `finexl zoo verify`";

/// Where the bytes of a tensor are.
#[derive(Debug)]
enum Place {
    /// In a safetensors file, from this byte on.
    File { file: usize, start: u64 },
    /// In a PyTorch file.
    Pickle(Box<pytorch_reader::Tensor>),
}

#[derive(Debug)]
struct Entry {
    shape: Vec<usize>,
    /// `None` for integers.
    precision: Option<Precision>,
    place: Place,
}

/// The tensors of a model's files, taken one by one.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    files: Vec<(PathBuf, File)>,
    entries: BTreeMap<String, Entry>,
    used: BTreeSet<String>,
    problems: Vec<String>,
}

impl Checkpoint {
    /// Opens safetensors files that together hold one model.
    ///
    /// # Errors
    /// A file that cannot be read, is no safetensors file, or is cut off; a tensor that two files
    /// hold.
    pub fn open(files: &[PathBuf]) -> Result<Self, ZooError> {
        let mut checkpoint = Self::empty(files.first().map_or(Path::new(""), PathBuf::as_path));
        for path in files {
            checkpoint.add(path)?;
        }
        Ok(checkpoint)
    }

    /// Opens a PyTorch file (`.bin`, `.pt`) with burn's reader, which runs nothing of what a pickle
    /// may ask for.
    ///
    /// # Errors
    /// A file that is not a plain dictionary of tensors.
    pub fn open_pickle(path: &Path) -> Result<Self, ZooError> {
        let mut checkpoint = Self::empty(path);
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
                place: Place::Pickle(Box::new(tensor)),
            };
            checkpoint.entries.insert(name, entry);
        }
        Ok(checkpoint)
    }

    fn empty(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            files: Vec::new(),
            entries: BTreeMap::new(),
            used: BTreeSet::new(),
            problems: Vec::new(),
        }
    }

    fn add(&mut self, path: &Path) -> Result<(), ZooError> {
        let unreadable = |source| {
            ZooError::Core(CoreError::Read {
                path: path.to_path_buf(),
                source,
            })
        };
        let cut_off =
            |why: String| damaged(path, format!("it is no whole safetensors file ({why})"));
        let mut file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let mut prefix = [0u8; 8];
        if length < 8 {
            return Err(cut_off(format!("{length} bytes")));
        }
        file.read_exact(&mut prefix).map_err(unreadable)?;
        let header_length = u64::from_le_bytes(prefix);
        if header_length > LONGEST_HEADER || header_length + 8 > length {
            return Err(cut_off("its header is longer than the file".to_string()));
        }
        let mut header = vec![0u8; header_length as usize];
        file.read_exact(&mut header).map_err(unreadable)?;
        let metadata: safetensors::tensor::Metadata =
            serde_json::from_slice(&header).map_err(|e| cut_off(e.to_string()))?;
        let data = 8 + header_length;
        let index = self.files.len();
        for (name, info) in metadata.tensors() {
            let (start, end) = info.data_offsets;
            if data + end as u64 > length {
                return Err(cut_off(format!(
                    "it ends {} bytes before tensor {name} does",
                    data + end as u64 - length
                )));
            }
            let entry = Entry {
                shape: info.shape.clone(),
                precision: match info.dtype {
                    Dtype::F64 => Some(Precision::F64),
                    Dtype::F32 => Some(Precision::F32),
                    Dtype::F16 => Some(Precision::F16),
                    Dtype::BF16 => Some(Precision::Bf16),
                    _ => None,
                },
                place: Place::File {
                    file: index,
                    start: data + start as u64,
                },
            };
            if self.entries.insert(name.clone(), entry).is_some() {
                return Err(damaged(
                    path,
                    format!("tensor {name} stands in another file too"),
                ));
            }
        }
        self.files.push((path.to_path_buf(), file));
        Ok(())
    }

    /// Whether there is a tensor of a name.
    pub fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Takes a tensor in its own precision; zeros where it is missing or misshapen, which
    /// [`Checkpoint::finish`] then reports.
    ///
    /// # Errors
    /// A file that cannot be read, or numbers that are not finite.
    pub fn matrix(&mut self, name: &str, shape: &[usize]) -> Result<Matrix, ZooError> {
        let count = shape.iter().product();
        self.used.insert(name.to_string());
        let Some(entry) = self.entries.get(name) else {
            self.problems.push(format!("tensor {name} is missing"));
            return Ok(Matrix::F32(vec![0.0; count]));
        };
        let Some(precision) = entry.precision else {
            self.problems.push(format!(
                "tensor {name} does not hold floating-point numbers"
            ));
            return Ok(Matrix::F32(vec![0.0; count]));
        };
        if entry.shape != shape {
            self.problems.push(format!(
                "tensor {name} has the shape {:?}, the config asks for {shape:?}",
                entry.shape
            ));
            return Ok(Matrix::F32(vec![0.0; count]));
        }
        let bytes = self.read(name, count * precision.bytes())?;
        let matrix = decode(&bytes, precision);
        if !is_finite(&matrix) {
            return Err(damaged(
                &self.path,
                format!("tensor {name} holds NaN or infinity"),
            ));
        }
        Ok(matrix)
    }

    /// Takes a tensor as single precision.
    ///
    /// # Errors
    /// As [`Checkpoint::matrix`].
    pub fn values(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ZooError> {
        Ok(match self.matrix(name, shape)? {
            Matrix::F32(values) => values,
            half => half.to_f32(),
        })
    }

    /// Leaves out a tensor that takes no part in embedding, if it is there.
    pub fn ignore(&mut self, name: &str) {
        self.used.insert(name.to_string());
    }

    fn read(&mut self, name: &str, length: usize) -> Result<Vec<u8>, ZooError> {
        let path = self.path.clone();
        let Some(entry) = self.entries.get(name) else {
            return Ok(vec![0; length]);
        };
        match &entry.place {
            Place::Pickle(tensor) => tensor
                .read()
                .map_err(|e| damaged(&path, format!("tensor {name} cannot be read ({e})"))),
            Place::File { file, start } => {
                let (path, file) = &mut self.files[*file];
                let mut bytes = vec![0u8; length];
                file.seek(SeekFrom::Start(*start))
                    .and_then(|_| file.read_exact(&mut bytes))
                    .map_err(|source| CoreError::Read {
                        path: path.clone(),
                        source,
                    })?;
                Ok(bytes)
            }
        }
    }

    /// Ends the taking.
    ///
    /// # Errors
    /// [`ZooError::Weights`] that names what was missing or misshapen, and tensors that nothing
    /// took.
    pub fn finish(mut self) -> Result<(), ZooError> {
        for name in self.entries.keys() {
            if !self.used.contains(name) {
                self.problems.push(format!("tensor {name} is not used"));
            }
        }
        if self.problems.is_empty() {
            return Ok(());
        }
        let more = self.problems.len().saturating_sub(LISTED);
        self.problems.truncate(LISTED);
        if more > 0 {
            self.problems.push(format!("and {more} more"));
        }
        Err(damaged(
            &self.path,
            format!(
                "its tensors do not fit the config: {}",
                self.problems.join("; ")
            ),
        ))
    }
}

fn damaged(path: &Path, problem: String) -> ZooError {
    ZooError::Weights {
        path: path.to_path_buf(),
        problem,
        remedy: REMEDY,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use safetensors::tensor::TensorView;

    fn file(folder: &Path, name: &str, tensors: &[(&str, Vec<usize>, Vec<f32>)]) -> PathBuf {
        let path = folder.join(name);
        let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
            .iter()
            .map(|(n, s, v)| {
                let bytes = v.iter().flat_map(|v| v.to_le_bytes()).collect();
                ((*n).to_string(), s.clone(), bytes)
            })
            .collect();
        let views = bytes
            .iter()
            .map(|(n, s, b)| (n, TensorView::new(Dtype::F32, s.clone(), b).unwrap()));
        std::fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
        path
    }

    #[test]
    fn every_kind_of_misfit_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(
            folder.path(),
            "a.safetensors",
            &[
                ("good", vec![2], vec![1.0, 2.0]),
                ("turned", vec![2, 3], vec![0.0; 6]),
                ("stranger", vec![1], vec![0.0]),
            ],
        );
        let mut checkpoint = Checkpoint::open(&[path]).unwrap();
        assert_eq!(checkpoint.values("good", &[2]).unwrap(), [1.0, 2.0]);
        checkpoint.values("turned", &[3, 2]).unwrap();
        checkpoint.values("absent", &[4]).unwrap();
        let message = checkpoint.finish().unwrap_err().to_string();
        for part in [
            "turned has the shape [2, 3]",
            "absent is missing",
            "stranger is not used",
        ] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn shards_make_one_model_and_a_cut_off_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let a = file(folder.path(), "a.safetensors", &[("x", vec![1], vec![1.0])]);
        let b = file(folder.path(), "b.safetensors", &[("y", vec![1], vec![2.0])]);
        let mut both = Checkpoint::open(&[a.clone(), b.clone()]).unwrap();
        assert_eq!(both.values("y", &[1]).unwrap(), [2.0]);
        assert_eq!(both.values("x", &[1]).unwrap(), [1.0]);
        both.finish().unwrap();
        let whole = std::fs::read(&b).unwrap();
        std::fs::write(&b, &whole[..whole.len() - 2]).unwrap();
        let error = Checkpoint::open(&[a, b]).unwrap_err().to_string();
        assert!(
            error.contains("b.safetensors") && error.contains("whole"),
            "{error}"
        );
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(
            folder.path(),
            "a.safetensors",
            &[("x", vec![1], vec![f32::NAN])],
        );
        let mut checkpoint = Checkpoint::open(&[path]).unwrap();
        assert!(checkpoint.matrix("x", &[1]).is_err());
    }
}
