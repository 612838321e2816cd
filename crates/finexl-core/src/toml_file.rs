//! TOML files whose mistakes are reported with their line.

use crate::{CoreError, atomic};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads a TOML file into a type; unknown keys are errors where the type says `deny_unknown_fields`.
///
/// # Errors
/// [`CoreError::Read`], or [`CoreError::Toml`] with the line and the bytes of the mistake.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, CoreError> {
    let bytes = crate::atomic::read(path)?;
    let text = String::from_utf8(bytes).map_err(|e| CoreError::Toml {
        path: path.to_path_buf(),
        line: 1,
        message: format!("the file is not UTF-8 ({e}); save it as UTF-8"),
        text: String::new(),
        span: 0..0,
    })?;
    parse(path, &text)
}

/// Parses TOML text that came from `path` (used in messages only).
///
/// # Errors
/// [`CoreError::Toml`] with the line and the bytes of the mistake.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, CoreError> {
    toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let start = span.start.min(text.len());
        CoreError::Toml {
            path: path.to_path_buf(),
            line: text.as_bytes()[..start]
                .iter()
                .filter(|b| **b == b'\n')
                .count()
                + 1,
            message: error.message().to_string(),
            text: text.to_string(),
            span,
        }
    })
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
        assert!(message.contains("batch-sise"), "{message}");
    }
}
