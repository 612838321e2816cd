//! Whether the sizes in a config of ours can be those of the file that it stands in.

use serde_json::{Map, Value};

/// Largest size of anything; what is computed of such sizes fits 64 bits.
const LARGEST: usize = 1 << 20;
/// Sizes of which there is at least one.
const SIZES: [&str; 17] = [
    "context",
    "deep-width",
    "dimension",
    "embedding",
    "head-width",
    "heads",
    "hidden",
    "image-size",
    "latent-channels",
    "latent-width",
    "layers",
    "levels",
    "patch",
    "time-width",
    "token-hidden",
    "trunk",
    "width",
];
/// Counts of parts that have tensors of their own.
const COUNTS: [&str; 4] = ["decoder-blocks", "encoder-blocks", "layers", "trunk"];

/// What a file has room for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Its length.
    pub bytes: usize,
    /// Its tensors.
    pub tensors: usize,
}

impl Room {
    /// What in a config cannot be, in words: sizes of 0 or beyond the file, and those that do not go together.
    pub fn problem(self, config: &Value) -> Option<String> {
        match config {
            Value::Array(all) => all.iter().find_map(|value| self.problem(value)),
            Value::Object(table) => self
                .of_table(table)
                .or_else(|| table.values().find_map(|value| self.problem(value))),
            _ => None,
        }
    }

    fn of_table(self, table: &Map<String, Value>) -> Option<String> {
        let most = self.bytes.min(LARGEST) as u64;
        for (key, value) in table {
            let Some(size) = value.as_u64() else {
                continue;
            };
            let name = key.as_str();
            if size > most || COUNTS.contains(&name) && size > self.tensors as u64 {
                return Some(format!(
                    "asks for a {key} of {size}, more than the file holds"
                ));
            }
            if size == 0 && SIZES.contains(&name) {
                return Some(format!("has a {key} of 0"));
            }
        }
        let number = |key: &str| table.get(key).and_then(Value::as_u64);
        let uneven = |whole: &str, part: &str| {
            let (size, parts) = (number(whole)?, number(part)?);
            (!size.is_multiple_of(parts))
                .then(|| format!("has a {whole} of {size}, not a multiple of its {part} {parts}"))
        };
        uneven("width", "heads").or_else(|| {
            // A patch stands inside the tower of an encoder's images.
            let tower = table.get("image-tower")?.as_object()?;
            let patch = tower
                .values()
                .find_map(|kind| kind.get("patch")?.as_u64())?;
            let size = number("image-size")?;
            (patch == 0 || !size.is_multiple_of(patch)).then(|| {
                format!("has images of {size} pixels, not a multiple of its patch {patch}")
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sizes_are_bounded_by_the_file_and_go_together() {
        let room = Room {
            bytes: 4000,
            tensors: 20,
        };
        let sound = json!({"name": "x", "image-size": 64, "image-tower": {"transformer": {"patch": 8,
            "width": 64, "layers": 2, "heads": 4}}, "words": ["a"], "losses": {"alone-epochs": 0, "slope": 0.5}});
        assert_eq!(room.problem(&sound), None);
        for (config, words) in [
            (
                json!({"width": 10_000_000_000_000u64}),
                "width of 10000000000000",
            ),
            (json!({"a": [{"layers": 21}]}), "layers of 21"),
            (json!({"patch": 0}), "patch of 0"),
            (json!({"width": 64, "heads": 5}), "heads 5"),
            (
                json!({"image-size": 65, "image-tower": {"mixer": {"patch": 8}}}),
                "65 pixels",
            ),
        ] {
            let problem = room.problem(&config).unwrap_or_default();
            assert!(problem.contains(words), "{problem}");
        }
    }
}
