//! A folder, or a file, of results that one recipe is made into by one process at a time.

use crate::recipe::{self, Recipe};
use crate::work_lock::{WorkLock, WorkPlace};
use crate::{CoreError, atomic};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What only a run leaves: a folder that has one of these holds results.
const RESULTS: [&str; 3] = ["checkpoint", "pool.json", "provenance.json"];

/// Ending of the name of a file beside the record while results of another recipe are being replaced.
const REPLACING: &str = "replacing";

/// Refuses a folder in which results of two recipes lie, since a run that was to replace them did not end.
///
/// # Errors
/// [`CoreError::HalfReplaced`].
pub fn check_whole(folder: &Path) -> Result<(), CoreError> {
    if !marker(&folder.join(recipe::FILE)).exists() {
        return Ok(());
    }
    Err(CoreError::HalfReplaced {
        path: folder.to_path_buf(),
        record: recipe::FILE.to_string(),
    })
}

/// The file that is there as long as results beside a record may be of another recipe; hidden.
fn marker(record: &Path) -> PathBuf {
    let name = record.file_name().unwrap_or_default().to_string_lossy();
    record.with_file_name(format!(".{name}.{REPLACING}"))
}

/// What becomes of results of another recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Others {
    /// They stay, and the run is refused with this remedy.
    Stay {
        /// What to do.
        remedy: String,
    },
    /// They are replaced: somebody has asked for that.
    Replace,
}

/// The right to put results of one recipe somewhere, until it is dropped.
#[derive(Debug)]
pub struct Results {
    lock: WorkLock,
    /// The record of the recipe.
    record: PathBuf,
    /// The same, if it was written now where there was none.
    new: Option<PathBuf>,
    /// What a record that was written now has replaced.
    replaced: Option<Replaced>,
}

/// A record of the recipe of results that somebody has asked to replace, until they are.
#[derive(Debug)]
struct Replaced {
    record: PathBuf,
    content: Vec<u8>,
    /// What else lay beside it.
    beside: Vec<(OsString, Option<SystemTime>)>,
}

/// Where results of a recipe go.
#[derive(Clone, Debug)]
pub struct ResultsPlace {
    path: PathBuf,
    record: PathBuf,
    work: WorkPlace,
    is_folder: bool,
}

impl ResultsPlace {
    /// A folder; what was asked for is kept in it as `resolved.toml`.
    pub fn folder(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        Self {
            path: path.to_path_buf(),
            record: path.join(recipe::FILE),
            work: WorkPlace::folder(path),
            is_folder: true,
        }
    }

    /// A file; what was asked for is kept beside it, with `.resolved.toml` at the end of its name.
    pub fn file(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Self {
            path: path.to_path_buf(),
            record: path.with_file_name(format!("{name}.{}", recipe::FILE)),
            work: WorkPlace::file(path),
            is_folder: false,
        }
    }

    /// Refuses results of another recipe; true where there are some of this one.
    ///
    /// # Errors
    /// [`CoreError::OtherRecipe`] naming what differs, [`CoreError::UnknownRecipe`] where nothing says what
    /// is there, a record that is damaged.
    pub fn check(&self, recipe: &Recipe, others: &Others) -> Result<bool, CoreError> {
        let Others::Stay { remedy } = others else {
            let kept = Recipe::read(&self.record).ok().flatten();
            return Ok(kept.is_some_and(|kept| kept.differences(recipe).is_empty()));
        };
        match Recipe::read(&self.record)? {
            Some(kept) => match kept.differences(recipe) {
                differences if differences.is_empty() => Ok(true),
                differences => Err(CoreError::OtherRecipe {
                    path: self.path.clone(),
                    differences,
                    remedy: remedy.clone(),
                }),
            },
            None if self.has_results() => Err(CoreError::UnknownRecipe {
                path: self.path.clone(),
                record: self
                    .record
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                remedy: remedy.clone(),
            }),
            None => Ok(false),
        }
    }

    fn has_results(&self) -> bool {
        match self.is_folder {
            true => RESULTS.iter().any(|name| self.path.join(name).exists()),
            false => self.path.exists(),
        }
    }

    /// Takes the place for a recipe, waiting for a process that is at work there, and keeps what was asked
    /// for. Dropped before anything else was made there, it takes that with it, and the record of results that
    /// were to be replaced is as it was.
    ///
    /// # Errors
    /// As [`ResultsPlace::check`], before and after waiting; [`CoreError::Write`] where it cannot be
    /// written to.
    pub fn take(&self, recipe: &Recipe, others: &Others) -> Result<Results, CoreError> {
        self.check(recipe, others)?;
        let lock = self.work.wait()?;
        let same = self.check(recipe, others)?;
        let mut results = Results {
            lock,
            record: self.record.clone(),
            new: None,
            replaced: None,
        };
        if !same {
            let kept = std::fs::read(&self.record).ok();
            let beside = beside(&self.record);
            if kept.is_some() {
                // First, so that mixed results are known for such whenever the process ends.
                atomic::write(marker(&self.record), b"")?;
            }
            recipe.write(&self.record)?;
            match kept {
                None => results.new = Some(self.record.clone()),
                Some(content) => {
                    results.replaced = Some(Replaced {
                        record: self.record.clone(),
                        content,
                        beside,
                    });
                }
            }
        }
        Ok(results)
    }

    /// As [`ResultsPlace::take`], but what was asked for is only compared and not kept.
    ///
    /// # Errors
    /// As [`ResultsPlace::take`].
    pub fn borrow(&self, recipe: &Recipe, others: &Others) -> Result<Results, CoreError> {
        self.check(recipe, others)?;
        let lock = self.work.wait()?;
        self.check(recipe, others)?;
        Ok(Results {
            lock,
            record: self.record.clone(),
            new: None,
            replaced: None,
        })
    }
}

impl Results {
    /// As [`WorkLock::check`].
    ///
    /// # Errors
    /// [`CoreError::LockLost`].
    pub fn check(&self) -> Result<(), CoreError> {
        self.lock.check()
    }

    /// All results are there: none of another recipe are left.
    ///
    /// # Errors
    /// As [`WorkLock::check`].
    pub fn finish(self) -> Result<(), CoreError> {
        self.lock.check()?;
        self.keep();
        Ok(())
    }

    /// Keeps what was asked for, whatever else is there, of which each part says itself what it is made from.
    pub fn keep(mut self) {
        self.new = None;
        self.replaced = None;
        let _ = std::fs::remove_file(marker(&self.record));
    }
}

impl Drop for Results {
    fn drop(&mut self) {
        if let Some(replaced) = &self.replaced
            && beside(&replaced.record) == replaced.beside
        {
            let _ = atomic::write(&replaced.record, &replaced.content);
            let _ = std::fs::remove_file(marker(&replaced.record));
        }
        let Some(record) = &self.new else { return };
        let _writing = atomic::writing();
        let folder = crate::write_target::folder_of(record);
        let visible =
            |entry: &std::fs::DirEntry| !entry.file_name().to_string_lossy().starts_with('.');
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let alone = entries.filter(visible).all(|entry| entry.path() == *record);
        // Beside a file there may be anything; what counts is whether the file came.
        let unused = match record.file_name() {
            Some(name) if name == recipe::FILE => alone,
            _ => !self.lock.path().exists(),
        };
        if unused {
            let _ = std::fs::remove_file(record);
        }
    }
}

/// What lies beside a record, hidden files left out, with the time of its last change.
fn beside(record: &Path) -> Vec<(OsString, Option<SystemTime>)> {
    let folder = crate::write_target::folder_of(record);
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .filter(|entry| entry.path() != *record)
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .map(|entry| {
            let changed = entry.metadata().and_then(|data| data.modified()).ok();
            (entry.file_name(), changed)
        })
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeMap;

    fn recipe(epochs: usize) -> Recipe {
        let table = BTreeMap::from([("train", BTreeMap::from([("epochs", epochs)]))]);
        Recipe::of(&table).unwrap()
    }

    fn stay() -> Others {
        Others::Stay {
            remedy: "give another name".to_string(),
        }
    }

    #[test]
    fn results_of_another_recipe_stay_unless_it_is_asked_for() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("run");
        let place = ResultsPlace::folder(&folder);
        let results = place.take(&recipe(3), &stay()).unwrap();
        std::fs::write(folder.join("a"), "1").unwrap();
        drop(results);
        drop(place.take(&recipe(3), &stay()).unwrap());
        let error = place.take(&recipe(4), &stay()).unwrap_err().to_string();
        for word in ["run", "train.epochs was 3, is now 4", "give another name"] {
            assert!(error.contains(word), "{error}");
        }
        // What was refused before it made anything has replaced nothing.
        drop(place.take(&recipe(4), &Others::Replace).unwrap());
        assert!(place.check(&recipe(3), &stay()).unwrap());
        let results = place.take(&recipe(4), &Others::Replace).unwrap();
        std::fs::write(folder.join("b"), "1").unwrap();
        // As after kill -9, or an error: nobody takes what is there for results of one recipe until a run has ended.
        drop(results);
        assert!(place.check(&recipe(4), &stay()).unwrap());
        let error = check_whole(&folder).unwrap_err().to_string();
        assert!(error.contains("two recipes"), "{error}");
        place.take(&recipe(4), &stay()).unwrap().finish().unwrap();
        check_whole(&folder).unwrap();
    }

    #[test]
    fn what_came_to_nothing_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let place = ResultsPlace::folder(root.path().join("a/b"));
        drop(place.take(&recipe(3), &stay()).unwrap());
        let file = ResultsPlace::file(root.path().join("x.safetensors"));
        drop(file.take(&recipe(3), &stay()).unwrap());
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
        let results = file.take(&recipe(3), &stay()).unwrap();
        std::fs::write(root.path().join("x.safetensors"), "1").unwrap();
        drop(results);
        assert!(root.path().join("x.resolved.toml").is_file());
        assert!(file.take(&recipe(4), &stay()).is_err());
    }

    #[test]
    fn results_without_a_recipe_are_not_replaced_unasked() {
        for name in RESULTS {
            let root = tempfile::tempdir().unwrap();
            std::fs::write(root.path().join(name), "1").unwrap();
            let place = ResultsPlace::folder(root.path());
            let error = place.take(&recipe(3), &stay()).unwrap_err().to_string();
            assert!(error.contains("resolved.toml"), "{error}");
            drop(place.take(&recipe(3), &Others::Replace).unwrap());
        }
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("notes.txt"), "mine").unwrap();
        let place = ResultsPlace::folder(root.path());
        drop(place.take(&recipe(3), &stay()).unwrap());
    }
}
