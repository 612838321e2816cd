//! Strict reading of an `adapter_model.safetensors`: every factor is transposed, as PyTorch stores
//! weights, and named after the path of its layer.

use super::adapter::LoraLayer;
use super::linears::Linears;
use super::peft_config::PeftConfig;
use crate::ZooError;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What PEFT puts before the path of a layer.
const PREFIX: &str = "base_model.model.";
/// Metadata key of the SHA-256 of the base's weights.
pub(super) const BASE_KEY: &str = "finexl.base-sha256";
/// Problems that a message lists.
const LISTED: usize = 8;
const REMEDY_FIT: &str =
    "use the model that the adapter was made for, and config and tensors of one adapter";
const REMEDY_DAMAGED: &str = "fetch or save the adapter again";

/// The names of a layer's two factors.
pub(super) fn names(module: &str) -> [String; 2] {
    ["lora_A", "lora_B"].map(|factor| format!("{PREFIX}{module}.{factor}.weight"))
}

/// A tensor file in memory.
pub(super) struct PeftTensors {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl PeftTensors {
    /// Reads a file.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read(path: &Path) -> Result<Self, ZooError> {
        Ok(Self::of_bytes(path, finexl_core::atomic::read(path)?))
    }

    /// The content of a file; `path` stands in messages.
    pub fn of_bytes(path: &Path, bytes: Vec<u8>) -> Self {
        Self {
            path: path.to_path_buf(),
            bytes,
        }
    }

    /// SHA-256 of the base's weights, if the metadata says so.
    ///
    /// # Errors
    /// Where it is no safetensors file.
    pub fn base_sha256(&self) -> Result<Option<String>, ZooError> {
        let (_, header) = SafeTensors::read_metadata(&self.bytes).map_err(|e| self.cut_off(&e))?;
        let metadata = header.metadata().as_ref();
        Ok(metadata.and_then(|m| m.get(BASE_KEY)).cloned())
    }

    /// The factors of every layer that the config means.
    ///
    /// # Errors
    /// [`ZooError::Weights`] naming what is missing, misshapen, not finite or left over.
    pub fn layers(
        &self,
        config: &PeftConfig,
        linears: &Linears,
    ) -> Result<BTreeMap<String, LoraLayer>, ZooError> {
        let file = SafeTensors::deserialize(&self.bytes).map_err(|e| self.cut_off(&e))?;
        let mut reading = Reading {
            file,
            used: BTreeSet::new(),
            problems: Vec::new(),
        };
        let mut layers = BTreeMap::new();
        for (path, ([inputs, outputs], _)) in &linears.weights {
            if !config.matches(path) {
                continue;
            }
            let rank = config.rank_of(path)?;
            let alpha = config.alpha_of(path)?;
            let [a, b] = names(path);
            let a = reading.transposed(&a, [rank, *inputs]);
            let b = reading.transposed(&b, [*outputs, rank]);
            if let (Some(a), Some(b)) = (a, b) {
                let layer = LoraLayer {
                    alpha,
                    rank,
                    inputs: *inputs,
                    outputs: *outputs,
                    a,
                    b,
                };
                layers.insert(path.clone(), layer);
            }
        }
        let problems = reading.problems();
        if !problems.is_empty() {
            return Err(self.wrong(problems, REMEDY_FIT));
        }
        if layers.is_empty() {
            let problem = "target_modules of its config means no Linear of the model".to_string();
            return Err(self.wrong(problem, REMEDY_FIT));
        }
        Ok(layers)
    }

    fn cut_off(&self, error: &safetensors::SafeTensorError) -> ZooError {
        let problem = format!("it is no whole safetensors file ({error})");
        self.wrong(problem, REMEDY_DAMAGED)
    }

    fn wrong(&self, problem: String, remedy: &'static str) -> ZooError {
        ZooError::Weights {
            path: self.path.clone(),
            problem,
            remedy,
        }
    }
}

struct Reading<'a> {
    file: SafeTensors<'a>,
    used: BTreeSet<String>,
    problems: Vec<String>,
}

impl Reading<'_> {
    /// A matrix of a shape, transposed; `None` where there is none, which is noted.
    fn transposed(&mut self, name: &str, shape: [usize; 2]) -> Option<Vec<f32>> {
        self.used.insert(name.to_string());
        let Ok(view) = self.file.tensor(name) else {
            self.problems.push(format!("tensor {name} is missing"));
            return None;
        };
        if view.shape() != shape {
            self.problems.push(format!(
                "tensor {name} has the shape {:?}, model and config ask for {shape:?}",
                view.shape()
            ));
            return None;
        }
        let Some(values) = decoded(&view) else {
            self.problems.push(format!(
                "tensor {name} holds {}, not f16, bf16, f32 or f64",
                view.dtype()
            ));
            return None;
        };
        if !values.iter().all(|v| v.is_finite()) {
            self.problems
                .push(format!("tensor {name} holds NaN or infinity"));
            return None;
        }
        Some(transpose(&values, shape[1]))
    }

    fn problems(mut self) -> String {
        let mut names = self.file.names();
        names.sort_unstable();
        for name in names {
            if !self.used.contains(name) {
                self.problems.push(format!("tensor {name} is not used"));
            }
        }
        let more = self.problems.len().saturating_sub(LISTED);
        self.problems.truncate(LISTED);
        if more > 0 {
            self.problems.push(format!("and {more} more"));
        }
        self.problems.join("; ")
    }
}

fn decoded(view: &TensorView<'_>) -> Option<Vec<f32>> {
    fn each<const N: usize>(data: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
        data.as_chunks::<N>().0.iter().map(|b| value(*b)).collect()
    }
    let data = view.data();
    match view.dtype() {
        Dtype::F64 => Some(each(data, |b| f64::from_le_bytes(b) as f32)),
        Dtype::F32 => Some(each(data, f32::from_le_bytes)),
        Dtype::F16 => Some(each(data, |b| half::f16::from_le_bytes(b).to_f32())),
        Dtype::BF16 => Some(each(data, |b| half::bf16::from_le_bytes(b).to_f32())),
        _ => None,
    }
}

/// A matrix with its rows as columns.
pub(super) fn transpose(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = values.len() / columns.max(1);
    (0..columns)
        .flat_map(|column| (0..rows).map(move |row| values[row * columns + column]))
        .collect()
}
