//! Files that are either whole or not there.

use crate::write_target::{WriteTarget, folder_of};
use crate::{CoreError, leftovers};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{BufWriter, Error, Result as IoResult, Write};
use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tempfile::NamedTempFile;

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
/// A link stays and the file behind it is replaced, with the permissions that it had and, where that is
/// allowed, its owner; a new file has the permissions of any new file (umask). What is no file (a device,
/// a pipe, `/dev/stdout`) is written into. What a write that was killed left in the folder is removed.
///
/// # Errors
/// [`CoreError::Write`] where the folder is missing or not writable, the path is that of a folder or of a
/// file that may not be written to, or the disk is full; `path` then holds what it held before.
pub fn write(path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), CoreError> {
    write_with(path, |file| file.write_all(bytes))
}

/// Like [`write()`], for content that is produced piece by piece.
///
/// # Errors
/// [`CoreError::Write`] also for the first error that `produce` returns.
pub fn write_with(
    path: impl AsRef<Path>,
    produce: impl FnOnce(&mut dyn Write) -> IoResult<()>,
) -> Result<(), CoreError> {
    let path = path.as_ref();
    let written = || match WriteTarget::of(path)? {
        WriteTarget::Stream => {
            // A pipe waits for its reader here; Ctrl-C is not to wait for that.
            let mut stream = OpenOptions::new().append(true).open(path)?;
            produce(&mut stream)?;
            stream.flush()
        }
        WriteTarget::File { path, old } => {
            let _writing = writing();
            replace(&path, old.as_ref(), produce)
        }
    };
    written().map_err(|source| failed(path, source))
}

/// Refuses, before any work is done, a path that cannot be written to; changes nothing.
///
/// # Errors
/// As [`write()`].
pub fn check(path: impl AsRef<Path>) -> Result<(), CoreError> {
    let path = path.as_ref();
    let checked = || match WriteTarget::of(path)? {
        WriteTarget::Stream => Ok(()),
        WriteTarget::File { path, .. } => {
            let _writing = writing();
            temporary(folder_of(&path)).map(|_| ())
        }
    };
    checked().map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: Error) -> CoreError {
    CoreError::Write {
        path: path.to_path_buf(),
        source,
    }
}

fn replace(
    path: &Path,
    old: Option<&Metadata>,
    produce: impl FnOnce(&mut dyn Write) -> IoResult<()>,
) -> IoResult<()> {
    let folder = folder_of(path);
    leftovers::sweep(folder);
    let mut temporary = temporary(folder)?;
    let mut buffered = BufWriter::new(temporary.as_file_mut());
    produce(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    if let Some(old) = old {
        take_after(temporary.as_file(), old)?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|e| e.error)?;
    if !folder.file_name().is_some_and(leftovers::is_unfinished) {
        sync_folder(folder);
    }
    Ok(())
}

/// A file that nobody looks for, with the permissions of any new file.
pub(crate) fn temporary(folder: &Path) -> IoResult<NamedTempFile> {
    let prefix = leftovers::prefix();
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Less what the umask takes away.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    // The crate's message names the temporary file, which nobody has asked for.
    let plain = |error: Error| match error.get_ref() {
        Some(_) => error.kind().into(),
        None => error,
    };
    builder.tempfile_in(folder).map_err(plain)
}

/// Gives a file the permissions of another one and, where that is allowed, its owner.
#[cfg(unix)]
fn take_after(file: &File, old: &Metadata) -> IoResult<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let new = file.metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid())
        && fchown(file, Some(old.uid()), Some(old.gid())).is_err()
    {
        // Only an administrator gives files away; to a group of one's own anybody may.
        let _ = fchown(file, None, Some(old.gid()));
    }
    file.set_permissions(std::fs::Permissions::from_mode(old.mode() & 0o777))
}

#[cfg(not(unix))]
fn take_after(_file: &File, _old: &Metadata) -> IoResult<()> {
    Ok(())
}

/// Makes a rename last; where a file system cannot, it decides by itself when it does.
pub(crate) fn sync_folder(folder: &Path) {
    if cfg!(unix)
        && let Ok(folder) = File::open(folder)
    {
        let _ = folder.sync_all();
    }
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

/// Creates a folder and its parents; what a write that was killed left in one that is there is removed.
///
/// # Errors
/// [`CoreError::Write`] naming the folder.
pub fn create_folder(path: impl AsRef<Path>) -> Result<(), CoreError> {
    let path = path.as_ref();
    let _writing = writing();
    std::fs::create_dir_all(path).map_err(|source| failed(path, source))?;
    leftovers::sweep(path);
    Ok(())
}

#[cfg(test)]
#[path = "atomic_tests.rs"]
mod tests;
