//! Where a model is, and whether it is one.

use super::model_folder;
use super::single_file;
use crate::ZooError;
use crate::encoders::clip::{cached_snapshot, hub_cache, repository};
use crate::recognition::recognised;
use crate::stable_diffusion::Base;
use std::path::{Path, PathBuf};

/// What a model of Stable Diffusion consists of, for messages.
pub const NEEDED: &str = "the folder of a pipeline of diffusers (model_index.json, unet, vae, text_encoder, tokenizer, scheduler) or one .safetensors file";

/// The path that a name means: one that exists, or a repository in the hub's cache. Nothing here touches the network.
///
/// # Errors
/// [`ZooError::GeneratorFiles`] that says what to pull or to put where.
pub fn locate(name: &str) -> Result<PathBuf, ZooError> {
    let path = Path::new(name);
    if path.exists() {
        return Ok(path.to_path_buf());
    }
    let cache = hub_cache();
    let found = repository(name).and_then(|(repository, revision)| {
        cached_snapshot(cache.as_deref()?, repository, revision)
    });
    found.ok_or_else(|| ZooError::GeneratorFiles {
        path: path.to_path_buf(),
        problem: match &cache {
            Some(cache) if repository(name).is_some() => format!(
                "there is no such folder, and the cache {} does not hold it",
                cache.display()
            ),
            _ => "there is no such file or folder".to_string(),
        },
        remedy: match repository(name) {
            Some(_) => format!(
                "fetch it with the hub's own tool (`hf download {name}`), or put {NEEDED} anywhere and name that path; \
                 a folder {name} where the program runs is found by this name"
            ),
            None => format!("give {NEEDED}"),
        },
    })
}

/// The family of the Stable Diffusion that is at a path, from configs and headers alone.
///
/// `None` for what is no published generator at all; an error for one that is, but is not built, or is not whole.
pub fn recognise(path: &Path) -> Option<Result<Base, ZooError>> {
    if path.is_dir() {
        if !path.join("model_index.json").is_file() {
            return None;
        }
        return Some(model_folder::base(path));
    }
    let what = recognised(path)?;
    if what.contains("adapter") || what.contains("learned word") {
        return Some(Err(refused(
            path,
            &format!("it is {what}, not a model"),
            "give it with --adapter, and its base with --model",
        )));
    }
    if what.contains("generator") || what.contains("PyTorch") || what.contains("GGUF") {
        return Some(single_file::base(path));
    }
    None
}

pub(super) fn refused(path: &Path, problem: &str, remedy: &str) -> ZooError {
    ZooError::GeneratorFiles {
        path: path.to_path_buf(),
        problem: problem.to_string(),
        remedy: remedy.to_string(),
    }
}
