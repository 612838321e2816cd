//! Whether the compressed data of a JPEG file are those of its picture: decoders go on over damaged data and say nothing.
//!
//! JPEG has no checksums. But data that were changed rarely make as many blocks as the picture has, in the bytes that
//! there are: codes are followed through all scans, and blocks and bytes have to end together.
//!
//! Reference: ITU-T T.81, annexes B (segments), F (sequential) and G (progressive).

use super::jpeg_bits::{Bits, Broken, Codes};
use super::jpeg_blocks::{Blocks, Scan};

/// What speaks against the data of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// They cannot be followed to the end.
    Broken,
    /// They can be, and say more than the picture needs, or a brightness that none has.
    Odd,
}

/// A part of the picture: luma, a difference of colour, an ink.
#[derive(Clone, Debug)]
pub(super) struct Component {
    name: u8,
    /// Blocks of a unit, across and down.
    pub sampling: [usize; 2],
    /// Blocks across and down, whole units.
    pub size: [usize; 2],
    /// Those of them that belong to the picture.
    pub used: [usize; 2],
    /// What brightness is divided by, 0 where that is not known.
    pub step: i32,
    table: usize,
    pub seen: bool,
}

/// What the segments have said so far.
#[derive(Default)]
struct Tables {
    codes: [[Option<Codes>; 4]; 2],
    steps: [i32; 4],
    interval: usize,
}

/// Follows the data of all scans; `None` where nothing speaks against them, or their kind (arithmetic codes, lossless,
/// 12 bits) is not followed.
pub(super) fn damage(bytes: &[u8]) -> Option<Damage> {
    let mut tables = Tables::default();
    let mut blocks: Option<Blocks> = None;
    let (mut at, mut odd) = (2, false);
    loop {
        let Some((marker, content, after)) = segment(bytes, at) else {
            return Some(Damage::Broken);
        };
        at = after;
        match marker {
            0xd9 => break,
            0xc0..=0xc2 if blocks.is_none() => blocks = Some(frame(content, marker == 0xc2)?),
            0xc4 => tables.add_codes(content)?,
            0xc3 | 0xc5..=0xcf | 0xdc => return None,
            0xdb => tables.add_steps(content)?,
            0xdd => tables.interval = usize::from(number(content, 0)?),
            0xda => {
                let frame = blocks.as_mut()?;
                let scan = tables.scan(content, frame)?;
                match followed(bytes, at, &scan, frame) {
                    Ok((next, spare)) => {
                        at = next;
                        odd |= spare;
                    }
                    Err(_) => return Some(Damage::Broken),
                }
            }
            _ => {}
        }
    }
    let frame = blocks?;
    if frame.components.iter().any(|component| !component.seen) {
        return Some(Damage::Broken);
    }
    (odd || frame.odd).then_some(Damage::Odd)
}

/// Follows one scan; gives where the next marker stands, and whether there were bytes too many.
fn followed(
    bytes: &[u8],
    mut at: usize,
    scan: &Scan<'_>,
    blocks: &mut Blocks,
) -> Result<(usize, bool), Broken> {
    let units = blocks.units(scan);
    let (mut done, mut restarts, mut odd) = (0, 0u8, false);
    loop {
        let run = match scan.interval {
            0 => units,
            interval => interval.min(units - done),
        };
        let mut bits = Bits::new(bytes, at);
        blocks.follow(scan, done..done + run, &mut bits)?;
        let (end, spare) = bits.end();
        (at, odd) = (end, odd | spare);
        done += run;
        let restart = bytes
            .get(at + 1)
            .filter(|marker| matches!(marker, 0xd0..=0xd7));
        match (done == units, restart) {
            (true, None) => return Ok((at, odd)),
            // Some cameras end with one.
            (true, Some(_)) => at += 2,
            (false, Some(marker)) if *marker == 0xd0 + restarts => {
                restarts = (restarts + 1) % 8;
                at += 2;
                continue;
            }
            _ => return Err(Broken::Order),
        }
        return Ok((at, odd));
    }
}

/// The next segment from a position on: its marker, its content, where it ends. Between segments nothing but fill bytes is
/// expected, and anything is passed over.
fn segment(bytes: &[u8], at: usize) -> Option<(u8, &[u8], usize)> {
    let rest = bytes.get(at..)?;
    let found = rest
        .windows(2)
        .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xff))?;
    let (marker, after) = (rest[found + 1], at + found + 2);
    if matches!(marker, 0x01 | 0xd0..=0xd9) {
        return Some((marker, &[], after));
    }
    let length = usize::from(number(bytes, after)?).max(2);
    let content = bytes.get(after + 2..after + length)?;
    Some((marker, content, after + length))
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes([two[0], two[1]]))
}

/// The blocks of a picture, from its header.
fn frame(content: &[u8], progressive: bool) -> Option<Blocks> {
    let [bits, _, _, _, _, count, parts @ ..] = content else {
        return None;
    };
    let (height, width) = (
        usize::from(number(content, 1)?),
        usize::from(number(content, 3)?),
    );
    if *bits != 8 || height == 0 || width == 0 || parts.len() < 3 * usize::from(*count) {
        return None;
    }
    let told: Vec<(u8, [usize; 2], usize)> = (parts.chunks_exact(3).take(usize::from(*count)))
        .map(|part| {
            let sampling = [usize::from(part[1] >> 4), usize::from(part[1] & 15)];
            (part[0], sampling, usize::from(part[2]))
        })
        .collect();
    let right = |(_, sampling, table): &(u8, [usize; 2], usize)| {
        sampling.iter().all(|s| (1..=4).contains(s)) && *table < 4
    };
    if !(1..=4).contains(&told.len()) || !told.iter().all(right) {
        return None;
    }
    let most = [0, 1].map(|axis| told.iter().map(|(_, s, _)| s[axis]).max().unwrap_or(1));
    let size = [width, height];
    let units = [0, 1].map(|axis| size[axis].div_ceil(8 * most[axis]));
    let components = told.into_iter().map(|(name, sampling, table)| Component {
        name,
        sampling,
        size: [0, 1].map(|axis| units[axis] * sampling[axis]),
        used: [0, 1].map(|axis| {
            (size[axis] * sampling[axis])
                .div_ceil(most[axis])
                .div_ceil(8)
        }),
        step: 0,
        table,
        seen: false,
    });
    Some(Blocks::new(components.collect(), units, progressive))
}

impl Tables {
    fn add_codes(&mut self, mut content: &[u8]) -> Option<()> {
        while let [kind, rest @ ..] = content {
            let (counts, values) = rest.split_first_chunk::<16>()?;
            let all: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let place = self.codes.get_mut(usize::from(kind >> 4))?;
            *place.get_mut(usize::from(kind & 15))? = Codes::new(counts, values);
            content = values.get(all..)?;
        }
        Some(())
    }

    fn add_steps(&mut self, mut content: &[u8]) -> Option<()> {
        while let [kind, rest @ ..] = content {
            let wide = kind >> 4 != 0;
            let first = match wide {
                true => i32::from(number(rest, 0)?),
                false => i32::from(*rest.first()?),
            };
            *self.steps.get_mut(usize::from(kind & 15))? = first;
            content = rest.get(if wide { 128 } else { 64 }..)?;
        }
        Some(())
    }

    /// What a scan holds; `None` where its header is of no known kind.
    fn scan<'t>(&'t self, content: &[u8], frame: &mut Blocks) -> Option<Scan<'t>> {
        let (count, rest) = content.split_first()?;
        let (parts, rest) = rest.split_at_checked(2 * usize::from(*count))?;
        let [begin, end, bits, ..] = rest else {
            return None;
        };
        let mut scan = Scan {
            parts: Vec::new(),
            codes: Vec::new(),
            band: [usize::from(*begin), usize::from(*end)],
            refines: bits >> 4 != 0,
            shift: u32::from(bits & 15),
            interval: self.interval,
        };
        for part in parts.chunks_exact(2) {
            let place =
                (frame.components.iter()).position(|component| component.name == part[0])?;
            let component = &mut frame.components[place];
            component.seen = true;
            component.step = self.steps[component.table];
            let codes = [usize::from(part[1] >> 4), usize::from(part[1] & 15)];
            scan.parts.push(place);
            scan.codes.push([
                self.codes[0].get(codes[0])?.as_ref(),
                self.codes[1].get(codes[1])?.as_ref(),
            ]);
        }
        let sound = scan.band[1] <= 63 && scan.band[0] <= scan.band[1] && scan.shift <= 13;
        (sound && !scan.parts.is_empty()).then_some(scan)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ::image::codecs::jpeg::JpegEncoder;
    use ::image::{Rgb, RgbImage};

    /// A picture with much in it, as a baseline JPEG.
    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let picture = RgbImage::from_fn(width, height, |x, y| {
            let wave = |scale: u32| ((x * x / 7 + y * scale + x * y / 5) % 251) as u8;
            Rgb([wave(3), wave(11), wave(29)])
        });
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 85)
            .encode_image(&picture)
            .unwrap();
        bytes
    }

    fn scan_of(bytes: &[u8]) -> usize {
        let start = bytes
            .windows(2)
            .position(|pair| pair == [0xff, 0xda])
            .unwrap();
        start + 2 + usize::from(number(bytes, start + 2).unwrap())
    }

    #[test]
    fn whole_files_are_followed_to_their_end() {
        for (width, height) in [(64, 48), (61, 33), (8, 8), (17, 200)] {
            assert_eq!(damage(&jpeg(width, height)), None);
        }
        let mut longer = jpeg(40, 40);
        longer.extend(b"a film behind the picture");
        assert_eq!(damage(&longer), None);
    }

    #[test]
    fn changes_in_the_middle_are_noticed() {
        let whole = jpeg(96, 96);
        let scan = scan_of(&whole);
        let middle = (scan + whole.len()) / 2;
        let noticed = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = whole.clone();
            change(&mut bytes);
            damage(&bytes).is_some()
        };
        assert!(noticed(&|bytes| bytes[middle..middle + 64].fill(0)));
        assert!(noticed(&|bytes| bytes[middle..middle + 64].fill(0xff)));
        assert!(noticed(&|bytes| bytes[middle..middle + 512].fill(0x5a)));
        assert!(noticed(&|bytes| drop(bytes.drain(middle..middle + 40))));
        assert!(noticed(&|bytes| {
            let part = bytes[middle - 60..middle].to_vec();
            bytes.splice(middle..middle, part);
        }));
        // Of single bits those that belong to a value are not.
        let mut places = (scan..whole.len() - 2).step_by(37);
        assert!(places.any(|place| noticed(&|bytes| bytes[place] ^= 0x10)));
    }

    #[test]
    fn what_is_no_jpeg_is_not_followed() {
        for bytes in [&b""[..], b"\xff\xd8", b"\xff\xd8\xff\xda\0\x02"] {
            let _ = damage(bytes);
        }
        let whole = jpeg(24, 24);
        for length in 0..whole.len() {
            let _ = damage(&whole[..length]);
        }
    }
}
