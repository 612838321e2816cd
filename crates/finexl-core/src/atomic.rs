//! Files that are either whole or not there.

use crate::CoreError;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Held for reading by every write in progress, for writing once the program is to end.
static WRITES: RwLock<()> = RwLock::new(());

/// Waits for the writes in progress and keeps new ones from starting until the guard is dropped, so
/// that a program that ends meanwhile leaves neither half a file nor a temporary one.
pub fn hold_writes() -> RwLockWriteGuard<'static, ()> {
    WRITES.write().unwrap_or_else(PoisonError::into_inner)
}

/// Says that something is being written; never taken twice by one thread.
pub(crate) fn writing() -> RwLockReadGuard<'static, ()> {
    WRITES.read().unwrap_or_else(PoisonError::into_inner)
}

/// Writes `bytes` to `path` through a temporary file in the same folder, synced and renamed.
///
/// # Errors
/// [`CoreError::Write`] where the folder is missing or not writable or the disk is full; `path` then
/// holds what it held before.
pub fn write(path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), CoreError> {
    write_with(path, |file| file.write_all(bytes))
}

/// Like [`write()`], for content that is produced piece by piece.
///
/// # Errors
/// [`CoreError::Write`] also for the first error that `produce` returns.
pub fn write_with(
    path: impl AsRef<Path>,
    produce: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), CoreError> {
    let path = path.as_ref();
    let _writing = writing();
    let failed = |source| CoreError::Write {
        path: path.to_path_buf(),
        source,
    };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut temporary = tempfile::Builder::new()
        .prefix(".finexl-")
        .suffix(".partial")
        .tempfile_in(folder)
        .map_err(failed)?;
    let mut buffered = BufWriter::new(temporary.as_file_mut());
    produce(&mut buffered).map_err(failed)?;
    buffered.flush().map_err(failed)?;
    drop(buffered);
    temporary.as_file().sync_all().map_err(failed)?;
    make_readable(temporary.path()).map_err(failed)?;
    temporary.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

/// Temporary files are private to their owner; a result is as readable as any new file.
#[cfg(unix)]
fn make_readable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Reads a whole file.
///
/// # Errors
/// [`CoreError::Read`] naming the file.
pub fn read(path: impl AsRef<Path>) -> Result<Vec<u8>, CoreError> {
    let path = path.as_ref();
    std::fs::read(path).map_err(|source| CoreError::Read {
        path: path.to_path_buf(),
        source,
    })
}

/// Creates a folder and its parents.
///
/// # Errors
/// [`CoreError::Write`] naming the folder.
pub fn create_folder(path: impl AsRef<Path>) -> Result<(), CoreError> {
    let path = path.as_ref();
    let _writing = writing();
    std::fs::create_dir_all(path).map_err(|source| CoreError::Write {
        path: path.to_path_buf(),
        source,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_content_and_no_litter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write(&path, b"old").unwrap();
        let result = write_with(&path, |file| {
            file.write_all(b"half")?;
            Err(std::io::Error::other("stop"))
        });
        assert!(result.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_an_error_that_names_the_file() {
        let error = write("no-such-folder/a.json", b"x").unwrap_err();
        assert!(error.to_string().contains("no-such-folder"));
    }
}
