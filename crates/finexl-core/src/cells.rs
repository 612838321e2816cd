//! Parts of a long experiment, each kept as soon as it is there.

use crate::fingerprint::Fingerprint;
use crate::work_lock::{WorkLock, WorkPlace};
use crate::{CoreError, atomic};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Folder of the cells inside the folder of results.
const FOLDER: &str = "cells";

/// Results of single steps by the fingerprint of all that they depend on. A run that was killed finds
/// what it had made, and what was changed is made anew.
///
/// As long as it lives other runs wait before they open the same folder.
#[derive(Debug)]
pub struct Cells {
    folder: PathBuf,
    _lock: WorkLock,
}

impl Cells {
    /// Opens the cells of a folder of results, waiting for a run that is at work there.
    ///
    /// # Errors
    /// [`CoreError::Write`] where the folder cannot be made.
    pub fn open(results: &Path) -> Result<Self, CoreError> {
        let folder = results.join(FOLDER);
        let lock = WorkPlace::folder(&folder).wait()?;
        Ok(Self {
            folder,
            _lock: lock,
        })
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
            if path.extension().is_some_and(|ending| ending == "json") {
                std::fs::write(path, "{").unwrap();
            }
        }
        assert_eq!(value(&cells, "a", 2), 2);
        let key = Fingerprint::of("cell").text("key", "c").finish();
        let failed: Result<u32, CoreError> =
            cells.get(&key, || Err(atomic::read("no-such-file").unwrap_err()));
        assert!(failed.is_err());
        assert_eq!(value(&cells, "c", 4), 4);
    }

    #[test]
    fn a_second_run_waits_for_the_first_and_finds_what_it_made() {
        let folder = tempfile::tempdir().unwrap();
        let first = Cells::open(folder.path()).unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| value(&Cells::open(folder.path()).unwrap(), "a", 2));
            assert_eq!(value(&first, "a", 1), 1);
            drop(first);
            assert_eq!(second.join().unwrap(), 1);
        });
    }
}
