//! A gallery in a folder.

use super::content::Gallery;
use crate::Error;
use finexl_core::CoreError;
use finexl_core::atomic;
use finexl_core::partial_folder::PartialFolder;
use finexl_core::work_lock::WorkPlace;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Folders inside of a gallery.
const FOLDERS: [&str; 5] = ["js", "data", "pictures", "pairs", "reports"];
/// The file by which a gallery is known.
const MARK: &str = "data/models.js";

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Models.
    pub models: usize,
    /// Files.
    pub files: usize,
    /// Models that had a page when they were indexed, and have none now.
    pub missing: usize,
}

/// Writes a gallery into a folder, which is empty, new, or holds a gallery that is replaced. What is there stays until all is
/// made; `progress` hears how many files are, of how many, from any thread.
///
/// # Errors
/// A folder that holds something else; files that cannot be written.
pub fn write_site(
    gallery: &Gallery,
    folder: &Path,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Site, Error> {
    let occupied = |entry: std::fs::DirEntry| !entry.file_name().to_string_lossy().starts_with('.');
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    if !folder.join(MARK).exists() && (folder.is_file() || entries.any(occupied)) {
        return Err(Error::Records(format!(
            "{} is there and is no gallery; give another --out, or empty it first",
            folder.display()
        )));
    }
    let _lock = WorkPlace::folder(folder).wait()?;
    let partial = PartialFolder::start(folder)?;
    let names = gallery.names();
    for name in FOLDERS {
        atomic::create_folder(partial.path().join(name))?;
    }
    let done = AtomicUsize::new(0);
    let written: Vec<Result<Option<&str>, Error>> = (names.par_iter())
        .map(|name| {
            // A page that goes at this moment has no file here either.
            let content = match gallery.content(name) {
                Ok(Some(content)) => content,
                Ok(None) | Err(Error::Core(CoreError::Read { .. })) => return Ok(None),
                Err(error) => return Err(error),
            };
            let path = partial.path().join(name);
            std::fs::write(&path, content).map_err(|source| CoreError::Write { path, source })?;
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, names.len());
            Ok(Some(name.as_str()))
        })
        .collect();
    let mut there = BTreeSet::new();
    for name in written {
        there.extend(name?);
    }
    // The page comes last, so that a gallery that is not whole is not opened.
    let last = "index.html";
    let others = there.iter().copied().filter(|name| *name != last);
    partial.finish(others.chain(std::iter::once(last)))?;
    remove_others(folder, &there);
    Ok(Site {
        models: gallery.models().len(),
        files: there.len(),
        missing: gallery.without_their_page(),
    })
}

/// Removes what an older gallery had and this one has not.
fn remove_others(folder: &Path, there: &BTreeSet<&str>) {
    for name in FOLDERS {
        for entry in std::fs::read_dir(folder.join(name))
            .into_iter()
            .flatten()
            .flatten()
        {
            let file = format!("{name}/{}", entry.file_name().to_string_lossy());
            if !there.contains(file.as_str()) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}
