//! Models whose weights are a function of their names, as `tests/fixtures/stable_diffusion/made_up_weights.py` has it.

use half::f16;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Numbers in [-1, 1) without structure.
pub fn hashed(name: &str, count: usize) -> Vec<f32> {
    let seed = name.bytes().fold(2_166_136_261u32, |seed, byte| {
        (seed ^ u32::from(byte)).wrapping_mul(16_777_619)
    });
    let number = |at: u32| {
        let mut h = at.wrapping_mul(2_654_435_761).wrapping_add(seed);
        h ^= h >> 16;
        h = h.wrapping_mul(0x7FEB_352D);
        h ^= h >> 15;
        h = h.wrapping_mul(0x846C_A68B);
        h ^= h >> 16;
        (h >> 8) as f32 * 2f32.powi(-23) - 1.0
    };
    (0..count as u32).map(number).collect()
}

/// The numbers of a tensor; all are numbers of half precision.
pub fn numbers(name: &str, shape: &[usize]) -> Vec<f16> {
    let count: usize = shape.iter().product();
    let value = |u: f32| match shape {
        [_] if name.ends_with("weight") => u * 0.25 + 1.0,
        [_] => u * 0.125,
        _ if name.contains("embedding.weight") => u,
        _ => u * (3.0 / (count / shape[0]) as f64).sqrt() as f32,
    };
    hashed(name, count)
        .into_iter()
        .map(|u| f16::from_f32(value(u)))
        .collect()
}

/// How weights are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One file per part in single precision.
    Whole,
    /// Half precision under the name that says so.
    Half,
    /// bf16; other numbers, since f16's do not fit.
    Bf16,
    /// Half precision in two shards with an index.
    Shards,
}

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/stable_diffusion")
        .join(name)
}

type Shapes = BTreeMap<String, BTreeMap<String, Vec<usize>>>;

fn shapes(name: &str) -> Shapes {
    serde_json::from_slice(&std::fs::read(fixture(name).join("tensors.json")).unwrap()).unwrap()
}

/// A whole folder of a model.
pub fn write_folder(name: &str, to: &Path, form: Form) {
    copy(&fixture(name), to);
    for part in ["tokenizer", "tokenizer_2"] {
        if to.join(part).is_dir() {
            copy(&fixture("tokenizer"), &to.join(part));
        }
    }
    for (part, tensors) in shapes(name) {
        let stem = if part.starts_with("text") {
            "model"
        } else {
            "diffusion_pytorch_model"
        };
        let folder = to.join(&part);
        let values = |name: &String, shape: &Vec<usize>| {
            (
                name.clone(),
                shape.clone(),
                numbers(&format!("{part}/{name}"), shape),
            )
        };
        let tensors: Vec<_> = tensors
            .iter()
            .map(|(name, shape)| values(name, shape))
            .collect();
        match form {
            Form::Whole => write(
                &folder.join(format!("{stem}.safetensors")),
                &tensors,
                Dtype::F32,
            ),
            Form::Half => write(
                &folder.join(format!("{stem}.fp16.safetensors")),
                &tensors,
                Dtype::F16,
            ),
            Form::Bf16 => write(
                &folder.join(format!("{stem}.safetensors")),
                &tensors,
                Dtype::BF16,
            ),
            Form::Shards => shards(&folder, stem, &tensors),
        }
    }
}

type Tensor = (String, Vec<usize>, Vec<f16>);

fn shards(folder: &Path, stem: &str, tensors: &[Tensor]) {
    let halves = tensors.split_at(tensors.len() / 2);
    let mut map = serde_json::Map::new();
    for (place, half) in [halves.0, halves.1].into_iter().enumerate() {
        let name = format!("{stem}-0000{}-of-00002.safetensors", place + 1);
        write(&folder.join(&name), half, Dtype::F16);
        map.extend(
            half.iter()
                .map(|(tensor, ..)| (tensor.clone(), Value::from(name.clone()))),
        );
    }
    let index = serde_json::json!({"metadata": {}, "weight_map": map});
    std::fs::write(
        folder.join(format!("{stem}.safetensors.index.json")),
        index.to_string(),
    )
    .unwrap();
}

/// The same model as one file, with the tokenizers beside it.
pub fn write_single(name: &str, to: &Path) {
    let rows: Vec<(String, String, Vec<String>)> =
        serde_json::from_slice(&std::fs::read(fixture(name).join("single.json")).unwrap()).unwrap();
    let shapes = shapes(name);
    let tensors: Vec<Tensor> = rows
        .into_iter()
        .map(|(key, how, sources)| {
            let (part, tensor) = sources[0].split_once('/').unwrap();
            let mut shape = shapes[part][tensor].clone();
            let mut values: Vec<f16> = sources
                .iter()
                .flat_map(|source| numbers(source, &shape))
                .collect();
            match how.as_str() {
                "cat" => shape[0] *= 3,
                "place" => shape.extend([1, 1]),
                "turn" => {
                    let (rows, columns) = (shape[0], shape[1]);
                    values = (0..rows * columns)
                        .map(|at| values[at % rows * columns + at / rows])
                        .collect();
                    shape.reverse();
                }
                _ => {}
            }
            (key, shape, values)
        })
        .chain([("model_ema.decay".to_string(), vec![1], vec![f16::ONE])])
        .collect();
    write(to, &tensors, Dtype::F32);
    for part in ["tokenizer", "tokenizer_2"] {
        let own = fixture(name).join(part);
        if own.is_dir() {
            let beside = to.parent().unwrap().join(part);
            copy(&own, &beside);
            copy(&fixture("tokenizer"), &beside);
        }
    }
}

fn write(path: &Path, tensors: &[Tensor], dtype: Dtype) {
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, shape, values)| {
            let bytes = values.iter().flat_map(|v| match dtype {
                Dtype::F32 => v.to_f32().to_le_bytes().to_vec(),
                Dtype::BF16 => half::bf16::from_f32(v.to_f32()).to_le_bytes().to_vec(),
                _ => v.to_le_bytes().to_vec(),
            });
            (name.clone(), shape.clone(), bytes.collect())
        })
        .collect();
    let views = bytes
        .iter()
        .map(|(name, shape, bytes)| (name, TensorView::new(dtype, shape.clone(), bytes).unwrap()));
    std::fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &target),
            false => {
                std::fs::copy(&path, &target).unwrap();
            }
        }
    }
}
