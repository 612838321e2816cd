//! The facts of a LoRA file.

use super::file_facts::ContentFacts;
use super::layer_facts::layer_facts;
use crate::lora_files::LoraFile;
use crate::stable_diffusion::ModelWeights;
use finexl_core::inspection::LayerFacts;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Of every layer, in the model's order; with the model, relative to its weights.
pub(super) fn lora_facts(lora: &LoraFile<'_>, model: Option<&ModelWeights<'_>>) -> ContentFacts {
    let results: Vec<(LayerFacts, Option<String>)> = (lora.layers.par_iter())
        .map(|layer| layer_facts(layer, model))
        .collect();
    let mut problems = lora.problems.clone();
    let mut layers = Vec::with_capacity(results.len());
    for (facts, problem) in results {
        // A precision that is not read was named with the shapes already.
        problems.extend(problem.filter(|problem| !lora.problems.contains(problem)));
        layers.push(facts);
    }
    ContentFacts {
        kind: kinds(&layers),
        spelling: lora
            .spellings
            .iter()
            .map(|s| s.name().to_string())
            .collect(),
        bases: lora.bases.clone(),
        found: lora.found,
        own_base: (lora.own_base.clone()).map(|sha256| (sha256, lora.base_name.clone())),
        notes: notes(&layers, model.is_some()),
        layers,
        problems,
        embeddings: Vec::new(),
    }
}

/// All kinds of changes, the most frequent first.
fn kinds(layers: &[LayerFacts]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for layer in layers {
        *counts.entry(layer.kind.as_str()).or_insert(0) += 1;
    }
    let mut kinds: Vec<(&str, usize)> = counts.into_iter().collect();
    kinds.sort_by(|(a, x), (b, y)| (y, a).cmp(&(x, b)));
    match &kinds[..] {
        [] => "no change that can be read".to_string(),
        [(kind, _)] => (*kind).to_string(),
        several => {
            let words: Vec<String> = (several.iter())
                .map(|(kind, count)| format!("{kind} ({count})"))
                .collect();
            words.join(", ")
        }
    }
}

/// Remarks, each with the number of layers that it is about.
fn notes(layers: &[LayerFacts], with_model: bool) -> Vec<String> {
    let count = |what: &dyn Fn(&&LayerFacts) -> bool| layers.iter().filter(what).count();
    let ia3 = count(&|layer| layer.kind == "IA3");
    let lonely = count(&|layer| layer.relative.is_none() && layer.norm.is_some_and(|n| n > 0.0));
    let remarks = [
        (
            count(&|layer| layer.kind.ends_with("DoRA")),
            "with DoRA, which also sets lengths of the changed weights: the norms here are those of the low-rank part",
        ),
        (
            if with_model { 0 } else { ia3 },
            "with IA3, which multiplies the model's weights: there is no norm without them (--model)",
        ),
        (
            if with_model { lonely } else { 0 },
            "without weights in the model that was given",
        ),
        (
            count(&|layer| layer.scale_from == "unstated"),
            "without alpha and scale, which means a scale of 1",
        ),
        (
            count(&|layer| layer.bias.is_some()),
            "with a change of the bias, which no norm here includes",
        ),
    ];
    let said = remarks.into_iter().filter(|(count, _)| *count > 0);
    said.map(|(count, what)| match count {
        1 => format!("1 layer {what}"),
        more => format!("{more} layers {what}"),
    })
    .collect()
}
