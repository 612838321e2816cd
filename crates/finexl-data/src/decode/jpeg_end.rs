//! Whether a JPEG file reaches its end: lenient decoders fill a missing part with grey.
//!
//! Reference: ITU-T T.81, annex B.1.1 (markers) and B.2 (order of segments).

const END_OF_IMAGE: u8 = 0xd9;

/// True where the markers lead to an end-of-image marker.
///
/// Segments are skipped by their stated lengths, so that the end marker of a thumbnail inside a
/// metadata segment does not count.
pub(crate) fn is_complete(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some((marker, after)) = next_marker(bytes, at) {
        match marker {
            END_OF_IMAGE => return true,
            _ if stands_alone(marker) => at = after,
            _ => at = skip_segment(bytes, after),
        }
    }
    false
}

/// The first marker from `at` on and the position after it; compressed data before it is passed over.
fn next_marker(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let rest = bytes.get(at..)?;
    rest.windows(2)
        .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xff))
        .map(|offset| (rest[offset + 1], at + offset + 2))
}

/// Restart markers, the start of an image and TEM have no length.
fn stands_alone(marker: u8) -> bool {
    matches!(marker, 0x01 | 0xd0..=0xd8)
}

/// The position after a segment whose two length bytes stand at `at`; past the end if cut off.
fn skip_segment(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..at + 2) {
        Some(length) => at + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2),
        None => bytes.len(),
    }
}
