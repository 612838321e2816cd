//! Parts of a long experiment, each kept as soon as it is there.

use crate::fingerprint::Fingerprint;
use crate::{CoreError, atomic};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// Folder of the cells inside the folder of results.
const FOLDER: &str = "cells";
/// The file that says, by being locked, that a run is at work.
const LOCK: &str = "lock";

/// Results of single steps by the fingerprint of all that they depend on. A run that was killed finds
/// what it had made, and what was changed is made anew.
///
/// As long as it lives no other run can open the same folder.
#[derive(Debug)]
pub struct Cells {
    folder: PathBuf,
    _lock: File,
}

impl Cells {
    /// Opens the cells of a folder of results.
    ///
    /// # Errors
    /// [`CoreError::Busy`] where another run is at work there, [`CoreError::Write`] where the folder
    /// cannot be made.
    pub fn open(results: &Path) -> Result<Self, CoreError> {
        let folder = results.join(FOLDER);
        atomic::create_folder(&folder)?;
        let path = folder.join(LOCK);
        let failed = |source| CoreError::Write {
            path: path.clone(),
            source,
        };
        let lock = File::create(&path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                folder,
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(CoreError::Busy {
                path: results.to_path_buf(),
            }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// The cell of a key; made, and kept, where it is not there. A damaged one is made anew.
    ///
    /// # Errors
    /// What `make` says, and [`CoreError::Write`] where it cannot be kept.
    pub fn get<T, E>(&self, key: &Fingerprint, make: impl FnOnce() -> Result<T, E>) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned,
        E: From<CoreError>,
    {
        let path = self.folder.join(format!("{key}.json"));
        let kept = std::fs::read(&path).ok();
        if let Some(cell) = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            return Ok(cell);
        }
        let cell = make()?;
        let json = serde_json::to_vec(&cell).map_err(|source| CoreError::Json {
            what: path.display().to_string(),
            source,
        })?;
        atomic::write(&path, &json)?;
        Ok(cell)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn value(cells: &Cells, key: &str, made: u32) -> u32 {
        let key = Fingerprint::of("cell").text("key", key).finish();
        cells.get(&key, || Ok::<_, CoreError>(made)).unwrap()
    }

    #[test]
    fn a_cell_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let cells = Cells::open(folder.path()).unwrap();
        assert_eq!(value(&cells, "a", 1), 1);
        assert_eq!(value(&cells, "a", 2), 1);
        assert_eq!(value(&cells, "b", 2), 2);
        drop(cells);
        let again = Cells::open(folder.path()).unwrap();
        assert_eq!(value(&again, "a", 3), 1);
    }

    #[test]
    fn a_damaged_cell_is_made_anew_and_a_failure_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cells = Cells::open(folder.path()).unwrap();
        assert_eq!(value(&cells, "a", 1), 1);
        for entry in std::fs::read_dir(folder.path().join(FOLDER)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some() {
                std::fs::write(path, "{").unwrap();
            }
        }
        assert_eq!(value(&cells, "a", 2), 2);
        let key = Fingerprint::of("cell").text("key", "c").finish();
        let failed: Result<u32, CoreError> = cells.get(&key, || {
            Err(CoreError::Busy {
                path: PathBuf::from("x"),
            })
        });
        assert!(failed.is_err());
        assert_eq!(value(&cells, "c", 4), 4);
    }

    #[test]
    fn two_runs_in_one_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let first = Cells::open(folder.path()).unwrap();
        let error = Cells::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("another run"), "{error}");
        drop(first);
        assert!(Cells::open(folder.path()).is_ok());
    }
}
