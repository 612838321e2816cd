//! What an index consists of at this moment: `index.json`, by which alone readers find the rest.
//!
//! Data lie in a folder of their own for every change. A change makes a new one, then names it here; the old one is removed
//! afterwards. So a reader sees one or the other, and a process that is killed leaves the old one.

use crate::error::IndexError;
use crate::group::Group;
use finexl_core::{CoreError, atomic};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Version of the form of an index.
pub const SCHEMA: &str = "finexl-index-2";
/// Name of the file.
pub const FILE: &str = "index.json";

/// The file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Version of finexl that wrote it.
    pub version: String,
    /// Folder of the data, beside this file.
    pub data: String,
    /// Models in all.
    pub models: usize,
    /// The groups, by name.
    pub groups: Vec<KnownGroup>,
    /// Every file of the folder with its length in bytes.
    pub files: BTreeMap<String, u64>,
}

/// A group of the index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownGroup {
    /// Its short name.
    pub id: String,
    /// Its models.
    pub models: usize,
    /// What they have in common.
    pub group: Group,
}

impl Manifest {
    /// Reads the file of an index.
    ///
    /// # Errors
    /// [`IndexError::File`] for what is no index, or one of another version.
    pub fn read(index: &Path) -> Result<Self, IndexError> {
        let path = index.join(FILE);
        let no_index = |problem: &str| {
            let problem = format!("{problem}; make one with `finexl index RECORDS --out FOLDER`");
            IndexError::file(index, problem)
        };
        if !index.exists() {
            return Err(no_index("is not there"));
        }
        if !index.is_dir() {
            return Err(no_index("is a file, and an index is a folder"));
        }
        if !path.exists() {
            return Err(no_index("is no index, since it has no index.json"));
        }
        Self::parse(&path, &atomic::read(&path)?)
    }

    /// As [`Manifest::read`], from the bytes of the file; `path` stands in messages.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, IndexError> {
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| {
            IndexError::file(path, format!("is damaged ({error}); make the index anew"))
        })?;
        match value.get("schema").and_then(serde_json::Value::as_str) {
            Some(SCHEMA) => {}
            Some(other) => {
                let problem = format!(
                    "is an index of the form {other}, and this version reads {SCHEMA}; make the index anew from its records \
                     with `finexl index RECORDS --out` another folder"
                );
                return Err(IndexError::file(path, problem));
            }
            None => return Err(IndexError::file(path, "does not say that it is an index")),
        }
        let manifest: Self = serde_json::from_value(value).map_err(|error| {
            IndexError::file(path, format!("is damaged ({error}); make the index anew"))
        })?;
        // It leads to files; nothing outside of the folder is one of the index.
        let outside =
            |name: &str| name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.');
        if outside(&manifest.data) || manifest.files.keys().any(|name| outside(name)) {
            return Err(IndexError::file(path, "names files outside of the index"));
        }
        Ok(manifest)
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`CoreError::Write`].
    pub(crate) fn write(&self, index: &Path) -> Result<(), CoreError> {
        let text = serde_json::to_string_pretty(self).map_err(|source| CoreError::Json {
            what: "the index".to_string(),
            source,
        })?;
        atomic::write(index.join(FILE), format!("{text}\n").as_bytes())
    }

    /// Refuses files that are missing, or longer or shorter than when they were written.
    ///
    /// # Errors
    /// [`IndexError::File`] naming the file.
    pub(crate) fn check_files(&self, index: &Path) -> Result<(), IndexError> {
        for (name, length) in &self.files {
            let path = index.join(&self.data).join(name);
            let found = std::fs::metadata(&path).map_err(|source| CoreError::Read {
                path: path.clone(),
                source,
            })?;
            if found.len() != *length {
                let problem = format!(
                    "is {} bytes long and was written with {length}, so it is cut or was changed; make the index anew \
                     from its records",
                    found.len()
                );
                return Err(IndexError::file(path, problem));
            }
        }
        Ok(())
    }
}

/// Name of the file of a group.
pub(crate) fn group_file(id: &str) -> String {
    format!("group-{id}.safetensors")
}
