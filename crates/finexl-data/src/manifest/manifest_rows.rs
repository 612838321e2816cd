//! Tables that say which images make a pair and from which prompt.

use super::columns::{Columns, FILE, ImageColumns};
use super::prompt_file::mistake;
use super::table::{Table, TableRow};
use crate::DataError;
use std::path::{Path, PathBuf};

/// A manifest as read; its files are looked for when pairs are made of it.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Where it was read from.
    pub path: PathBuf,
    /// Its rows, at least one.
    pub rows: Vec<Row>,
    /// Remarks on how it was read.
    pub notes: Vec<String>,
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

impl Manifest {
    /// The rows of a table whose columns were found.
    pub(super) fn of_table(
        path: &Path,
        table: &Table,
        columns: &Columns,
    ) -> Result<Self, DataError> {
        let rows = table.rows.iter().map(|row| Row::of(path, row, columns));
        Ok(Self {
            path: path.to_path_buf(),
            rows: rows.collect::<Result<_, _>>()?,
            notes: notes(path, table, columns),
        })
    }

    /// The folder of the manifest, to which its paths are relative where they do not lie in the folders that are given.
    pub fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }
}

fn notes(path: &Path, table: &Table, columns: &Columns) -> Vec<String> {
    let shown = path.display();
    let read = columns.prompt.unwrap_or_default();
    let passed_over = (columns.passed_over(&table.columns))
        .map(|other| format!("of the columns {read} and {other} in {shown}, {read} was read"));
    let joined = (table.joined > 0).then(|| {
        format!(
            "in {} rows of {shown} the {read} holds the separator without quotes; it was taken whole",
            table.joined
        )
    });
    passed_over.into_iter().chain(joined).collect()
}

impl Row {
    fn of(path: &Path, row: &TableRow, columns: &Columns) -> Result<Self, DataError> {
        let cell = |column: &str| {
            row.cells
                .get(column)
                .map(String::as_str)
                .unwrap_or_default()
        };
        let image = |column: &str| match cell(column) {
            "" => Err(mistake(
                path,
                row.line,
                &format!("the cell {column}, which should name an image, is empty"),
            )),
            name => Ok(name.to_string()),
        };
        let prompt = columns.prompt.map(cell).filter(|text| !text.is_empty());
        Ok(Self {
            line: row.line,
            prompt: prompt.map(str::to_string),
            images: match columns.images {
                ImageColumns::Same(column) => RowImages::Same(image(column)?),
                ImageColumns::Pair(base, personalized) => RowImages::Pair {
                    base: image(base)?,
                    personalized: image(personalized)?,
                },
                // A table without such a column is a list of prompts.
                ImageColumns::None => RowImages::Same(image(FILE[0])?),
            },
        })
    }
}
