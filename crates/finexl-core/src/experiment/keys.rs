//! Keys of an experiment that are set from outside its file: by `--set`, and by the axes of a sweep.

use super::schema::{alternatives, of_kind};
use crate::toml_file::nearest;
use serde_json::Value as Json;
use toml::{Table, Value};

/// The place of a value in an experiment, table after table, below the table of its kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    parts: Vec<String>,
    text: String,
}

impl Key {
    /// Reads a key as TOML writes one: `pairs`, `schedule.epochs`, `trained.0.seeds`, `aspects."high contrast"`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let table: Table = toml::from_str(&format!("{text} = 0")).map_err(|_| {
            format!("`{text}` is no key; write it as in TOML, such as schedule.epochs")
        })?;
        let mut parts = Vec::new();
        let mut inner = &table;
        loop {
            let mut entries = inner.iter();
            let (Some((part, value)), None) = (entries.next(), entries.next()) else {
                return Err(format!("`{text}` is no key; give one key"));
            };
            parts.push(part.clone());
            match value {
                Value::Table(below) => inner = below,
                _ => break,
            }
        }
        Ok(Self {
            parts,
            text: text.to_string(),
        })
    }

    /// Refuses a key that the experiment of a kind does not have, with its place and the keys that there are.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, kind: &str) -> Result<(), String> {
        let mut nodes = match of_kind(kind) {
            Some(node) => vec![node],
            None => return Err(format!("there is no experiment [{kind}]")),
        };
        for (depth, part) in self.parts.iter().enumerate() {
            let below: Vec<&'static Json> =
                nodes.iter().flat_map(|node| child(node, part)).collect();
            if below.is_empty() {
                return Err(self.unknown(kind, depth, &nodes));
            }
            nodes = below;
        }
        Ok(())
    }

    fn unknown(&self, kind: &str, depth: usize, nodes: &[&'static Json]) -> String {
        let mut known: Vec<&'static str> = Vec::new();
        let mut is_array = false;
        for node in nodes.iter().flat_map(|node| alternatives(node)) {
            is_array |= node["items"].is_object();
            let properties = node["properties"].as_object().into_iter().flatten();
            for (key, _) in properties {
                if !known.contains(&key.as_str()) {
                    known.push(key);
                }
            }
        }
        let part = &self.parts[depth];
        let place = match &self.parts[..depth] {
            [] => format!("[{kind}]"),
            above => format!("`{}` of [{kind}]", above.join(".")),
        };
        if known.is_empty() && is_array {
            return format!(
                "{place} is a list; write the place in it as a number from 0, not `{part}`"
            );
        }
        if known.is_empty() {
            return format!("{place} is a plain value and has no key `{part}`");
        }
        let like = match nearest(part, &known) {
            Some(like) => format!("; did you mean `{like}`?"),
            None => ".".to_string(),
        };
        format!(
            "{place} has no key `{part}`{like} There are {}",
            known.join(", ")
        )
    }

    /// Puts a value at this place of an experiment's table, making the tables above it where they are not there.
    ///
    /// # Errors
    /// A place in a list that has not so many entries, or one below a plain value.
    pub fn put(&self, table: &mut Table, value: Value) -> Result<(), String> {
        let Some((last, above)) = self.parts.split_last() else {
            return Ok(());
        };
        let Some((first, between)) = above.split_first() else {
            table.insert(last.clone(), value);
            return Ok(());
        };
        let empty = || Value::Table(Table::new());
        let mut node = table.entry(first).or_insert_with(empty);
        for part in between {
            node = self.below(node, part)?.ok_or_else(|| self.no_place(part))?;
        }
        match node {
            Value::Table(table) => {
                table.insert(last.clone(), value);
            }
            Value::Array(items) => {
                let count = items.len();
                match last.parse::<usize>() {
                    Ok(place) if place < count => items[place] = value,
                    Ok(place) if place == count => items.push(value),
                    _ => return Err(self.no_place(last)),
                }
            }
            _ => return Err(self.no_place(last)),
        }
        Ok(())
    }

    fn below<'a>(&self, node: &'a mut Value, part: &str) -> Result<Option<&'a mut Value>, String> {
        let empty = || Value::Table(Table::new());
        Ok(match node {
            Value::Table(table) => Some(table.entry(part).or_insert_with(empty)),
            Value::Array(items) => match part.parse::<usize>() {
                Ok(place) => items.get_mut(place),
                Err(_) => None,
            },
            _ => None,
        })
    }

    fn no_place(&self, part: &str) -> String {
        format!(
            "`{}`: there is no `{part}` to set in the file; write what is above it first",
            self.text
        )
    }

    /// The value at this place, if there is one.
    pub fn get<'a>(&self, table: &'a Table) -> Option<&'a Value> {
        let (first, rest) = self.parts.split_first()?;
        let mut node = table.get(first)?;
        for part in rest {
            node = match node {
                Value::Table(table) => table.get(part)?,
                Value::Array(items) => items.get(part.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(node)
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The schemas of what stands at a place of a table or list.
fn child(node: &'static Json, part: &str) -> Vec<&'static Json> {
    let mut found = Vec::new();
    for node in alternatives(node) {
        if let Some(property) = node["properties"].get(part) {
            found.push(property);
        } else if node["additionalProperties"].is_object()
            || node["additionalProperties"] == Json::Bool(true)
        {
            found.push(&node["additionalProperties"]);
        } else if node["items"].is_object() && part.parse::<usize>().is_ok() {
            found.push(&node["items"]);
        }
    }
    found
}

/// A key with the value that it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The key.
    pub key: Key,
    /// Its value.
    pub value: Value,
}

impl Setting {
    /// Reads `key=value`, the value as TOML writes it; a plain word needs no quotes.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` sets nothing; write it as key=value"))?;
        Ok(Self {
            key: Key::parse(key)?,
            value: value_of(value.trim())?,
        })
    }
}

/// A value as TOML writes it, or a plain word.
fn value_of(text: &str) -> Result<Value, String> {
    let parsed: Result<Table, _> = toml::from_str(&format!("value = {text}"));
    if let Ok(mut table) = parsed
        && table.len() == 1
        && let Some(value) = table.remove("value")
    {
        return Ok(value);
    }
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:~+@".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return Ok(Value::String(text.to_string()));
    }
    Err(format!(
        "`{text}` is no value; write it as in TOML: 8, 0.5, true, [1, 2], or text in double quotes"
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn keys_are_checked_against_the_kind() {
        let check = |kind: &str, key: &str| Key::parse(key).and_then(|key| key.check(kind));
        for (kind, key) in [
            ("explain-scenes", "scenes"),
            (
                "explain-scenes",
                "personalizations.0.aspects.\"high contrast\"",
            ),
            ("make-pool", "trained.1.mechanism.lora.rank"),
            ("make-pool", "styles.warm.0.share"),
            ("train-head", "schedule.epochs"),
            ("evaluate", "measures.0.one-aspect.repeats"),
        ] {
            check(kind, key).unwrap();
        }
        for (kind, key, words) in [
            (
                "explain-scenes",
                "sceens",
                "[explain-scenes] has no key `sceens`; did you mean `scenes`?",
            ),
            (
                "make-pool",
                "trained.0.mechanism.lora.rnak",
                "`trained.0.mechanism.lora` of [make-pool] has no key `rnak`; did you mean `rank`?",
            ),
            (
                "make-pool",
                "trained.first.seeds",
                "write the place in it as a number",
            ),
            (
                "make-pool",
                "pairs.more",
                "`pairs` of [make-pool] is a plain value",
            ),
            ("make-pool", "a b", "is no key"),
        ] {
            let error = check(kind, key).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn values_are_toml_or_plain_words() {
        let value = |text: &str| Setting::parse(text).map(|setting| setting.value);
        assert_eq!(value("a=8").unwrap(), Value::Integer(8));
        assert_eq!(
            value("a = 'x y'").unwrap(),
            Value::String("x y".to_string())
        );
        assert_eq!(
            value("a=runs/x").unwrap(),
            Value::String("runs/x".to_string())
        );
        assert!(value("a=[1, 2]").unwrap().is_array());
        for wrong in ["a", "a=", "a=x y", "a=1\nb=2"] {
            assert!(value(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_are_put_where_they_belong() {
        let mut table: Table = toml::from_str("a = 1\n[[b]]\nc = 1\n").unwrap();
        let mut put = |key: &str| Key::parse(key)?.put(&mut table, Value::Integer(7));
        for key in ["a", "b.0.c", "b.0.d.e", "f.g"] {
            put(key).unwrap();
        }
        assert!(put("b.1.c").is_err());
        assert!(put("a.x").is_err());
        let expected: Table =
            toml::from_str("a = 7\n[[b]]\nc = 7\n[b.d]\ne = 7\n[f]\ng = 7\n").unwrap();
        assert_eq!(table, expected);
    }
}
