//! Text in the encodings that spreadsheets and editors write.

use super::prompt_file::mistake;
use crate::DataError;
use std::path::Path;

/// The text of a file, without a byte order mark.
///
/// # Errors
/// [`DataError::Core`] where the file cannot be read; [`DataError::Manifest`] with the line where it is neither UTF-8
/// nor UTF-16 with a byte order mark.
pub(crate) fn read_text(path: &Path) -> Result<String, DataError> {
    decoded(path, finexl_core::atomic::read(path)?)
}

/// As [`read_text`], from the content of a file; `path` stands in messages.
///
/// # Errors
/// As [`read_text`], without those of reading.
pub(super) fn decoded(path: &Path, bytes: Vec<u8>) -> Result<String, DataError> {
    let wide: Option<fn([u8; 2]) -> u16> = match bytes.as_slice() {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        _ => None,
    };
    match wide {
        Some(unit) => utf16(path, &bytes[2..], unit),
        None => utf8(path, bytes),
    }
}

fn utf8(path: &Path, bytes: Vec<u8>) -> Result<String, DataError> {
    let line_of = |at: usize| line_at(&String::from_utf8_lossy(&bytes[..at]), at);
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let reason = "the text holds zero bytes, as UTF-16 does; save the file as UTF-8";
        return Err(mistake(path, line_of(at), reason));
    }
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let line = line_of(error.valid_up_to());
        mistake(path, line, "the text is not UTF-8; save the file as UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_string())
}

fn utf16(path: &Path, bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, DataError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    match String::from_utf16(&units) {
        Ok(text) if rest.is_empty() => Ok(text),
        _ => {
            let lossy = String::from_utf16_lossy(&units);
            let good = lossy.find('\u{fffd}').unwrap_or(lossy.len());
            let reason = "the text is damaged UTF-16; save the file as UTF-8";
            Err(mistake(path, line_at(&lossy, good), reason))
        }
    }
}

/// Where the lines of a text begin; `\r\n`, `\n` and `\r` end one.
pub(super) struct Lines<'a> {
    text: &'a [u8],
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let text = text.as_bytes();
        let ends = |at: &usize| match text[*at] {
            b'\n' => true,
            b'\r' => text.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        let starts = (0..text.len()).filter(ends).map(|at| at + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(starts).collect(),
        }
    }

    /// The line, counted from 1, of the first character at or after a byte that is no line break.
    pub(super) fn line(&self, byte: usize) -> u64 {
        let rest = self.text.get(byte..).unwrap_or_default();
        let breaks = rest.iter().take_while(|b| matches!(b, b'\n' | b'\r'));
        let at = byte + breaks.count();
        self.starts.partition_point(|start| *start <= at) as u64
    }
}

/// The line of one place, see [`Lines::line`].
pub(super) fn line_at(text: &str, byte: usize) -> u64 {
    Lines::of(text).line(byte)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, DataError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        read_text(file.path())
    }

    #[test]
    fn encodings_are_told_by_their_marks() {
        let text = "a \u{1f40c}\r\nb";
        let units: Vec<u16> = format!("\u{feff}{text}").encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|u| u.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|u| u.to_be_bytes()).collect();
        let marked = format!("\u{feff}{text}");
        for bytes in [&little[..], &big, marked.as_bytes(), text.as_bytes()] {
            assert_eq!(read(bytes).unwrap(), text);
        }
        let message = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert!(message(&little[2..]).contains("line 1: the text holds zero bytes"));
        assert!(message(&little[..little.len() - 1]).contains("damaged UTF-16"));
        assert!(message(b"a\r\nb\xe9").contains("line 2: the text is not UTF-8"));
    }

    #[test]
    fn lines_end_in_any_way() {
        let text = "a\r\nb\rc\n\nd";
        let line = |mark: char| line_at(text, text.find(mark).unwrap());
        assert_eq!(['a', 'b', 'c', 'd'].map(line), [1, 2, 3, 5]);
        // The end of a line belongs to what follows.
        assert_eq!(line_at(text, 1), 2);
        assert_eq!(line_at(text, 2), 2);
    }
}
