//! A model whose UNet was trained as a whole, as the folder of a pipeline of diffusers.

use super::adapter_writing::is_convolution;
use super::adapters::parameters;
use super::unet::Unet;
use crate::ZooError;
use crate::safetensors_writing::{WrittenTensor, write_tensors};
use finexl_core::CoreError;
use finexl_core::atomic;
use safetensors::Dtype;
use std::collections::BTreeMap;
use std::path::Path;

/// Parts that are as in the base.
const KEPT: [&str; 6] = [
    "scheduler",
    "text_encoder",
    "text_encoder_2",
    "tokenizer",
    "tokenizer_2",
    "vae",
];
const INDEX: &str = "model_index.json";
const CONFIG: &str = "unet/config.json";
const WEIGHTS: &str = "unet/diffusion_pytorch_model.safetensors";

/// Writes a UNet in single precision into a folder, and beside it copies of all other parts of its base, which is a folder
/// too; the names of the files.
///
/// # Errors
/// [`ZooError::GeneratorFiles`] for numbers that are not finite; files that cannot be copied or written.
pub(super) fn write_whole(base: &Path, unet: &Unet, to: &Path) -> Result<Vec<String>, ZooError> {
    let mut files = vec![WEIGHTS.to_string(), CONFIG.to_string()];
    for part in KEPT {
        let mut names: Vec<String> = std::fs::read_dir(base.join(part))
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.path().is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        files.extend(names.into_iter().map(|name| format!("{part}/{name}")));
    }
    files.push(INDEX.to_string());
    for file in files.iter().filter(|file| *file != WEIGHTS) {
        copy(&base.join(file), &to.join(file))?;
    }
    let path = to.join(WEIGHTS);
    let bytes = weights(unet, &path)?;
    atomic::write(&path, &bytes)?;
    Ok(files)
}

fn copy(from: &Path, to: &Path) -> Result<(), ZooError> {
    if let Some(folder) = to.parent() {
        atomic::create_folder(folder)?;
    }
    std::fs::copy(from, to).map_err(|source| CoreError::Write {
        path: to.to_path_buf(),
        source,
    })?;
    Ok(())
}

/// All tensors under diffusers' names.
fn weights(unet: &Unet, path: &Path) -> Result<Vec<u8>, ZooError> {
    let mut tensors = BTreeMap::new();
    for (name, stored) in parameters(unet, &|_| true) {
        let values = stored.singles()?;
        let kind = if name.weight { "weight" } else { "bias" };
        if values.iter().any(|value| !value.is_finite()) {
            return Err(ZooError::GeneratorFiles {
                path: path.to_path_buf(),
                problem: format!("{}.{kind} is not finite after the training", name.layer),
                remedy: "train it with a lower learning rate".to_string(),
            });
        }
        // Layers that are stored as convolutions of single places have four sides.
        let place = name.weight && is_convolution(&name.layer, unet.config());
        let tensor = WrittenTensor {
            dtype: Dtype::F32,
            shape: stored.shape(place),
            bytes: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        };
        tensors.insert(format!("{}.{kind}", name.layer), tensor);
    }
    let said = BTreeMap::from([("format".to_string(), "pt".to_string())]);
    let mut bytes = Vec::new();
    write_tensors(&mut bytes, &tensors, &said).map_err(|error| ZooError::Backend {
        what: "writing the weights",
        message: error.to_string(),
    })?;
    Ok(bytes)
}
