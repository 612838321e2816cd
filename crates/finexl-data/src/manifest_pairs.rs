//! Pairs from a manifest: its rows, looked up in the folders.

use crate::DataError;
use crate::image_folder::{BadFiles, ImageFolder, left_out, name_of};
use crate::manifest::{Manifest, RowImages, mistake};
use crate::pairs::{Pair, PairSet, nothing_usable};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

impl PairSet {
    /// The pairs that a manifest lists, in its order.
    ///
    /// Its paths are relative to the given folders, or to the manifest's own where none is given. A
    /// manifest with the column `file` needs both folders.
    ///
    /// # Errors
    /// Those of [`Manifest::read`] and [`Manifest::resolve`], and [`DataError::Manifest`] where an
    /// image stands in two rows. With [`BadFiles::Skip`] rows whose files are missing or lead out of
    /// their folder become notes, and [`DataError::NothingUsable`] means that no row was left.
    pub fn from_manifest(
        manifest: &Path,
        base: Option<&Path>,
        personalized: Option<&Path>,
        bad_files: BadFiles,
    ) -> Result<Self, DataError> {
        let manifest = Manifest::read(manifest)?;
        let sides = Sides::new(&manifest, base, personalized, bad_files)?;
        let mut set = Self {
            pairs: Vec::with_capacity(manifest.rows.len()),
            notes: sides.notes(),
        };
        let mut failures = Vec::new();
        let mut lines: HashMap<String, u64> = HashMap::new();
        for row in &manifest.rows {
            let pair = match sides.pair(&manifest, row.line, &row.images) {
                Ok((name, base, personalized)) => Pair {
                    name,
                    prompt: row.prompt.clone(),
                    base,
                    personalized,
                },
                Err(error) if bad_files == BadFiles::Skip => {
                    failures.push(left_out(&error));
                    continue;
                }
                Err(error) => return Err(error),
            };
            if let Some(earlier) = lines.insert(pair.name.clone(), row.line) {
                let reason = format!(
                    "the base image {} stands in line {earlier} already; a pair counts once, \
                     so remove one row",
                    pair.name
                );
                return Err(mistake(&manifest.path, row.line, &reason));
            }
            set.pairs.push(pair);
        }
        if set.pairs.is_empty() {
            return Err(nothing_usable(manifest.rows.len(), &failures));
        }
        set.notes.extend(failures);
        Ok(set)
    }
}

/// Where a manifest's images are looked for.
enum Sides {
    /// Paths inside two folders.
    Folders(PathBuf, PathBuf),
    /// Names in two folders that were listed.
    Listings(ImageFolder, ImageFolder),
}

impl Sides {
    fn new(
        manifest: &Manifest,
        base: Option<&Path>,
        personalized: Option<&Path>,
        bad_files: BadFiles,
    ) -> Result<Self, DataError> {
        let by_name = manifest
            .rows
            .iter()
            .any(|row| matches!(row.images, RowImages::Same(_)));
        match (by_name, base, personalized) {
            (true, Some(base), Some(personalized)) => Ok(Self::Listings(
                ImageFolder::list(base, bad_files)?,
                ImageFolder::list(personalized, bad_files)?,
            )),
            (true, ..) => Err(mistake(
                &manifest.path,
                1,
                "the column file names images of two folders; give both with --base and \
                 --personalized, or use the columns prompt,base,personalized",
            )),
            (false, ..) => {
                let folder = |side: Option<&Path>| side.unwrap_or(manifest.folder()).to_path_buf();
                Ok(Self::Folders(folder(base), folder(personalized)))
            }
        }
    }

    fn notes(&self) -> Vec<String> {
        match self {
            Self::Folders(..) => Vec::new(),
            Self::Listings(a, b) => a.notes.iter().chain(&b.notes).cloned().collect(),
        }
    }

    /// Name and files of the pair in one row.
    fn pair(
        &self,
        manifest: &Manifest,
        line: u64,
        images: &RowImages,
    ) -> Result<(String, PathBuf, PathBuf), DataError> {
        let (base, personalized) = match images {
            RowImages::Pair { base, personalized } => (base, personalized),
            RowImages::Same(file) => (file, file),
        };
        manifest.check_stays_inside(line, base)?;
        let name = name_of(Path::new(base)).unwrap_or_else(|| base.clone());
        match self {
            Self::Folders(base_folder, personalized_folder) => Ok((
                name,
                manifest.resolve(line, base_folder, base)?,
                manifest.resolve(line, personalized_folder, personalized)?,
            )),
            Self::Listings(bases, others) => {
                let find = |side: &ImageFolder, which: &str| {
                    side.images.get(&name).cloned().ok_or_else(|| {
                        let reason = format!("the {which} folder holds no image named {name}");
                        mistake(&manifest.path, line, &reason)
                    })
                };
                let files = (find(bases, "base")?, find(others, "personalized")?);
                Ok((name, files.0, files.1))
            }
        }
    }
}
