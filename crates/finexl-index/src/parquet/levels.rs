//! Levels: which rows a value belongs to, and whether it is there.

use super::thrift::varint;

/// Packs levels of `width` bits as Parquet's hybrid of runs and packed bits, behind their length. Equal levels are one
/// run; others are packed, eight at a time.
pub(super) fn packed(levels: &[u8], width: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    match levels.first() {
        Some(first) if levels.iter().all(|level| level == first) => {
            varint(&mut bytes, (levels.len() as u64) << 1);
            bytes.push(*first);
        }
        Some(_) => {
            let groups = levels.len().div_ceil(8);
            varint(&mut bytes, (groups as u64) << 1 | 1);
            for group in levels.chunks(8) {
                let bits = (group.iter().enumerate()).fold(0u32, |bits, (at, level)| {
                    bits | u32::from(*level) << (at * width)
                });
                bytes.extend(&bits.to_le_bytes()[..width]);
            }
        }
        None => {}
    }
    let mut all = (bytes.len() as u32).to_le_bytes().to_vec();
    all.extend(bytes);
    all
}

#[cfg(test)]
mod tests {
    use super::packed;

    #[test]
    fn equal_levels_are_a_run_and_others_are_packed() {
        assert_eq!(packed(&[1; 100], 1), [3, 0, 0, 0, 0xc8, 1, 1]);
        assert_eq!(packed(&[0, 1, 1], 1), [2, 0, 0, 0, 3, 0b110]);
        // The example of the format's own page: 0 to 7 in three bits.
        let packed = packed(&[0, 1, 2, 3, 4, 5, 6, 7], 3);
        assert_eq!(
            packed,
            [4, 0, 0, 0, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010]
        );
    }
}
