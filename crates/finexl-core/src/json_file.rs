//! Records as JSON files with a version.

use crate::{CoreError, atomic};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Writes a record, with a line break at its end.
///
/// # Errors
/// [`CoreError::Write`], or [`CoreError::Json`] where it has no JSON form.
pub fn write<T: Serialize>(path: &Path, record: &T) -> Result<(), CoreError> {
    let mut text = serde_json::to_string_pretty(record).map_err(|e| damaged(path, e))?;
    text.push('\n');
    atomic::write(path, text.as_bytes())
}

/// Reads a record whose key `version` has to have a value.
///
/// # Errors
/// [`CoreError::Read`], or [`CoreError::Json`] naming the file where it is damaged or of another
/// version.
pub fn read<T: DeserializeOwned>(path: &Path, version: u32) -> Result<T, CoreError> {
    parse(path, &atomic::read(path)?, version)
}

/// As [`read`], from bytes; `path` stands in messages.
///
/// # Errors
/// [`CoreError::Json`], as [`read`].
pub fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8], version: u32) -> Result<T, CoreError> {
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|e| damaged(path, e))?;
    let found = value.get("version").and_then(serde_json::Value::as_u64);
    if found != Some(u64::from(version)) {
        let found = found.map_or("none".to_string(), |v| v.to_string());
        let problem = format!("its version is {found}, not {version}");
        return Err(damaged(path, serde::de::Error::custom(problem)));
    }
    serde_json::from_value(value).map_err(|e| damaged(path, e))
}

/// As [`read`]; nothing where there is no file.
///
/// # Errors
/// As [`read`].
pub fn read_if_there<T: DeserializeOwned>(
    path: &Path,
    version: u32,
) -> Result<Option<T>, CoreError> {
    if path.exists() {
        read(path, version).map(Some)
    } else {
        Ok(None)
    }
}

fn damaged(path: &Path, source: serde_json::Error) -> CoreError {
    CoreError::Json {
        what: path.display().to_string(),
        source,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Record {
        version: u32,
        name: String,
    }

    #[test]
    fn records_read_back_and_others_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.json");
        assert_eq!(read_if_there::<Record>(&path, 1).unwrap(), None);
        let record = Record {
            version: 1,
            name: "one".to_string(),
        };
        write(&path, &record).unwrap();
        assert_eq!(read::<Record>(&path, 1).unwrap(), record);
        let error = read::<Record>(&path, 2).unwrap_err().to_string();
        assert!(
            error.contains("record.json") && error.contains("version is 1"),
            "{error}"
        );
        std::fs::write(&path, "{").unwrap();
        assert!(
            read::<Record>(&path, 1)
                .unwrap_err()
                .to_string()
                .contains("record.json")
        );
    }
}
