//! What stands beside the pixels in JPEG, WebP, TIFF and GIF: colour profiles, further pictures.

use super::colour_profile::LARGEST_PROFILE;

/// The bytes of an embedded profile; the error says what is wrong with it.
pub(super) type Embedded = Result<Option<Vec<u8>>, String>;

const ICC_MARKER: &[u8] = b"ICC_PROFILE\0";

/// The profile of a JPEG file, which may stand in up to 255 segments.
///
/// Reference: ICC.1:2022, annex B.4.
pub(super) fn jpeg_profile(bytes: &[u8]) -> Embedded {
    let mut parts: Vec<Option<&[u8]>> = Vec::new();
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4).and_then(|b| b.first_chunk())
    {
        if marker == 0xff {
            at += 1;
            continue;
        }
        if matches!(marker, 0xd9 | 0xda) {
            break;
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = bytes
            .get(at + 4..at + 2 + length.max(2))
            .unwrap_or_default();
        if marker == 0xe2
            && let Some([number, count, part @ ..]) = segment.strip_prefix(ICC_MARKER)
        {
            let (number, count) = (usize::from(*number), usize::from(*count));
            parts.resize(parts.len().max(count), None);
            match number.checked_sub(1).and_then(|n| parts.get_mut(n)) {
                Some(place) if place.is_none() => *place = Some(part),
                _ => return Err("its parts are numbered wrongly".to_string()),
            }
        }
        at += 2 + length.max(2);
    }
    if parts.is_empty() {
        return Ok(None);
    }
    let whole: Option<Vec<&[u8]>> = parts.into_iter().collect();
    match whole {
        Some(parts) => Ok(Some(parts.concat())),
        None => Err("one of its parts is missing".to_string()),
    }
}

/// The chunks of a WebP file by name.
fn webp_chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut at = 12;
    std::iter::from_fn(move || {
        let head = bytes.get(at..at + 8)?;
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let end = (at + 8).saturating_add(length).min(bytes.len());
        let data = &bytes[at + 8..end];
        at = end.saturating_add(length % 2);
        Some((&head[..4], data))
    })
}

/// True where a WebP file is as long as its header says: decoders make up what is missing at the end.
pub(super) fn webp_is_complete(bytes: &[u8]) -> bool {
    let stated = bytes.get(4..8).and_then(|b| b.first_chunk());
    stated.is_some_and(|b| u64::from(u32::from_le_bytes(*b)) + 8 <= bytes.len() as u64 + 1)
}

/// The profile of a WebP file.
pub(super) fn webp_profile(bytes: &[u8]) -> Embedded {
    let found = webp_chunks(bytes).find(|(name, _)| *name == b"ICCP");
    bounded(found.map(|(_, data)| data))
}

/// True for a WebP file of several frames.
pub(super) fn webp_is_animated(bytes: &[u8]) -> bool {
    webp_chunks(bytes)
        .filter(|(name, _)| *name == b"ANMF")
        .nth(1)
        .is_some()
}

fn bounded(profile: Option<&[u8]>) -> Embedded {
    match profile {
        Some(profile) if profile.len() > LARGEST_PROFILE => Err("it is too large".to_string()),
        other => Ok(other.map(<[u8]>::to_vec)),
    }
}

/// What the directories of a TIFF file say.
#[derive(Debug, Default)]
pub(super) struct TiffFacts {
    /// The colour profile.
    pub profile: Option<Vec<u8>>,
    /// What is wrong with it.
    pub profile_error: Option<String>,
    /// True where there are further pages that are no smaller copies of the first.
    pub more_pages: bool,
}

/// Looks into the first two directories of a TIFF file.
pub(super) fn tiff_facts(bytes: &[u8]) -> TiffFacts {
    let mut facts = TiffFacts::default();
    let little = bytes.starts_with(b"II");
    let number = |at: usize, width: usize| -> Option<usize> {
        let field = bytes.get(at..at.checked_add(width)?)?;
        let digit = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        Some(match little {
            true => field.iter().rev().fold(0, digit),
            false => field.iter().fold(0, digit),
        })
    };
    // Field `tag` of the directory at a place: kind, count, position of the value.
    let field = |directory: usize, tag: usize| -> Option<(usize, usize, usize)> {
        let count = number(directory, 2)?;
        (0..count)
            .map(|index| directory + 2 + index * 12)
            .find(|at| number(*at, 2) == Some(tag))
            .and_then(|at| Some((number(at + 2, 2)?, number(at + 4, 4)?, at + 8)))
    };
    let Some(first) =
        number(4, 4).filter(|_| bytes.get(2..4) == Some(b"*\0") || bytes.get(2..4) == Some(b"\0*"))
    else {
        return facts;
    };
    if let Some((_, length, value)) = field(first, 0x8773) {
        let profile = number(value, 4)
            .and_then(|at| bytes.get(at..at.checked_add(length)?))
            .filter(|profile| profile.len() > 4);
        match profile {
            Some(profile) if profile.len() <= LARGEST_PROFILE => {
                facts.profile = Some(profile.to_vec());
            }
            _ => facts.profile_error = Some("it is damaged".to_string()),
        }
    }
    let next = number(first, 2).and_then(|count| number(first + 2 + count * 12, 4));
    if let Some(next) = next.filter(|at| *at != 0) {
        let smaller = field(next, 0x00fe).and_then(|(_, _, value)| number(value, 4));
        facts.more_pages = number(next, 2).is_some() && smaller.is_none_or(|kind| kind & 1 == 0);
    }
    facts
}

/// True for a GIF file of several pictures.
///
/// Reference: GIF89a specification, sections 18 to 26.
pub(super) fn gif_is_animated(bytes: &[u8]) -> bool {
    // The bytes of a colour table that the flags tell of.
    let table = |flags: u8| {
        if flags & 0x80 != 0 {
            3 << ((flags & 7) + 1)
        } else {
            0
        }
    };
    let blocks = |mut at: usize| -> Option<usize> {
        loop {
            let length = usize::from(*bytes.get(at)?);
            at += 1 + length;
            if length == 0 {
                return Some(at);
            }
        }
    };
    let walk = || -> Option<usize> {
        let mut at = 13 + table(*bytes.get(10)?);
        let mut pictures = 0;
        loop {
            match bytes.get(at)? {
                0x21 => at = blocks(at + 2)?,
                0x2c => {
                    pictures += 1;
                    if pictures > 1 {
                        return Some(pictures);
                    }
                    at = blocks(at + 11 + table(*bytes.get(at + 9)?))?;
                }
                _ => return Some(pictures),
            }
        }
    };
    walk().is_some_and(|pictures| pictures > 1)
}

/// True for a BMP file that brings a colour profile or its own primaries.
pub(super) fn bmp_has_profile(bytes: &[u8]) -> bool {
    // The kind of colours of the headers of versions 4 and 5: "MBED" and "LINK", read backwards.
    let long = bytes.get(14).is_some_and(|length| *length >= 108);
    long && matches!(bytes.get(70..74), Some(b"DEBM" | b"KNIL"))
}
