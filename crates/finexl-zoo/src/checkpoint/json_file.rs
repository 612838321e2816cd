//! The files beside weights.

use crate::ZooError;
use serde_json::Value;
use std::path::Path;

/// Says that files of a model are missing or unfit.
pub(crate) fn missing(folder: &Path, problem: &str, remedy: &str) -> ZooError {
    ZooError::EncoderFiles {
        path: folder.to_path_buf(),
        problem: problem.to_string(),
        remedy: remedy.to_string(),
    }
}

/// Whether a file is there and whole; a link of the cache whose target is gone is not.
pub(crate) fn there(path: &Path) -> bool {
    path.is_file()
}

/// Reads a JSON file.
pub(crate) fn read_json(path: &Path) -> Result<Value, ZooError> {
    let bytes = finexl_core::atomic::read(path)?;
    serde_json::from_slice(&bytes).map_err(|e| ZooError::EncoderFiles {
        path: path.to_path_buf(),
        problem: format!("it is no JSON ({e})"),
        remedy: "fetch it again".to_string(),
    })
}
