//! `model.safetensors.index.json`: which of several files holds which tensor.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The parts of a model's weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardIndex {
    /// File by tensor.
    files: BTreeMap<String, String>,
}

impl ShardIndex {
    /// Reads the content of an index.
    ///
    /// # Errors
    /// What is wrong with it, in words: no map of tensors to files, or a part that is not a safetensors file beside the
    /// index.
    pub fn parse(index: &Value) -> Result<Self, String> {
        let map = index.get("weight_map").and_then(Value::as_object);
        let map = map
            .filter(|map| !map.is_empty())
            .ok_or("it has no weight_map that says which part holds which tensor")?;
        let mut files = BTreeMap::new();
        for (tensor, file) in map {
            let file = file
                .as_str()
                .filter(|file| is_plain_name(file) && file.ends_with(".safetensors"))
                .ok_or_else(|| {
                    format!(
                        "it says that tensor {tensor} is in {file}; a part is a .safetensors file beside the index, \
                         given by its name alone"
                    )
                })?;
            files.insert(tensor.clone(), file.to_string());
        }
        Ok(Self { files })
    }

    /// Names of the parts, each once, in order.
    pub fn parts(&self) -> BTreeSet<&str> {
        self.files.values().map(String::as_str).collect()
    }

    /// Tensors with the part that has to hold them, in order.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(tensor, file)| (tensor.as_str(), file.as_str()))
    }
}

/// Whether a name is that of a file in the folder where it is looked for, on any system.
pub(crate) fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && !name.starts_with('.')
        && !name.contains(['/', '\\', ':'])
        && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_are_named_once() {
        let index = json!({"metadata": {}, "weight_map": {"a": "x-1.safetensors", "b": "x-2.safetensors",
            "c": "x-1.safetensors"}});
        let index = ShardIndex::parse(&index).unwrap();
        let parts: Vec<&str> = index.parts().into_iter().collect();
        assert_eq!(parts, ["x-1.safetensors", "x-2.safetensors"]);
        assert_eq!(index.tensors().nth(2), Some(("c", "x-1.safetensors")));
    }

    #[test]
    fn what_is_no_file_beside_the_index_is_refused() {
        for part in [
            json!("../x.safetensors"),
            json!("/etc/x.safetensors"),
            json!("C:\\x.safetensors"),
            json!("https://example.org/x.safetensors"),
            json!(".safetensors"),
            json!("x.bin"),
            json!("x\n.safetensors"),
            json!(3),
            Value::Null,
        ] {
            let index = json!({"weight_map": {"tensor": part}});
            let problem = ShardIndex::parse(&index).unwrap_err();
            assert!(problem.contains("tensor"), "{problem}");
        }
        for index in [
            json!({}),
            json!([]),
            json!({"weight_map": {}}),
            json!({"weight_map": 1}),
        ] {
            assert!(
                ShardIndex::parse(&index)
                    .unwrap_err()
                    .contains("weight_map")
            );
        }
    }
}
