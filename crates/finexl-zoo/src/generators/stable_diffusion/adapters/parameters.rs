//! Parameters of a network by the names that diffusers gives them.

use crate::ZooError;
use crate::tensor_values::values;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Device, Tensor, TensorData};
use half::{bf16, f16};
use std::collections::BTreeMap;

/// A parameter of a layer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// The layer's path in diffusers, without the network.
    pub layer: String,
    /// Whether it is the weight; else the bias.
    pub weight: bool,
}

/// The numbers of a parameter as they lie in memory: `[outputs, inputs]` of a linear layer, `[outputs, kernel, kernel,
/// inputs]` of a convolution, `[rows, width]` of a table.
#[derive(Clone, Debug)]
pub struct Stored {
    numbers: Tensor<1>,
    /// Its sides as the layer shows them.
    dims: Vec<usize>,
}

/// New numbers in the order of [`Stored`].
pub type Replacements = BTreeMap<Name, TensorData>;

impl Stored {
    /// How many numbers it has.
    pub fn count(&self) -> usize {
        self.dims.iter().product()
    }

    /// The side of the kernel of a convolution, else 1.
    pub fn kernel(&self) -> usize {
        match self.dims[..] {
            [_, _, kernel, _] => kernel,
            _ => 1,
        }
    }

    /// The sides that diffusers stores it with; `place` for a matrix that is a convolution of single places there.
    pub fn shape(&self, place: bool) -> Vec<usize> {
        match self.dims[..] {
            [inputs, outputs] if place => vec![outputs, inputs, 1, 1],
            [inputs, outputs] => vec![outputs, inputs],
            _ => self.dims.clone(),
        }
    }

    /// Its precision.
    pub fn precision(&self) -> DType {
        self.numbers.dtype()
    }

    /// In single precision, row by row as `[outputs, inputs * kernel * kernel]`.
    ///
    /// # Errors
    /// [`ZooError::Backend`] where a device does not give them.
    pub fn singles(&self) -> Result<Vec<f32>, ZooError> {
        let values = values(self.numbers.clone().cast(DType::F32), "reading the weights")?;
        Ok(match self.kernel() {
            1 => values,
            kernel => turned(&values, self.dims[1], kernel * kernel, false),
        })
    }

    /// Numbers as [`Stored::singles`] gives them, in the order and precision in which they are kept.
    pub fn kept(&self, values: Vec<f32>) -> TensorData {
        let values = match self.kernel() {
            1 => values,
            kernel => turned(&values, self.dims[1], kernel * kernel, true),
        };
        let shape = [values.len()];
        match self.precision() {
            DType::F16 => {
                let narrow: Vec<f16> = values.into_iter().map(f16::from_f32).collect();
                TensorData::new(narrow, shape)
            }
            DType::BF16 => {
                let narrow: Vec<bf16> = values.into_iter().map(bf16::from_f32).collect();
                TensorData::new(narrow, shape)
            }
            _ => TensorData::new(values, shape),
        }
    }
}

/// Brings `[outputs, inputs, places]` to `[outputs, places, inputs]`, or back.
fn turned(values: &[f32], inputs: usize, places: usize, inputs_last: bool) -> Vec<f32> {
    let mut to = Vec::with_capacity(values.len());
    let (outer, step) = match inputs_last {
        true => (places, places),
        false => (inputs, inputs),
    };
    for output in values.chunks_exact((inputs * places).max(1)) {
        for first in 0..outer {
            to.extend(output.iter().skip(first).step_by(step));
        }
    }
    to
}

/// The parameters of a network whose names are asked for. Nothing is copied.
pub fn parameters<M: Module>(network: &M, asked: &dyn Fn(&Name) -> bool) -> BTreeMap<Name, Stored> {
    let mut collecting = Collecting {
        path: Path::default(),
        asked,
        found: BTreeMap::new(),
    };
    network.visit(&mut collecting);
    collecting.found
}

/// The network with other numbers in some parameters; all others are shared with it.
pub fn replaced<M: Module>(network: M, by: Replacements, device: &Device) -> M {
    network.map(&mut Replacing {
        path: Path::default(),
        by,
        device,
    })
}

/// Where a traversal is.
#[derive(Default)]
struct Path(Vec<String>);

impl Path {
    /// The parameter that this is, in diffusers' names.
    fn name(&self) -> Option<Name> {
        let (last, layer) = self.0.split_last()?;
        let weight = match last.as_str() {
            "weight" => true,
            "bias" => false,
            _ => return None,
        };
        let mut parts: Vec<&str> = Vec::with_capacity(layer.len());
        for name in layer {
            parts.push(match (parts.last(), name.as_str()) {
                (_, "to_out") => "to_out.0",
                (Some(&"ff"), "gate") => "net.0.proj",
                (Some(&"ff"), "down") => "net.2",
                (_, name) => name,
            });
        }
        Some(Name {
            layer: parts.join("."),
            weight,
        })
    }
}

/// The sides of a tensor in the order in which its numbers lie in memory.
fn order<const D: usize>() -> [usize; D] {
    std::array::from_fn(|side| match (D, side) {
        (2, side) => 1 - side,
        (4, 1 | 2) => side + 1,
        (4, 3) => 1,
        (_, side) => side,
    })
}

/// The way back from [`order`].
fn back<const D: usize>() -> [usize; D] {
    let order = order::<D>();
    std::array::from_fn(|side| order.iter().position(|from| *from == side).unwrap_or(side))
}

/// Tables are `[rows, width]` as they are shown; linear layers show `[inputs, outputs]`.
fn is_table(name: &Name) -> bool {
    name.layer.ends_with("_embedding")
}

struct Collecting<'a> {
    path: Path,
    asked: &'a dyn Fn(&Name) -> bool,
    found: BTreeMap<Name, Stored>,
}

impl ModuleVisitor for Collecting<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.0.push(name.to_string());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.0.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(name) = self.path.name().filter(|name| (self.asked)(name)) else {
            return;
        };
        let tensor = param.base().detach();
        let dims = tensor.dims();
        let count = dims.iter().product::<usize>();
        let stored = match is_table(&name) {
            true => tensor,
            false => tensor.permute(order::<D>().map(|side| side as isize)),
        };
        let stored = Stored {
            numbers: stored.reshape([count]),
            dims: dims.to_vec(),
        };
        self.found.insert(name, stored);
    }
}

struct Replacing<'a> {
    path: Path,
    by: Replacements,
    device: &'a Device,
}

impl ModuleMapper for Replacing<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.0.push(name.to_string());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.0.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.name();
        let Some((name, data)) = name.and_then(|name| self.by.remove_entry(&name)) else {
            return param;
        };
        let (id, old, mapper) = param.consume();
        let dims = old.dims();
        let numbers = Tensor::<1>::from_data(data, (self.device, old.dtype()));
        let new = match is_table(&name) {
            true => numbers.reshape(dims),
            false => {
                let sides = order::<D>().map(|side| dims[side]);
                let sides = numbers.reshape(sides);
                sides.permute(back::<D>().map(|side| side as isize))
            }
        };
        let new = new.set_require_grad(old.is_require_grad());
        Param::from_mapped_value(id, new, mapper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_go_there_and_back() {
        assert_eq!(order::<4>(), [0, 2, 3, 1]);
        assert_eq!(back::<4>(), [0, 3, 1, 2]);
        assert_eq!((order::<2>(), back::<2>()), ([1, 0], [1, 0]));
        assert_eq!(order::<1>(), [0]);
        let values: Vec<f32> = (0u8..12).map(f32::from).collect();
        let there = turned(&values, 3, 2, true);
        assert_eq!(there[..6], [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
        assert_eq!(turned(&there, 3, 2, false), values);
    }

    #[test]
    fn paths_are_those_of_diffusers() {
        let name = |path: &str| {
            let path = Path(path.split('.').map(str::to_string).collect());
            path.name().map(|name| (name.layer, name.weight))
        };
        let layer = |layer: &str, weight| Some((layer.to_string(), weight));
        let block = "down_blocks.1.attentions.0.transformer_blocks.0";
        for (ours, theirs) in [
            ("attn1.to_out", "attn1.to_out.0"),
            ("ff.gate", "ff.net.0.proj"),
            ("ff.down", "ff.net.2"),
            ("norm1", "norm1"),
        ] {
            let found = name(&format!("{block}.{ours}.bias"));
            assert_eq!(found, layer(&format!("{block}.{theirs}"), false));
        }
        assert_eq!(name("conv_in.weight"), layer("conv_in", true));
        assert_eq!(name("conv_in.other"), None);
    }
}
