//! Which base a personalization was made for, as its folder says.

use super::open::embedded_with;
use crate::ZooError;
use finexl_core::personalization::PersonalizationRecord;
use serde_json::Value;
use std::path::Path;

/// What comes before the SHA-256 of a base in `revision`.
const SHA256: &str = "sha256:";

/// The base that the folder of an adapter, a direction or a fine-tuned model names: a generator inside the program by
/// the fingerprint of its weights, else the name or path that was written down. Nothing where the folder does not say.
///
/// # Errors
/// A record that is damaged.
pub fn base_of(folder: &Path) -> Result<Option<String>, ZooError> {
    if let Some(record) = PersonalizationRecord::read(folder)? {
        let embedded = embedded_with(record.base_fingerprint.as_str());
        return Ok(Some(embedded.map_or(record.base, ToString::to_string)));
    }
    let Ok(bytes) = std::fs::read(folder.join("adapter_config.json")) else {
        return Ok(None);
    };
    // What is wrong with the file is said by who loads the adapter.
    let config: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let text = |key: &str| config[key].as_str().filter(|text| !text.is_empty());
    let sha256 = text("revision").and_then(|revision| revision.strip_prefix(SHA256));
    let embedded = sha256.and_then(embedded_with);
    let named = || text("base_model_name_or_path");
    Ok(embedded.or_else(named).map(ToString::to_string))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::generators::open_generator;

    #[test]
    fn a_folder_names_its_base_by_fingerprint_or_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let says = |config: &str| {
            std::fs::write(folder.path().join("adapter_config.json"), config).unwrap();
            base_of(folder.path()).unwrap()
        };
        let device = crate::device::by_name("cpu").unwrap();
        let gan = open_generator("mini-gan", &device).unwrap();
        let config = format!("{{\"revision\": \"sha256:{}\"}}", gan.weights());
        assert_eq!(says(&config).as_deref(), Some("mini-gan"));
        let named = "{\"revision\": \"main\", \"base_model_name_or_path\": \"a/b\"}";
        assert_eq!(says(named).as_deref(), Some("a/b"));
        assert_eq!(says("{}"), None);
        assert_eq!(base_of(Path::new("no-such-folder")).unwrap(), None);
    }
}
