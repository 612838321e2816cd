//! What embeddings of a CLIP depend on.

use super::model_files::ModelFiles;
use super::preprocessing::Preprocessing;
use crate::ZooError;
use finexl_core::fingerprint::Fingerprint;
use serde_json::Value;

/// Version of everything between files and embeddings, part of the fingerprint.
const VERSION: &str = "clip 3";

/// Everything that embeddings depend on.
pub(super) fn fingerprint(
    files: &ModelFiles,
    json: &Value,
    preprocessing: &Preprocessing,
    weights: &[(String, Fingerprint)],
) -> Result<Fingerprint, ZooError> {
    let mut builder = Fingerprint::of("encoder")
        .text("version", VERSION)
        .text("config", &json.to_string())
        .text("preprocessing", &preprocessing.description());
    for (_, hash) in weights {
        builder = builder.nested("weights", hash);
    }
    for path in files.tokenizer.paths() {
        builder = builder.nested("tokenizer", &Fingerprint::of_file(path)?);
    }
    Ok(builder.finish())
}
