//! Texts in EXIF fields, the tag structure that TIFF files are made of too.
//!
//! Read here and not by a crate: one walker serves blocks in memory and TIFF files by seeking, takes
//! every field that holds text whatever its type says (programs write prompts into many), and bounds
//! what it reads. Reference: Exif 2.32, 4.6; TIFF 6.0, section 2.

use super::read::{Texts, decode_text, read_bytes};
use std::io::{self, Read, Seek, SeekFrom};

/// Most directories that are read: the main one, that of EXIF, and some pages.
const MOST_DIRECTORIES: usize = 8;
/// Most fields of a directory that are looked at.
const MOST_FIELDS: u16 = 512;
const EXIF_POINTER: u16 = 0x8769;
const USER_COMMENT: u16 = 0x9286;

/// Byte order of a block.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, bytes: &[u8]) -> u16 {
        let pair = [bytes[0], bytes[1]];
        match self {
            Self::Little => u16::from_le_bytes(pair),
            Self::Big => u16::from_be_bytes(pair),
        }
    }

    fn u32(self, bytes: &[u8]) -> u32 {
        let four = [bytes[0], bytes[1], bytes[2], bytes[3]];
        match self {
            Self::Little => u32::from_le_bytes(four),
            Self::Big => u32::from_be_bytes(four),
        }
    }
}

/// Adds the texts of a block that begins with its byte order, or of a whole TIFF file.
pub(super) fn read(block: &mut (impl Read + Seek), texts: &mut Texts) -> io::Result<()> {
    let head = read_bytes(block, 8)?;
    let order = match &head[..4] {
        [b'I', b'I', 42, 0] => Order::Little,
        [b'M', b'M', 0, 42] => Order::Big,
        _ => return Ok(()),
    };
    let mut waiting = vec![order.u32(&head[4..])];
    let mut seen = Vec::new();
    while let Some(at) = waiting.pop() {
        // A directory that points back at one before it ends there.
        if at == 0 || seen.contains(&at) || seen.len() == MOST_DIRECTORIES {
            continue;
        }
        seen.push(at);
        read_directory(block, order, at, &mut waiting, texts)?;
    }
    Ok(())
}

fn read_directory(
    block: &mut (impl Read + Seek),
    order: Order,
    at: u32,
    waiting: &mut Vec<u32>,
    texts: &mut Texts,
) -> io::Result<()> {
    block.seek(SeekFrom::Start(u64::from(at)))?;
    let count = order.u16(&read_bytes(block, 2)?);
    let fields = read_bytes(block, usize::from(count.min(MOST_FIELDS)) * 12)?;
    if count <= MOST_FIELDS
        && let Ok(next) = read_bytes(block, 4)
    {
        waiting.push(order.u32(&next));
    }
    for field in fields.chunks_exact(12) {
        let (tag, kind) = (order.u16(field), order.u16(&field[2..]));
        let (length, value) = (order.u32(&field[4..]) as usize, &field[8..]);
        if tag == EXIF_POINTER {
            waiting.push(order.u32(value));
            continue;
        }
        // BYTE, ASCII, UNDEFINED and UTF-8; a shorter field holds no prompt, nor do the pages' data.
        if !matches!(kind, 1 | 2 | 7 | 129) || length <= 4 || is_bulk(tag) {
            continue;
        }
        let Some(name) = field_name(tag, kind) else {
            continue;
        };
        if length > texts.room() {
            texts.incomplete = true;
            continue;
        }
        block.seek(SeekFrom::Start(u64::from(order.u32(value))))?;
        let Ok(bytes) = read_bytes(block, length) else {
            continue;
        };
        texts.add(name, field_text(tag, kind, &bytes, order));
    }
    Ok(())
}

/// Fields of data and not of words: tables and profiles of TIFF, the maker's own, thumbnails.
fn is_bulk(tag: u16) -> bool {
    matches!(
        tag,
        0x0111 | 0x0117 | 0x015b | 0x02bc | 0x8649 | 0x8773 | 0x83bb | 0xc4a5 | 0xea1c
    )
}

/// A name for a field; `None` for bytes that no program writes texts into.
fn field_name(tag: u16, kind: u16) -> Option<String> {
    match tag {
        USER_COMMENT => Some("UserComment".to_string()),
        0x010e => Some("ImageDescription".to_string()),
        0x0131 => Some("Software".to_string()),
        0x9c9b => Some("XPTitle".to_string()),
        0x9c9c => Some("XPComment".to_string()),
        0x927c => Some("MakerNote".to_string()),
        _ if kind == 2 || kind == 129 => Some(format!("EXIF 0x{tag:04x}")),
        _ => None,
    }
}

fn field_text(tag: u16, kind: u16, bytes: &[u8], order: Order) -> String {
    let text = match tag {
        0x9c9b | 0x9c9c => utf16(bytes, Order::Little),
        USER_COMMENT => user_comment(bytes, order),
        _ if kind == 2 || kind == 129 => decode_text(bytes),
        _ => user_comment(bytes, order),
    };
    text.trim_matches(['\0', ' ', '\n', '\r', '\t']).to_string()
}

/// A comment behind the eight bytes that name its encoding, where they are there.
fn user_comment(bytes: &[u8], order: Order) -> String {
    let Some((code, rest)) = bytes.split_at_checked(8) else {
        return decode_text(bytes);
    };
    match code {
        b"UNICODE\0" => unicode(rest, order),
        b"ASCII\0\0\0" | b"\0\0\0\0\0\0\0\0" | b"JIS\0\0\0\0\0" => decode_text(rest),
        // No code: programs that know no better write the text alone.
        _ => decode_text(bytes),
    }
}

/// UTF-16 in the order that its content shows, since writers do not keep to that of the block; some
/// write UTF-8 under the same name.
fn unicode(bytes: &[u8], order: Order) -> String {
    match bytes {
        [0xff, 0xfe, rest @ ..] => return utf16(rest, Order::Little),
        [0xfe, 0xff, rest @ ..] => return utf16(rest, Order::Big),
        _ => (),
    }
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
    if !bytes[..end].contains(&0)
        && let Ok(text) = std::str::from_utf8(&bytes[..end])
    {
        return text.to_string();
    }
    // Texts of any language have blanks, digits, line ends: zero bytes on the side of the high byte.
    let high = |side: usize| {
        bytes
            .iter()
            .skip(side)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    match high(0).cmp(&high(1)) {
        std::cmp::Ordering::Greater => utf16(bytes, Order::Big),
        std::cmp::Ordering::Less => utf16(bytes, Order::Little),
        std::cmp::Ordering::Equal => utf16(bytes, order),
    }
}

fn utf16(bytes: &[u8], order: Order) -> String {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| order.u16(pair)).collect();
    String::from_utf16_lossy(&units)
}
