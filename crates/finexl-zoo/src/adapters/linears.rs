//! The Linear layers of a module.

use crate::ZooError;
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{DType, Tensor};
use std::collections::BTreeMap;

/// How burn calls what holds the weight of a [`burn::nn::Linear`].
const LINEAR: &str = "Struct:Linear";
/// How burn calls what stands beside a weight.
const REPARAMETERIZATION: &str = "Reparameterization";

/// Where a traversal of a module is; visitors and mappers share it.
#[derive(Default)]
pub(super) struct Place {
    path: Vec<String>,
    containers: Vec<String>,
}

impl Place {
    /// To be called by `enter_module`.
    pub fn enter(&mut self, name: &str, container: &str) {
        self.path.push(name.to_string());
        self.containers.push(container.to_string());
    }

    /// To be called by `exit_module`.
    pub fn exit(&mut self) {
        self.path.pop();
        self.containers.pop();
    }

    /// The path of the Linear whose weight this is.
    pub fn linear(&self) -> Option<String> {
        let is_weight = self.path.last().is_some_and(|name| name == "weight");
        let in_linear = self.containers.last().is_some_and(|kind| kind == LINEAR);
        (is_weight && in_linear).then(|| self.path[..self.path.len() - 1].join("."))
    }

    /// The path of the module whose parameter this stands beside, and the rest of the path.
    pub fn beside(&self) -> Option<(String, &str)> {
        let place = self
            .containers
            .iter()
            .position(|kind| kind == REPARAMETERIZATION)?;
        let module = self.path[..place.saturating_sub(1)].join(".");
        let name = self.path.get(place + 1).map_or("", String::as_str);
        Some((module, name))
    }
}

/// All Linear layers of a module, by path.
#[derive(Default)]
pub(super) struct Linears {
    /// `[inputs, outputs]` and precision of each weight.
    pub weights: BTreeMap<String, ([usize; 2], DType)>,
    /// A module that already has something beside its weight.
    pub adapted: Option<String>,
    place: Place,
}

impl Linears {
    /// Those of a module; lazy weights are made.
    pub fn of<M: Module>(model: &M) -> Self {
        let mut linears = Self::default();
        model.visit(&mut linears);
        linears
    }

    /// Layers of given paths and `[inputs, outputs]`, in single precision.
    pub fn of_shapes(shapes: impl Iterator<Item = (String, [usize; 2])>) -> Self {
        Self {
            weights: shapes
                .map(|(path, shape)| (path, (shape, DType::F32)))
                .collect(),
            ..Self::default()
        }
    }

    /// Those of a module that has no adapter.
    ///
    /// # Errors
    /// [`ZooError::Adapter`] for a module that has one.
    pub fn of_base<M: Module>(model: &M) -> Result<Self, ZooError> {
        let linears = Self::of(model);
        match &linears.adapted {
            None => Ok(linears),
            Some(module) => Err(ZooError::Adapter {
                problem: format!("the model has an adapter already, at {module}"),
                remedy: "begin with the base model, or fold the adapter in first (`Module::materialize`)",
            }),
        }
    }

    /// Checks that there is a layer of a path, size and rank.
    ///
    /// # Errors
    /// [`ZooError::Adapter`] naming it.
    pub fn check(&self, path: &str, shape: [usize; 2], rank: usize) -> Result<(), ZooError> {
        let wrong = |problem: String, remedy| Err(ZooError::Adapter { problem, remedy });
        let Some((found, dtype)) = self.weights.get(path) else {
            return wrong(
                format!("the model has no Linear at {path}"),
                "use the model that the adapter was made for",
            );
        };
        if *found != shape {
            return wrong(
                format!(
                    "{path} maps {} numbers to {} in the model, {} to {} in the adapter",
                    found[0], found[1], shape[0], shape[1]
                ),
                "use the model that the adapter was made for",
            );
        }
        if !dtype.is_float() {
            return wrong(
                format!("{path} holds quantized weights"),
                "use the model before its quantization",
            );
        }
        let largest = shape[0].min(shape[1]);
        if rank > largest {
            return wrong(
                format!(
                    "rank {rank} is more than {path} has ({} by {})",
                    shape[0], shape[1]
                ),
                "give a rank of at most the smaller side of every weight",
            );
        }
        Ok(())
    }
}

impl ModuleVisitor for Linears {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.place.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.place.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some((module, _)) = self.place.beside() {
            self.adapted.get_or_insert(module);
        } else if let Some(module) = self.place.linear() {
            let weight = param.base();
            if let [inputs, outputs] = weight.dims()[..] {
                self.weights
                    .insert(module, ([inputs, outputs], weight.dtype()));
            }
        }
    }
}
