//! The adapter of a model under training.

use super::adapter::{Adapter, LoraLayer};
use super::linears::{Linears, Place};
use crate::ZooError;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Tensor};
use std::collections::BTreeMap;

impl Adapter {
    /// The adapter beside the weights of a model, as it is now; the model is not changed. Factors of
    /// half precision are widened. An adapter that was attached with a scale has it in its alpha.
    ///
    /// # Errors
    /// [`ZooError::Adapter`] where the model has none, or one that is not of Linears.
    pub fn extract<M: Module>(model: &M) -> Result<Self, ZooError> {
        let linears = Linears::of(model);
        let mut read = Reading::default();
        model.visit(&mut read);
        let alphas = alphas(model);
        let mut layers = BTreeMap::new();
        for (path, factors) in read.factors {
            let layer = linears
                .weights
                .get(&path)
                .zip(alphas.get(&path))
                .and_then(|((shape, _), alpha)| factors.layer(*shape, *alpha));
            let Some(layer) = layer else {
                return Err(ZooError::Adapter {
                    problem: format!("what stands beside {path} is no LoRA adapter of a Linear"),
                    remedy: "adapt Linears only, with `add_lora`",
                });
            };
            layers.insert(path, layer);
        }
        if layers.is_empty() {
            return Err(ZooError::Adapter {
                problem: "the model has none".to_string(),
                remedy: "put one onto it with `add_lora` before it is trained",
            });
        }
        Self::new(layers, &linears)
    }
}

/// A matrix: rows, columns, values.
type Matrix = (usize, usize, Vec<f32>);

#[derive(Default)]
struct Factors {
    a: Option<Matrix>,
    b: Option<Matrix>,
}

impl Factors {
    fn layer(self, [inputs, outputs]: [usize; 2], alpha: f64) -> Option<LoraLayer> {
        let ((from, rank, a), (inner, to, b)) = self.a.zip(self.b)?;
        (from == inputs && rank == inner && to == outputs).then_some(LoraLayer {
            alpha,
            rank,
            inputs,
            outputs,
            a,
            b,
        })
    }
}

/// Reads the factors beside the weights.
#[derive(Default)]
struct Reading {
    factors: BTreeMap<String, Factors>,
    place: Place,
}

impl ModuleVisitor for Reading {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.place.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.place.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some((module, name)) = self.place.beside() else {
            return;
        };
        let tensor = param.val();
        let matrix = match tensor.dims()[..] {
            [rows, columns] => {
                let data = tensor.into_data().convert::<f32>();
                data.try_to_vec::<f32>().ok().map(|v| (rows, columns, v))
            }
            _ => None,
        };
        let factors = self.factors.entry(module).or_default();
        match name {
            "a" => factors.a = matrix,
            "b" => factors.b = matrix,
            _ => {}
        }
    }
}

/// The alpha of every adapted Linear.
///
/// burn shows the factors beside a weight to visitors, but not their scale. So the scale is asked for:
/// in a copy the weight is a single zero and the factors are ones, and what burn makes of them is
/// scale times rank, which is alpha.
fn alphas<M: Module>(model: &M) -> BTreeMap<String, f64> {
    let probed = model.valid().map(&mut Probe::default()).materialize();
    let mut answers = Answers::default();
    probed.visit(&mut answers);
    answers.alphas
}

#[derive(Default)]
struct Probe {
    place: Place,
}

impl ModuleMapper for Probe {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.place.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.place.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let beside = self.place.beside().map(|(_, name)| name.to_string());
        if beside.is_none() && self.place.linear().is_none() {
            return param;
        }
        let (id, tensor, mapper) = param.consume();
        let mut shape = [1; D];
        let rank_at = match beside.as_deref() {
            Some("a") => Some(D.saturating_sub(1)),
            Some("b") => Some(0),
            _ => None,
        };
        if let Some(at) = rank_at
            && let Some(size) = shape.get_mut(at)
        {
            *size = tensor.dims()[at];
        }
        let options = (&tensor.device(), DType::F32);
        let probe = match beside {
            None => Tensor::zeros(shape, options),
            Some(_) => Tensor::ones(shape, options),
        };
        Param::from_mapped_value(id, probe, mapper)
    }
}

#[derive(Default)]
struct Answers {
    alphas: BTreeMap<String, f64>,
    place: Place,
}

impl ModuleVisitor for Answers {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.place.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.place.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(module) = self.place.linear() else {
            return;
        };
        let data = param.val().into_data().convert::<f32>();
        if let Ok([alpha]) = data.as_slice::<f32>() {
            self.alphas.insert(module, as_given(*alpha));
        }
    }
}

/// The number of few digits that single precision cannot tell from this one, if there is one: the
/// alpha of the settings, not its neighbour after dividing by the rank and multiplying again.
fn as_given(alpha: f32) -> f64 {
    let exact = f64::from(alpha);
    let short: f64 = format!("{exact:.5e}").parse().unwrap_or(exact);
    if (short - exact).abs() <= 4.0 * f64::from(f32::EPSILON) * exact.abs() {
        short
    } else {
        exact
    }
}
