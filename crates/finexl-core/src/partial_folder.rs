//! Folders of results that are made aside and shown when they are complete.

use crate::{CoreError, atomic, leftovers, work_lock};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What has to be removed should the program be ended now.
static UNFINISHED: Mutex<Vec<Made>> = Mutex::new(Vec::new());

/// A hidden folder inside the folder of results, of this process alone; its files are moved up by
/// [`PartialFolder::finish`]. Dropped without that, it takes with it all that it made.
///
/// That only one process at a time shows files in a folder is the task of its lock
/// ([`crate::work_lock`]).
#[derive(Debug)]
pub struct PartialFolder {
    target: PathBuf,
    hidden: PathBuf,
}

/// Folders that one [`PartialFolder`] made.
#[derive(Debug)]
struct Made {
    hidden: PathBuf,
    /// The folder of results, where it was not there before.
    target: Option<PathBuf>,
}

impl PartialFolder {
    /// Makes the folder of results and the hidden one; what a killed run left there is removed.
    ///
    /// # Errors
    /// [`CoreError::Write`] naming the folder that cannot be made.
    pub fn start(target: &Path) -> Result<Self, CoreError> {
        let _writing = atomic::writing();
        let failed = |source| CoreError::Write {
            path: target.to_path_buf(),
            source,
        };
        let is_new = !target.exists();
        std::fs::create_dir_all(target).map_err(failed)?;
        leftovers::remove_dead(target);
        let prefix = leftovers::prefix();
        let made = tempfile::Builder::new().prefix(&prefix).tempdir_in(target);
        let hidden = match made {
            // Named as the target was, for messages.
            Ok(made) => target.join(made.keep().file_name().unwrap_or_default()),
            Err(source) => {
                if is_new {
                    let _ = std::fs::remove_dir(target);
                }
                return Err(failed(source));
            }
        };
        unfinished().push(Made {
            hidden: hidden.clone(),
            target: is_new.then(|| target.to_path_buf()),
        });
        Ok(Self {
            target: target.to_path_buf(),
            hidden,
        })
    }

    /// Where the files are to be made.
    pub fn path(&self) -> &Path {
        &self.hidden
    }

    /// Moves files, given by their paths inside [`PartialFolder::path`], to the folder of results,
    /// in this order; files of the same names are replaced.
    ///
    /// # Errors
    /// [`CoreError::Write`] naming the file that cannot be moved.
    pub fn finish<'a>(self, files: impl Iterator<Item = &'a str>) -> Result<(), CoreError> {
        let _writing = atomic::writing();
        for file in files {
            let target = self.target.join(file);
            let parent = target.parent().unwrap_or(&self.target);
            std::fs::create_dir_all(parent)
                .and_then(|()| std::fs::rename(self.hidden.join(file), &target))
                .map_err(|source| CoreError::Write {
                    path: target.clone(),
                    source,
                })?;
        }
        atomic::sync_folder(&self.target);
        Ok(())
    }
}

impl Drop for PartialFolder {
    fn drop(&mut self) {
        let mut all = unfinished();
        if let Some(place) = all.iter().position(|made| made.hidden == self.hidden) {
            all.swap_remove(place).clean_up();
        }
    }
}

impl Made {
    /// A folder of results that has become non-empty stays.
    fn clean_up(self) {
        let _ = std::fs::remove_dir_all(&self.hidden);
        if let Some(target) = self.target {
            let _ = std::fs::remove_dir(target);
        }
    }
}

/// Whether a folder holds nothing but what runs at work there, or killed there, have hidden in it.
///
/// # Errors
/// [`CoreError::Read`] where it cannot be listed.
pub fn is_free(folder: &Path) -> Result<bool, CoreError> {
    let unreadable = |source| CoreError::Read {
        path: folder.to_path_buf(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        if !leftovers::is_unfinished(&name) && !work_lock::is_lock(&name) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes what this process has not finished; for a program that ends early and holds the writes
/// ([`atomic::hold_writes`]).
pub fn remove_unfinished() {
    unfinished().drain(..).for_each(Made::clean_up);
}

fn unfinished() -> MutexGuard<'static, Vec<Made>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn files_appear_when_finished_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        let partial = PartialFolder::start(&target).unwrap();
        std::fs::write(partial.path().join("a"), "1").unwrap();
        assert!(!target.join("a").exists());
        partial.finish(["a"].into_iter()).unwrap();
        assert_eq!(std::fs::read_dir(&target).unwrap().count(), 1);
    }

    #[test]
    fn what_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        drop(PartialFolder::start(&target).unwrap());
        assert!(!target.exists());
        std::fs::create_dir(&target).unwrap();
        std::fs::write(target.join("mine"), "1").unwrap();
        drop(PartialFolder::start(&target).unwrap());
        assert_eq!(std::fs::read_dir(&target).unwrap().count(), 1);
    }

    #[test]
    fn runs_in_one_folder_do_not_touch_each_others_files() {
        let folder = tempfile::tempdir().unwrap();
        let first = PartialFolder::start(folder.path()).unwrap();
        std::fs::write(first.path().join("a"), "1").unwrap();
        let second = PartialFolder::start(folder.path()).unwrap();
        std::fs::write(second.path().join("b"), "2").unwrap();
        drop(second);
        first.finish(["a"].into_iter()).unwrap();
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["a"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_leftovers_of_a_killed_run_are_free_space() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_free(folder.path()).unwrap());
        // This process's number, but an earlier start.
        let ours = leftovers::prefix();
        let (head, _) = ours.rsplit_once('-').unwrap();
        let dead = folder.path().join(format!("{head}-1.abc"));
        std::fs::create_dir(&dead).unwrap();
        let lock = work_lock::WorkPlace::folder(folder.path()).claim().unwrap();
        assert!(is_free(folder.path()).unwrap());
        let partial = PartialFolder::start(folder.path()).unwrap();
        assert!(!dead.exists() && is_free(folder.path()).unwrap());
        drop((partial, lock));
        std::fs::write(folder.path().join("a"), "1").unwrap();
        assert!(!is_free(folder.path()).unwrap());
    }
}
