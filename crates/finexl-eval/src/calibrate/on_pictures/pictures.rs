//! The pictures that a calibration is fitted on.

use crate::EvalError;
use crate::settings::Progress;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::seed;
use finexl_data::DataError;
use finexl_data::decode::{Remark, decode_bytes, remarks_in_words};
use finexl_data::image::Image;
use finexl_data::image_folder::{BadFiles, ImageFolder};
use finexl_data::resize::{Filter, resize_shorter};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Fewest pictures: with a quarter of them a case can be told from chance.
pub(super) const LEAST: usize = 64;
/// Pictures that are used at most; more of them say the same.
const MOST: usize = 200;
/// Shorter side of what is kept of a picture: as large as generators make them.
const LARGEST_SIDE: usize = 512;
/// Shorter side below which there is nothing to see of most aspects.
const SMALLEST_SIDE: usize = 48;
/// Pictures that are decoded at a time.
const BLOCK: usize = 16;

/// Pictures in memory, in an order that is drawn by their content.
pub(super) struct Pictures {
    held: Vec<Held>,
    /// Their contents, in order.
    pub fingerprint: Fingerprint,
    /// What there is to say of the files.
    pub notes: Vec<String>,
}

struct Held {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
    content: Fingerprint,
}

/// What a picture is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Directions, space and maps are fitted on it.
    Fit,
    /// Settings and thresholds are chosen on it.
    Tune,
    /// What all that is worth is measured on it.
    Check,
}

impl Pictures {
    /// Reads the pictures of folders, at most [`MOST`] of them.
    ///
    /// # Errors
    /// A folder without pictures, one that cannot be used with [`BadFiles::Refuse`], fewer than [`LEAST`] different ones.
    pub fn read(
        folders: &[PathBuf],
        bad_files: BadFiles,
        seed: u64,
        progress: Progress,
    ) -> Result<Self, EvalError> {
        let mut notes = Vec::new();
        let mut files = Vec::new();
        for folder in folders {
            let listed = ImageFolder::list(folder, bad_files)?;
            notes.extend(listed.all_notes(|_| true));
            files.extend(listed.images.into_values());
        }
        let (files, doubles) = in_drawn_order(files, seed)?;
        let mut found = Found::default();
        for block in files.chunks(BLOCK) {
            if found.held.len() >= MOST {
                break;
            }
            progress("reading pictures", found.held.len(), files.len().min(MOST));
            let read: Vec<Read> = block.par_iter().map(read).collect();
            for (read, (_, path)) in read.into_iter().zip(block) {
                found.add(read, path, bad_files)?;
            }
        }
        found.held.truncate(MOST);
        found.doubles = doubles;
        found.check(folders)?;
        notes.extend(found.notes(files.len()));
        let fingerprint = (found.held.iter())
            .fold(Fingerprint::of("pictures"), |key, held| {
                key.nested("picture", &held.content)
            })
            .finish();
        Ok(Self {
            held: found.held,
            fingerprint,
            notes,
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// One of them.
    pub fn image(&self, picture: usize) -> Image {
        let held = &self.held[picture];
        Image::from_rgb8(held.width, held.height, &held.rgb)
    }

    /// Its content.
    pub fn content(&self, picture: usize) -> &Fingerprint {
        &self.held[picture].content
    }

    /// Share of the pictures that are grey.
    pub fn grey(&self) -> f64 {
        /// Mean distance of the largest from the smallest channel, of 255.
        const GREY: u64 = 4;
        let is_grey = |held: &&Held| {
            let spread = |pixel: &[u8]| {
                let most = pixel.iter().max().unwrap_or(&0);
                u64::from(most - pixel.iter().min().unwrap_or(&0))
            };
            let sum: u64 = held.rgb.chunks_exact(3).map(spread).sum();
            sum < GREY * (held.rgb.len() / 3) as u64
        };
        self.held.iter().filter(is_grey).count() as f64 / self.held.len().max(1) as f64
    }

    /// The pictures of a part: half of them to fit, a quarter each to choose and to check.
    pub fn part(&self, part: Part) -> Range<usize> {
        part_of(self.held.len(), part)
    }
}

fn part_of(count: usize, part: Part) -> Range<usize> {
    let (half, three) = (count / 2, count - count / 4);
    match part {
        Part::Fit => 0..half,
        Part::Tune => half..three,
        Part::Check => three..count,
    }
}

type File = (Fingerprint, PathBuf);

/// Every content once, in an order that depends on contents and seed alone, and how many stood there again.
fn in_drawn_order(files: Vec<PathBuf>, seed: u64) -> Result<(Vec<File>, usize), EvalError> {
    let all = files.len();
    let mut known = (files.into_par_iter())
        .map(|path| Ok((Fingerprint::of_file(&path)?, path)))
        .collect::<Result<Vec<File>, EvalError>>()?;
    let mut seen = BTreeSet::new();
    known.retain(|(content, _)| seen.insert(content.as_str().to_string()));
    known.sort_by_cached_key(|(content, _)| seed::key(&format!("{seed} {content}")));
    let doubles = all - known.len();
    Ok((known, doubles))
}

/// What a file is.
enum Read {
    Usable(Held, Vec<Remark>),
    Small,
    OneColour,
    Bad(DataError),
}

fn read((content, path): &File) -> Read {
    let decoded = finexl_core::atomic::read(path)
        .map_err(DataError::from)
        .and_then(|bytes| decode_bytes(path, &bytes));
    let decoded = match decoded {
        Ok(decoded) => decoded,
        Err(error) => return Read::Bad(error),
    };
    let image = decoded.image;
    let shorter = image.width.min(image.height);
    if shorter < SMALLEST_SIDE {
        return Read::Small;
    }
    if image.is_of_one_colour() {
        return Read::OneColour;
    }
    let image = match shorter > LARGEST_SIDE {
        true => resize_shorter(&image, LARGEST_SIDE, Filter::Bicubic),
        false => image,
    };
    let held = Held {
        width: image.width,
        height: image.height,
        rgb: image.to_rgb8(),
        content: content.clone(),
    };
    Read::Usable(held, decoded.remarks)
}

#[derive(Default)]
struct Found {
    held: Vec<Held>,
    remarks: Vec<(PathBuf, Remark)>,
    small: usize,
    one_colour: usize,
    doubles: usize,
    bad: Vec<DataError>,
}

impl Found {
    fn add(&mut self, read: Read, path: &Path, bad_files: BadFiles) -> Result<(), EvalError> {
        match read {
            Read::Usable(held, remarks) => {
                self.held.push(held);
                let named = remarks
                    .into_iter()
                    .map(|remark| (path.to_path_buf(), remark));
                self.remarks.extend(named);
            }
            Read::Small => self.small += 1,
            Read::OneColour => self.one_colour += 1,
            Read::Bad(error) if bad_files == BadFiles::Refuse => return Err(error.into()),
            Read::Bad(error) => self.bad.push(error),
        }
        Ok(())
    }

    fn check(&self, folders: &[PathBuf]) -> Result<(), EvalError> {
        if self.held.len() >= LEAST {
            return Ok(());
        }
        let names: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
        let left_out = self.left_out();
        let left_out = match left_out.is_empty() {
            true => String::new(),
            false => format!(" (left out: {})", left_out.join("; ")),
        };
        Err(EvalError::Pictures {
            problem: format!(
                "a calibration needs at least {LEAST} different pictures, and there are {} in {}{left_out}; add more, \
                 such as photographs, of every kind that you want explained",
                self.held.len(),
                names.join(", ")
            ),
        })
    }

    fn left_out(&self) -> Vec<String> {
        let counted = [
            (self.doubles, "that stand there again".to_string()),
            (self.small, format!("below {SMALLEST_SIDE} pixels")),
            (self.one_colour, "of one colour".to_string()),
        ];
        let counted = counted.into_iter().filter(|(count, _)| *count > 0);
        let mut all: Vec<String> = counted.map(|(n, what)| format!("{n} {what}")).collect();
        if let Some(first) = self.bad.first() {
            all.push(format!("{} that cannot be read ({first})", self.bad.len()));
        }
        all
    }

    fn notes(&self, files: usize) -> Vec<String> {
        let left_out = self.left_out();
        let mut notes = Vec::new();
        if !left_out.is_empty() {
            notes.push(format!("pictures left out: {}", left_out.join("; ")));
        }
        if self.held.len() == MOST && files > MOST {
            notes.push(format!(
                "{MOST} of {files} pictures are used, drawn at random: more of them say the same"
            ));
        }
        let named = self.remarks.iter().map(|(p, remark)| (p.as_path(), remark));
        notes.extend(remarks_in_words(named));
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_all_pictures_and_large_enough_for_a_case() {
        for count in LEAST..=MOST {
            let [fit, tune, check] =
                [Part::Fit, Part::Tune, Part::Check].map(|part| part_of(count, part));
            assert_eq!((fit.start, fit.end, tune.end), (0, tune.start, check.start));
            assert_eq!(check.end, count);
            assert!(tune.len().min(check.len()) >= super::super::plan::PAIRS);
        }
    }
}
