//! Lists of prompts: one per line, or a JSON array of texts.

use super::prompt_file::mistake;
use crate::DataError;
use crate::decode::{PictureKind, kind_of_extension};
use std::path::Path;

/// Reads a list: the prompts of its lines, without empty ones, spaces around them, and quotes around all of them.
///
/// # Errors
/// [`DataError::Manifest`] with the line where there are no prompts, or where lines hold more than a prompt.
pub(super) fn read(path: &Path, text: &str) -> Result<Vec<String>, DataError> {
    if let Some(prompts) = of_json(text) {
        return Ok(prompts);
    }
    let lines = numbered(text);
    if lines.is_empty() {
        return Err(mistake(path, 1, "there are no prompts; write one per line"));
    }
    if let Some((line, reason)) = more_than_prompts(&lines) {
        return Err(mistake(path, line, reason));
    }
    let inside: Option<Vec<String>> = (lines.len() > 1)
        .then(|| lines.iter().map(|(_, line)| quoted(line)).collect())
        .flatten();
    Ok(inside.unwrap_or_else(|| lines.iter().map(|(_, line)| line.to_string()).collect()))
}

/// The texts of a JSON array that holds nothing else.
pub(super) fn of_json(text: &str) -> Option<Vec<String>> {
    if !text.trim_start().starts_with('[') {
        return None;
    }
    let all: Vec<String> = serde_json::from_str(text).ok()?;
    let all: Vec<String> = all.iter().map(|prompt| prompt.trim().to_string()).collect();
    (!all.is_empty() && all.iter().all(|prompt| !prompt.is_empty())).then_some(all)
}

/// Whether a cell is named like a picture.
pub(super) fn is_image(cell: &str) -> bool {
    let extension = Path::new(cell).extension().unwrap_or_default();
    kind_of_extension(&extension.to_string_lossy()) != PictureKind::Other
}

/// The lines that are not empty with their numbers, from 1.
fn numbered(text: &str) -> Vec<(u64, &str)> {
    let mut lines = Vec::new();
    let mut number = 0;
    for part in text.split('\n') {
        for line in part.strip_suffix('\r').unwrap_or(part).split('\r') {
            number += 1;
            if !line.trim().is_empty() {
                lines.push((number, line.trim()));
            }
        }
    }
    lines
}

/// What stands between double quotes around a whole line.
fn quoted(line: &str) -> Option<String> {
    let inside = line.strip_prefix('"')?;
    let inside = inside
        .strip_suffix(',')
        .unwrap_or(inside)
        .strip_suffix('"')?;
    (!inside.is_empty() && !inside.contains('"')).then(|| inside.trim().to_string())
}

/// The first line that is no prompt alone, and what to do.
fn more_than_prompts(lines: &[(u64, &str)]) -> Option<(u64, &'static str)> {
    let first = lines.first()?.0;
    if let Some((line, _)) = lines.iter().find(|(_, line)| line.starts_with("--prompt ")) {
        return Some((
            *line,
            "this is a command line of a program; write the prompts alone, one per line",
        ));
    }
    let named = |line: &str| {
        let name = line
            .split(['\t', '|', ':', ';', ','])
            .next()
            .unwrap_or_default();
        name.len() < line.len() && is_image(name.trim().trim_matches('"'))
    };
    if lines.iter().all(|(_, line)| named(line)) {
        return Some((
            first,
            "the lines begin with names of images; begin the file with the line file,prompt, and separate both by \
             commas, semicolons, tabs or |",
        ));
    }
    let counted = |(at, (_, line)): (usize, &(u64, &str))| {
        let digits = line.chars().take_while(char::is_ascii_digit).count();
        let rest = &line[digits..];
        let number: Option<usize> = line[..digits].parse().ok();
        (number == Some(at) || number == Some(at + 1))
            && (rest.starts_with(". ") || rest.starts_with(") ") || rest.starts_with(": "))
    };
    if lines.len() > 1 && lines.iter().enumerate().all(counted) {
        return Some((
            first,
            "every line begins with its number; write the prompts alone, one per line",
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn list(text: &str) -> Result<Vec<String>, DataError> {
        read(Path::new("p.txt"), text)
    }

    #[test]
    fn prompts_are_read_as_people_write_them() {
        for text in [
            "a cat\n\n a dog \n",
            "a cat\r\na dog",
            "a cat\ra dog",
            "\"a cat\"\n\"a dog\"\n",
            "[\"a cat\",\n \"a dog\"]",
        ] {
            assert_eq!(list(text).unwrap(), ["a cat", "a dog"], "{text:?}");
        }
        // Not all lines are in quotes, or a number belongs to the prompt.
        assert_eq!(list("\"a\" cat\na dog").unwrap()[0], "\"a\" cat");
        assert_eq!(list("1 cat\n2 dogs").unwrap(), ["1 cat", "2 dogs"]);
    }

    #[test]
    fn lines_that_hold_more_than_a_prompt_are_refused() {
        let message = |text: &str| list(text).unwrap_err().to_string();
        assert!(message("\n").contains("no prompts"));
        assert!(
            message("\n0001.png: a cat\n0002.png: a dog")
                .contains("line 2: the lines begin with names")
        );
        assert!(message("a.png\ta cat\n").contains("file,prompt"));
        assert!(message("1. a cat\n2. a dog").contains("its number"));
        assert!(
            message("a cat\n--prompt \"a dog\" --seed 1")
                .contains("line 2: this is a command line")
        );
    }
}
