//! Metadata of JPEG (segments before the pixels) and WebP (chunks of a RIFF file).
//!
//! References: ITU-T T.81, annex B; "WebP Container Specification"; XMP part 3 for the names.

use super::exif;
use super::read::{Texts, decode_text, read_bytes};
use std::io::{self, Cursor, Read, Seek, SeekFrom};

const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// Reads the segments up to the first scan.
pub(super) fn read_jpeg(file: &mut (impl Read + Seek), texts: &mut Texts) -> io::Result<()> {
    file.seek(SeekFrom::Start(2))?;
    loop {
        let mut marker = read_bytes(file, 2)?;
        // Any number of fill bytes may stand before a marker.
        while marker == [0xff, 0xff] {
            marker = vec![0xff, read_bytes(file, 1)?[0]];
        }
        match marker.as_slice() {
            [0xff, 0xda | 0xd9] => return Ok(()),
            [0xff, 0x01 | 0xd0..=0xd8] => continue,
            [0xff, _] => (),
            _ => return Ok(()),
        }
        let length = read_bytes(file, 2)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]])).max(2) - 2;
        match marker[1] {
            0xe1 => {
                let data = read_bytes(file, length)?;
                if let Some(tiff) = data.strip_prefix(b"Exif\0\0") {
                    add_exif(tiff, texts);
                } else if let Some(xmp) = data.strip_prefix(XMP) {
                    add_xmp(xmp, texts);
                }
            }
            0xfe => {
                let data = read_bytes(file, length)?;
                texts.add("Comment", decode_text(trim_zeros(&data)));
            }
            _ => file.seek_relative(length as i64)?,
        }
    }
}

/// Reads the chunks of a WebP file.
pub(super) fn read_webp(file: &mut (impl Read + Seek), texts: &mut Texts) -> io::Result<()> {
    file.seek(SeekFrom::Start(12))?;
    loop {
        let mut head = Vec::new();
        file.take(8).read_to_end(&mut head)?;
        let [kind @ .., a, b, c, d] = head.as_slice() else {
            return Ok(());
        };
        let length = u32::from_le_bytes([*a, *b, *c, *d]);
        // Chunks take an even number of bytes.
        let padding = i64::from(length % 2);
        match kind {
            b"EXIF" | b"XMP " if length as usize > texts.room() => {
                texts.incomplete = true;
                file.seek_relative(i64::from(length) + padding)?;
            }
            b"EXIF" => {
                let data = read_bytes(file, length as usize)?;
                add_exif(data.strip_prefix(b"Exif\0\0").unwrap_or(&data), texts);
                file.seek_relative(padding)?;
            }
            b"XMP " => {
                add_xmp(&read_bytes(file, length as usize)?, texts);
                file.seek_relative(padding)?;
            }
            _ => file.seek_relative(i64::from(length) + padding)?,
        }
    }
}

fn add_exif(tiff: &[u8], texts: &mut Texts) {
    // Cameras write damaged blocks too; what can be read of one has been.
    let _ = exif::read(&mut Cursor::new(tiff), texts);
}

fn trim_zeros(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
    &bytes[..end]
}

/// Takes the user comment and the description out of an XMP packet, where they stand as text.
///
/// Draw Things writes its settings there. This is a search for two elements, not an XML parser:
/// entities are put back, anything nested beyond the list item of a language alternative is left.
pub(super) fn add_xmp(packet: &[u8], texts: &mut Texts) {
    let Ok(packet) = std::str::from_utf8(packet) else {
        return;
    };
    for (element, key) in [
        ("exif:UserComment", "XMP UserComment"),
        ("dc:description", "XMP description"),
    ] {
        let Some(content) = packet
            .split_once(&format!("<{element}"))
            .and_then(|(_, rest)| rest.split_once('>'))
            .and_then(|(_, rest)| rest.split_once(&format!("</{element}>")))
            .map(|(content, _)| content)
        else {
            continue;
        };
        let item = content
            .split_once("<rdf:li")
            .and_then(|(_, rest)| rest.split_once('>'))
            .map_or(content, |(_, rest)| {
                rest.split_once("</rdf:li>").map_or(rest, |(item, _)| item)
            });
        if !item.contains('<') {
            texts.add(key, unescape(item.trim()));
        }
    }
}

/// Puts the entities of XML back.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let entity = after.split_once(';').filter(|(name, _)| name.len() <= 8);
        let decoded = entity.and_then(|(name, rest)| Some((entity_of(name)?, rest)));
        match decoded {
            Some((character, after)) => {
                plain.push(character);
                rest = after;
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn entity_of(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            code.ok().and_then(char::from_u32)
        }
    }
}
