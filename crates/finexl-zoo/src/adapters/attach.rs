//! Adapters beside the weights of a model.

use super::adapter::{Adapter, LoraLayer};
use super::linears::Linears;
use super::settings::LoraSettings;
use super::targets::is_end_of;
use crate::ZooError;
use burn::module::{LoraAdapter, Module, Param, Reparameterizer};
use burn::tensor::Tensor;
use finexl_core::seed;
use rand::RngExt;
use std::collections::BTreeMap;

/// Puts a fresh adapter beside every Linear weight that a target of the settings means, and freezes
/// all else. The model gives the same outputs as before: `A` is drawn as PEFT draws it (uniform
/// within `1 / sqrt(inputs)`, He et al. 2015 with `a = sqrt(5)`), `B` is zero.
///
/// What is drawn for a layer depends on the seed and its path alone. Dropout and running statistics
/// stay as they were; [`Module::freeze`] before this stops them too.
///
/// # Errors
/// [`ZooError::Adapter`] for a rank of 0 or larger than the smaller side of a weight, an alpha that
/// is not above 0, a target that means no Linear, or a model that has an adapter already.
pub fn add_lora<M: Module>(model: M, settings: &LoraSettings, seed: u64) -> Result<M, ZooError> {
    let targets = settings.check()?;
    let linears = Linears::of_base(&model)?;
    for target in &settings.targets {
        if !linears.weights.keys().any(|path| is_end_of(target, path)) {
            return Err(ZooError::Adapter {
                problem: format!(
                    "the target \"{target}\" means no Linear; the model has {}",
                    listed(linears.weights.keys())
                ),
                remedy: "give the path of a Linear or its last segments",
            });
        }
    }
    let mut layers = BTreeMap::new();
    for (path, (shape, _)) in &linears.weights {
        if targets.matches(path) {
            linears.check(path, *shape, settings.rank)?;
            layers.insert(path.clone(), fresh(settings, path, *shape, seed));
        }
    }
    Ok(model.apply_reparameterization(Factors {
        layers: &layers,
        scale: 1.0,
    }))
}

/// Puts an adapter beside the weights, as it was trained at `scale` 1, and freezes all else; for
/// going on with a training, or for changing the adapter without the weights. Unlike [`merge`],
/// every pass through the model then computes the changed weights anew.
///
/// [`merge`]: super::merge
///
/// # Errors
/// [`ZooError::Adapter`] where model and adapter do not fit, the model has an adapter already, or
/// the scale is not finite.
pub fn attach<M: Module>(model: M, adapter: &Adapter, scale: f64) -> Result<M, ZooError> {
    check_fit(&model, adapter, scale)?;
    Ok(model.apply_reparameterization(Factors {
        layers: &adapter.layers,
        scale,
    }))
}

/// Checks that an adapter can be put onto a model.
pub(super) fn check_fit<M: Module>(
    model: &M,
    adapter: &Adapter,
    scale: f64,
) -> Result<(), ZooError> {
    if !scale.is_finite() {
        return Err(ZooError::Adapter {
            problem: format!("its scale is {scale}"),
            remedy: "give a number: 0 is the base, 1 the adapter as it was trained",
        });
    }
    let linears = Linears::of_base(model)?;
    for (path, layer) in &adapter.layers {
        linears.check(path, layer.shape(), layer.rank)?;
    }
    Ok(())
}

/// Factors that change nothing yet.
fn fresh(
    settings: &LoraSettings,
    path: &str,
    [inputs, outputs]: [usize; 2],
    seed: u64,
) -> LoraLayer {
    let mut generator = seed::generator(seed, &[seed::key("lora"), seed::key(path)]);
    let bound = 1.0 / (inputs as f64).sqrt();
    let rank = settings.rank;
    LoraLayer {
        alpha: settings.alpha,
        rank,
        inputs,
        outputs,
        a: (0..inputs * rank)
            .map(|_| ((2.0 * generator.random::<f64>() - 1.0) * bound) as f32)
            .collect(),
        b: vec![0.0; rank * outputs],
    }
}

/// Hands burn the factors of each weight. Its own `Lora` draws them unseeded and from another
/// distribution, and for every matrix there is, embeddings too.
struct Factors<'a> {
    layers: &'a BTreeMap<String, LoraLayer>,
    scale: f64,
}

impl Reparameterizer for Factors<'_> {
    type Reparam = LoraAdapter;

    fn reparameterize<const D: usize>(
        &mut self,
        path: &str,
        param: Param<Tensor<D>>,
    ) -> (Param<Tensor<D>>, Option<LoraAdapter>) {
        let frozen = param.set_require_grad(false);
        let layer = path
            .strip_suffix(".weight")
            .and_then(|module| self.layers.get(module));
        let factors = layer.map(|layer| {
            let base = frozen.base();
            layer.on(&base.device(), base.dtype(), self.scale)
        });
        (frozen, factors)
    }
}

/// Names for a message, the first few of them.
fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    const SHOWN: usize = 12;
    let names: Vec<&str> = names.map(String::as_str).collect();
    match names.len() {
        0 => "none".to_string(),
        n if n <= SHOWN => names.join(", "),
        n => format!("{} and {} more", names[..SHOWN].join(", "), n - SHOWN),
    }
}
