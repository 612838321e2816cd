//! The images of a folder by name.

use crate::DataError;
use finexl_core::CoreError;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Component, Path, PathBuf};

/// Extensions of image files, lower case. They only tell which files of a folder are meant; the
/// format itself is told by the content.
pub const EXTENSIONS: [&str; 8] = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff"];

/// What to do with an image that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFiles {
    /// Stop with an error.
    Refuse,
    /// Leave it out with a note (`--skip-bad`), and go on as long as one remains.
    Skip,
}

impl BadFiles {
    /// The policy of a `--skip-bad` switch.
    pub fn from_skip(skip: bool) -> Self {
        if skip { Self::Skip } else { Self::Refuse }
    }
}

/// The images of a folder.
#[derive(Clone, Debug, Default)]
pub struct ImageFolder {
    /// Files by name: the path inside the folder without the extension, parts joined by `/`.
    pub images: BTreeMap<String, PathBuf>,
    /// What was left out and why.
    pub notes: Vec<String>,
}

impl ImageFolder {
    /// Lists a folder and the folders in it; nothing is decoded.
    ///
    /// Hidden entries are passed over, as are files without an extension of [`EXTENSIONS`] (in any
    /// case). A link to a file counts as the file, a link to a folder is not followed.
    ///
    /// # Errors
    /// [`DataError::NotAFolder`], [`DataError::EmptyFolder`] where no image is found,
    /// [`DataError::Core`] where a folder cannot be read, and with [`BadFiles::Refuse`]
    /// [`DataError::NameNotUtf8`] and [`DataError::AmbiguousName`].
    pub fn list(folder: &Path, bad_files: BadFiles) -> Result<Self, DataError> {
        if !folder.is_dir() {
            return Err(DataError::NotAFolder {
                path: folder.to_path_buf(),
            });
        }
        let mut files = Vec::new();
        collect(folder, &mut files)?;
        if files.is_empty() {
            return Err(DataError::EmptyFolder {
                path: folder.to_path_buf(),
            });
        }
        files.sort();
        let mut listing = Self::default();
        let mut ambiguous = Vec::new();
        for file in files {
            if let Err(error) = listing.add(folder, file, &mut ambiguous) {
                match bad_files {
                    BadFiles::Refuse => return Err(error),
                    BadFiles::Skip => listing.notes.push(left_out(&error)),
                }
            }
        }
        for name in ambiguous {
            listing.images.remove(&name);
        }
        Ok(listing)
    }

    fn add(
        &mut self,
        folder: &Path,
        file: PathBuf,
        ambiguous: &mut Vec<String>,
    ) -> Result<(), DataError> {
        let inside = file.strip_prefix(folder).unwrap_or(&file);
        let Some(name) = name_of(inside) else {
            return Err(DataError::NameNotUtf8 { path: file });
        };
        match self.images.entry(name) {
            Entry::Vacant(free) => {
                free.insert(file);
                Ok(())
            }
            Entry::Occupied(taken) => {
                ambiguous.push(taken.key().clone());
                Err(DataError::AmbiguousName {
                    first: taken.get().clone(),
                    second: file,
                })
            }
        }
    }
}

/// The note for something that was left out because of an error.
pub(crate) fn left_out(error: &DataError) -> String {
    format!("left out: {error}")
}

/// The name of an image: its path inside a folder without the extension, parts joined by `/`.
///
/// `None` where the path is not UTF-8, empty, or leads anywhere but down.
pub fn name_of(inside: &Path) -> Option<String> {
    let stem = inside.with_extension("");
    let parts: Option<Vec<&str>> = stem
        .components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| match part {
            Component::Normal(text) => text.to_str(),
            _ => None,
        })
        .collect();
    parts.map(|p| p.join("/")).filter(|name| !name.is_empty())
}

/// Adds the image files of a folder and of the folders in it.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), DataError> {
    let unreadable = |source| CoreError::Read {
        path: folder.to_path_buf(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        if entry.file_type().map_err(unreadable)?.is_dir() {
            collect(&path, files)?;
        } else if has_image_extension(&path) && !path.is_dir() {
            files.push(path);
        }
    }
    Ok(())
}

fn has_image_extension(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str()))
}
