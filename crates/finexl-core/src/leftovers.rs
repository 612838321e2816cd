//! Names of what is unfinished, which say whose it is, so that what a process that was killed left behind
//! is found and removed.

use crate::owner::{Life, Owner};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How names of unfinished files and folders begin; the token of their process follows.
const PREFIX: &str = ".finexl-partial-";
/// Before what tells unfinished things of one process apart.
const SEPARATOR: char = '.';
/// What belongs to another machine counts as left behind when nothing has touched it for so long.
const FORGOTTEN: Duration = Duration::from_secs(24 * 60 * 60);

/// How a name of something unfinished begins in this process; anything may follow.
pub(crate) fn prefix() -> String {
    format!("{PREFIX}{}{SEPARATOR}", Owner::this().token())
}

/// Whose a file or folder of this name is; nothing where the name is not one of ours.
fn owner(name: &OsStr) -> Option<Owner> {
    let rest = name.to_str()?.strip_prefix(PREFIX)?;
    Owner::of_token(rest.split_once(SEPARATOR)?.0)
}

/// Whether the name is that of something unfinished, whosoever it is.
pub(crate) fn is_unfinished(name: &OsStr) -> bool {
    owner(name).is_some()
}

/// Removes what processes that have ended left in a folder, once per folder and process. It is no error
/// where that does not go: what is left only takes room.
pub(crate) fn sweep(folder: &Path) {
    static SWEPT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let place = folder
        .canonicalize()
        .unwrap_or_else(|_| folder.to_path_buf());
    let first = SWEPT
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(place);
    if first {
        remove_dead(folder);
    }
}

/// As [`sweep`], every time.
pub(crate) fn remove_dead(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Some(owner) = owner(&entry.file_name()) else {
            continue;
        };
        let dead = match owner.life() {
            Life::Runs => false,
            Life::Ended => true,
            Life::Unknown => is_forgotten(&entry.path()),
        };
        if dead {
            remove(&entry.path());
        }
    }
}

/// Whether nothing has touched a file, or a folder and what is in it, for long.
fn is_forgotten(path: &Path) -> bool {
    let old = |path: &Path| {
        let touched = std::fs::symlink_metadata(path).and_then(|found| found.modified());
        let age = touched.map(|at| SystemTime::now().duration_since(at).unwrap_or_default());
        age.is_ok_and(|age| age > FORGOTTEN)
    };
    let inside = std::fs::read_dir(path).into_iter().flatten().flatten();
    old(path) && inside.into_iter().all(|entry| old(&entry.path()))
}

fn remove(path: &Path) {
    let is_folder = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    let removed = match is_folder {
        true => std::fs::remove_dir_all(path),
        false => std::fs::remove_file(path),
    };
    if let Err(error) = removed
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::debug!("{} stays: {error}", path.display());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The name of something unfinished of a process that ended long ago.
    fn dead() -> String {
        let owner = Owner {
            process: std::process::id(),
            began: 1,
            ..Owner::this().clone()
        };
        format!("{PREFIX}{}{SEPARATOR}x", owner.token())
    }

    #[test]
    fn names_say_whose_they_are() {
        let ours = format!("{}abc", prefix());
        assert!(is_unfinished(OsStr::new(&ours)));
        assert!(is_unfinished(OsStr::new(&dead())));
        for other in [
            ".finexl-partial",
            ".finexl-partial-x",
            "a.png",
            ".finexl-lock",
        ] {
            assert!(!is_unfinished(OsStr::new(other)), "{other}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_what_is_dead_goes() {
        let folder = tempfile::tempdir().unwrap();
        let other = format!("{PREFIX}othermachine-1-1{SEPARATOR}x");
        let ours = format!("{}file", prefix());
        for name in ["mine.png", ".hidden", &other, &ours] {
            std::fs::write(folder.path().join(name), "1").unwrap();
        }
        std::fs::create_dir(folder.path().join(dead())).unwrap();
        std::fs::write(folder.path().join(dead()).join("a"), "1").unwrap();
        std::fs::write(folder.path().join(format!("{}y", dead())), "1").unwrap();
        remove_dead(folder.path());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4);
        // What another machine has not touched for long is dead too.
        let file = std::fs::File::open(folder.path().join(&other)).unwrap();
        file.set_modified(SystemTime::now() - 2 * FORGOTTEN)
            .unwrap();
        remove_dead(folder.path());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
