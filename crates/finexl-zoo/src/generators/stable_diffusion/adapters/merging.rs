//! Changes added to the weights of one network.

use super::parameters::{Name, Replacements, Stored, parameters, replaced};
use crate::ZooError;
use crate::lora_files::LayerChange;
use crate::stable_diffusion::{Layer, Part};
use burn::module::Module;
use burn::tensor::Device;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Bytes of what is computed with a number of a weight: it, its change and their sum.
const WORKING: u64 = 24;

/// The changes of one layer.
pub(super) struct LayerSum<'a> {
    layer: &'a Layer,
    /// Each with its multiplier and the file that it is from.
    changes: Vec<(&'a LayerChange<'a>, f64, &'a Path)>,
}

/// What several files do to a model, by network and layer.
#[derive(Default)]
pub(super) struct Sums<'a> {
    layers: BTreeMap<(Part, String), LayerSum<'a>>,
}

impl<'a> Sums<'a> {
    /// Adds the changes of a file; a multiplier of 0 changes nothing.
    pub fn add(&mut self, changes: &'a [LayerChange<'a>], multiplier: f64, path: &'a Path) {
        for change in changes.iter().filter(|_| multiplier != 0.0) {
            if let Some(layer) = change.place.layer() {
                let sum = self.layers.entry((layer.part, layer.path.clone()));
                let sum = sum.or_insert_with(|| LayerSum {
                    layer,
                    changes: Vec::new(),
                });
                sum.changes.push((change, multiplier, path));
            }
        }
    }

    /// A network with all changes of its part: `W + sum m_i (W_i - W)`, summed in double precision, brought to single
    /// precision and then to that of the weight. Files are added in the order in which they were given.
    ///
    /// # Errors
    /// [`ZooError::Weights`] naming file and key; [`finexl_core::CoreError::Memory`].
    pub fn put_into<M: Module>(
        &self,
        network: M,
        part: Part,
        device: &Device,
    ) -> Result<M, ZooError> {
        let changed = |name: &Name| self.layers.contains_key(&(part, name.layer.clone()));
        let stored = parameters(&network, &changed);
        let bytes = |stored: &Stored| stored.count() as u64 * stored.precision().size() as u64;
        let largest = stored.values().map(|stored| stored.count() as u64).max();
        let working = largest.unwrap_or(0) * WORKING * rayon::current_num_threads() as u64;
        let needed = stored.values().map(bytes).sum::<u64>() + working;
        finexl_core::memory::require("putting adapters onto the model", needed)?;
        let new = (stored.par_iter())
            .map(|(name, stored)| {
                let sum = self.layers.get(&(part, name.layer.clone()));
                let new = sum.map(|sum| sum.of(name, stored)).transpose()?.flatten();
                Ok::<_, ZooError>(new.map(|values| (name.clone(), stored.kept(values))))
            })
            .collect::<Result<Vec<_>, ZooError>>()?;
        let new: Replacements = new.into_iter().flatten().collect();
        Ok(replaced(network, new, device))
    }
}

impl LayerSum<'_> {
    /// The new numbers of a parameter; `None` where it stays as it is.
    fn of(&self, name: &Name, stored: &Stored) -> Result<Option<Vec<f32>>, ZooError> {
        let touches = |change: &LayerChange<'_>| match name.weight {
            true => change.change.is_some(),
            false => change.bias.is_some(),
        };
        if !self.changes.iter().any(|(change, ..)| touches(change)) {
            return Ok(None);
        }
        let old = stored.singles()?;
        let mut sum: Vec<f64> = old.iter().copied().map(f64::from).collect();
        for (change, multiplier, path) in &self.changes {
            let wrong = |problem: String| ZooError::Weights {
                path: path.to_path_buf(),
                problem: format!("{}: it {problem}", change.key),
                remedy: "fetch it again, or give a smaller scale where its numbers grow too large",
            };
            let difference = match name.weight {
                true => change.difference(&old, self.layer),
                false => change.bias.as_ref().map(|bias| bias.singles()).transpose(),
            };
            let Some(difference) = difference.map_err(wrong)? else {
                continue;
            };
            for (sum, by) in sum.iter_mut().zip(&difference) {
                *sum += multiplier * f64::from(*by);
            }
            let most = largest(stored);
            if sum.iter().any(|value| value.is_nan() || value.abs() > most) {
                let problem = format!("makes weights that are not finite at scale {multiplier}");
                return Err(wrong(problem));
            }
        }
        Ok(Some(sum.into_iter().map(|value| value as f32).collect()))
    }
}

/// The largest number that a precision has.
fn largest(stored: &Stored) -> f64 {
    match stored.precision() {
        burn::tensor::DType::F16 => half::f16::MAX.to_f64(),
        _ => f64::from(f32::MAX),
    }
}
