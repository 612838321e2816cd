//! Settings of a network in a config of diffusers or transformers.

use crate::ZooError;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A config; what is missing has the default of its class, as in the library that wrote it.
#[derive(Clone, Debug)]
pub struct Settings {
    path: PathBuf,
    values: Value,
}

/// Largest number of channels, layers or anything else that a config asks for. No published model comes near it.
const MOST: u64 = 1 << 17;

impl Settings {
    /// The content of a config; `path` for messages.
    pub fn new(path: &Path, values: Value) -> Self {
        Self {
            path: path.to_path_buf(),
            values,
        }
    }

    /// A setting that is there and not null.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key).filter(|value| !value.is_null())
    }

    /// Whether it is there, be it null.
    pub fn says(&self, key: &str) -> bool {
        self.values.get(key).is_some()
    }

    /// Says what is wrong.
    pub fn refuse(&self, problem: impl Into<String>) -> ZooError {
        ZooError::GeneratorFiles {
            path: self.path.clone(),
            problem: problem.into(),
            remedy: "take another model of Stable Diffusion 1, 2 or XL, or the config that belongs to the weights".to_string(),
        }
    }

    fn odd(&self, key: &str, value: &Value, expected: &str) -> ZooError {
        self.refuse(format!("{key} is {value}; expected {expected}"))
    }

    /// A whole number of at least 1.
    ///
    /// # Errors
    /// [`ZooError::GeneratorFiles`] for another value; so for all others.
    pub fn size(&self, key: &str, default: usize) -> Result<usize, ZooError> {
        Ok(self.optional_size(key)?.unwrap_or(default))
    }

    /// The same where there may be none.
    ///
    /// # Errors
    /// As [`Settings::size`].
    pub fn optional_size(&self, key: &str) -> Result<Option<usize>, ZooError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let size = value.as_u64().filter(|size| (1..=MOST).contains(size));
        size.map(|size| Some(size as usize))
            .ok_or_else(|| self.odd(key, value, &format!("a whole number from 1 to {MOST}")))
    }

    /// A number.
    ///
    /// # Errors
    /// As [`Settings::size`].
    pub fn number(&self, key: &str, default: f64) -> Result<f64, ZooError> {
        self.get(key).map_or(Ok(default), |value| {
            let number = value.as_f64().filter(|number| number.is_finite());
            number.ok_or_else(|| self.odd(key, value, "a number"))
        })
    }

    /// True or false.
    ///
    /// # Errors
    /// As [`Settings::size`].
    pub fn flag(&self, key: &str, default: bool) -> Result<bool, ZooError> {
        self.get(key).map_or(Ok(default), |value| {
            value
                .as_bool()
                .ok_or_else(|| self.odd(key, value, "true or false"))
        })
    }

    /// A word.
    ///
    /// # Errors
    /// As [`Settings::size`].
    pub fn word<'a>(&'a self, key: &str, default: &'a str) -> Result<&'a str, ZooError> {
        self.get(key).map_or(Ok(default), |value| {
            value.as_str().ok_or_else(|| self.odd(key, value, "a word"))
        })
    }

    /// A number per level; one number counts for all of them.
    ///
    /// # Errors
    /// As [`Settings::size`].
    pub fn sizes(&self, key: &str, default: usize, levels: usize) -> Result<Vec<usize>, ZooError> {
        self.per_level(key, default, (levels, 1))
    }

    /// The same where a level of a list may have none.
    ///
    /// # Errors
    /// As [`Settings::size`].
    pub fn counts(&self, key: &str, default: usize, levels: usize) -> Result<Vec<usize>, ZooError> {
        self.per_level(key, default, (levels, 0))
    }

    fn per_level(
        &self,
        key: &str,
        default: usize,
        (levels, least): (usize, u64),
    ) -> Result<Vec<usize>, ZooError> {
        let Some(value) = self.get(key) else {
            return Ok(vec![default; levels]);
        };
        if let Some(list) = value.as_array() {
            let sizes = list
                .iter()
                .map(|v| v.as_u64().filter(|v| (least..=MOST).contains(v)));
            let sizes: Option<Vec<usize>> = sizes.map(|v| v.map(|v| v as usize)).collect();
            return sizes.filter(|sizes| sizes.len() == levels).ok_or_else(|| {
                self.odd(
                    key,
                    value,
                    &format!("{levels} whole numbers of at least {least}"),
                )
            });
        }
        Ok(vec![self.size(key, default)?; levels])
    }

    /// A list of words.
    ///
    /// # Errors
    /// As [`Settings::size`].
    pub fn words(&self, key: &str, default: &[&str]) -> Result<Vec<String>, ZooError> {
        let Some(value) = self.get(key) else {
            return Ok(default.iter().map(|word| (*word).to_string()).collect());
        };
        let words = value.as_array().map(|list| {
            let words = list.iter().map(|word| word.as_str().map(str::to_string));
            words.collect::<Option<Vec<String>>>()
        });
        words
            .flatten()
            .ok_or_else(|| self.odd(key, value, "a list of words"))
    }

    /// A list of numbers, where it is there.
    ///
    /// # Errors
    /// As [`Settings::size`].
    pub fn numbers(&self, key: &str, count: usize) -> Result<Option<Vec<f32>>, ZooError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let numbers = value.as_array().map(|list| {
            let numbers = list
                .iter()
                .map(|v| v.as_f64().map(|v| v as f32).filter(|v| v.is_finite()));
            numbers.collect::<Option<Vec<f32>>>()
        });
        let numbers = numbers.flatten().filter(|numbers| numbers.len() == count);
        numbers
            .map(Some)
            .ok_or_else(|| self.odd(key, value, &format!("a list of {count} numbers")))
    }

    /// Refuses a setting that is neither missing nor as it is built here; a list is what all of its entries are.
    ///
    /// # Errors
    /// [`ZooError::GeneratorFiles`] naming it.
    pub fn only(&self, key: &str, built: &[Value]) -> Result<(), ZooError> {
        match self.get(key) {
            Some(Value::Array(values)) if values.iter().all(|value| built.contains(value)) => {
                Ok(())
            }
            Some(value) if !built.contains(value) => {
                let built: Vec<String> = built.iter().map(Value::to_string).collect();
                let built = match built.is_empty() {
                    true => "null".to_string(),
                    false => built.join(" or "),
                };
                Err(self.refuse(format!("{key} is {value}; built here is {built} only")))
            }
            _ => Ok(()),
        }
    }
}
