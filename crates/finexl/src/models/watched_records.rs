//! What a watcher has made of adapters: their records, and what it knows of each.

use super::watched_folder::{SeenFile, WatchedAdapter};
use crate::Error;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::{CoreError, atomic, json_file};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Name of the file that says how all records of the folder are made.
const OPTIONS: &str = "watch.json";
/// End of the name of what is known of an adapter.
const KNOWN: &str = "watched";
const VERSION: u32 = 1;

/// How all models of a folder are explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    version: u32,
    /// What was chosen, by the names of options.
    chosen: BTreeMap<String, String>,
}

/// What is known of an adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    version: u32,
    /// Its files, when it was looked at.
    files: BTreeMap<String, SeenFile>,
    /// SHA-256 of their content.
    content: Fingerprint,
    /// SHA-256 of the record that was made.
    record: Option<Fingerprint>,
    /// Why there is none.
    problem: Option<String>,
}

/// What has to be done about an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Its record is there.
    Done,
    /// It was refused, which was said.
    Refused,
    /// It is to be explained.
    New,
}

/// The folder of a watcher's records.
///
/// Of an adapter `a/b.safetensors` there is the record `a/b.safetensors.json` with its page and inspection beside it, and
/// `a/b.safetensors.watched`, which names the record by its content and is written before it. So an adapter whose record is
/// whole is done, whenever the process ended.
#[derive(Clone, Debug)]
pub struct WatchedRecords {
    folder: PathBuf,
}

impl WatchedRecords {
    /// Opens or makes the folder, for records made in one way: `chosen` by the names of options.
    ///
    /// # Errors
    /// A folder whose records are made in another way; one that cannot be written to.
    pub fn open(folder: &Path, chosen: &BTreeMap<String, String>) -> Result<Self, Error> {
        let path = folder.join(OPTIONS);
        let new = Options {
            version: VERSION,
            chosen: chosen.clone(),
        };
        match json_file::read_if_there::<Options>(&path, VERSION)? {
            Some(known) if known == new => {}
            Some(known) if !Self::at(folder).files(KNOWN)?.is_empty() => {
                let keys = known.chosen.keys().chain(chosen.keys());
                let mut others: Vec<&str> = keys
                    .filter(|key| known.chosen.get(*key) != chosen.get(*key))
                    .map(String::as_str)
                    .collect();
                others.sort_unstable();
                others.dedup();
                return Err(Error::Records(format!(
                    "the models in {} were explained with another choice of {}, so others would not compare; give the same \
                     options, or another --out for a new index",
                    folder.display(),
                    others.join(", ")
                )));
            }
            // Nothing was made in that way.
            _ => {
                atomic::create_folder(folder)?;
                json_file::write(&path, &new)?;
            }
        }
        Ok(Self::at(folder))
    }

    fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
        }
    }

    fn beside(&self, adapter: &WatchedAdapter, end: &str) -> PathBuf {
        let mut name: OsString = self.folder.join(&adapter.name).into_os_string();
        name.push(".");
        name.push(end);
        name.into()
    }

    /// Where the record of an adapter is, or will be.
    pub fn record(&self, adapter: &WatchedAdapter) -> PathBuf {
        self.beside(adapter, "json")
    }

    /// What has to be done about an adapter. One whose files were touched and have the content that they had is done.
    ///
    /// # Errors
    /// Files that cannot be read or written.
    pub fn task(&self, adapter: &WatchedAdapter) -> Result<Task, Error> {
        let path = self.beside(adapter, KNOWN);
        // What nobody can read any more is made anew.
        let Ok(Some(mut known)) = json_file::read_if_there::<Known>(&path, VERSION) else {
            return Ok(Task::New);
        };
        if known.files != adapter.files {
            let same_names = known.files.keys().eq(adapter.files.keys());
            if !same_names || adapter.content().ok().as_ref() != Some(&known.content) {
                return Ok(Task::New);
            }
            known.files = adapter.files.clone();
            json_file::write(&path, &known)?;
        }
        let there = || Fingerprint::of_file(&self.record(adapter)).ok();
        Ok(match (&known.problem, &known.record) {
            (Some(_), _) => Task::Refused,
            (None, Some(record)) if there().as_ref() == Some(record) => Task::Done,
            _ => Task::New,
        })
    }

    /// Keeps what was made of an adapter; `page` and `inspection` lie beside the record.
    ///
    /// # Errors
    /// Files that cannot be written.
    pub fn keep(
        &self,
        adapter: &WatchedAdapter,
        content: &Fingerprint,
        record: &[u8],
        page: &[u8],
        inspection: Option<&[u8]>,
    ) -> Result<PathBuf, Error> {
        let path = self.record(adapter);
        self.make_folder_of(&path)?;
        let beside = self.beside(adapter, "inspection.json");
        match inspection {
            Some(bytes) => atomic::write(&beside, bytes)?,
            None => remove(&beside)?,
        }
        atomic::write(self.beside(adapter, "html"), page)?;
        self.know(adapter, content, Some(Fingerprint::of_bytes(record)), None)?;
        atomic::write(&path, record)?;
        Ok(path)
    }

    /// Keeps why an adapter cannot be explained; it is not tried again until it changes. A record of what it was before stays.
    ///
    /// # Errors
    /// Files that cannot be written.
    pub fn refuse(&self, adapter: &WatchedAdapter, problem: &str) -> Result<(), Error> {
        self.make_folder_of(&self.record(adapter))?;
        let unread = |_| Fingerprint::of("unread").finish();
        let content = adapter.content().unwrap_or_else(unread);
        self.know(adapter, &content, None, Some(problem.to_string()))
    }

    /// Forgets why adapters were refused, so that they are tried again.
    ///
    /// # Errors
    /// Files that cannot be read or removed.
    pub fn forget_refusals(&self) -> Result<(), Error> {
        for path in self.files(KNOWN)? {
            let known = json_file::read_if_there::<Known>(&path, VERSION);
            if !matches!(known, Ok(Some(Known { problem: None, .. }))) {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// All records that are there, also those of adapters that are gone.
    ///
    /// # Errors
    /// Folders that cannot be read.
    pub fn all(&self) -> Result<Vec<PathBuf>, Error> {
        let known = self.files(KNOWN)?;
        let records = known.iter().map(|path| path.with_extension("json"));
        Ok(records.filter(|record| record.is_file()).collect())
    }

    fn know(
        &self,
        adapter: &WatchedAdapter,
        content: &Fingerprint,
        record: Option<Fingerprint>,
        problem: Option<String>,
    ) -> Result<(), Error> {
        let known = Known {
            version: VERSION,
            files: adapter.files.clone(),
            content: content.clone(),
            record,
            problem,
        };
        Ok(json_file::write(&self.beside(adapter, KNOWN), &known)?)
    }

    fn make_folder_of(&self, path: &Path) -> Result<(), CoreError> {
        atomic::create_folder(path.parent().unwrap_or(&self.folder))
    }

    /// Files of an end in the folder and those below it.
    fn files(&self, end: &str) -> Result<Vec<PathBuf>, CoreError> {
        let mut folders = vec![self.folder.clone()];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            let entries = std::fs::read_dir(&folder).map_err(|source| CoreError::Read {
                path: folder.clone(),
                source,
            })?;
            for entry in entries.flatten() {
                let path = entry.path();
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(path);
                } else if path.extension().is_some_and(|known| known == end) {
                    found.push(path);
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

/// Removes a file that need not be there.
fn remove(path: &Path) -> Result<(), CoreError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(CoreError::Write {
            path: path.to_path_buf(),
            source,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::models::watched_folder::adapters_in;

    #[test]
    fn a_model_is_done_when_its_record_is_whole_and_as_long_as_it_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("in"), folder.path().join("records"));
        std::fs::create_dir_all(from.join("more")).unwrap();
        std::fs::write(from.join("more/a.pt"), "first").unwrap();
        let chosen = BTreeMap::from([("--encoder".to_string(), "mini-clip".to_string())]);
        let records = WatchedRecords::open(&to, &chosen).unwrap();
        let look = || adapters_in(&from, &[]).unwrap().remove(0);
        let adapter = look();
        assert_eq!(records.task(&adapter).unwrap(), Task::New);
        let content = adapter.content().unwrap();
        let record = records
            .keep(&adapter, &content, b"{}", b"page", Some(b"inside"))
            .unwrap();
        assert!(record.ends_with("more/a.pt.json"));
        assert_eq!(records.task(&adapter).unwrap(), Task::Done);
        assert_eq!(records.all().unwrap(), std::slice::from_ref(&record));
        // Killed before the record was written.
        std::fs::remove_file(&record).unwrap();
        assert_eq!(records.task(&adapter).unwrap(), Task::New);
        records
            .keep(&adapter, &content, b"{}", b"page", None)
            .unwrap();
        std::fs::write(from.join("more/a.pt"), "other").unwrap();
        let adapter = look();
        assert_eq!(records.task(&adapter).unwrap(), Task::New);
        records.refuse(&adapter, "it is bad").unwrap();
        assert_eq!(records.task(&adapter).unwrap(), Task::Refused);
        let other = BTreeMap::from([("--encoder".to_string(), "other".to_string())]);
        let refused = WatchedRecords::open(&to, &other).unwrap_err().to_string();
        assert!(refused.contains("another choice of --encoder"), "{refused}");
        records.forget_refusals().unwrap();
        assert_eq!(records.task(&adapter).unwrap(), Task::New);
        // Nothing is known any more that another choice would not fit.
        WatchedRecords::open(&to, &other).unwrap();
    }
}
