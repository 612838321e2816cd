//! From a file to its texts.

use super::interpret::interpret;
use super::types::Recorded;
use super::{exif, png_texts, segments};
use crate::DataError;
use finexl_core::CoreError;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// Longest single text that is read, inflated. Graphs of ComfyUI reach some hundred kilobytes.
pub(super) const LONGEST_TEXT: usize = 4 << 20;
/// Most bytes of texts and metadata that are kept of one file.
pub(super) const MOST_TEXT: usize = 16 << 20;

/// A text that stands in a file, under the name that it has there.
#[derive(Clone, Debug)]
pub(super) struct Text {
    /// Keyword of a PNG text, name of an EXIF field, or what stood before a colon in one.
    pub key: String,
    /// The text.
    pub value: String,
}

/// The texts of a file, up to [`MOST_TEXT`] bytes.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// In the order of the file.
    pub all: Vec<Text>,
    /// True where a text was too long or damaged and is missing.
    pub incomplete: bool,
    bytes: usize,
}

impl Texts {
    /// Adds a text, unless there are too many already.
    pub(super) fn add(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let text = Text {
            key: key.into(),
            value: value.into(),
        };
        if text.value.len() > LONGEST_TEXT || self.bytes + text.value.len() > MOST_TEXT {
            self.incomplete = true;
            return;
        }
        // What an entry takes beside its text counts too.
        self.bytes += text.value.len() + text.key.len() + 64;
        self.all.push(text);
    }

    /// Bytes that may still be added.
    pub(super) fn room(&self) -> usize {
        MOST_TEXT.saturating_sub(self.bytes).min(LONGEST_TEXT)
    }
}

/// Reads what a picture's file says about its generation.
///
/// Only metadata is read, never pixels: at most 4 MiB per text and 16 MiB in all, inflated. A file of
/// another kind holds [`Recorded::Nothing`], as does one whose pixels are damaged behind intact
/// metadata: whether it is a picture is not decided here.
///
/// # Errors
/// [`DataError::Core`] where the file cannot be read.
pub fn read_generation(path: impl AsRef<Path>) -> Result<Recorded, DataError> {
    let path = path.as_ref();
    let texts = File::open(path)
        .and_then(|file| texts_of(&mut BufReader::new(file)))
        .map_err(|source| {
            DataError::Core(CoreError::Read {
                path: path.to_path_buf(),
                source,
            })
        })?;
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("");
    Ok(interpret(&texts, stem))
}

/// As [`read_generation`], from the content of a file; `stem` is its name without extension.
///
/// # Errors
/// Metadata that ends in the middle of what it announces, where that is an error of reading.
pub fn read_generation_bytes(bytes: &[u8], stem: &str) -> Result<Recorded, io::Error> {
    Ok(interpret(&texts_of(&mut io::Cursor::new(bytes))?, stem))
}

/// The texts of a file of any kind; a file that ends early has those before its end.
fn texts_of(file: &mut (impl Read + Seek)) -> io::Result<Texts> {
    let mut start = Vec::new();
    file.take(12).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(0))?;
    let mut texts = Texts::default();
    let read = match start.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => png_texts::read(file, &mut texts),
        [0xff, 0xd8, 0xff, ..] => segments::read_jpeg(file, &mut texts),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => {
            segments::read_webp(file, &mut texts)
        }
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => exif::read(file, &mut texts),
        _ => Ok(()),
    };
    match read {
        // Whether the picture is whole is the decoder's business.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(texts),
        Err(error) => Err(error),
        Ok(()) => Ok(texts),
    }
}

/// Reads exactly `length` bytes, allocating no more than the file has.
pub(super) fn read_bytes(file: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

/// Text as programs write it who care little: UTF-8 where it is that, else Latin-1.
pub(super) fn decode_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_string(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    }
}
