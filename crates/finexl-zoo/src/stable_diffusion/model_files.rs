//! Where the weights of a model lie: one file, or the folder of a pipeline.

use super::base::Part;
use crate::ZooError;
use crate::tensor_file::TensorFile;
use finexl_core::CoreError;
use finexl_core::mapped_file::MappedFile;
use std::path::{Path, PathBuf};

/// Opened files; their tensors are mapped, not read.
#[derive(Debug)]
pub struct ModelFiles {
    /// As it was named.
    pub path: PathBuf,
    /// Every file, with its network where that follows from its folder.
    files: Vec<(Option<Part>, PathBuf, MappedFile)>,
}

impl ModelFiles {
    /// Opens a single file (as A1111 and Civitai have them, or one network's as diffusers writes it), or the
    /// folder of a pipeline of diffusers.
    ///
    /// # Errors
    /// [`ZooError::Weights`] for a folder without weights; [`CoreError::Read`] for what cannot be read.
    pub fn open(path: &Path) -> Result<Self, ZooError> {
        let mut named: Vec<(Option<Part>, PathBuf)> = Vec::new();
        if path.is_dir() {
            for part in Part::ALL {
                let found = weights_in(&path.join(part.name()))?;
                named.extend(found.into_iter().map(|file| (Some(part), file)));
            }
            if named.is_empty() {
                return Err(ZooError::Weights {
                    path: path.to_path_buf(),
                    problem:
                        "the folder has no unet/*.safetensors and no text_encoder/*.safetensors"
                            .to_string(),
                    remedy: "give the folder of a pipeline of diffusers, or a .safetensors file",
                });
            }
        } else {
            named.push((None, path.to_path_buf()));
        }
        let mut files = Vec::new();
        for (part, file) in named {
            let map = MappedFile::open(&file)?;
            files.push((part, file, map));
        }
        Ok(Self {
            path: path.to_path_buf(),
            files,
        })
    }

    /// The tensors of every file.
    ///
    /// # Errors
    /// As [`TensorFile::parse`].
    pub(super) fn tensors(&self) -> Result<Vec<(Option<Part>, TensorFile<'_>)>, ZooError> {
        let mut all = Vec::new();
        for (part, path, map) in &self.files {
            all.push((*part, TensorFile::parse(path, map)?));
        }
        Ok(all)
    }
}

/// The weights in a network's folder: the whole precision where there are several, all shards of it.
fn weights_in(folder: &Path) -> Result<Vec<PathBuf>, ZooError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let unreadable = |source| CoreError::Read {
        path: folder.to_path_buf(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|end| end == "safetensors") {
            files.push(path);
        }
    }
    files.sort();
    let is_half = |path: &PathBuf| path.to_string_lossy().contains(".fp16");
    let is_average = |path: &PathBuf| path.to_string_lossy().contains("non_ema");
    let mut chosen: Vec<PathBuf> = (files.iter())
        .filter(|path| !is_half(path) && !is_average(path))
        .cloned()
        .collect();
    if chosen.is_empty() {
        chosen = files.into_iter().filter(|path| !is_average(path)).collect();
    }
    Ok(chosen)
}
