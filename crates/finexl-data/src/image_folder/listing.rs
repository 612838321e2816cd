//! The images of a folder.

use super::bad_files::{BadFiles, left_out_together};
use super::exclude::Exclude;
use super::grids::is_grid;
use super::names::{path_inside, without_image_extension};
use super::remarks::note;
use super::walk::Contents;
use crate::DataError;
use crate::decode::{PictureKind, kind_of_extension};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The images of a folder.
#[derive(Clone, Debug, Default)]
pub struct ImageFolder {
    /// The folder.
    pub folder: PathBuf,
    /// Files by name: the path inside the folder in one Unicode form, parts joined by `/`, without the extension of an
    /// image; with it where two images have the same name but for that.
    pub images: BTreeMap<String, PathBuf>,
    /// Files that are no pictures.
    pub others: Vec<PathBuf>,
    /// Which of the patterns of `--exclude` left something out.
    pub fitting: BTreeSet<String>,
    /// What was left out and why, but for [`ImageFolder::others`].
    pub notes: Vec<String>,
}

/// Pictures that were left out, by path inside the folder.
#[derive(Debug, Default)]
struct LeftOut {
    grids: Vec<String>,
    excluded: Vec<String>,
    not_read: Vec<String>,
    /// The formats of these.
    formats: BTreeSet<&'static str>,
    special: Vec<String>,
    hidden: Vec<String>,
    errors: Vec<DataError>,
}

impl ImageFolder {
    /// Lists a folder and the folders in it; nothing is decoded.
    ///
    /// Links are followed. Left out, with notes, are pictures of formats that are not read, grids of several images
    /// (`grid-0000.png`), hidden pictures, and special files.
    ///
    /// # Errors
    /// [`DataError::NotAFolder`], [`DataError::EmptyFolder`] where no image is found, [`DataError::CircularLink`],
    /// [`DataError::Core`] where a folder cannot be read, and with [`BadFiles::Refuse`] [`DataError::NameNotUtf8`],
    /// [`DataError::DanglingLink`] and [`DataError::AmbiguousName`] (two names that differ in their Unicode form alone).
    pub fn list(folder: &Path, bad_files: BadFiles) -> Result<Self, DataError> {
        Self::list_without(folder, bad_files, &Exclude::nothing())
    }

    /// Like [`ImageFolder::list`], without the images that the user leaves out.
    ///
    /// # Errors
    /// Those of [`ImageFolder::list`].
    pub fn list_without(
        folder: &Path,
        bad_files: BadFiles,
        exclude: &Exclude,
    ) -> Result<Self, DataError> {
        if !folder.is_dir() {
            return Err(DataError::NotAFolder {
                path: folder.to_path_buf(),
            });
        }
        let contents = Contents::of(folder)?;
        let mut listing = Self {
            folder: folder.to_path_buf(),
            ..Self::default()
        };
        let mut left_out = LeftOut::default();
        let mut files = BTreeMap::new();
        for file in contents.files {
            listing.sort_in(file, exclude, &mut files, &mut left_out);
        }
        left_out.add_unreachable(folder, contents.dangling, contents.special);
        left_out.add_hidden(folder, contents.hidden);
        if bad_files == BadFiles::Refuse && !left_out.errors.is_empty() {
            return Err(left_out.errors.swap_remove(0));
        }
        listing.notes = left_out.notes(folder);
        listing.name_all(files);
        if listing.images.is_empty() {
            return Err(DataError::EmptyFolder {
                path: folder.to_path_buf(),
                left_out: (listing.all_notes(|_| false).iter())
                    .map(|n| format!("; {n}"))
                    .collect(),
            });
        }
        Ok(listing)
    }

    /// Puts a file where it belongs; images go to `files`, by path inside the folder.
    fn sort_in(
        &mut self,
        file: PathBuf,
        exclude: &Exclude,
        files: &mut BTreeMap<String, PathBuf>,
        left_out: &mut LeftOut,
    ) {
        let kind = kind_of(&file);
        if kind == PictureKind::Other {
            self.others.push(file);
            return;
        }
        let Some(inside) = path_inside(file.strip_prefix(&self.folder).unwrap_or(&file)) else {
            left_out.errors.push(DataError::NameNotUtf8 { path: file });
            return;
        };
        if let Some(pattern) = exclude.fits(&inside) {
            self.fitting.insert(pattern.to_string());
            left_out.excluded.push(inside);
        } else if let PictureKind::Known(format) = kind {
            left_out.formats.insert(format);
            left_out.not_read.push(inside);
        } else if is_grid(&inside) {
            left_out.grids.push(inside);
        } else if let Some(first) = files.remove(&inside) {
            let second = file;
            left_out
                .errors
                .push(DataError::SameUnicodeName { first, second });
        } else {
            files.insert(inside, file);
        }
    }

    /// Names images by their paths without extension, where that tells them apart.
    fn name_all(&mut self, files: BTreeMap<String, PathBuf>) {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for inside in files.keys() {
            *count
                .entry(without_image_extension(inside).to_string())
                .or_default() += 1;
        }
        for (inside, file) in files {
            let name = without_image_extension(&inside);
            let name = match count.get(name) {
                Some(1) => name.to_string(),
                _ => inside,
            };
            self.images.insert(name, file);
        }
    }

    /// The path of an image inside the folder, extension included.
    pub fn inside(&self, file: &Path) -> String {
        let inside = file.strip_prefix(&self.folder).unwrap_or(file);
        path_inside(inside).unwrap_or_else(|| inside.display().to_string())
    }

    /// All notes, one on files that are no pictures included, but for those that `used` knows and those that FineXL
    /// wrote there itself.
    pub fn all_notes(&self, used: impl Fn(&Path) -> bool) -> Vec<String> {
        /// The table of a folder, and how its images were generated.
        const OWN: [&str; 2] = [crate::scenes::MANIFEST, "generation.json"];
        let foreign = |file: &&PathBuf| {
            let own = file
                .file_name()
                .is_some_and(|name| OWN.iter().any(|n| name == *n));
            !own && !used(file)
        };
        let others: Vec<String> = (self.others.iter())
            .filter(foreign)
            .map(|file| self.inside(file))
            .collect();
        let mut notes = self.notes.clone();
        notes.extend(note(&self.folder, "other file", &others, "not used"));
        notes
    }
}

impl LeftOut {
    /// Links that lead nowhere, and special files with the name of an image.
    fn add_unreachable(&mut self, folder: &Path, dangling: Vec<PathBuf>, special: Vec<PathBuf>) {
        let links = dangling.into_iter().filter(|link| {
            // What is linked under a name without an extension may have been a folder of images.
            link.extension().is_none() || kind_of(link) != PictureKind::Other
        });
        self.errors
            .extend(links.map(|link| DataError::DanglingLink { link }));
        let pictures = special
            .iter()
            .filter(|file| kind_of(file) != PictureKind::Other);
        self.special.extend(pictures.map(|file| {
            let inside = file.strip_prefix(folder).unwrap_or(file);
            inside.display().to_string()
        }));
    }

    /// Hidden pictures and folders; what systems and programs keep for themselves is nobody's loss.
    fn add_hidden(&mut self, folder: &Path, hidden: Vec<PathBuf>) {
        for path in hidden {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let of_system = name.starts_with("._") || name.starts_with(".finexl");
            if !of_system && (path.is_dir() || kind_of(&path) != PictureKind::Other) {
                let inside = path.strip_prefix(folder).unwrap_or(&path);
                self.hidden.push(inside.display().to_string());
            }
        }
    }

    fn notes(&self, folder: &Path) -> Vec<String> {
        let note = |what: &str, names: &[String], became: &str| note(folder, what, names, became);
        let formats: Vec<&str> = self.formats.iter().copied().collect();
        [
            note("image", &self.excluded, "left out by --exclude"),
            note(
                "grid",
                &self.grids,
                "left out; rename what is a single image",
            ),
            note(
                "picture",
                &self.not_read,
                &format!(
                    "left out, since {} is not read; convert to PNG",
                    formats.join(" or ")
                ),
            ),
            note("file", &self.special, "left out, being no plain file"),
            note("hidden item", &self.hidden, "left out"),
            left_out_together("files", &self.errors),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn kind_of(file: &Path) -> PictureKind {
    file.extension()
        .and_then(|extension| extension.to_str())
        .map_or(PictureKind::Other, kind_of_extension)
}
