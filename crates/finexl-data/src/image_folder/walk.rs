//! Everything that lies in a folder, links followed.

use crate::DataError;
use finexl_core::CoreError;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// What a folder and the folders in it hold.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Files.
    pub files: Vec<PathBuf>,
    /// Hidden files and folders; what is in the latter is not looked at.
    pub hidden: Vec<PathBuf>,
    /// Sockets, pipes and devices: reading one may never end.
    pub special: Vec<PathBuf>,
    /// Links that lead nowhere.
    pub dangling: Vec<PathBuf>,
}

impl Contents {
    /// Of a folder; all lists are sorted.
    ///
    /// # Errors
    /// [`DataError::Core`] where a folder cannot be read, [`DataError::CircularLink`] where a link leads to a folder
    /// that it lies in.
    pub fn of(folder: &Path) -> Result<Self, DataError> {
        let mut contents = Self::default();
        let mut above = Vec::new();
        contents.add(folder, &mut above)?;
        for list in [
            &mut contents.files,
            &mut contents.hidden,
            &mut contents.special,
            &mut contents.dangling,
        ] {
            list.sort();
        }
        Ok(contents)
    }

    /// `above`: the folders on the way here, links resolved.
    fn add(&mut self, folder: &Path, above: &mut Vec<PathBuf>) -> Result<(), DataError> {
        let unreadable = |source| CoreError::Read {
            path: folder.to_path_buf(),
            source,
        };
        above.push(folder.canonicalize().map_err(unreadable)?);
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                self.hidden.push(path);
                continue;
            }
            let is_link = entry.file_type().map_err(unreadable)?.is_symlink();
            match std::fs::metadata(&path) {
                Ok(found) => self.sort_in(path, &found, is_link, above)?,
                Err(_) if is_link => self.add_broken(path)?,
                Err(source) => return Err(CoreError::Read { path, source }.into()),
            }
        }
        above.pop();
        Ok(())
    }

    fn sort_in(
        &mut self,
        path: PathBuf,
        found: &Metadata,
        is_link: bool,
        above: &mut Vec<PathBuf>,
    ) -> Result<(), DataError> {
        if found.is_file() {
            self.files.push(path);
        } else if found.is_dir() {
            if is_link && leads_back(&path, above) {
                return Err(DataError::CircularLink { link: path });
            }
            self.add(&path, above)?;
        } else {
            self.special.push(path);
        }
        Ok(())
    }

    /// A link that cannot be followed: to nothing, or around to itself.
    fn add_broken(&mut self, link: PathBuf) -> Result<(), DataError> {
        // A link to itself and a pair of links to each other are told from what is missing by the system.
        match std::fs::metadata(&link) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(DataError::CircularLink { link })
            }
            _ => {
                self.dangling.push(link);
                Ok(())
            }
        }
    }
}

/// Whether a link to a folder leads to one that holds, at any depth, a folder on the way to the link.
fn leads_back(link: &Path, above: &[PathBuf]) -> bool {
    link.canonicalize()
        .is_ok_and(|target| above.iter().any(|folder| folder.starts_with(&target)))
}
