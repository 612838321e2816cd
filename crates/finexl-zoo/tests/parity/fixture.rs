//! Models and expectations that `tests/fixtures/clip/generate.py` made.

#![allow(clippy::unwrap_used, clippy::panic)]

use burn::tensor::Device;
use finexl_data::decode::decode_file;
use finexl_data::image::Image;
use finexl_zoo::encoders::clip::Clip;
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// All tiny models.
pub const MODELS: [&str; 9] = [
    "clip",
    "clip-sharded-f16",
    "clip-bf16",
    "clip-pickle",
    "open-clip",
    "open-clip-quick",
    "eva-02",
    "eva-01",
    "siglip",
];

/// A tensor of an expectation.
pub struct Expected {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

impl Expected {
    /// Item `index` of the first dimension.
    pub fn item(&self, index: usize) -> &[f32] {
        let size: usize = self.shape[1..].iter().product();
        &self.values[index * size..(index + 1) * size]
    }
}

pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/clip")
        .join(name)
}

pub fn load(name: &str) -> Clip {
    Clip::load(name, &folder(name), &Device::flex()).unwrap()
}

/// Tensors of a safetensors file, integers as floats.
pub fn tensors(path: &Path) -> BTreeMap<String, Expected> {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = |view: safetensors::tensor::TensorView<'_>| {
        let data = view.data();
        let values = match view.dtype() {
            Dtype::F32 => data
                .as_chunks()
                .0
                .iter()
                .map(|b| f32::from_le_bytes(*b))
                .collect(),
            Dtype::I32 => data
                .as_chunks()
                .0
                .iter()
                .map(|b| i32::from_le_bytes(*b) as f32)
                .collect(),
            Dtype::I16 => data
                .as_chunks()
                .0
                .iter()
                .map(|b| f32::from(i16::from_le_bytes(*b)))
                .collect(),
            other => panic!("{other:?}"),
        };
        Expected {
            shape: view.shape().to_vec(),
            values,
        }
    };
    file.iter()
        .map(|(name, view)| (name.to_string(), tensor(view)))
        .collect()
}

pub fn expected(name: &str) -> BTreeMap<String, Expected> {
    tensors(&folder(name).join("expected.safetensors"))
}

pub fn texts() -> Vec<String> {
    serde_json::from_slice(&std::fs::read(folder("texts.json")).unwrap()).unwrap()
}

/// The images, in order.
pub fn images() -> Vec<Image> {
    let count = std::fs::read_dir(folder("images")).unwrap().count();
    (0..count)
        .map(|i| {
            let path = folder("images").join(format!("{i}.png"));
            decode_file(path).unwrap().image
        })
        .collect()
}

/// Largest difference.
pub fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(x, y)| (x - y).abs())
        .fold(0.0, f32::max)
}
