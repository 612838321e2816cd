//! Where a write to a path ends up: links are followed, devices and pipes are written into.

use std::fs::Metadata;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// Links that are followed before they count as a circle, as Linux does.
const MOST_LINKS: usize = 40;

/// What a path stands for.
#[derive(Debug)]
pub(crate) enum WriteTarget {
    /// Something that is written into and never replaced: a device, a pipe, an open descriptor.
    Stream,
    /// A file that is replaced as a whole.
    File {
        /// Behind all links.
        path: PathBuf,
        /// Of the file that is there.
        old: Option<Metadata>,
    },
}

impl WriteTarget {
    /// Looks at a path without changing anything.
    ///
    /// # Errors
    /// A folder, a file that may not be written to, links in a circle.
    pub fn of(path: &Path) -> Result<Self> {
        let found = match std::fs::metadata(path) {
            Ok(found) => Some(found),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        match &found {
            Some(found) if found.is_dir() => return Err(ErrorKind::IsADirectory.into()),
            Some(found) if !found.is_file() => return Ok(Self::Stream),
            _ => {}
        }
        let Some(path) = behind_links(path)? else {
            return Ok(Self::Stream);
        };
        if let Some(found) = &found {
            check_writable(&path, found)?;
        }
        Ok(Self::File { path, old: found })
    }
}

/// The folder that a file is or will be in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The path behind all links; nothing where one leads to an open descriptor (`/dev/stdout`, `/dev/fd/3`),
/// whose file is not to be replaced under it.
fn behind_links(path: &Path) -> Result<Option<PathBuf>> {
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        let is_link = std::fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink());
        if !is_link {
            return Ok(Some(path));
        }
        let folder = folder_of(&path).to_path_buf();
        if let Ok(real) = folder.canonicalize()
            && real.starts_with("/proc")
            && real.ends_with("fd")
        {
            return Ok(None);
        }
        path = folder.join(std::fs::read_link(&path)?);
    }
    Err(Error::other("its links lead in a circle"))
}

/// Replacing a file asks nothing of the file itself, so what its permissions say is asked here.
fn check_writable(path: &Path, found: &Metadata) -> Result<()> {
    if found.permissions().readonly() {
        return Err(ErrorKind::PermissionDenied.into());
    }
    std::fs::OpenOptions::new().write(true).open(path)?;
    Ok(())
}
