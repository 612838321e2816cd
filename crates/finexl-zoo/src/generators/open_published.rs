//! Generators that others published.

use super::stable_diffusion::{StableDiffusionGenerator, locate, recognise};
use super::{AnyGenerator, Generator, OpenedGenerator};
use crate::ZooError;
use crate::lora_files::AdapterSource;
use crate::weights::WeightsFile;
use burn::tensor::Device;
use finexl_core::explanation::Applied;
use std::path::Path;

/// A model of Stable Diffusion, where a path or the name of a repository in the hub's cache means one.
pub(super) fn published(model: &str, device: &Device) -> Option<Result<AnyGenerator, ZooError>> {
    let path = locate(model).ok()?;
    if path.is_file() && WeightsFile::is_ours(&path) {
        return None;
    }
    let name = match Path::new(model).exists() {
        true => display_name(&path),
        false => model.to_string(),
    };
    match recognise(&path) {
        Some(Ok(_)) => {
            let opened = StableDiffusionGenerator::open(&name, &path, device);
            Some(opened.map(AnyGenerator::from))
        }
        Some(Err(error)) => Some(Err(error)),
        None if path.is_dir() => Some(Err(ZooError::GeneratorFiles {
            path,
            problem: "it is no model: there is no model_index.json in it".to_string(),
            remedy: "give the whole folder of a pipeline of diffusers, fetched to the end, a .safetensors file, or the \
                     name of a generator"
                .to_string(),
        })),
        None => None,
    }
}

/// The last part of a path.
fn display_name(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let name = whole.file_name().unwrap_or(whole.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Whether a path is a checkpoint of Stable Diffusion that was fine-tuned as a whole, of the family of `model`; from
/// configs and headers alone.
///
/// # Errors
/// [`ZooError::GeneratorFiles`] for one of another family, and for a scale, which it has none of.
pub fn is_whole_checkpoint(model: &str, path: &Path, scale: Option<f64>) -> Result<bool, ZooError> {
    if AdapterSource::is_adapter(path) {
        return Ok(false);
    }
    let family = |path: &Path| match recognise(path) {
        Some(Ok(family)) => Some(family),
        _ => None,
    };
    let base = locate(model).ok().as_deref().and_then(family);
    let (Some(base), Some(tuned)) = (base, family(path)) else {
        return Ok(false);
    };
    let refused = |problem: String, remedy: &str| {
        Err(ZooError::GeneratorFiles {
            path: path.to_path_buf(),
            problem,
            remedy: remedy.to_string(),
        })
    };
    if base != tuned {
        let problem = format!("it is {tuned}, and {model} is {base}");
        return refused(
            problem,
            "compare a checkpoint with the base that it was trained on",
        );
    }
    if scale.is_some() {
        let problem = "it is a whole checkpoint, which has no scale".to_string();
        return refused(problem, "leave --scale out");
    }
    Ok(true)
}

/// Such a checkpoint beside its base; nothing for anything else.
pub(super) fn whole_checkpoint(
    model: &str,
    path: &Path,
    scale: Option<f64>,
    device: &Device,
) -> Result<Option<OpenedGenerator>, ZooError> {
    if !is_whole_checkpoint(model, path, scale)? {
        return Ok(None);
    }
    let name = display_name(path);
    let generator = StableDiffusionGenerator::open(&name, path, device)?;
    Ok(Some(OpenedGenerator {
        applied: vec![Applied {
            file: name,
            fingerprint: Some(generator.weights().clone()),
            scale: None,
            base: None,
            base_fingerprint: None,
        }],
        // Those of its files are the generator's own.
        notes: Vec::new(),
        words: Vec::new(),
        trained_on: Vec::new(),
        record: None,
        generator: generator.into(),
    }))
}
