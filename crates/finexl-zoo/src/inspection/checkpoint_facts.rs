//! The facts of a whole checkpoint beside its base.

use super::file_facts::ContentFacts;
use super::spectrum::Spectrum;
use crate::lora_files::Operator;
use crate::stable_diffusion::{Layer, ModelWeights};
use finexl_core::inspection::LayerFacts;
use rayon::prelude::*;

/// The kind of a layer's change.
pub(super) const KIND: &str = "difference";

/// What every layer differs by from the model's; without a model only what the file is.
pub(super) fn checkpoint_facts(
    weights: &ModelWeights<'_>,
    model: Option<&ModelWeights<'_>>,
) -> ContentFacts {
    let mut facts = ContentFacts {
        kind: "whole checkpoint".to_string(),
        spelling: vec!["a whole model".to_string()],
        bases: vec![weights.base],
        ..ContentFacts::default()
    };
    let Some(model) = model else {
        facts.notes.push(
            "give --model BASE to see what it changes of the model it was made from".to_string(),
        );
        return facts;
    };
    let layers: Vec<&Layer> = weights.layers().collect();
    facts.found = layers.len();
    let found: Vec<Result<Option<LayerFacts>, String>> = (layers.par_iter())
        .map(|layer| difference(weights, model, layer))
        .collect();
    let mut alone = 0;
    for (layer, found) in layers.iter().zip(found) {
        match found {
            Ok(Some(found)) => facts.layers.push(found),
            Ok(None) => alone += 1,
            Err(problem) => facts.problems.push(format!("{}: it {problem}", layer.path)),
        }
    }
    if alone > 0 {
        facts
            .notes
            .push(format!("{alone} layers are not in the model"));
    }
    facts
        .notes
        .push("differences of biases are not included".to_string());
    facts
}

fn difference(
    weights: &ModelWeights<'_>,
    model: &ModelWeights<'_>,
    layer: &Layer,
) -> Result<Option<LayerFacts>, String> {
    let (Some(mut values), Some(base)) = (weights.weight(layer)?, model.weight(layer)?) else {
        return Ok(None);
    };
    let length = |values: &[f32]| {
        let squares = values
            .iter()
            .map(|value| f64::from(*value) * f64::from(*value));
        squares.sum::<f64>().sqrt()
    };
    let whole = length(&base);
    for (value, base) in values.iter_mut().zip(&base) {
        *value -= base;
    }
    drop(base);
    let columns = layer.matrix()[1];
    let spectrum = Spectrum::of(&Operator::Dense { columns, values })?;
    Ok(Some(LayerFacts {
        path: format!("{}.{}", layer.part.name(), layer.path),
        block: layer.block.to_string(),
        place: layer.place.name().to_string(),
        kind: KIND.to_string(),
        rank: None,
        alpha: None,
        scale: 1.0,
        scale_from: "none".to_string(),
        norm: Some(spectrum.norm),
        spectral: Some(spectrum.spectral),
        effective_rank: spectrum.effective_rank,
        relative: (whole > 0.0).then(|| spectrum.norm / whole),
        bias: None,
    }))
}
