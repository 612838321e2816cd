//! Images that the rows of a manifest name by one name for both sides.

use super::lookup::NameIndex;
use super::options::PairOptions;
use super::side::Side;
use crate::DataError;
use crate::image_folder::{BadFiles, examples};
use crate::manifest::{Manifest, RowImages, mistake};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A row and the images of both sides that it stands for.
type RowOfPair = (usize, (usize, usize));

/// The images of every row, as paths inside the folders.
pub(super) struct Listed {
    /// By row: in the base's folder, in the personalized one's.
    rows: Vec<[Option<String>; 2]>,
    /// Rows that were left out.
    pub errors: Vec<DataError>,
}

impl Listed {
    /// Looks the rows up in both folders.
    ///
    /// # Errors
    /// [`DataError::Manifest`] with the line where an image is in neither folder, could be one of two, or stands in
    /// two rows.
    pub(super) fn new(
        manifest: &Manifest,
        sides: &[Side; 2],
        options: &PairOptions,
    ) -> Result<Self, DataError> {
        let mut listed = Self {
            rows: vec![[None, None]; manifest.rows.len()],
            errors: Vec::new(),
        };
        let names = sides.each_ref().map(|side| Names {
            folder: &side.listing.folder,
            index: NameIndex::new(side.images.iter().map(|image| image.inside.clone())),
        });
        let mut lines: BTreeMap<String, u64> = BTreeMap::new();
        for (at, row) in manifest.rows.iter().enumerate() {
            let RowImages::Same(cell) = &row.images else {
                continue;
            };
            let found = images_of(cell, &names)
                .and_then(|images| match images.iter().flatten().next() {
                    Some(image) => match lines.insert(image.clone(), row.line) {
                        None => Ok(images),
                        Some(earlier) => Err(format!(
                            "the image {image} stands in line {earlier} already; a pair counts once, so remove one row"
                        )),
                    },
                    None => Err(missing(cell, sides)),
                })
                .map_err(|reason| mistake(&manifest.path, row.line, &reason));
            match found {
                Ok(images) => listed.rows[at] = images,
                Err(error) => listed.refuse_or_keep(error, options)?,
            }
        }
        Ok(listed)
    }

    /// Whether no row names an image that is there.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.iter().flatten().all(Option::is_none)
    }

    fn refuse_or_keep(&mut self, error: DataError, options: &PairOptions) -> Result<(), DataError> {
        match options.bad_files {
            BadFiles::Refuse => Err(error),
            BadFiles::Skip => {
                self.errors.push(error);
                Ok(())
            }
        }
    }

    /// Leaves out the images that no row names, of sides in which every row has one; says so.
    pub(super) fn leave_unlisted(&self, manifest: &Manifest, sides: &mut [Side; 2]) -> Vec<String> {
        let mut notes = Vec::new();
        for (at, side) in sides.iter_mut().enumerate() {
            let known: Vec<&[Option<String>; 2]> = self
                .rows
                .iter()
                .filter(|row| row.iter().any(Option::is_some))
                .collect();
            if !known.iter().all(|row| row[at].is_some()) {
                continue;
            }
            let named: BTreeSet<&String> =
                known.iter().filter_map(|row| row[at].as_ref()).collect();
            let all = side.images.len();
            let unlisted: Vec<String> = (side.images.iter())
                .filter(|image| !named.contains(&image.inside))
                .map(|image| image.name.clone())
                .collect();
            side.images.retain(|image| named.contains(&image.inside));
            if !unlisted.is_empty() {
                notes.push(format!(
                    "{} lists {} of {all} images in {}; {} were left out ({})",
                    manifest.path.display(),
                    all - unlisted.len(),
                    side.listing.folder.display(),
                    unlisted.len(),
                    examples(&unlisted)
                ));
            }
        }
        notes
    }

    /// The pair of every row, by row.
    ///
    /// # Errors
    /// [`DataError::Manifest`] with the line of a row whose image has no partner.
    pub(super) fn pairs_of_rows(
        &mut self,
        manifest: &Manifest,
        sides: &[Side; 2],
        pairs: &[(usize, usize)],
        options: &PairOptions,
    ) -> Result<Vec<RowOfPair>, DataError> {
        let by_image = |side: usize| -> BTreeMap<&str, (usize, usize)> {
            let inside =
                |pair: &(usize, usize)| sides[side].images[[pair.0, pair.1][side]].inside.as_str();
            pairs.iter().map(|pair| (inside(pair), *pair)).collect()
        };
        let by_image = [by_image(0), by_image(1)];
        let mut found = Vec::new();
        for (at, images) in std::mem::take(&mut self.rows).iter().enumerate() {
            let Some((side, image)) =
                (images.iter().enumerate()).find_map(|(side, image)| Some((side, image.as_ref()?)))
            else {
                continue;
            };
            match by_image[side].get(image.as_str()) {
                Some(pair) => found.push((at, *pair)),
                None => {
                    let other = &sides[1 - side].listing.folder;
                    let reason = format!("the image {image} has no partner in {}", other.display());
                    let error = mistake(&manifest.path, manifest.rows[at].line, &reason);
                    self.refuse_or_keep(error, options)?;
                }
            }
        }
        Ok(found)
    }
}

/// The images of a side by name.
struct Names<'a> {
    folder: &'a Path,
    index: NameIndex,
}

impl Names<'_> {
    /// The image that a cell means: relative to the folder, beside it, or as a full path.
    fn find(&self, cell: &str) -> Result<Option<String>, String> {
        let name = self
            .folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let below = |above: &Path| {
            Path::new(cell)
                .strip_prefix(above)
                .ok()
                .and_then(Path::to_str)
        };
        let resolved = self.folder.canonicalize().unwrap_or_default();
        let forms = [
            Some(cell),
            below(self.folder),
            below(&resolved),
            below(Path::new(name.as_ref())),
        ];
        for form in forms.into_iter().flatten() {
            match self.index.fitting(form, true).names.as_slice() {
                [] => {}
                [one] => return Ok(Some(self.index.name(*one).to_string())),
                [first, second, ..] => {
                    return Err(format!(
                        "{cell} could be {} or {}; write the extension too",
                        self.folder.join(self.index.name(*first)).display(),
                        self.folder.join(self.index.name(*second)).display()
                    ));
                }
            }
        }
        Ok(None)
    }
}

/// The images of both folders that a cell means.
fn images_of(cell: &str, sides: &[Names<'_>; 2]) -> Result<[Option<String>; 2], String> {
    let cell = cell.replace('\\', "/");
    let cell = cell.trim_start_matches("./");
    if cell.split('/').any(|part| part == "..") {
        return Err(format!(
            "the path {cell} leads out of its folder; put the image into the folder and name it relative to that"
        ));
    }
    Ok([sides[0].find(cell)?, sides[1].find(cell)?])
}

fn missing(cell: &str, sides: &[Side; 2]) -> String {
    format!(
        "neither {} nor {} holds an image named {cell}",
        sides[0].listing.folder.display(),
        sides[1].listing.folder.display()
    )
}
