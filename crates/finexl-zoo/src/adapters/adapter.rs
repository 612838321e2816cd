//! An adapter apart from its model.

use super::linears::Linears;
use super::targets::Targets;
use crate::ZooError;
use burn::module::{LoraAdapter, Param};
use burn::tensor::{DType, Device, Tensor, TensorData};
use std::collections::{BTreeMap, BTreeSet};

/// The LoRA factors of some Linear layers, apart from the model they belong to.
#[derive(Clone, Debug)]
pub struct Adapter {
    /// By the path of the Linear.
    pub(super) layers: BTreeMap<String, LoraLayer>,
    /// What means exactly these layers.
    pub(super) targets: Targets,
}

/// The factors of one Linear layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LoraLayer {
    /// The change is scaled by `alpha / rank`.
    pub(super) alpha: f64,
    pub(super) rank: usize,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// `[inputs, rank]`, row after row.
    pub(super) a: Vec<f32>,
    /// `[rank, outputs]`, row after row.
    pub(super) b: Vec<f32>,
}

impl Adapter {
    /// # Errors
    /// [`ZooError::Adapter`] where no pattern can name the layers among those of their model.
    pub(super) fn new(
        layers: BTreeMap<String, LoraLayer>,
        linears: &Linears,
    ) -> Result<Self, ZooError> {
        let adapted: BTreeSet<&str> = layers.keys().map(String::as_str).collect();
        let known = linears.weights.keys().map(String::as_str).collect();
        let targets = Targets::exactly(&adapted, &known).map_err(|e| ZooError::Adapter {
            problem: format!("its layers cannot be named ({e})"),
            remedy: "adapt fewer layers, or all that have one name",
        })?;
        Ok(Self { layers, targets })
    }

    /// The layers with their paths, sorted by these.
    pub fn layers(&self) -> impl Iterator<Item = (&str, &LoraLayer)> {
        self.layers
            .iter()
            .map(|(path, layer)| (path.as_str(), layer))
    }

    /// How many numbers it holds.
    pub fn parameters(&self) -> usize {
        self.layers.values().map(|l| l.a.len() + l.b.len()).sum()
    }
}

impl LoraLayer {
    /// Rank of the change.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The numerator of the change's scale `alpha / rank`.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// `[inputs, outputs]` of the Linear.
    pub fn shape(&self) -> [usize; 2] {
        [self.inputs, self.outputs]
    }

    /// The factor A, `[inputs, rank]`, row after row.
    pub fn a(&self) -> &[f32] {
        &self.a
    }

    /// The factor B, `[rank, outputs]`, row after row.
    pub fn b(&self) -> &[f32] {
        &self.b
    }

    /// The factors as burn holds them beside a weight, trainable.
    pub(super) fn on(&self, device: &Device, dtype: DType, scale: f64) -> LoraAdapter {
        let tensor = |values: &[f32], shape: [usize; 2]| {
            let data = TensorData::new(values.to_vec(), shape);
            // Where burn places parameters too: they live as long as the model.
            device.memory_persistent_allocations(data, |data| {
                Tensor::<2>::from_data(data, (device, DType::F32)).cast(dtype)
            })
        };
        LoraAdapter {
            a: Param::from_tensor(tensor(&self.a, [self.inputs, self.rank])),
            b: Param::from_tensor(tensor(&self.b, [self.rank, self.outputs])),
            scale: scale * self.alpha / self.rank as f64,
        }
    }
}
