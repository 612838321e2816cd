//! Where an adapter lies: a file, or a folder of PEFT or diffusers.

use super::embedding::Embedding;
use super::lora_file::LoraFile;
use crate::ZooError;
use crate::recognition::of_tensors;
use crate::tensor_file::TensorFile;
use finexl_core::CoreError;
use finexl_core::mapped_file::MappedFile;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// PEFT's config.
pub(super) const CONFIG: &str = "adapter_config.json";
/// What makes a folder a whole model.
const PIPELINE: &str = "model_index.json";
/// PEFT's tensors.
pub(super) const PEFT: &str = "adapter_model.safetensors";
/// PEFT's tensors in PyTorch's own format.
const PICKLE: &str = "adapter_model.bin";
/// diffusers' tensors.
const DIFFUSERS: &str = "pytorch_lora_weights.safetensors";

/// An opened adapter; its tensors are mapped, not read.
#[derive(Debug)]
pub struct AdapterSource {
    /// The file of tensors.
    pub path: PathBuf,
    /// PEFT's config beside it.
    pub config: Option<Vec<u8>>,
    map: MappedFile,
}

impl AdapterSource {
    /// Opens a `.safetensors` file, or the folder of an adapter. PEFT's tensors are read with the config beside them,
    /// which alone says their scale, when they are named themselves too.
    ///
    /// # Errors
    /// [`CoreError::Read`] for what cannot be read; [`ZooError::Weights`] for a folder without an adapter
    /// and for what is no file.
    pub fn open(path: &Path) -> Result<Self, ZooError> {
        let (tensors, config) = if path.is_dir() {
            in_folder(path)?
        } else {
            (path.to_path_buf(), config_beside(path)?)
        };
        let metadata = std::fs::metadata(&tensors).map_err(|source| CoreError::Read {
            path: tensors.clone(),
            source,
        })?;
        if !metadata.is_file() {
            return Err(ZooError::Weights {
                path: tensors,
                problem: "it is no regular file".to_string(),
                remedy: "give a .safetensors file, or the folder of an adapter",
            });
        }
        if metadata.len() == 0 {
            return Err(ZooError::Weights {
                path: tensors,
                problem: "it is empty".to_string(),
                remedy: "fetch or save the file again",
            });
        }
        Ok(Self {
            map: MappedFile::open(&tensors)?,
            path: tensors,
            config,
        })
    }

    /// Whether a path holds keys of an adapter or is the folder of one, so that it is no whole model.
    pub fn is_adapter(path: &Path) -> bool {
        if path.is_dir() {
            return !path.join(PIPELINE).is_file();
        }
        let weights = |end: &OsStr| end == "ckpt";
        if path.extension().is_some_and(weights) {
            return false;
        }
        let Ok(source) = Self::open(path) else {
            return true;
        };
        match source.tensors() {
            Ok(file) => {
                !LoraFile::is_none(&file)
                    || Embedding::read(&file).is_some()
                    || is_called_one(&file)
            }
            Err(_) => true,
        }
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Its tensors.
    ///
    /// # Errors
    /// As [`TensorFile::parse`].
    pub fn tensors(&self) -> Result<TensorFile<'_>, ZooError> {
        TensorFile::parse(&self.path, &self.map)
    }
}

/// Whether a file is an adapter or a learned word by its names, of a kind that is not read or for another model.
fn is_called_one(file: &TensorFile<'_>) -> bool {
    let shapes = file.tensors.iter();
    let shapes: Vec<(String, Vec<usize>)> = shapes
        .map(|(name, tensor)| (name.clone(), tensor.shape.clone()))
        .collect();
    of_tensors(&shapes)
        .is_some_and(|what| what.contains("adapter") || what.contains("learned word"))
}

/// The config beside PEFT's tensors that are named themselves.
fn config_beside(path: &Path) -> Result<Option<Vec<u8>>, ZooError> {
    if path.file_name() != Some(OsStr::new(PEFT)) {
        return Ok(None);
    }
    let config = path.with_file_name(CONFIG);
    match config.is_file() {
        true => Ok(Some(finexl_core::atomic::read(&config)?)),
        false => Ok(None),
    }
}

/// The tensors in a folder, and the config beside them.
fn in_folder(folder: &Path) -> Result<(PathBuf, Option<Vec<u8>>), ZooError> {
    let config = folder.join(CONFIG);
    let refused = |path: PathBuf, problem: String, remedy| ZooError::Weights {
        path,
        problem,
        remedy,
    };
    if config.is_file() {
        let tensors = folder.join(PEFT);
        if !tensors.exists() && folder.join(PICKLE).exists() {
            let problem = "the adapter is not stored as safetensors".to_string();
            let remedy = "save it with PEFT as safetensors (`save_pretrained` does so by default)";
            return Err(refused(folder.join(PICKLE), problem, remedy));
        }
        return Ok((tensors, Some(finexl_core::atomic::read(&config)?)));
    }
    let tensors = folder.join(DIFFUSERS);
    if tensors.is_file() {
        return Ok((tensors, None));
    }
    Err(refused(
        folder.to_path_buf(),
        format!("the folder holds neither {CONFIG} nor {DIFFUSERS}"),
        "name the .safetensors file itself",
    ))
}
