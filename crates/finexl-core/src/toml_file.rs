//! TOML files whose mistakes are reported with their line.

use crate::{CoreError, atomic};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ops::Range;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// Reads a TOML file into a type; unknown keys are errors where the type says `deny_unknown_fields`.
///
/// # Errors
/// [`CoreError::Read`], or [`CoreError::Toml`] with the line and the bytes of the mistake.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, CoreError> {
    parse(path, &text(path)?)
}

/// The text of a TOML file.
///
/// # Errors
/// [`CoreError::Read`], or [`CoreError::Toml`] where it is not UTF-8.
pub fn text(path: &Path) -> Result<String, CoreError> {
    let bytes = crate::atomic::read(path)?;
    String::from_utf8(bytes).map_err(|e| CoreError::Toml {
        path: path.to_path_buf(),
        line: 1,
        message: format!("the file is not UTF-8 ({e}); save it as UTF-8"),
        text: String::new(),
        span: 0..0,
    })
}

/// Parses TOML text that came from `path` (used in messages only).
///
/// # Errors
/// [`CoreError::Toml`] with the line and the bytes of the mistake.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, CoreError> {
    toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        mistake(path, text, plain(error.message()), span)
    })
}

/// A mistake in the text of a file, by the bytes that are wrong.
pub fn mistake(path: &Path, text: &str, message: String, span: Range<usize>) -> CoreError {
    let start = span.start.min(text.len());
    let lines = text.as_bytes()[..start].iter().filter(|b| **b == b'\n');
    CoreError::Toml {
        path: path.to_path_buf(),
        line: lines.count() + 1,
        message,
        text: text.to_string(),
        span,
    }
}

/// The bytes of the value of a key, which may be a path such as `schedule.epochs`; none where the file has no such key,
/// or several.
pub fn place_of(text: &str, key: &str) -> Option<Range<usize>> {
    let document = DeTable::parse(text).ok()?;
    let path: Vec<&str> = key.split('.').collect();
    let mut found = Vec::new();
    places(document.get_ref(), &path, &mut Vec::new(), &mut found);
    match &found[..] {
        [one] => Some(one.clone()),
        _ => None,
    }
}

fn places(
    table: &DeTable<'_>,
    wanted: &[&str],
    above: &mut Vec<String>,
    found: &mut Vec<Range<usize>>,
) {
    for (key, value) in table {
        above.push(key.get_ref().to_string());
        let ends = above.len() >= wanted.len()
            && above[above.len() - wanted.len()..]
                .iter()
                .zip(wanted)
                .all(|(a, b)| a == b);
        if ends {
            found.push(value.span());
        }
        inner_places(value.get_ref(), wanted, above, found);
        above.pop();
    }
}

fn inner_places(
    value: &DeValue<'_>,
    wanted: &[&str],
    above: &mut Vec<String>,
    found: &mut Vec<Range<usize>>,
) {
    match value {
        DeValue::Table(table) => places(table, wanted, above, found),
        DeValue::Array(values) => {
            for value in values {
                inner_places(value.get_ref(), wanted, above, found);
            }
        }
        _ => {}
    }
}

/// The name most like a misspelt one, where one is much like it.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    const MUCH_LIKE: f64 = 0.7;
    let alike = |other: &&str| strsim::normalized_damerau_levenshtein(name, other);
    let best = (known.iter()).max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(best) >= MUCH_LIKE).then_some(*best)
}

/// A message of the parser as a person would say it.
pub(crate) fn plain(message: &str) -> String {
    let named = |message: &str| -> Vec<String> {
        let parts = message.split('`').skip(1).step_by(2);
        parts.map(str::to_string).collect()
    };
    let names = named(message);
    if message.starts_with("unknown field") || message.starts_with("unknown variant") {
        let what = if message.starts_with("unknown field") {
            "key"
        } else {
            "choice"
        };
        if let Some((name, known)) = names.split_first() {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let like = nearest(name, &known);
            let like = like.map_or(".".to_string(), |like| format!("; did you mean `{like}`?"));
            return format!(
                "there is no {what} `{name}`{like} There are {}",
                known.join(", ")
            );
        }
    }
    if let (Some(_), Some(name)) = (message.strip_prefix("missing field"), names.first()) {
        return format!("the key `{name}` is missing");
    }
    ["usize", "u64", "u32"]
        .iter()
        .fold(message.to_string(), |said, kind| {
            said.replace(
                &format!("expected {kind}"),
                "expected a whole number, 0 or more",
            )
        })
        .replace("expected f64", "expected a number")
        .replace("expected f32", "expected a number")
}

/// Writes a value as TOML, whole or not at all.
///
/// # Errors
/// [`CoreError::Write`].
pub fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), CoreError> {
    let text = toml::to_string(value).map_err(|error| CoreError::Write {
        path: path.to_path_buf(),
        source: std::io::Error::other(error),
    })?;
    atomic::write(path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    struct Sample {
        #[expect(dead_code, reason = "only parsed")]
        batch_size: usize,
    }

    #[test]
    fn a_misspelt_key_is_reported_with_its_line() {
        let error = parse::<Sample>(Path::new("a.toml"), "# head\nbatch-sise = 3\n").unwrap_err();
        let CoreError::Toml { line, message, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(*line, 2);
        assert!(
            message.contains("no key `batch-sise`; did you mean `batch-size`?"),
            "{message}"
        );
        let error = parse::<Sample>(Path::new("a.toml"), "").unwrap_err();
        assert!(error.to_string().contains("`batch-size` is missing"));
        let error = parse::<Sample>(Path::new("a.toml"), "batch-size = -3").unwrap_err();
        assert!(
            error.to_string().contains("expected a whole number"),
            "{error}"
        );
    }

    #[test]
    fn a_key_is_found_where_it_stands_once() {
        let text = "[a]\nx = 1\ny = 2\n[[a.b]]\nx = 3\n";
        assert_eq!(place_of(text, "y").map(|span| &text[span]), Some("2"));
        assert_eq!(place_of(text, "b.x").map(|span| &text[span]), Some("3"));
        assert_eq!(place_of(text, "x"), None);
        assert_eq!(place_of(text, "z"), None);
    }

    #[test]
    fn only_what_is_much_alike_is_meant() {
        let known = ["evaluate", "calibrate"];
        assert_eq!(nearest("evalaute", &known), Some("evaluate"));
        assert_eq!(nearest("poster", &known), None);
    }
}
