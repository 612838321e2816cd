//! Typed values of a JSON file, with its name in every error.

use crate::ZooError;
use serde_json::{Map, Value};
use std::path::Path;

/// The keys of a file.
pub(super) struct Fields<'a> {
    path: &'a Path,
    pub map: Map<String, Value>,
}

/// The content of a `scheduler_config.json`; Python writes the default of one key as no JSON.
pub(in super::super) fn config_json(bytes: &[u8]) -> serde_json::Result<Value> {
    let text = String::from_utf8_lossy(bytes);
    serde_json::from_str(&text.replace(
        "\"lambda_min_clipped\": -Infinity",
        "\"lambda_min_clipped\": null",
    ))
}

impl<'a> Fields<'a> {
    pub fn parse(bytes: &[u8], path: &'a Path) -> Result<Self, ZooError> {
        match config_json(bytes) {
            Ok(json) => Self::of(json, path),
            Err(error) => Err(Self::empty(path).fault(
                &format!("it is not JSON: {error}"),
                "fetch it anew; the download may have stopped half-way",
            )),
        }
    }

    pub fn of(json: Value, path: &'a Path) -> Result<Self, ZooError> {
        match json {
            Value::Object(map) => Ok(Self { path, map }),
            _ => Err(Self::empty(path).fault("it holds no JSON object", "fetch it anew")),
        }
    }

    fn empty(path: &'a Path) -> Self {
        let map = Map::new();
        Self { path, map }
    }

    pub fn fault(&self, problem: &str, remedy: &str) -> ZooError {
        ZooError::EncoderFiles {
            path: self.path.to_path_buf(),
            problem: problem.to_string(),
            remedy: remedy.to_string(),
        }
    }

    /// A value that is there and not null.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    fn typed<T>(
        &self,
        key: &str,
        what: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, ZooError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        match read(value) {
            Some(read) => Ok(Some(read)),
            None => Err(self.fault(
                &format!("{key} is {value}, which is not {what}"),
                "correct the file",
            )),
        }
    }

    pub fn text(&self, key: &str) -> Result<Option<String>, ZooError> {
        self.typed(key, "a text", |value| value.as_str().map(str::to_string))
    }

    pub fn number(&self, key: &str) -> Result<Option<f64>, ZooError> {
        self.typed(key, "a number", Value::as_f64)
    }

    pub fn count(&self, key: &str) -> Result<Option<usize>, ZooError> {
        self.typed(key, "a whole number from 0 on", |value| {
            usize::try_from(value.as_u64()?).ok()
        })
    }

    pub fn flag(&self, key: &str) -> Result<Option<bool>, ZooError> {
        self.typed(key, "true or false", Value::as_bool)
    }

    /// A text that stands for a value; another one is refused with those that are known.
    pub fn named<T>(
        &self,
        key: &str,
        known: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ZooError> {
        let Some(name) = self.text(key)? else {
            return Ok(None);
        };
        match parse(&name) {
            Some(value) => Ok(Some(value)),
            None => Err(self.fault(
                &format!("{key} is \"{name}\", which is not built"),
                &format!("it can be {known}; choose another --scheduler"),
            )),
        }
    }
}
