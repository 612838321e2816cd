//! Tables as CSV, with the separator that the header shows.

use super::columns::{Columns, ImageColumns, PROMPT};
use super::prompt_file::mistake;
use super::table::{Table, TableRow, column_name};
use super::text::Lines;
use crate::DataError;
use csv::{Reader, ReaderBuilder, StringRecord, Trim};
use std::path::Path;

/// Separators, the commonest first.
const SEPARATORS: [(u8, &str); 4] = [
    (b',', "\",\""),
    (b';', "\";\""),
    (b'\t', "tabs"),
    (b'|', "\"|\""),
];

/// Reads a table.
///
/// # Errors
/// [`DataError::Manifest`] with the line of a ragged row, of a quote that is not closed, of a header given twice.
pub(super) fn read(path: &Path, text: &str) -> Result<Table, DataError> {
    let (text, first_line, chosen) = without_separator_line(text);
    let (separator, shown) = chosen.unwrap_or_else(|| separator_of(text));
    let lines = Lines::of(text);
    let line = |byte: u64| first_line + lines.line(byte as usize) - 1;
    let mut reader = reader(text, separator);
    let header = reader
        .headers()
        .map_err(|e| csv_mistake(path, &e, &line))?
        .clone();
    let columns: Vec<String> = header.iter().map(column_name).collect();
    let twice = |at: &usize| !columns[*at].is_empty() && columns[..*at].contains(&columns[*at]);
    if let Some(at) = (1..columns.len()).find(twice) {
        let reason = format!("the header has the column {} twice", columns[at]);
        return Err(mistake(path, first_line, &reason));
    }
    let mut rows = Vec::new();
    let (mut last, mut joined) = (0, 0);
    for record in reader.records() {
        let record = record.map_err(|e| csv_mistake(path, &e, &line))?;
        last = record.position().map_or(0, csv::Position::byte);
        if record.iter().all(str::is_empty) {
            continue;
        }
        let cells = cells(&columns, &record, separator).ok_or_else(|| {
            let reason = format!(
                "the row has {} cells separated by {shown} where the header has {}; put a cell that holds the \
                 separator between double quotes",
                record.len(),
                columns.len()
            );
            mistake(path, line(last), &reason)
        })?;
        let quoted = cells.last().is_some_and(|cell| unquoted(cell).is_some());
        joined += usize::from(record.len() > columns.len() && !quoted);
        rows.push(row(&columns, cells, line(last)));
    }
    if leaves_quote_open(text, last) {
        let reason = "a double quote is opened and not closed";
        return Err(mistake(path, line(last), reason));
    }
    Ok(Table {
        columns,
        rows,
        form: format!("separated by {shown}"),
        joined,
    })
}

/// Whether the first line is the header of a table that names images.
pub(super) fn has_known_header(text: &str) -> bool {
    let (text, _, chosen) = without_separator_line(text);
    let names_images = |(separator, _): &(u8, &str)| {
        columns_by(text, *separator).is_some_and(|columns| columns.images != ImageColumns::None)
    };
    chosen.is_some() || SEPARATORS.iter().any(names_images)
}

/// Excel's first line `sep=;` says the separator; gives the text after it and the line that this begins with.
fn without_separator_line(text: &str) -> (&str, u64, Option<(u8, &'static str)>) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let said = first.trim_end_matches('\r').strip_prefix("sep=");
    let known = said.and_then(|said| {
        SEPARATORS
            .into_iter()
            .find(|(byte, _)| said.as_bytes() == [*byte])
    });
    match known {
        Some(separator) => (rest, 2, Some(separator)),
        None => (text, 1, None),
    }
}

/// The separator by which the header has known columns, else the one that it holds most of.
fn separator_of(text: &str) -> (u8, &'static str) {
    let header = text.lines().next().unwrap_or_default();
    let count = |separator: u8| header.bytes().filter(|byte| *byte == separator).count();
    let most = || {
        (SEPARATORS.into_iter().rev())
            .max_by_key(|(separator, _)| count(*separator))
            .unwrap_or(SEPARATORS[0])
    };
    SEPARATORS
        .into_iter()
        .find(|(separator, _)| columns_by(text, *separator).is_some())
        .unwrap_or_else(most)
}

/// The known columns of the header, cut by a separator that it holds.
fn columns_by(text: &str, separator: u8) -> Option<Columns> {
    let mut reader = reader(text, separator);
    let columns: Vec<String> = reader.headers().ok()?.iter().map(column_name).collect();
    (columns.len() > 1).then(|| Columns::find(&columns).ok())?
}

fn reader(text: &str, separator: u8) -> Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(separator)
        .trim(Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes())
}

/// The cells of a row, as many as columns; nothing where there are others. A prompt in the last column may hold the
/// separator without quotes.
fn cells(columns: &[String], record: &StringRecord, separator: u8) -> Option<Vec<String>> {
    let mut cells: Vec<String> = record.iter().map(str::to_string).collect();
    let last = columns.last()?;
    if cells.len() > columns.len() && PROMPT.contains(&last.as_str()) {
        let rest = cells.split_off(columns.len() - 1);
        cells.push(rest.join(&format!("{} ", char::from(separator))));
    }
    (cells.len() == columns.len()).then_some(cells)
}

/// The text inside of double quotes around a whole cell.
fn unquoted(cell: &str) -> Option<String> {
    let inside = cell.strip_prefix('"')?.strip_suffix('"')?;
    let single = inside.replace("\"\"", "");
    (!single.contains('"')).then(|| inside.replace("\"\"", "\""))
}

fn row(columns: &[String], cells: Vec<String>, line: u64) -> TableRow {
    // Quotes after a blank are none to the parser.
    let cells = cells
        .into_iter()
        .map(|cell| unquoted(&cell).unwrap_or(cell));
    let cells = columns.iter().cloned().zip(cells);
    TableRow {
        line,
        cells: cells.filter(|(column, _)| !column.is_empty()).collect(),
    }
}

/// A quote that is never closed swallows all rows that follow, and the parser says nothing.
fn leaves_quote_open(text: &str, last_record: u64) -> bool {
    let rest = text.get(last_record as usize..).unwrap_or_default().trim();
    rest.contains(['\n', '\r']) && rest.bytes().filter(|byte| *byte == b'"').count() % 2 == 1
}

fn csv_mistake(path: &Path, error: &csv::Error, line: &dyn Fn(u64) -> u64) -> DataError {
    let at = error.position().map_or(0, csv::Position::byte);
    mistake(path, line(at), &error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn table(text: &str) -> Result<Table, DataError> {
        read(Path::new("t.csv"), text)
    }

    #[test]
    fn separators_are_told_by_the_header() {
        for (text, form) in [
            ("file,prompt\na,x; y\n", "separated by \",\""),
            ("file;prompt\na;x, y\n", "separated by \";\""),
            ("prompt\tFile Name\nx, y\ta\n", "separated by tabs"),
            ("file|prompt\na|x, y\n", "separated by \"|\""),
            ("sep=;\r\nfile;prompt\r\na;x, y\r\n", "separated by \";\""),
            ("a;b\n1;2\n", "separated by \";\""),
        ] {
            assert_eq!(table(text).unwrap().form, form);
        }
        assert!(has_known_header("file;prompt\n"));
        assert!(has_known_header("base\tpersonalized\n"));
        assert!(!has_known_header("a file, a prompt\n"));
        assert!(!has_known_header("prompt\n"));
    }

    #[test]
    fn a_prompt_at_the_end_needs_no_quotes() {
        let table = table("file,prompt\na,\"x, y\"\nb,x, y,z\n").unwrap();
        assert_eq!(table.joined, 1);
        assert_eq!(table.rows[1].cells["prompt"], "x, y, z");
        let table = self::table("file, prompt\na, \"x, \"\"y\"\"\"\nb, \"z\"\n").unwrap();
        assert_eq!(table.joined, 0);
        assert_eq!(table.rows[0].cells["prompt"], "x, \"y\"");
        assert_eq!(table.rows[1].cells["prompt"], "z");
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let rows = |text: &str| -> Vec<u64> {
            table(text)
                .unwrap()
                .rows
                .iter()
                .map(|row| row.line)
                .collect()
        };
        assert_eq!(rows("file,prompt\na,x\nb,y\n"), [2, 3]);
        assert_eq!(rows("file,prompt\r\na,x\r\nb,y\r\n"), [2, 3]);
        assert_eq!(rows("file,prompt\ra,x\rb,y"), [2, 3]);
        assert_eq!(
            rows("file,prompt\r\n\r\na,\"x\r\ny\"\r\n,\r\nb,y\r\n"),
            [3, 6]
        );
        assert_eq!(rows("sep=,\r\nfile,prompt\r\na,x\r\n"), [3]);
        let text = |text: &str| table(text).unwrap_err().to_string();
        assert!(text("prompt,file\r\nx,a\r\nx,y,b\r\n").contains("line 3: the row has 3 cells"));
        assert!(text("prompt;file\nx;y;a\n").contains("separated by \";\""));
        assert!(text("file,prompt\na,x\nb,\"y\nc,z\nd,q\n").contains("line 3: a double quote"));
        assert!(text("file,prompt,File\na,x,b\n").contains("file twice"));
        assert_eq!(rows("file,prompt\na,5\" disk\nb,y\n"), [2, 3]);
    }
}
