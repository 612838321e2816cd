//! The entries of an `adapter_config.json`, taken one by one.

use super::targets::Targets;
use crate::ZooError;
use regex::Regex;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Keys that say how an adapter was made, not what it does once it is there. `fan_in_fan_out` is among
/// them because the factors have the same shapes either way.
const WITHOUT_EFFECT: [&str; 15] = [
    "task_type",
    "inference_mode",
    "lora_dropout",
    "auto_mapping",
    "peft_version",
    "fan_in_fan_out",
    "layers_pattern",
    "megatron_core",
    "qalora_group_size",
    "loftq_config",
    "eva_config",
    "corda_config",
    "lora_ga_config",
    "runtime_config",
    "ensure_weight_tying",
];
/// Largest alpha: single precision holds what comes of it.
pub(super) const LARGEST_ALPHA: f64 = 1e9;
/// Initialisations that leave the base as it is; the others train an adapter of a changed base.
const PLAIN_STARTS: [&str; 3] = ["gaussian", "eva", "orthogonal"];
pub(super) const REMEDY_DAMAGED: &str = "save the adapter again";
const REMEDY_TRAIN: &str = "train it as plain LoRA, or let PEFT merge it into the weights";

/// The entries of a file that nothing has taken yet.
pub(super) struct Fields<'a> {
    path: &'a Path,
    map: Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// Those of a file's content.
    ///
    /// # Errors
    /// Where it is no JSON object.
    pub fn parse(path: &'a Path, bytes: &[u8]) -> Result<Self, ZooError> {
        let map = serde_json::from_slice(bytes)
            .map_err(|e| wrong(path, format!("it is no JSON object ({e})"), REMEDY_DAMAGED))?;
        Ok(Self { path, map })
    }

    fn wrong(&self, problem: String, remedy: &'static str) -> ZooError {
        wrong(self.path, problem, remedy)
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.map.remove(key).filter(|value| !value.is_null())
    }

    /// Checks that it is LoRA whose scale and base are the usual ones.
    ///
    /// # Errors
    /// What is not so, naming the key.
    pub fn check_kind(&mut self) -> Result<(), ZooError> {
        let kind = self.take("peft_type");
        if kind != Some(json!("LORA")) {
            let kind = kind.unwrap_or_default();
            return Err(self.wrong(
                format!("its peft_type is {kind}, not \"LORA\""),
                REMEDY_TRAIN,
            ));
        }
        if self.take("use_rslora").is_some_and(|v| v != json!(false)) {
            return Err(self.wrong(
                "use_rslora is set, which is not supported".to_string(),
                "set it to false and multiply lora_alpha by the square root of r, which is the same",
            ));
        }
        match self.take("init_lora_weights") {
            None | Some(Value::Bool(_)) => Ok(()),
            Some(Value::String(start)) if PLAIN_STARTS.contains(&start.as_str()) => Ok(()),
            Some(start) => Err(self.wrong(
                format!("init_lora_weights is {start}, which may have changed the base"),
                "convert it with PEFT (`path_initial_model_for_weight_conversion` of `save_pretrained`)",
            )),
        }
    }

    /// `r`.
    ///
    /// # Errors
    /// What is not so, naming the key.
    pub fn rank(&mut self) -> Result<usize, ZooError> {
        let rank = self.take("r");
        rank.as_ref()
            .and_then(Value::as_u64)
            .filter(|rank| (1..1_000_000).contains(rank))
            .map(|rank| rank as usize)
            .ok_or_else(|| {
                let found = rank.unwrap_or_default();
                self.wrong(format!("its rank r is {found}"), REMEDY_DAMAGED)
            })
    }

    /// `lora_alpha`.
    ///
    /// # Errors
    /// What is not so, naming the key.
    pub fn alpha(&mut self) -> Result<f64, ZooError> {
        let alpha = self.take("lora_alpha");
        let found = alpha.as_ref().and_then(Value::as_f64);
        found
            .filter(|alpha| alpha.abs() <= LARGEST_ALPHA)
            .ok_or_else(|| {
                let found = alpha.unwrap_or_default();
                self.wrong(format!("its lora_alpha is {found}"), REMEDY_DAMAGED)
            })
    }

    /// A text, if there is one that is not empty.
    ///
    /// # Errors
    /// What is not so, naming the key.
    pub fn text(&mut self, key: &str) -> Result<Option<String>, ZooError> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok((!text.is_empty()).then_some(text)),
            Some(other) => Err(self.wrong(format!("its {key} is {other}"), REMEDY_DAMAGED)),
        }
    }

    /// Names or a pattern, if there are any.
    ///
    /// # Errors
    /// What is not so, naming the key.
    pub fn targets(&mut self, key: &str) -> Result<Option<Targets>, ZooError> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(pattern)) => Targets::pattern(&pattern).map(Some).map_err(|e| {
                self.wrong(
                    format!("its {key} is no pattern that is understood ({e})"),
                    "list the layers by name",
                )
            }),
            Some(Value::Array(names)) => {
                let names: Option<Vec<String>> = names
                    .iter()
                    .map(|name| name.as_str().map(ToString::to_string))
                    .collect();
                let names = names.ok_or_else(|| {
                    self.wrong(format!("its {key} holds more than names"), REMEDY_DAMAGED)
                })?;
                Ok((!names.is_empty()).then_some(Targets::Names(names)))
            }
            Some(other) => Err(self.wrong(format!("its {key} is {other}"), REMEDY_DAMAGED)),
        }
    }

    /// Patterns with their values. A pattern means the end of a path, from a dot or the beginning on.
    ///
    /// # Errors
    /// What is not so, naming the key.
    pub fn pattern(&mut self, key: &str) -> Result<Vec<(Regex, f64)>, ZooError> {
        let entries = match self.take(key) {
            None => Map::new(),
            Some(Value::Object(entries)) => entries,
            Some(other) => {
                return Err(self.wrong(format!("its {key} is {other}"), REMEDY_DAMAGED));
            }
        };
        let entry = |(pattern, value): (&String, &Value)| {
            let value = value.as_f64().ok_or_else(|| {
                let problem = format!("{key} gives \"{pattern}\" the value {value}");
                self.wrong(problem, REMEDY_DAMAGED)
            })?;
            let regex = Regex::new(&format!("^(.*\\.)?(?:{pattern})$")).map_err(|e| {
                self.wrong(
                    format!("\"{pattern}\" in {key} is no pattern that is understood ({e})"),
                    "name the layer instead",
                )
            })?;
            Ok((regex, value))
        };
        entries.iter().map(entry).collect()
    }

    /// What is left has to be without effect, or off.
    ///
    /// # Errors
    /// What is not so, naming the key.
    pub fn check_rest(&self) -> Result<(), ZooError> {
        let is_on = |value: &Value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::String(text) => !text.is_empty() && text != "none",
            Value::Array(entries) => !entries.is_empty(),
            Value::Object(entries) => !entries.is_empty(),
            Value::Bool(true) | Value::Number(_) => true,
        };
        let unknown = self
            .map
            .iter()
            .find(|(key, value)| !WITHOUT_EFFECT.contains(&key.as_str()) && is_on(value));
        match unknown {
            None => Ok(()),
            Some((key, value)) => Err(self.wrong(
                format!("{key} is {value}, which is not supported"),
                REMEDY_TRAIN,
            )),
        }
    }
}

/// What is wrong with a file.
pub(super) fn wrong(path: &Path, problem: String, remedy: &'static str) -> ZooError {
    ZooError::Weights {
        path: path.to_path_buf(),
        problem,
        remedy,
    }
}
