//! Text chunks of PNG: tEXt, zTXt, iTXt and eXIf.
//!
//! Reference: Portable Network Graphics (third edition), 11.3.3 and 11.3.4.

use super::exif;
use super::read::{Texts, decode_text, read_bytes};
use super::segments::add_xmp;
use flate2::read::ZlibDecoder;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

/// Goes through all chunks: texts may stand behind the pixels too.
pub(super) fn read(file: &mut (impl Read + Seek), texts: &mut Texts) -> io::Result<()> {
    file.seek(SeekFrom::Start(8))?;
    loop {
        let mut head = Vec::new();
        file.take(8).read_to_end(&mut head)?;
        let [a, b, c, d, kind @ ..] = head.as_slice() else {
            return Ok(());
        };
        let length = u32::from_be_bytes([*a, *b, *c, *d]);
        match kind {
            b"IEND" | [] | [_] | [_, _] | [_, _, _] => return Ok(()),
            b"tEXt" | b"zTXt" | b"iTXt" | b"eXIf" => {
                if length as usize > texts.room() {
                    texts.incomplete = true;
                    file.seek_relative(i64::from(length) + 4)?;
                    continue;
                }
                let data = read_bytes(file, length as usize)?;
                // The checksum is the decoder's business.
                file.seek_relative(4)?;
                if add_chunk(kind, &data, texts).is_none() {
                    texts.incomplete = true;
                }
            }
            _ => file.seek_relative(i64::from(length) + 4)?,
        }
    }
}

/// Adds what a chunk says; `None` where it is damaged or inflates beyond the limit.
fn add_chunk(kind: &[u8], data: &[u8], texts: &mut Texts) -> Option<()> {
    if kind == b"eXIf" {
        let _ = exif::read(&mut Cursor::new(data), texts);
        return Some(());
    }
    let (key, rest) = split_zero(data)?;
    let key = decode_text(key);
    let value = match kind {
        b"tEXt" => rest.to_vec(),
        b"zTXt" => inflate(rest.get(1..)?, texts.room())?,
        _ => {
            let (&compressed, rest) = rest.split_first()?;
            let (_, rest) = split_zero(rest.get(1..)?)?;
            let (_, rest) = split_zero(rest)?;
            match compressed {
                0 => rest.to_vec(),
                _ => inflate(rest, texts.room())?,
            }
        }
    };
    match key.as_str() {
        "XML:com.adobe.xmp" => add_xmp(&value, texts),
        "Raw profile type exif" | "Raw profile type APP1" => {
            let raw = unhex(&value)?;
            let raw = raw.strip_prefix(b"Exif\0\0").unwrap_or(&raw);
            exif::read(&mut Cursor::new(raw), texts).ok()?;
        }
        _ => texts.add(key, decode_text(&value)),
    }
    Some(())
}

/// What stands before the first zero byte, and after it.
fn split_zero(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|b| *b == 0)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

/// Inflates a zlib stream of at most `limit` bytes.
fn inflate(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut inflated = Vec::new();
    ZlibDecoder::new(bytes)
        .take(limit as u64 + 1)
        .read_to_end(&mut inflated)
        .ok()?;
    (inflated.len() <= limit).then_some(inflated)
}

/// The bytes of an ImageMagick profile: a name, a length, then hexadecimal digits over many lines.
fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let digits: String = text.split_whitespace().skip(2).collect();
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok())
        .collect()
}
