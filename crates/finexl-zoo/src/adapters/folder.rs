//! The folder of an adapter.

use super::adapter::Adapter;
use super::linears::Linears;
use super::peft_config::PeftConfig;
use super::peft_tensors::PeftTensors;
use super::peft_writing::{StoredPrecision, config_text, tensor_bytes};
use crate::ZooError;
use burn::module::Module;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::partial_folder::PartialFolder;
use finexl_core::{CoreError, atomic};
use std::io::ErrorKind;
use std::path::Path;

/// PEFT's name for the config of an adapter.
const CONFIG: &str = "adapter_config.json";
/// PEFT's name for the tensors of an adapter.
const TENSORS: &str = "adapter_model.safetensors";
/// PEFT's name for tensors in PyTorch's own format.
const PICKLE: &str = "adapter_model.bin";

/// The model that an adapter was trained on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseModel {
    /// Name or path, for people and for PEFT.
    pub name: String,
    /// SHA-256 of its weights file ([`crate::weights::WeightsFile::fingerprint`]).
    pub fingerprint: Fingerprint,
}

/// What is known of the base of an adapter that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseCheck {
    /// It was trained on this base.
    Confirmed,
    /// The folder does not say; names and shapes fit.
    Unstated,
}

/// An adapter that was read.
#[derive(Clone, Debug)]
pub struct LoadedAdapter {
    /// The adapter.
    pub adapter: Adapter,
    /// Whether the base is the one it was trained on; to be shown where it is not stated.
    pub base: BaseCheck,
    /// What the folder calls its base.
    pub base_name: Option<String>,
}

impl Adapter {
    /// Writes the folder that PEFT's `PeftModel.from_pretrained` reads: `adapter_config.json` and
    /// `adapter_model.safetensors` with `base_model.model.PATH.lora_A.weight` of shape
    /// `[rank, inputs]` and `lora_B.weight` of shape `[outputs, rank]`. The fingerprint of the base
    /// stands in both. Equal adapters are equal files.
    ///
    /// Files appear when both are complete. An adapter that lies there already is replaced, its config
    /// being removed first, so that at no time halves of two adapters pass for one.
    ///
    /// # Errors
    /// [`ZooError::Adapter`] for numbers that are not finite or too large for the precision;
    /// [`CoreError::Write`] naming what cannot be written.
    pub fn save(
        &self,
        folder: &Path,
        base: &BaseModel,
        precision: StoredPrecision,
    ) -> Result<(), ZooError> {
        let tensors = tensor_bytes(self, base, precision)?;
        let config = config_text(self, base)?;
        let partial = PartialFolder::start(folder)?;
        atomic::write(partial.path().join(TENSORS), &tensors)?;
        atomic::write(partial.path().join(CONFIG), config.as_bytes())?;
        let old = folder.join(CONFIG);
        match std::fs::remove_file(&old) {
            Err(e) if e.kind() != ErrorKind::NotFound => {
                return Err(CoreError::Write {
                    path: old,
                    source: e,
                }
                .into());
            }
            _ => {}
        }
        Ok(partial.finish([TENSORS, CONFIG].into_iter())?)
    }

    /// Reads a folder that [`Adapter::save`] or PEFT has written, for a model without adapter whose
    /// weights file has the SHA-256 `base`.
    ///
    /// # Errors
    /// [`ZooError::Weights`] naming file, tensor or key for what is missing, misshapen, left over,
    /// not finite or not supported; [`ZooError::OtherBase`] for an adapter of another base;
    /// [`CoreError::Read`] for files that cannot be read; [`ZooError::Adapter`] for a model that has
    /// an adapter already.
    pub fn load<M: Module>(
        folder: &Path,
        model: &M,
        base: &Fingerprint,
    ) -> Result<LoadedAdapter, ZooError> {
        let linears = Linears::of_base(model)?;
        let config_path = folder.join(CONFIG);
        let config = PeftConfig::read(&config_path)?;
        let tensors_path = folder.join(TENSORS);
        if !tensors_path.exists() && folder.join(PICKLE).exists() {
            return Err(ZooError::Weights {
                path: folder.join(PICKLE),
                problem: "the adapter is not stored as safetensors".to_string(),
                remedy: "save it with PEFT as safetensors (`save_pretrained` does so by default)",
            });
        }
        let tensors = PeftTensors::read(&tensors_path)?;
        let mut check = BaseCheck::Unstated;
        for (path, stated) in [
            (&tensors_path, tensors.base_sha256()?),
            (&config_path, config.base_sha256.clone()),
        ] {
            match stated {
                None => {}
                Some(stated) if stated == base.as_str() => check = BaseCheck::Confirmed,
                Some(stated) => {
                    return Err(ZooError::OtherBase {
                        path: path.clone(),
                        stated,
                        given: base.to_string(),
                        name: config.base_name,
                    });
                }
            }
        }
        let layers = tensors.layers(&config, &linears)?;
        for (path, layer) in &layers {
            linears.check(path, layer.shape(), layer.rank)?;
        }
        Ok(LoadedAdapter {
            adapter: Self::new(layers, &linears)?,
            base: check,
            base_name: config.base_name,
        })
    }
}

/// Reads the content of an `adapter_config.json` and of an `adapter_model.safetensors` for Linear layers that are given
/// by their paths and `[inputs, outputs]`, without a model.
///
/// # Errors
/// As [`Adapter::load`], except that the base is not looked at.
pub fn read_adapter(
    config: &[u8],
    tensors: &[u8],
    layers: &[(&str, [usize; 2])],
) -> Result<Adapter, ZooError> {
    let layers = layers
        .iter()
        .map(|(path, shape)| ((*path).to_string(), *shape));
    let linears = Linears::of_shapes(layers);
    let config = PeftConfig::parse(Path::new(CONFIG), config)?;
    let tensors = PeftTensors::of_bytes(Path::new(TENSORS), tensors.to_vec());
    tensors.base_sha256()?;
    let layers = tensors.layers(&config, &linears)?;
    for (path, layer) in &layers {
        linears.check(path, layer.shape(), layer.rank)?;
    }
    Adapter::new(layers, &linears)
}
