//! Adapters folded into the weights of a model.

use super::adapter::{Adapter, LoraLayer};
use super::attach::check_fit;
use super::linears::Place;
use crate::ZooError;
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Tensor};
use std::collections::BTreeMap;

/// Folds `scale * alpha / rank * A B` into the weights, so that the model runs as fast as its base.
/// A scale of 0 leaves every weight as it is, bit for bit; 1 is the adapter as it was trained; others
/// extrapolate. Weights of half precision are added to in single precision and rounded once.
///
/// Several adapters of one base may be merged one after the other; their changes add up.
///
/// # Errors
/// [`ZooError::Adapter`] where model and adapter do not fit, the model has an adapter beside its
/// weights, or the scale is not finite.
pub fn merge<M: Module>(model: M, adapter: &Adapter, scale: f64) -> Result<M, ZooError> {
    check_fit(&model, adapter, scale)?;
    if scale == 0.0 {
        return Ok(model);
    }
    Ok(model.map(&mut Merging {
        layers: &adapter.layers,
        scale,
        place: Place::default(),
    }))
}

struct Merging<'a> {
    layers: &'a BTreeMap<String, LoraLayer>,
    scale: f64,
    place: Place,
}

impl ModuleMapper for Merging<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.place.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.place.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let layer = self
            .place
            .linear()
            .and_then(|module| self.layers.get(&module));
        let Some(layer) = layer else {
            return param;
        };
        let (id, weight, mapper) = param.consume();
        let trained = weight.is_require_grad();
        let weight = weight.detach();
        let dtype = weight.dtype();
        // Half precision is widened for the sum, and never narrowed from f64.
        let wide = if dtype == DType::F64 {
            dtype
        } else {
            DType::F32
        };
        let change = layer.on(&weight.device(), wide, self.scale).delta();
        let shape = weight.shape();
        let sum = weight.cast(wide) + change.detach().reshape(shape);
        let merged = sum.cast(dtype).set_require_grad(trained);
        Param::from_mapped_value(id, merged, mapper)
    }
}
