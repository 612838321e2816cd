//! Weights files: safetensors, strict, with the config inside.

use crate::ZooError;
use crate::config_sizes::Room;
use crate::recognition::of_tensors;
use crate::safetensors_header::Header;
use burn::module::Module;
use burn::store::{FloatCastAdapter, ModuleSnapshot, SafetensorsStore};
use burn::tensor::DType;
use finexl_core::fingerprint::Fingerprint;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Metadata key under which the config lies, as JSON.
const CONFIG_KEY: &str = "finexl.config";

/// A weights file in memory.
pub struct WeightsFile {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl WeightsFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`finexl_core::CoreError::Read`] naming it.
    pub fn read(path: &Path) -> Result<Self, ZooError> {
        Ok(Self {
            path: path.to_path_buf(),
            bytes: finexl_core::atomic::read(path)?,
        })
    }

    /// The content of a file; `path` stands in messages.
    pub fn of_bytes(path: &Path, bytes: Vec<u8>) -> Self {
        Self {
            path: path.to_path_buf(),
            bytes,
        }
    }

    /// Weights that are part of the program; `name` stands in messages.
    pub fn embedded(name: &str, bytes: &'static [u8]) -> Self {
        Self {
            path: PathBuf::from(name),
            bytes: bytes.to_vec(),
        }
    }

    /// Whether the header of a safetensors file holds a config of ours; nothing that is damaged does.
    pub(crate) fn is_ours(path: &Path) -> bool {
        Header::of_file(path).is_ok_and(|header| header.metadata.contains_key(CONFIG_KEY))
    }

    /// SHA-256 of the whole file.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_bytes(&self.bytes)
    }

    /// Writes the same file to another place.
    ///
    /// # Errors
    /// [`finexl_core::CoreError::Write`] naming that place.
    pub fn copy_to(&self, path: &Path) -> Result<(), ZooError> {
        Ok(finexl_core::atomic::write(path, &self.bytes)?)
    }

    /// The config in the metadata.
    ///
    /// # Errors
    /// Where the file is no safetensors file, holds no such config, or one that asks for more than the file holds.
    pub fn config<T: DeserializeOwned>(&self) -> Result<T, ZooError> {
        let header = Header::read(self.bytes.as_slice(), self.bytes.len() as u64)
            .map_err(|e| self.damaged(format!("it is no whole safetensors file ({e})")))?;
        let json = header.metadata.get(CONFIG_KEY).ok_or_else(|| {
            let shapes = header.tensors.iter();
            let shapes: Vec<_> = shapes
                .map(|(name, info)| (name.clone(), info.shape.clone()))
                .collect();
            let what = of_tensors(&shapes).map_or(String::new(), |what| format!("it is {what}; "));
            self.damaged(format!("{what}its metadata has no entry {CONFIG_KEY}"))
        })?;
        let not_ours = |e: serde_json::Error| self.damaged(format!("its config is not ours ({e})"));
        let value: serde_json::Value = serde_json::from_str(json).map_err(not_ours)?;
        let room = Room {
            bytes: self.bytes.len(),
            tensors: header.tensors.len(),
        };
        if let Some(problem) = room.problem(&value) {
            return Err(self.damaged(format!("its config {problem}")));
        }
        serde_json::from_str(json).map_err(not_ours)
    }

    /// Loads every tensor into a module as f32.
    ///
    /// # Errors
    /// Missing, unused, misshapen and non-finite tensors, by name.
    pub fn load_into<M: Module>(&self, mut module: M) -> Result<M, ZooError> {
        self.check_finite()?;
        let mut store = SafetensorsStore::from_bytes(Some(self.bytes.clone()))
            .with_from_adapter(FloatCastAdapter::to(DType::F32))
            .validate(false)
            .allow_partial(true);
        let result = module
            .load_from(&mut store)
            .map_err(|e| self.damaged(e.to_string()))?;
        let mut problems: Vec<String> = result.errors.iter().map(ToString::to_string).collect();
        let missing = result.missing.iter().map(|(path, _)| path.as_str());
        problems.extend(listed("missing", missing));
        problems.extend(listed("not used", result.unused.iter().map(String::as_str)));
        if problems.is_empty() {
            Ok(module)
        } else {
            Err(self.damaged(problems.join("; ")))
        }
    }

    fn check_finite(&self) -> Result<(), ZooError> {
        let file = safetensors::SafeTensors::deserialize(&self.bytes)
            .map_err(|e| self.damaged(format!("it is no whole safetensors file ({e})")))?;
        for (name, view) in file.iter() {
            let finite = match view.dtype() {
                safetensors::Dtype::F16 => all_finite(view.data(), |b: [u8; 2]| {
                    half::f16::from_le_bytes(b).to_f32()
                }),
                safetensors::Dtype::BF16 => all_finite(view.data(), |b: [u8; 2]| {
                    half::bf16::from_le_bytes(b).to_f32()
                }),
                safetensors::Dtype::F32 => all_finite(view.data(), f32::from_le_bytes),
                _ => true,
            };
            if !finite {
                return Err(self.damaged(format!("tensor {name} holds NaN or infinity")));
            }
        }
        Ok(())
    }

    fn damaged(&self, problem: String) -> ZooError {
        ZooError::Weights {
            path: self.path.clone(),
            problem,
            remedy: "fetch or train the weights anew",
        }
    }
}

fn listed<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = names.collect();
    (!names.is_empty()).then(|| format!("tensors {what}: {}", names.join(", ")))
}

fn all_finite<const N: usize>(data: &[u8], value: impl Fn([u8; N]) -> f32) -> bool {
    data.as_chunks::<N>()
        .0
        .iter()
        .all(|b| value(*b).is_finite())
}

/// Writes a module as f16 safetensors with its config inside, atomically.
///
/// # Errors
/// Where a tensor cannot be read back or the file cannot be written.
pub fn save<M: Module, C: Serialize>(module: &M, config: &C, path: &Path) -> Result<(), ZooError> {
    save_as(module, config, DType::F16, path)
}

/// As [`save`], with numbers of another precision.
///
/// # Errors
/// As [`save`].
pub(crate) fn save_as<M: Module, C: Serialize>(
    module: &M,
    config: &C,
    precision: DType,
    path: &Path,
) -> Result<(), ZooError> {
    let json = serde_json::to_string(config)
        .map_err(|e| ZooError::Config(format!("the config cannot be written as JSON: {e}")))?;
    let mut store = SafetensorsStore::from_bytes(None)
        .with_to_adapter(FloatCastAdapter::to(precision))
        // One entry only: several would stand in a random order, and equal weights be unequal files.
        .clear_metadata()
        .metadata(CONFIG_KEY, json);
    let failed = |message: String| ZooError::Backend {
        what: "writing weights",
        message,
    };
    module
        .save_into(&mut store)
        .map_err(|e| failed(e.to_string()))?;
    let bytes = store.get_bytes().map_err(|e| failed(e.to_string()))?;
    Ok(finexl_core::atomic::write(path, &bytes)?)
}
