//! LoRA files in another tool's form, with the same change of every weight.

use super::change::Change;
use super::lora_file::{LayerChange, LoraFile};
use crate::ZooError;
use crate::safetensors_writing::{WrittenTensor, write_tensors};
use crate::stable_diffusion::{Base, Form, Layer, Part, flatten};
use crate::tensor_file::StoredTensor;
use finexl_core::atomic;
use finexl_core::partial_folder::PartialFolder;
use safetensors::Dtype;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Header entries that describe the file they stand in, and so not another one.
const OF_THE_FILE: [&str; 4] = [
    "sshs_model_hash",
    "sshs_legacy_hash",
    "modelspec.hash_sha256",
    "lora_adapter_metadata",
];
const REMEDY_KIND: &str = "convert LoRA and LoCon files; other kinds are in one form only";

/// A tool's form of a LoRA file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One file with kohya's keys and alphas.
    Kohya,
    /// One file with diffusers' keys. Scales are multiplied into the factors, so that every version reads it
    /// alike.
    Diffusers,
    /// PEFT's folder, for a file that changes one network.
    Peft,
}

/// Writes a file that was read without problems in another form to `out`.
///
/// # Errors
/// [`ZooError::Weights`] for a file with problems, of kinds that only one form has, or for adapters of
/// FineXL's own generators; [`finexl_core::CoreError::Write`] for what cannot be written.
pub fn convert(
    path: &Path,
    file: &LoraFile<'_>,
    metadata: &BTreeMap<String, String>,
    target: Target,
    out: &Path,
) -> Result<(), ZooError> {
    file.check(path)?;
    let refused = |problem: String, remedy| ZooError::Weights {
        path: path.to_path_buf(),
        problem,
        remedy,
    };
    let Some(base) = file.bases.first().copied() else {
        let remedy = "it is in PEFT's form already, which PEFT and FineXL read";
        return Err(refused("it is for a FineXL generator".to_string(), remedy));
    };
    let mut tensors: BTreeMap<String, WrittenTensor<'_>> = BTreeMap::new();
    let mut ranks: BTreeMap<String, usize> = BTreeMap::new();
    let mut parts: BTreeSet<Part> = BTreeSet::new();
    for layer in &file.layers {
        let known = layer.place.layer();
        let (Some(known), Some(factors)) = (known, factors(layer)) else {
            let kind = layer
                .change
                .as_ref()
                .map_or("a change of a bias", Change::kind);
            let beside = match (&layer.magnitude, &layer.bias, &layer.change) {
                (Some(_), ..) => " with DoRA",
                (None, Some(_), Some(_)) => " with a change of the bias",
                _ => "",
            };
            let problem = format!("{} is {kind}{beside}", layer.key);
            return Err(refused(problem, REMEDY_KIND));
        };
        parts.insert(known.part);
        ranks.insert(known.path.clone(), factors[1].matrix()[0]);
        let name = name(target, base, known);
        let written = written(target, known, factors, layer.scale.value)
            .map_err(|problem| refused(format!("{}: it {problem}", layer.key), REMEDY_KIND))?;
        tensors.extend(written.map(|(ending, tensor)| (format!("{name}{ending}"), tensor)));
    }
    if target == Target::Peft && parts.len() > 1 {
        let problem = "it changes several networks, a folder of PEFT is for one".to_string();
        return Err(refused(problem, "convert it to diffusers' form instead"));
    }
    let mut kept = metadata.clone();
    kept.retain(|key, _| !OF_THE_FILE.contains(&key.as_str()));
    let write = |path: &Path| atomic::write_with(path, |file| write_tensors(file, &tensors, &kept));
    if target != Target::Peft {
        return Ok(write(out)?);
    }
    let partial = PartialFolder::start(out)?;
    write(&partial.path().join(super::source::PEFT))?;
    let config = peft_config(&ranks).to_string();
    atomic::write(
        partial.path().join(super::source::CONFIG),
        config.as_bytes(),
    )?;
    Ok(partial.finish([super::source::PEFT, super::source::CONFIG].into_iter())?)
}

/// The factors of a change that every form has.
fn factors<'l, 'a>(layer: &'l LayerChange<'a>) -> Option<[&'l StoredTensor<'a>; 2]> {
    match (&layer.change, &layer.bias, &layer.magnitude) {
        (
            Some(Change::LowRank {
                up,
                mid: None,
                down,
            }),
            None,
            None,
        ) => Some([up, down]),
        _ => None,
    }
}

/// The tensors of a layer by the endings of their keys.
fn written<'a>(
    target: Target,
    layer: &Layer,
    [up, down]: [&StoredTensor<'a>; 2],
    scale: f64,
) -> Result<impl Iterator<Item = (&'static str, WrittenTensor<'a>)>, String> {
    let rank = down.matrix()[0];
    let [up_shape, down_shape] = shapes(layer, rank);
    let tensor = |dtype, shape, bytes| WrittenTensor {
        dtype,
        shape,
        bytes,
    };
    let whole = |from: &StoredTensor<'a>, shape| tensor(from.dtype, shape, from.bytes().into());
    let mut all = Vec::new();
    if target == Target::Kohya {
        let alpha = (scale * rank as f64) as f32;
        all.push((".lora_up.weight", whole(up, up_shape)));
        all.push((".lora_down.weight", whole(down, down_shape)));
        all.push((
            ".alpha",
            tensor(Dtype::F32, Vec::new(), alpha.to_le_bytes().to_vec().into()),
        ));
    } else {
        let (dtype, bytes) = scaled(up, scale)?;
        all.push((".lora_B.weight", tensor(dtype, up_shape, bytes)));
        all.push((".lora_A.weight", whole(down, down_shape)));
    }
    Ok(all.into_iter())
}

/// What all keys of a layer begin with.
fn name(target: Target, base: Base, layer: &Layer) -> String {
    match target {
        Target::Peft => format!("base_model.model.{}", layer.path),
        Target::Diffusers => format!("{}.{}", layer.part.name(), layer.path),
        Target::Kohya => {
            let prefix = match (layer.part, base) {
                (Part::Unet, _) => "lora_unet_",
                (Part::TextEncoder, Base::Xl) => "lora_te1_",
                (Part::TextEncoder, _) => "lora_te_",
                (Part::TextEncoder2, _) => "lora_te2_",
            };
            // kohya's trainer has Stability AI's names for XL.
            let path = match (&layer.sgm, base) {
                (Some(sgm), Base::Xl) => sgm,
                _ => &layer.path,
            };
            format!("{prefix}{}", flatten(path))
        }
    }
}

/// Shapes of both factors as all tools write them for a layer of this form.
fn shapes(layer: &Layer, rank: usize) -> [Vec<usize>; 2] {
    match layer.form {
        Form::Convolution { kernel } => [
            vec![layer.outputs, rank, 1, 1],
            vec![rank, layer.inputs, kernel, kernel],
        ],
        _ => [vec![layer.outputs, rank], vec![rank, layer.inputs]],
    }
}

/// A factor times a scale: in its own precision where nothing is lost, in single precision elsewhere.
fn scaled<'a>(tensor: &StoredTensor<'a>, scale: f64) -> Result<(Dtype, Cow<'a, [u8]>), String> {
    if scale == 1.0 {
        return Ok((tensor.dtype, tensor.bytes().into()));
    }
    let numbers = tensor.numbers()?;
    if tensor.dtype == Dtype::F16 {
        let narrow = |value: f64| half::f16::from_f64(value * scale);
        if numbers
            .iter()
            .all(|value| narrow(*value).to_f64() == value * scale)
        {
            let bytes = numbers
                .iter()
                .flat_map(|value| narrow(*value).to_le_bytes());
            return Ok((Dtype::F16, bytes.collect()));
        }
    }
    let bytes = numbers
        .iter()
        .flat_map(|value| ((value * scale) as f32).to_le_bytes());
    Ok((Dtype::F32, bytes.collect()))
}

/// PEFT's config for factors that need no scale: alpha is the rank everywhere.
fn peft_config(ranks: &BTreeMap<String, usize>) -> Value {
    let first = ranks.values().next().copied().unwrap_or(1);
    let others: Map<String, Value> = (ranks.iter())
        .filter(|(_, rank)| **rank != first)
        .map(|(path, rank)| (regex::escape(path), json!(rank)))
        .collect();
    json!({
        "peft_type": "LORA",
        "r": first,
        "lora_alpha": first,
        "rank_pattern": others.clone(),
        "alpha_pattern": others,
        "target_modules": ranks.keys().collect::<Vec<_>>(),
        "lora_dropout": 0.0,
        "bias": "none",
        "inference_mode": true,
        "init_lora_weights": true,
    })
}
