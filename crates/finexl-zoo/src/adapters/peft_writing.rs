//! The two files of an adapter as PEFT writes them.

use super::adapter::{Adapter, LoraLayer};
use super::folder::BaseModel;
use super::peft_config::REVISION_PREFIX;
use super::peft_tensors::{BASE_KEY, names, transpose};
use super::targets::Targets;
use crate::ZooError;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// How the numbers of an adapter are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredPrecision {
    /// As they are.
    F32,
    /// Rounded to half precision, in half the room.
    F16,
}

/// The text of `adapter_config.json` for an adapter of a base.
///
/// # Errors
/// Where it cannot be written as JSON.
pub(super) fn config_text(adapter: &Adapter, base: &BaseModel) -> Result<String, ZooError> {
    let ranks = |(path, layer): (&String, &LoraLayer)| (path.clone(), layer.rank as f64);
    let alphas = |(path, layer): (&String, &LoraLayer)| (path.clone(), layer.alpha);
    let (rank, rank_pattern) = usual(adapter.layers.iter().map(ranks));
    let (alpha, alpha_pattern) = usual(adapter.layers.iter().map(alphas));
    let targets = match &adapter.targets {
        Targets::Names(names) => json!(names),
        Targets::Pattern(pattern, _) => json!(pattern),
    };
    let config = json!({
        "alpha_pattern": alpha_pattern,
        "auto_mapping": null,
        "base_model_name_or_path": base.name,
        "bias": "none",
        "exclude_modules": null,
        "fan_in_fan_out": false,
        "inference_mode": true,
        "init_lora_weights": true,
        "layers_pattern": null,
        "layers_to_transform": null,
        "lora_alpha": number(alpha),
        "lora_bias": false,
        "lora_dropout": 0.0,
        "modules_to_save": null,
        "peft_type": "LORA",
        "r": number(rank),
        "rank_pattern": rank_pattern,
        "revision": format!("{REVISION_PREFIX}{}", base.fingerprint),
        "target_modules": targets,
        "task_type": null,
        "use_dora": false,
        "use_rslora": false,
    });
    serde_json::to_string_pretty(&config)
        .map(|text| text + "\n")
        .map_err(|e| ZooError::Config(format!("the adapter's config cannot be written: {e}")))
}

/// The most frequent value (the smallest of several), and patterns for the layers that differ.
fn usual(values: impl Iterator<Item = (String, f64)>) -> (f64, Value) {
    let values: Vec<(String, f64)> = values.collect();
    let count = |value: f64| values.iter().filter(|(_, v)| *v == value).count();
    let usual = values
        .iter()
        .map(|(_, value)| *value)
        .max_by(|x, y| count(*x).cmp(&count(*y)).then(y.total_cmp(x)))
        .unwrap_or(1.0);
    let different: BTreeMap<String, Value> = values
        .iter()
        .filter(|(_, value)| *value != usual)
        .map(|(path, value)| (format!("^{}", regex::escape(path)), number(*value)))
        .collect();
    (usual, json!(different))
}

/// Whole numbers without a fraction, as PEFT writes them.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        json!(value as i64)
    } else {
        json!(value)
    }
}

/// The bytes of `adapter_model.safetensors`.
///
/// # Errors
/// [`ZooError::Adapter`] for numbers that are not finite or too large for the precision.
pub(super) fn tensor_bytes(
    adapter: &Adapter,
    base: &BaseModel,
    precision: StoredPrecision,
) -> Result<Vec<u8>, ZooError> {
    let mut tensors: BTreeMap<String, ([usize; 2], Vec<u8>)> = BTreeMap::new();
    for (path, layer) in &adapter.layers {
        let [a, b] = names(path);
        let stored = encoded(&a, &transpose(&layer.a, layer.rank), precision)?;
        tensors.insert(a, ([layer.rank, layer.inputs], stored));
        let stored = encoded(&b, &transpose(&layer.b, layer.outputs), precision)?;
        tensors.insert(b, ([layer.outputs, layer.rank], stored));
    }
    let failed = |e: safetensors::SafeTensorError| ZooError::Backend {
        what: "writing the adapter",
        message: e.to_string(),
    };
    let dtype = match precision {
        StoredPrecision::F32 => Dtype::F32,
        StoredPrecision::F16 => Dtype::F16,
    };
    let mut views = Vec::new();
    for (name, (shape, data)) in &tensors {
        let view = TensorView::new(dtype, shape.to_vec(), data).map_err(failed)?;
        views.push((name, view));
    }
    // One entry only: several would stand in a random order, and equal adapters be unequal files.
    let metadata = HashMap::from([(BASE_KEY.to_string(), base.fingerprint.to_string())]);
    safetensors::serialize(views, Some(metadata)).map_err(failed)
}

fn encoded(name: &str, values: &[f32], precision: StoredPrecision) -> Result<Vec<u8>, ZooError> {
    if !values.iter().all(|v| v.is_finite()) {
        return Err(ZooError::Adapter {
            problem: format!("tensor {name} holds NaN or infinity"),
            remedy: "go back to a step before the training diverged, and lower its learning rate",
        });
    }
    let half = |v: &f32| half::f16::from_f32(*v);
    match precision {
        StoredPrecision::F32 => Ok(values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        StoredPrecision::F16 if values.iter().all(|v| half(v).is_finite()) => {
            Ok(values.iter().flat_map(|v| half(v).to_le_bytes()).collect())
        }
        StoredPrecision::F16 => Err(ZooError::Adapter {
            problem: format!("tensor {name} holds numbers too large for half precision"),
            remedy: "save it as f32",
        }),
    }
}
