//! What a file with prompts is.

use super::columns::{Columns, ImageColumns};
use super::manifest_rows::Manifest;
use super::table::Table;
use super::text::{decoded, read_text};
use super::{csv_table, json_table, prompt_list};
use crate::DataError;
use crate::image_folder::examples;
use std::path::Path;

/// A file with prompts.
#[derive(Clone, Debug)]
pub enum PromptFile {
    /// Prompts in the order of the pairs.
    List(PromptList),
    /// A table that names images.
    Manifest(Manifest),
}

impl PromptFile {
    /// Reads a file; whether it is a list or a table is told by its content, and of `.csv`, `.tsv`, `.json` and
    /// `.jsonl` by the name.
    ///
    /// # Errors
    /// [`DataError::Core`] where the file cannot be read; [`DataError::Manifest`] with the line for text that is not
    /// read, a header without the columns, a ragged row, an empty cell, or a file without prompts.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        check_readable(path)?;
        Self::of_text(path, &read_text(path)?)
    }

    /// As [`PromptFile::read`], from the content of a file; its name and messages are those of `path`.
    ///
    /// # Errors
    /// As [`PromptFile::read`].
    pub fn parse(path: &Path, bytes: Vec<u8>) -> Result<Self, DataError> {
        Self::of_text(path, &decoded(path, bytes)?)
    }

    fn of_text(path: &Path, text: &str) -> Result<Self, DataError> {
        let Some(table) = table_in(path, text)? else {
            return Ok(Self::List(PromptList {
                prompts: prompt_list::read(path, text)?,
                notes: Vec::new(),
            }));
        };
        let columns = columns_of(path, &table)?;
        match columns.images {
            ImageColumns::None => {
                refuse_unknown_images(path, &table)?;
                Ok(Self::List(PromptList {
                    prompts: prompts_of(path, &table, &columns)?,
                    notes: in_order_note(path, &table, &columns).into_iter().collect(),
                }))
            }
            _ => Ok(Self::Manifest(Manifest::of_table(path, &table, &columns)?)),
        }
    }
}

/// Prompts alone, without images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromptList {
    /// The prompts, at least one where they were read from a file.
    pub prompts: Vec<String>,
    /// Sentences on what the file held beside them and was not used.
    pub notes: Vec<String>,
}

/// Reads prompts alone: one per line of a list, or the column of a table. Empty lines and spaces around a prompt do
/// not count.
///
/// # Errors
/// Those of [`PromptFile::read`], and [`DataError::Manifest`] where a table has a row without a prompt.
pub fn read_prompts(path: &Path) -> Result<PromptList, DataError> {
    check_readable(path)?;
    let text = read_text(path)?;
    let Some(table) = table_in(path, &text)? else {
        return Ok(PromptList {
            prompts: prompt_list::read(path, &text)?,
            notes: Vec::new(),
        });
    };
    let columns = columns_of(path, &table)?;
    Ok(PromptList {
        prompts: prompts_of(path, &table, &columns)?,
        notes: unused_columns(path, &table, &columns),
    })
}

/// What a table says of each row beside its prompt, which who asks for prompts alone might believe to be used.
fn unused_columns(path: &Path, table: &Table, columns: &Columns) -> Vec<String> {
    let unused = (table.columns.iter()).filter(|name| Some(name.as_str()) != columns.prompt);
    let unused: Vec<&str> = unused.map(String::as_str).collect();
    if unused.is_empty() {
        return Vec::new();
    }
    let seeds = match unused
        .iter()
        .any(|name| name.to_lowercase().contains("seed"))
    {
        true => " (seeds come from one number and the place of each row)",
        false => "",
    };
    vec![format!(
        "of {} the prompts were read, and nothing else: not used are the columns {}{seeds}",
        path.display(),
        unused.join(", ")
    )]
}

/// The columns of a table that has rows.
fn columns_of(path: &Path, table: &Table) -> Result<Columns, DataError> {
    let columns = Columns::find(&table.columns)
        .map_err(|reason| mistake(path, 1, &format!("{reason} (read {})", table.form)))?;
    match table.rows.is_empty() {
        true => Err(mistake(path, 1, "there are no rows below the header")),
        false => Ok(columns),
    }
}

/// Refuses by its name what is no text.
fn check_readable(path: &Path) -> Result<(), DataError> {
    const SHEETS: [&str; 5] = ["xlsx", "xls", "ods", "parquet", "arrow"];
    let extension = extension_of(path);
    if SHEETS.contains(&extension.as_str()) {
        let reason = format!(".{extension} is not read; save the table as CSV or JSON lines");
        return Err(mistake(path, 1, &reason));
    }
    Ok(())
}

fn extension_of(path: &Path) -> String {
    let extension = path.extension().unwrap_or_default();
    extension.to_string_lossy().to_lowercase()
}

/// The table that a file's text is; nothing where it is a list.
fn table_in(path: &Path, text: &str) -> Result<Option<Table>, DataError> {
    let extension = extension_of(path);
    let says = |endings: &[&str]| endings.contains(&extension.as_str());
    if prompt_list::of_json(text).is_some() {
        return Ok(None);
    }
    if json_table::is_table(text) || says(&["json", "jsonl", "ndjson"]) {
        json_table::read(path, text).map(Some)
    } else if says(&["csv", "tsv", "tab"]) || csv_table::has_known_header(text) {
        csv_table::read(path, text).map(Some)
    } else {
        Ok(None)
    }
}

fn prompts_of(path: &Path, table: &Table, columns: &Columns) -> Result<Vec<String>, DataError> {
    let Some(column) = columns.prompt else {
        let reason = "there is no column with prompts; name it prompt";
        return Err(mistake(path, 1, reason));
    };
    let prompt = |row: &super::table::TableRow| match row.cells.get(column) {
        Some(text) if !text.is_empty() => Ok(text.clone()),
        _ => Err(mistake(path, row.line, &format!("the row has no {column}"))),
    };
    table.rows.iter().map(prompt).collect()
}

/// A column that names images under another name is not to be passed over: prompts would go to other images.
fn refuse_unknown_images(path: &Path, table: &Table) -> Result<(), DataError> {
    let names_images = |column: &&String| {
        let mut cells = (table.rows.iter()).filter_map(|row| row.cells.get(*column));
        let mut some = cells.clone().filter(|cell| !cell.is_empty()).peekable();
        some.peek().is_some() && cells.all(|cell| cell.is_empty() || prompt_list::is_image(cell))
    };
    match table.columns.iter().find(names_images) {
        Some(column) => {
            let reason = format!(
                "the column {column} holds names of images, but is not called so; call it file where it names an image \
                 of either folder, or call two such columns base and personalized"
            );
            Err(mistake(path, 1, &reason))
        }
        None => Ok(()),
    }
}

/// A remark where a table holds more than the prompts that are taken in their order.
fn in_order_note(path: &Path, table: &Table, columns: &Columns) -> Option<String> {
    let others: Vec<&str> = (table.columns.iter().map(String::as_str))
        .filter(|column| !column.is_empty() && Some(*column) != columns.prompt)
        .collect();
    (!others.is_empty()).then(|| {
        format!(
            "{} names no images: its prompts were taken in the order of the pairs, and the other columns were not read \
             ({})",
            path.display(),
            examples(&others)
        )
    })
}

/// The mistake at one line of a file with prompts.
pub(crate) fn mistake(path: &Path, line: u64, reason: &str) -> DataError {
    DataError::Manifest {
        path: path.to_path_buf(),
        line,
        reason: reason.to_string(),
    }
}
