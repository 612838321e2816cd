//! How alike the changes of two files are.

use super::inner_product::inner_product;
use super::sections::{block_order, squared};
use crate::lora_files::{LayerChange, LoraFile, Operator};
use crate::stable_diffusion::ModelLayers;
use finexl_core::inspection::{BlockCosine, Comparison, InspectedFile, LayerCosine, LayerFacts};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Cosines by layer, block and in all. The facts are those of the same two files.
pub(super) fn compare(files: [&LoraFile<'_>; 2], facts: [&InspectedFile; 2]) -> Comparison {
    let norms = facts.map(|file| norms(&file.layers));
    let second: BTreeMap<String, &LayerChange<'_>> = (files[1].layers.iter())
        .map(|layer| (layer.place.path(), layer))
        .collect();
    let pairs: Vec<(String, &LayerChange<'_>, &LayerChange<'_>)> = (files[0].layers.iter())
        .filter_map(|layer| {
            let path = layer.place.path();
            let other = *second.get(&path)?;
            let known = norms.iter().all(|norms| norms.contains_key(path.as_str()));
            known.then_some((path, layer, other))
        })
        .collect();
    let products: Vec<(String, Option<f64>)> = (pairs.into_par_iter())
        .map(|(path, a, b)| (path, layer_product(a, b)))
        .collect();
    let mut notes = notes(files, &products);
    notes.extend(left_out(facts));
    let products: BTreeMap<&str, f64> = (products.iter())
        .filter_map(|(path, product)| Some((path.as_str(), (*product)?)))
        .collect();
    let layers: Vec<LayerCosine> = (facts[0].layers.iter())
        .filter_map(|layer| {
            let product = products.get(layer.path.as_str())?;
            let norms = both(&norms, &layer.path);
            Some(LayerCosine {
                path: layer.path.clone(),
                cosine: cosine(*product, norms),
                norms,
            })
        })
        .collect();
    let blocks = blocks(files, facts, &products);
    let only = |one: usize, other: usize| {
        let other = &norms[other];
        norms[one]
            .keys()
            .filter(|path| !other.contains_key(*path))
            .count()
    };
    if layers.is_empty() {
        notes.push("the files change no layer in common".to_string());
    }
    Comparison {
        cosine: cosine(
            products.values().sum(),
            facts.map(|file| file.norm.unwrap_or(0.0)),
        ),
        shared: layers.len(),
        only_first: only(0, 1),
        only_second: only(1, 0),
        blocks,
        layers,
        notes,
    }
}

fn notes(files: [&LoraFile<'_>; 2], products: &[(String, Option<f64>)]) -> Vec<String> {
    let mut notes = Vec::new();
    let lost = products
        .iter()
        .filter(|(_, product)| product.is_none())
        .count();
    if lost > 0 {
        notes.push(format!(
            "{lost} layers that both change have no cosine: their numbers or shapes do not allow it"
        ));
    }
    let with_lengths = |file: &LoraFile<'_>| file.layers.iter().any(|l| l.magnitude.is_some());
    if files.iter().any(|file| with_lengths(file)) {
        notes.push("of DoRA only the low-rank part is compared".to_string());
    }
    notes
}

/// Layers that no figure of a comparison includes.
fn left_out(facts: [&InspectedFile; 2]) -> Option<String> {
    let without = |file: &InspectedFile| file.layers.iter().filter(|l| l.norm.is_none()).count();
    let [first, second] = facts.map(without);
    (first + second > 0).then(|| {
        format!(
            "{first} layers of the first file and {second} of the second have no norm by themselves (IA3, changes of a bias \
             alone, numbers that cannot be read): they are not compared"
        )
    })
}

/// Norms of the layers that have one.
fn norms(layers: &[LayerFacts]) -> BTreeMap<&str, f64> {
    let norm = |layer: &'_ LayerFacts| layer.norm;
    layers
        .iter()
        .filter_map(|l| Some((l.path.as_str(), norm(l)?)))
        .collect()
}

fn both(norms: &[BTreeMap<&str, f64>; 2], path: &str) -> [f64; 2] {
    [0, 1].map(|file| norms[file].get(path).copied().unwrap_or(0.0))
}

fn cosine(product: f64, norms: [f64; 2]) -> Option<f64> {
    let length = norms[0] * norms[1];
    // Rounding must not make two equal changes more than alike.
    (length > 0.0).then(|| (product / length).clamp(-1.0, 1.0))
}

/// Inner product of two changes of one layer, scales included.
fn layer_product(a: &LayerChange<'_>, b: &LayerChange<'_>) -> Option<f64> {
    let operator = |layer: &LayerChange<'_>| Operator::of(layer.change.as_ref()?).ok().flatten();
    let (first, second) = (operator(a)?, operator(b)?);
    let same = first.shape() == second.shape();
    same.then(|| inner_product(&first, &second) * a.scale.value * b.scale.value)
}

fn blocks(
    files: [&LoraFile<'_>; 2],
    facts: [&InspectedFile; 2],
    products: &BTreeMap<&str, f64>,
) -> Vec<BlockCosine> {
    let all: Vec<LayerFacts> = facts.iter().flat_map(|file| file.layers.clone()).collect();
    let base = files[0].bases.first().copied();
    let block = |name: String| {
        let here = |file: usize| {
            facts[file]
                .layers
                .iter()
                .filter(|layer| layer.block == name)
        };
        let inside = here(0).filter_map(|layer| products.get(layer.path.as_str()));
        let (shared, product) = inside.fold((0, 0.0), |(n, sum), product| (n + 1, sum + product));
        let norms = [0, 1].map(|file| squared(here(file)).unwrap_or(0.0).sqrt());
        BlockCosine {
            cosine: cosine(product, norms),
            shared,
            norms,
            block: name.clone(),
        }
    };
    let model = base.map(ModelLayers::published);
    block_order(model, &all).into_iter().map(block).collect()
}
