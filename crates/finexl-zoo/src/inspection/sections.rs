//! Layers gathered: by block, by what they are there for, by network.

use crate::stable_diffusion::{Block, ModelLayers, Part, Place};
use finexl_core::inspection::{BlockFacts, LayerFacts, NetworkFacts, PlaceFacts};
use std::collections::{BTreeMap, BTreeSet};

/// Squared norm of the layers that have one; `None` where none has.
pub(super) fn squared<'a>(layers: impl Iterator<Item = &'a LayerFacts>) -> Option<f64> {
    let norms = layers.filter_map(|layer| layer.norm);
    norms
        .map(|norm| norm * norm)
        .reduce(|sum, square| sum + square)
}

fn share(part: Option<f64>, whole: Option<f64>) -> Option<f64> {
    let (part, whole) = (part?, whole?);
    Some(if whole > 0.0 { part / whole } else { 0.0 })
}

/// Names of the blocks in the model's order; those of own generators as they come.
pub(super) fn block_order(model: Option<&ModelLayers>, facts: &[LayerFacts]) -> Vec<String> {
    let named: BTreeSet<&str> = facts.iter().map(|layer| layer.block.as_str()).collect();
    match model {
        Some(model) => {
            let blocks: BTreeSet<Block> = model.all().iter().map(|layer| layer.block).collect();
            let blocks = blocks.into_iter().map(|block| block.to_string());
            blocks
                .filter(|name| named.contains(name.as_str()))
                .collect()
        }
        None => named.into_iter().map(ToString::to_string).collect(),
    }
}

/// The facts of every block.
pub(super) fn blocks(model: Option<&ModelLayers>, facts: &[LayerFacts]) -> Vec<BlockFacts> {
    let whole = squared(facts.iter());
    let order = block_order(model, facts);
    let block = |name: String| {
        let layers: Vec<&LayerFacts> = facts.iter().filter(|l| l.block == name).collect();
        block_facts(name, &layers, whole)
    };
    order.into_iter().map(block).collect()
}

fn block_facts(block: String, layers: &[&LayerFacts], whole: Option<f64>) -> BlockFacts {
    let all = || layers.iter().copied();
    let square = squared(all());
    let effective: Vec<f64> = all().filter_map(|layer| layer.effective_rank).collect();
    let mut places = BTreeMap::new();
    for place in Place::ALL {
        let here = || all().filter(move |layer| layer.place == place.name());
        if let Some(square) = squared(here()) {
            places.insert(place.name().to_string(), square.sqrt());
        }
    }
    BlockFacts {
        block,
        layers: layers.len(),
        rank: ends(all().filter_map(|layer| layer.rank), usize::cmp),
        alpha: ends(all().filter_map(|layer| layer.alpha), f64::total_cmp),
        scale: ends(all().map(|layer| layer.scale), f64::total_cmp),
        norm: square.map(f64::sqrt),
        spectral: all()
            .filter_map(|layer| layer.spectral)
            .max_by(f64::total_cmp),
        effective_rank: match effective.is_empty() {
            true => None,
            false => Some(effective.iter().sum::<f64>() / effective.len() as f64),
        },
        relative: relative(all()),
        share: share(square, whole),
        places,
    }
}

/// Norm of the changes over that of the changed weights: `||W|| = ||dW|| / relative`.
fn relative<'a>(layers: impl Iterator<Item = &'a LayerFacts>) -> Option<f64> {
    let (mut change, mut weight) = (0.0, 0.0);
    for layer in layers {
        let (Some(norm), Some(relative)) = (layer.norm, layer.relative) else {
            continue;
        };
        if relative > 0.0 {
            change += norm * norm;
            weight += (norm / relative).powi(2);
        }
    }
    (weight > 0.0).then(|| (change / weight).sqrt())
}

/// The least and the largest.
fn ends<T: Copy>(
    values: impl Iterator<Item = T> + Clone,
    order: impl Fn(&T, &T) -> std::cmp::Ordering,
) -> Option<[T; 2]> {
    let least = values.clone().min_by(&order)?;
    Some([least, values.max_by(&order)?])
}

/// The facts of everything that layers are there for.
pub(super) fn places(facts: &[LayerFacts]) -> Vec<PlaceFacts> {
    let whole = squared(facts.iter());
    let mut all = Vec::new();
    for place in Place::ALL {
        let here = || facts.iter().filter(|layer| layer.place == place.name());
        let square = squared(here());
        if here().next().is_some() {
            all.push(PlaceFacts {
                place: place.name().to_string(),
                layers: here().count(),
                norm: square.map(f64::sqrt),
                share: share(square, whole),
            });
        }
    }
    all
}

/// How much of every network is changed.
pub(super) fn networks(model: Option<&ModelLayers>, facts: &[LayerFacts]) -> Vec<NetworkFacts> {
    let whole = squared(facts.iter());
    let Some(model) = model else {
        return Vec::new();
    };
    let network = |part: &Part| {
        let prefix = format!("{}.", part.name());
        let here = || facts.iter().filter(|layer| layer.path.starts_with(&prefix));
        NetworkFacts {
            name: part.name().to_string(),
            changed: here().count(),
            layers: (model.all().iter())
                .filter(|layer| layer.part == *part)
                .count(),
            share: share(squared(here()), whole),
        }
    };
    model.base.parts().iter().map(network).collect()
}
