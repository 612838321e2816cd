//! The map of characters that sentencepiece compiles into its tokenizers: a double array of the texts that are replaced,
//! and what each is replaced by. Readers follow its numbers without looking where they lead, so this is done before.
//!
//! Reference: `builder.cc` and `normalizer.cc` of sentencepiece (layout), `darts.h` (units of the array).

/// Bytes that one text may be replaced by.
const LONGEST_REPLACEMENT: usize = 256;

/// A unit of the array.
#[derive(Clone, Copy)]
struct Unit(u32);

impl Unit {
    fn has_leaf(self) -> bool {
        (self.0 >> 8) & 1 == 1
    }

    fn value(self) -> usize {
        (self.0 & ((1 << 31) - 1)) as usize
    }

    fn label(self) -> u32 {
        self.0 & ((1 << 31) | 0xFF)
    }

    fn offset(self) -> usize {
        ((self.0 >> 10) as usize) << ((self.0 & (1 << 9)) >> 6)
    }
}

/// Checks a map as it stands in a `tokenizer.json`, base64.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn check_map(text: &str) -> Result<(), String> {
    let bytes = data_encoding::BASE64
        .decode(text.as_bytes())
        .map_err(|e| format!("its map of characters is no base64 ({e})"))?;
    let damaged = || "its map of characters is damaged".to_string();
    let (size, rest) = bytes.split_first_chunk().ok_or_else(damaged)?;
    let size = u32::from_le_bytes(*size) as usize;
    if !size.is_multiple_of(4) || size == 0 || size > rest.len() {
        return Err(damaged());
    }
    let (array, replacements) = rest.split_at(size);
    let units: Vec<Unit> = array
        .as_chunks()
        .0
        .iter()
        .map(|bytes| Unit(u32::from_le_bytes(*bytes)))
        .collect();
    let replacements = std::str::from_utf8(replacements).map_err(|_| damaged())?;
    if leads_nowhere_else(&units, replacements) {
        Ok(())
    } else {
        Err(damaged())
    }
}

/// Whether every way through the array stays in it and ends at a replacement.
fn leads_nowhere_else(units: &[Unit], replacements: &str) -> bool {
    let mut seen = vec![false; units.len()];
    let mut nodes = vec![units[0].offset()];
    while let Some(node) = nodes.pop() {
        // Any byte may be asked for at a node.
        if node | 0xFF >= units.len() {
            return false;
        }
        if std::mem::replace(&mut seen[node], true) {
            continue;
        }
        for label in 1..=0xFF {
            let unit = units[node ^ label as usize];
            if unit.label() != label {
                continue;
            }
            let next = (node ^ label as usize) ^ unit.offset();
            if unit.has_leaf() {
                let value = units.get(next).map(|leaf| leaf.value());
                if !value.is_some_and(|value| is_replacement(replacements, value)) {
                    return false;
                }
            }
            nodes.push(next);
        }
    }
    true
}

/// Whether a replacement, which ends with a zero or the text, begins here.
fn is_replacement(replacements: &str, start: usize) -> bool {
    let rest = replacements.get(start..);
    rest.is_some_and(|rest| rest.find('\0').unwrap_or(rest.len()) <= LONGEST_REPLACEMENT)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn map(units: &[u32], replacements: &str) -> String {
        let mut bytes = (4 * units.len() as u32).to_le_bytes().to_vec();
        bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
        bytes.extend(replacements.bytes());
        data_encoding::BASE64.encode(&bytes)
    }

    /// An array in which "a" is replaced by what stands at `value`.
    fn array(value: u32) -> Vec<u32> {
        let mut units = vec![0u32; 512];
        units[0] = 256 << 10;
        // Behind "a" comes its leaf, at the place of the zero.
        units[256 ^ 0x61] = 0x61 | 1 << 8 | 0x61 << 10;
        units[256] = value | 1 << 31;
        units
    }

    #[test]
    fn the_map_of_a_published_tokenizer_is_sound() {
        let folder =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clip/siglip");
        let json = std::fs::read(folder.join("tokenizer.json")).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let steps = json["normalizer"]["normalizers"].as_array().unwrap();
        let map = steps
            .iter()
            .find_map(|step| step.get("precompiled_charsmap"));
        check_map(map.unwrap().as_str().unwrap()).unwrap();
    }

    #[test]
    fn maps_that_lead_out_of_themselves_are_refused() {
        check_map(&map(&array(2), "x\0yé\0")).unwrap();
        // Beyond the text, inside a letter, too long a replacement.
        for (value, text) in [(9, "x\0"), (1, "é\0"), (0, &*"x".repeat(300))] {
            check_map(&map(&array(value), text)).unwrap_err();
        }
        let mut out = array(0);
        out[256 ^ 0x61] = 0x61 | 1023 << 10;
        check_map(&map(&out, "x")).unwrap_err();
        check_map(&map(&[1 << 31], "")).unwrap_err();
        for text in ["", "AAAA", "!", "/////w=="] {
            check_map(text).unwrap_err();
        }
    }
}
