//! Files that the cells of a manifest mean.

use crate::decode::{PictureKind, kind_of_extension};
use crate::image_folder::{path_inside, unicode_form, without_image_extension};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

/// Which of several names a cell means.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fitting {
    /// Positions of the names; several where the cell does not say which.
    pub names: Vec<usize>,
    /// Whether only the case differs.
    pub by_case: bool,
}

/// Names that cells may mean.
#[derive(Debug, Default)]
pub(super) struct NameIndex {
    names: Vec<String>,
    whole: BTreeMap<String, Vec<usize>>,
    bare: BTreeMap<String, Vec<usize>>,
    lower: BTreeMap<String, Vec<usize>>,
    lower_bare: BTreeMap<String, Vec<usize>>,
}

impl NameIndex {
    pub(super) fn new(names: impl IntoIterator<Item = String>) -> Self {
        let mut index = Self::default();
        for (at, name) in names.into_iter().enumerate() {
            let whole = unicode_form(&name);
            let bare = without_image_extension(&whole).to_string();
            index.names.push(name);
            for (map, key) in [
                (&mut index.lower, whole.to_lowercase()),
                (&mut index.lower_bare, bare.to_lowercase()),
                (&mut index.whole, whole),
                (&mut index.bare, bare),
            ] {
                map.entry(key).or_default().push(at);
            }
        }
        index
    }

    /// The name at a position.
    pub(super) fn name(&self, at: usize) -> &str {
        &self.names[at]
    }

    /// The names that a cell means, the strictest way first: as it stands, without the extension of an image, with
    /// another one where `any_extension`, but for case. What follows another dot is part of the name: `run0.5` is
    /// never `run0.png`.
    pub(super) fn fitting(&self, cell: &str, any_extension: bool) -> Fitting {
        let cell = unicode_form(cell);
        let bare = without_image_extension(&cell);
        let exact = [
            self.whole.get(&cell),
            self.bare.get(&cell),
            self.bare.get(bare).filter(|_| any_extension),
        ];
        if let Some(found) = exact.into_iter().flatten().next() {
            return Fitting {
                names: found.clone(),
                by_case: false,
            };
        }
        let (lower, lower_bare) = (cell.to_lowercase(), bare.to_lowercase());
        let loose = [
            self.lower.get(&lower),
            self.lower_bare.get(&lower),
            self.lower_bare.get(&lower_bare).filter(|_| any_extension),
        ];
        let names: BTreeSet<usize> = loose.into_iter().flatten().flatten().copied().collect();
        Fitting {
            by_case: !names.is_empty(),
            names: names.into_iter().collect(),
        }
    }
}

/// A file that a cell means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meant {
    /// The file.
    pub file: PathBuf,
    /// Its path inside its folder.
    pub inside: String,
    /// Whether only the case differs.
    pub by_case: bool,
}

/// Where the images of one side are looked for.
pub(super) struct Places {
    /// The side's folder.
    folder: PathBuf,
    /// The manifest's folder, where that is another one: cells may be relative to it.
    manifest: Option<PathBuf>,
    /// Images by folder, read once.
    listed: RefCell<HashMap<PathBuf, NameIndex>>,
}

impl Places {
    /// In a side's folder, or in the manifest's own where none is given.
    pub(super) fn new(side: Option<&Path>, manifest: &Path) -> Self {
        Self {
            folder: side.unwrap_or(manifest).to_path_buf(),
            manifest: side.map(|_| manifest.to_path_buf()),
            listed: RefCell::default(),
        }
    }

    /// The file of a cell.
    ///
    /// # Errors
    /// Half a sentence that says why there is none.
    pub(super) fn find(&self, cell: &str) -> Result<Meant, String> {
        let relative = self.relative(cell)?;
        let mut found = self.inside(&self.folder, &relative)?;
        if found.is_none()
            && let Some(manifest) = &self.manifest
        {
            found = self
                .inside(manifest, &relative)?
                .and_then(|meant| self.in_side(meant));
        }
        found.ok_or_else(|| {
            format!(
                "there is no file {}; paths are relative to {}",
                self.folder.join(&relative).display(),
                self.folder.display()
            )
        })
    }

    /// A cell as a path that leads down from a folder.
    fn relative(&self, cell: &str) -> Result<PathBuf, String> {
        let leads_out = || {
            format!(
                "the path {cell} leads out of its folder; put the image into the folder and name it relative to that"
            )
        };
        let drive = cell.as_bytes().get(1) == Some(&b':')
            && cell.starts_with(|c: char| c.is_ascii_alphabetic());
        // Windows writes backslashes; elsewhere one may be part of a name.
        let as_is = self.folder.join(cell).is_file();
        let cell = match cell.contains('\\') && !as_is {
            true => cell.replace('\\', "/"),
            false => cell.to_string(),
        };
        if drive && !as_is {
            return Err(leads_out());
        }
        let path = Path::new(&cell);
        let path = match path.is_absolute() {
            true => self.below_folder(path).ok_or_else(leads_out)?,
            false => path.to_path_buf(),
        };
        let down = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        match path.components().all(down) {
            true => Ok(path),
            false => Err(leads_out()),
        }
    }

    /// A full path relative to the side's folder, where it leads there.
    fn below_folder(&self, path: &Path) -> Option<PathBuf> {
        let folder = self.folder.canonicalize().ok()?;
        let above = path
            .ancestors()
            .find(|above| above.canonicalize().ok().as_ref() == Some(&folder))?;
        path.strip_prefix(above).ok().map(Path::to_path_buf)
    }

    /// What was found from the manifest's folder, where it lies in the side's.
    fn in_side(&self, meant: Meant) -> Option<Meant> {
        let inside = self.below_folder(&meant.file)?;
        Some(Meant {
            inside: path_inside(&inside)?,
            ..meant
        })
    }

    fn inside(&self, root: &Path, relative: &Path) -> Result<Option<Meant>, String> {
        let exact = root.join(relative);
        let meant = |file: PathBuf, by_case: bool| {
            let inside = file.strip_prefix(root).unwrap_or(&file);
            Meant {
                inside: path_inside(inside).unwrap_or_else(|| inside.display().to_string()),
                file,
                by_case,
            }
        };
        if exact.is_file() {
            return Ok(Some(meant(exact, false)));
        }
        let (Some(folder), Some(name)) = (exact.parent(), relative.file_name()) else {
            return Ok(None);
        };
        let mut listed = self.listed.borrow_mut();
        let names = listed
            .entry(folder.to_path_buf())
            .or_insert_with(|| NameIndex::new(images_in(folder)));
        let found = names.fitting(&name.to_string_lossy(), false);
        match found.names.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(meant(folder.join(names.name(*one)), found.by_case))),
            [first, second, ..] => Err(format!(
                "{} could be {} or {}; write the extension too",
                relative.display(),
                folder.join(names.name(*first)).display(),
                folder.join(names.name(*second)).display()
            )),
        }
    }
}

/// The names of a folder's images, sorted; none where it cannot be read.
fn images_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let image = |path: &PathBuf| {
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        kind_of_extension(&extension) != PictureKind::Other && path.is_file()
    };
    let files = entries.map(|entry| entry.path()).filter(image);
    let mut names: Vec<String> = files
        .filter_map(|file| Some(file.file_name()?.to_str()?.to_string()))
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_means_what_fits_it_best() {
        let names = [
            "run0.png",
            "run0.5.png",
            "run0.5.jpg",
            "A.webp",
            "caf\u{e9}.png",
        ];
        let index = NameIndex::new(names.map(str::to_string));
        let found = |cell: &str, any: bool| index.fitting(cell, any).names;
        assert_eq!(found("run0", false), [0]);
        assert_eq!(found("run0.png", false), [0]);
        assert_eq!(found("run0.5", false), [1, 2]);
        assert_eq!(found("run0.5.jpg", false), [2]);
        assert_eq!(found("run0.7", true), [] as [usize; 0]);
        assert_eq!(found("cafe\u{301}", false), [4]);
        assert_eq!(found("A.png", false), [] as [usize; 0]);
        assert_eq!(found("A.png", true), [3]);
        assert_eq!(
            index.fitting("a.png", true),
            Fitting {
                names: vec![3],
                by_case: true
            }
        );
    }
}
