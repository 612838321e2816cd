//! Manifests (CSV) that say which images make a pair and from which prompt, and lists of prompts.
//!
//! Columns are found by their names in the header line, in any order:
//!
//! - `base` and `personalized`: the two images of a pair;
//! - or `file`: one name that both folders hold (extensions may differ);
//! - `prompt`, optional: what both images were made from.
//!
//! Further columns (`seed`, `subject`, ...) are passed over. Files are UTF-8, with or without a byte
//! order mark, with any line ends.

use crate::DataError;
use csv::StringRecord;
use std::path::{Component, Path, PathBuf};

/// A manifest as read; whether its files exist is checked by [`Manifest::resolve`].
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Where it was read from.
    pub path: PathBuf,
    /// Its rows, at least one.
    pub rows: Vec<Row>,
}

/// One row of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Line in the file, counted from 1.
    pub line: u64,
    /// What both images were made from, where the row says it.
    pub prompt: Option<String>,
    /// The images.
    pub images: RowImages,
}

/// How a row names its images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowImages {
    /// One path for each side.
    Pair {
        /// Image of the base model.
        base: String,
        /// Image of the personalized model.
        personalized: String,
    },
    /// One path for both sides.
    Same(String),
}

/// Positions of the columns that are read.
struct Columns {
    prompt: Option<usize>,
    images: ImageColumns,
}

enum ImageColumns {
    Pair { base: usize, personalized: usize },
    Same(usize),
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`DataError::Core`] where the file cannot be read; [`DataError::Manifest`] with the line for
    /// text that is not UTF-8, a header without the columns, a ragged row, an empty image name, or a
    /// manifest without rows.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let text = read_text(path)?;
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = reader.headers().map_err(|e| csv_mistake(path, &e))?;
        let columns = Columns::find(path, header)?;
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| csv_mistake(path, &e))?;
            rows.push(columns.row(path, &record)?);
        }
        if rows.is_empty() {
            return Err(mistake(path, 1, "there are no rows below the header"));
        }
        Ok(Self {
            path: path.to_path_buf(),
            rows,
        })
    }

    /// The folder of the manifest, to which its paths are relative where no other folder is given.
    pub fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }

    /// The file that a row means: `relative` inside `folder`.
    ///
    /// # Errors
    /// [`DataError::Manifest`] with the line where the path is absolute, holds `..`, leads out of the
    /// folder through a link, or names no file.
    pub fn resolve(&self, line: u64, folder: &Path, relative: &str) -> Result<PathBuf, DataError> {
        self.check_stays_inside(line, relative)?;
        let file = folder.join(relative);
        let missing = || {
            let reason = format!(
                "there is no file {}; paths are relative to {}",
                file.display(),
                folder.display()
            );
            mistake(&self.path, line, &reason)
        };
        let real = file.canonicalize().map_err(|_| missing())?;
        let real_folder = folder.canonicalize().map_err(|_| missing())?;
        if !real.starts_with(&real_folder) {
            return Err(self.leads_out(line, relative));
        }
        if !real.is_file() {
            return Err(missing());
        }
        Ok(file)
    }

    /// Refuses a path that says by its form that it leads out of its folder.
    pub(crate) fn check_stays_inside(&self, line: u64, relative: &str) -> Result<(), DataError> {
        let inside = Path::new(relative)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if inside {
            Ok(())
        } else {
            Err(self.leads_out(line, relative))
        }
    }

    fn leads_out(&self, line: u64, relative: &str) -> DataError {
        let reason = format!(
            "the path {relative} leads out of its folder; \
             put the image into the folder and name it relative to that"
        );
        mistake(&self.path, line, &reason)
    }
}

impl Columns {
    fn find(path: &Path, header: &StringRecord) -> Result<Self, DataError> {
        let at = |name: &str| header.iter().position(|column| column == name);
        let images = match (at("base"), at("personalized"), at("file")) {
            (Some(base), Some(personalized), _) => ImageColumns::Pair { base, personalized },
            (_, _, Some(file)) => ImageColumns::Same(file),
            _ => {
                let reason = format!(
                    "the header has the columns {:?}, but base and personalized (or file) are \
                     needed; begin the file with the line prompt,base,personalized",
                    header.iter().collect::<Vec<_>>()
                );
                return Err(mistake(path, 1, &reason));
            }
        };
        Ok(Self {
            prompt: at("prompt"),
            images,
        })
    }

    fn row(&self, path: &Path, record: &StringRecord) -> Result<Row, DataError> {
        let line = record.position().map_or(1, csv::Position::line);
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let image = |column: usize| match cell(column) {
            "" => Err(mistake(
                path,
                line,
                "a cell that should name an image is empty",
            )),
            name => Ok(name.to_string()),
        };
        Ok(Row {
            line,
            prompt: self
                .prompt
                .map(cell)
                .filter(|text| !text.is_empty())
                .map(str::to_string),
            images: match self.images {
                ImageColumns::Pair { base, personalized } => RowImages::Pair {
                    base: image(base)?,
                    personalized: image(personalized)?,
                },
                ImageColumns::Same(file) => RowImages::Same(image(file)?),
            },
        })
    }
}

/// Reads a list of prompts: one per line; empty lines and spaces around a prompt do not count.
///
/// # Errors
/// [`DataError::Core`] where the file cannot be read; [`DataError::Manifest`] where it is not UTF-8
/// or holds no prompt.
pub fn read_prompts(path: &Path) -> Result<Vec<String>, DataError> {
    let text = read_text(path)?;
    let prompts: Vec<String> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_string)
        .collect();
    if prompts.is_empty() {
        return Err(mistake(path, 1, "there are no prompts; write one per line"));
    }
    Ok(prompts)
}

/// The mistake at one line of a manifest.
pub(crate) fn mistake(path: &Path, line: u64, reason: &str) -> DataError {
    DataError::Manifest {
        path: path.to_path_buf(),
        line,
        reason: reason.to_string(),
    }
}

/// The text of a file, without a byte order mark.
fn read_text(path: &Path) -> Result<String, DataError> {
    let bytes = finexl_core::atomic::read(path)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let breaks = error.as_bytes()[..good].iter().filter(|b| **b == b'\n');
        let line = breaks.count() as u64 + 1;
        mistake(path, line, "the text is not UTF-8; save the file as UTF-8")
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_string(),
        None => text,
    })
}

fn csv_mistake(path: &Path, error: &csv::Error) -> DataError {
    let line = error.position().map_or(1, csv::Position::line);
    let reason = match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!(
            "the row has {len} cells where the header has {expected_len}; \
             put a cell that holds a comma between double quotes"
        ),
        _ => error.to_string(),
    };
    mistake(path, line, &reason)
}
