//! Tables as JSON: a line per object, or an array of objects.

use super::columns::{FILE, PROMPT};
use super::prompt_file::mistake;
use super::prompt_list;
use super::table::{Table, TableRow, column_name};
use super::text::Lines;
use crate::DataError;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Reads a table.
///
/// # Errors
/// [`DataError::Manifest`] with the line of what is no JSON or no object.
pub(super) fn read(path: &Path, text: &str) -> Result<Table, DataError> {
    let mut rows = Vec::new();
    let mut rest = Elements::new(text);
    while let Some((line, value)) = rest.next(path)? {
        let Value::Object(object) = value else {
            let reason =
                "an object is needed, like {\"file_name\": \"0001.png\", \"text\": \"a cat\"}";
            return Err(mistake(path, line, reason));
        };
        if by_name(&object) {
            rows.extend(
                object
                    .into_iter()
                    .map(|(name, prompt)| row_of(line, name, prompt)),
            );
            continue;
        }
        let mut cells = BTreeMap::new();
        for (column, value) in object {
            let column = column_name(&column);
            if PROMPT.contains(&column.as_str()) && !(is_cell(&value) || value.is_null()) {
                let reason = format!("{column} is no text; give one prompt per image");
                return Err(mistake(path, line, &reason));
            }
            if let Some(value) = cell(value) {
                cells.insert(column, value);
            }
        }
        rows.push(TableRow { line, cells });
    }
    let columns: BTreeSet<&String> = rows.iter().flat_map(|row| row.cells.keys()).collect();
    Ok(Table {
        columns: columns.into_iter().cloned().collect(),
        form: "as JSON".to_string(),
        joined: 0,
        rows,
    })
}

/// Whether a text is a table of this kind: its first line, or all of it, is an object or an array of objects.
pub(super) fn is_table(text: &str) -> bool {
    let whole = |text: &str| match serde_json::from_str(text) {
        Ok(Value::Object(_)) => true,
        Ok(Value::Array(all)) => all.iter().all(Value::is_object) && !all.is_empty(),
        _ => false,
    };
    let text = text.trim_start();
    text.starts_with(['{', '[']) && (text.lines().next().is_some_and(whole) || whole(text))
}

/// Whether an object says a prompt for each of several images: `{"0001.png": "a cat"}`.
fn by_name(object: &Map<String, Value>) -> bool {
    let image = |(name, value): (&String, &Value)| prompt_list::is_image(name) && value.is_string();
    !object.is_empty() && object.iter().all(image)
}

fn row_of(line: u64, name: String, prompt: Value) -> TableRow {
    let prompt = cell(prompt).map(|prompt| (PROMPT[0].to_string(), prompt));
    TableRow {
        line,
        cells: prompt
            .into_iter()
            .chain([(FILE[0].to_string(), name)])
            .collect(),
    }
}

fn is_cell(value: &Value) -> bool {
    value.is_string() || value.is_number()
}

/// Texts and numbers; what else a file may hold is no cell.
fn cell(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The values of a text, one after the other, with or without an array around them.
struct Elements<'a> {
    text: &'a str,
    lines: Lines<'a>,
    at: usize,
    in_array: bool,
}

impl<'a> Elements<'a> {
    fn new(text: &'a str) -> Self {
        let start = text.len() - text.trim_start().len();
        let in_array = text[start..].starts_with('[');
        Self {
            text,
            lines: Lines::of(text),
            at: start + usize::from(in_array),
            in_array,
        }
    }

    /// The next value with its line.
    fn next(&mut self, path: &Path) -> Result<Option<(u64, Value)>, DataError> {
        let separators: &[char] = match self.in_array {
            true => &[' ', '\t', '\r', '\n', ','],
            false => &[' ', '\t', '\r', '\n'],
        };
        let rest = self.text[self.at..].trim_start_matches(separators);
        self.at = self.text.len() - rest.len();
        if self.in_array && rest.starts_with(']') {
            self.at += 1;
            self.in_array = false;
            return self.next(path);
        }
        let line = self.lines.line(self.at);
        if rest.is_empty() {
            return match self.in_array {
                true => Err(mistake(
                    path,
                    line,
                    "the array is not closed; the file is cut off",
                )),
                false => Ok(None),
            };
        }
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                self.at += values.byte_offset();
                Ok(Some((line, value)))
            }
            Some(Err(error)) => {
                // The parser counts lines on behind the last one, and from the value on.
                let most = rest.trim_end().lines().count().saturating_sub(1);
                let line = line + error.line().saturating_sub(1).min(most) as u64;
                let reason = error.to_string();
                let reason = reason.split(" at line ").next().unwrap_or_default();
                Err(mistake(path, line, &format!("this is no JSON: {reason}")))
            }
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn table(text: &str) -> Result<Table, DataError> {
        read(Path::new("t.jsonl"), text)
    }

    #[test]
    fn lines_and_arrays_are_read_alike() {
        let lines = "{\"file_name\": \"a.png\", \"Text\": \" x \", \"n\": 1}\r\n\r\n{\"file_name\": \"b\", \"tags\": []}\r\n";
        let found = table(lines).unwrap();
        assert_eq!(found.columns, ["file_name", "n", "text"]);
        assert_eq!(found.rows[0].cells["text"], "x");
        assert_eq!((found.rows[0].line, found.rows[1].line), (1, 3));
        let array =
            "[\n  {\"file_name\": \"a.png\",\n   \"text\": \"x\"},\n  {\"file_name\": \"b\"}\n]\n";
        let found = table(array).unwrap();
        assert_eq!((found.rows[0].line, found.rows[1].line), (2, 4));
        assert!(is_table(lines) && is_table(array));
        for prompts in [
            "[red apple] on a table",
            "{a|b} cat\nb",
            "[0.5, 1]",
            "red apple",
            "[]",
        ] {
            assert!(!is_table(prompts), "{prompts}");
        }
    }

    #[test]
    fn mistakes_show_their_line() {
        let text = |text: &str| table(text).unwrap_err().to_string();
        assert!(text("{\"a\": 1}\n{\"a\": }\n").contains("line 2: this is no JSON"));
        assert!(text("{\"a\": 1}\n\"b\"\n").contains("line 2: an object is needed"));
        assert!(text("[{\"a\": 1},\n{\"a\": 2}").contains("cut off"));
        assert!(text("[{\"a\": 1},\n{\"a\": 2}]\n7").contains("line 3"));
    }
}
