//! Strict reading of tensors from safetensors files (one or many) or a PyTorch file.
//!
//! Tensors are read one at a time, so that a file is never in memory beside the model made of it.

use super::precision::{Precision, decode, is_finite};
use super::shard_index::ShardIndex;
use crate::ZooError;
use crate::recognition::of_tensors;
use crate::safetensors_header::{Header, HeaderFault};
use crate::transformer::Matrix;
use burn::store::pytorch_reader;
use finexl_core::CoreError;
use safetensors::Dtype;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Problems that a message lists.
const LISTED: usize = 8;
/// Problems after which nothing more is looked for.
const MOST_PROBLEMS: usize = 1000;
/// What to do about weights that do not fit.
const REMEDY: &str = "fetch config and weights of one model again (`finexl zoo pull`) and check them with `finexl zoo verify`";

/// Where the bytes of a tensor are.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In a safetensors file, from this byte on.
    File { file: usize, start: u64 },
    /// In a PyTorch file; a part of the tensor from this byte on, or all of it.
    Pickle {
        tensor: Arc<pytorch_reader::Tensor>,
        part: Option<usize>,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) shape: Vec<usize>,
    /// Whether what is stored has rows and columns exchanged.
    pub(super) transposed: bool,
    /// `None` for integers.
    pub(super) precision: Option<Precision>,
    pub(super) place: Place,
}

/// The tensors of a model's files, taken one by one.
#[derive(Debug)]
pub struct Checkpoint {
    pub(super) path: PathBuf,
    pub(super) files: Vec<(PathBuf, Arc<Mutex<File>>)>,
    pub(super) entries: BTreeMap<String, Entry>,
    used: BTreeSet<String>,
    problems: Vec<String>,
    /// Bytes of all files, and of the zeros that stand for tensors that are not there: a config may ask for no more
    /// than its weights hold.
    pub(super) stored: u64,
    blank: u64,
    /// Whether a misfit is told with what the tensors look like.
    pub(super) told: bool,
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

    pub(super) fn empty(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            files: Vec::new(),
            entries: BTreeMap::new(),
            used: BTreeSet::new(),
            problems: Vec::new(),
            stored: 0,
            blank: 0,
            told: true,
        }
    }

    fn add(&mut self, path: &Path) -> Result<(), ZooError> {
        let unreadable = |source| {
            ZooError::Core(CoreError::Read {
                path: path.to_path_buf(),
                source,
            })
        };
        let file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let header = Header::read(&file, length).map_err(|fault| match fault {
            HeaderFault::Read(source) => unreadable(source),
            HeaderFault::Damaged(why) => {
                damaged(path, format!("it is no whole safetensors file ({why})"))
            }
        })?;
        self.stored += length;
        let index = self.files.len();
        for (name, info) in header.tensors {
            let entry = Entry {
                precision: match info.dtype {
                    Dtype::F64 => Some(Precision::F64),
                    Dtype::F32 => Some(Precision::F32),
                    Dtype::F16 => Some(Precision::F16),
                    Dtype::BF16 => Some(Precision::Bf16),
                    _ => None,
                },
                place: Place::File {
                    file: index,
                    start: header.data + info.data_offsets.0 as u64,
                },
                shape: info.shape,
                transposed: false,
            };
            if self.entries.insert(name.clone(), entry).is_some() {
                return Err(damaged(
                    path,
                    format!("tensor {name} stands in another file too"),
                ));
            }
        }
        self.files
            .push((path.to_path_buf(), Arc::new(Mutex::new(file))));
        Ok(())
    }

    /// Whether there is a tensor of a name.
    pub fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// The shape of a tensor.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.entries.get(name).map(|entry| entry.shape.as_slice())
    }

    /// Does not say of a misfit what the tensors look like, where it is known what they are.
    pub(crate) fn of_known_kind(self) -> Self {
        Self {
            told: false,
            ..self
        }
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Takes a tensor in its own precision; zeros where it is missing or misshapen, which
    /// [`Checkpoint::finish`] then reports.
    ///
    /// # Errors
    /// A file that cannot be read, or numbers that are not finite; what [`Checkpoint::finish`] would report, as soon as
    /// more is missing than the files hold.
    pub fn matrix(&mut self, name: &str, shape: &[usize]) -> Result<Matrix, ZooError> {
        self.used.insert(name.to_string());
        let Some(entry) = self.entries.get(name) else {
            return self.blank(shape, format!("tensor {name} is missing"));
        };
        let Some(precision) = entry.precision else {
            let problem = format!("tensor {name} does not hold floating-point numbers");
            return self.blank(shape, problem);
        };
        if entry.shape != shape {
            let problem = format!(
                "tensor {name} has the shape {:?}, the config asks for {shape:?}",
                entry.shape
            );
            return self.blank(shape, problem);
        }
        let transposed = entry.transposed;
        // A file's header was held against its length; a pickle's was not.
        let length = checked_count(shape)
            .and_then(|count| count.checked_mul(precision.bytes()))
            .filter(|length| *length as u64 <= self.stored)
            .ok_or_else(|| self.cut_short(name))?;
        let bytes = self.read(name, length)?;
        if bytes.len() != length {
            return Err(self.cut_short(name));
        }
        let mut matrix = decode(&bytes, precision);
        drop(bytes);
        if let (true, [rows, columns]) = (transposed, shape) {
            matrix = matrix.transposed(*columns, *rows);
        }
        if !is_finite(&matrix) {
            return Err(damaged(
                &self.path,
                format!("tensor {name} holds NaN or infinity"),
            ));
        }
        Ok(matrix)
    }

    /// Zeros instead of a tensor, with the reason.
    fn blank(&mut self, shape: &[usize], problem: String) -> Result<Matrix, ZooError> {
        self.problems.push(problem);
        let fits = |count: &usize| {
            let bytes = (*count as u64).checked_mul(size_of::<f32>() as u64);
            let blank = bytes.and_then(|bytes| bytes.checked_add(self.blank));
            blank.is_some_and(|blank| blank <= self.stored)
        };
        match checked_count(shape).filter(fits) {
            Some(count) if self.problems.len() <= MOST_PROBLEMS => {
                self.blank += (count * size_of::<f32>()) as u64;
                Ok(Matrix::F32(vec![0.0; count]))
            }
            _ => Err(self.misfit()),
        }
    }

    fn cut_short(&self, name: &str) -> ZooError {
        damaged(&self.path, format!("tensor {name} is cut short"))
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

    fn read(&self, name: &str, length: usize) -> Result<Vec<u8>, ZooError> {
        let path = self.path.clone();
        let Some(entry) = self.entries.get(name) else {
            return Ok(vec![0; length]);
        };
        match &entry.place {
            Place::Pickle { tensor, part } => {
                let unreadable = |e| damaged(&path, format!("tensor {name} cannot be read ({e})"));
                let bytes = tensor.read().map_err(unreadable)?;
                let Some(start) = *part else {
                    return Ok(bytes);
                };
                let end = start.saturating_add(length);
                Ok(bytes.get(start..end).unwrap_or_default().to_vec())
            }
            Place::File { file, start } => {
                let (path, file) = &self.files[*file];
                let mut bytes = vec![0u8; length];
                // Several views of a file share its place.
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
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

    /// Holds the files against the index that named them.
    ///
    /// # Errors
    /// [`ZooError::Weights`] for a tensor that is not where the index says.
    pub(super) fn check_index(&self, index: &ShardIndex, path: &Path) -> Result<(), ZooError> {
        for (tensor, part) in index.tensors() {
            let found = self
                .entries
                .get(tensor)
                .and_then(|entry| match entry.place {
                    Place::File { file, .. } => self.files[file].0.file_name(),
                    Place::Pickle { .. } => None,
                });
            if found.is_none_or(|found| found != part) {
                let elsewhere = found.map_or("no part holds it".to_string(), |found| {
                    format!("it is in {}", found.to_string_lossy())
                });
                let problem = format!("it says that tensor {tensor} is in {part}, but {elsewhere}");
                return Err(damaged(path, problem));
            }
        }
        Ok(())
    }

    /// Takes a wrapping off the names of all tensors (`module.` of PyTorch's parallel training, `_orig_mod.` of its
    /// compiler) where that alone makes a tensor of the architecture appear; gives it back.
    pub(crate) fn unwrapped(&mut self, anchor: &str) -> Option<String> {
        if self.has(anchor) {
            return None;
        }
        let wrapped = self
            .entries
            .keys()
            .find_map(|name| name.strip_suffix(anchor));
        let prefix = wrapped.filter(|prefix| prefix.ends_with('.'))?.to_string();
        if !self.entries.keys().all(|name| name.starts_with(&prefix)) {
            return None;
        }
        let entries = std::mem::take(&mut self.entries).into_iter();
        self.entries = entries
            .map(|(name, entry)| (name[prefix.len()..].to_string(), entry))
            .collect();
        Some(prefix)
    }

    /// Ends the taking.
    ///
    /// # Errors
    /// [`ZooError::Weights`] that names what was missing or misshapen, and tensors that nothing
    /// took.
    pub fn finish(mut self) -> Result<(), ZooError> {
        let unused = self
            .entries
            .keys()
            .filter(|name| !self.used.contains(*name));
        let unused: Vec<String> = unused
            .map(|name| format!("tensor {name} is not used"))
            .collect();
        self.problems.extend(unused);
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(self.misfit())
        }
    }

    /// What was wrong so far.
    fn misfit(&self) -> ZooError {
        let mut problems: Vec<&str> = self.problems.iter().map(String::as_str).collect();
        let more = problems.len().saturating_sub(LISTED);
        problems.truncate(LISTED);
        let mut listed = problems.join("; ");
        if more > 0 {
            listed += &format!("; and {more} more");
        }
        let entries = self.entries.iter();
        let shapes: Vec<_> = entries
            .map(|(name, entry)| (name.clone(), entry.shape.clone()))
            .collect();
        // A part of a model is told from a model of other sizes.
        let what = of_tensors(&shapes).filter(|what| self.told && !what.starts_with("a CLIP"));
        let what = what.map_or(String::new(), |what| format!("it is {what}; "));
        let problem = format!("{what}its tensors do not fit the config: {listed}");
        damaged(&self.path, problem)
    }
}

/// Numbers in a tensor, where they can be counted.
pub(super) fn checked_count(shape: &[usize]) -> Option<usize> {
    shape
        .iter()
        .try_fold(1usize, |n, side| n.checked_mul(*side))
}

pub(super) fn damaged(path: &Path, problem: String) -> ZooError {
    ZooError::Weights {
        path: path.to_path_buf(),
        problem,
        remedy: REMEDY,
    }
}
