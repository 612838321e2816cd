//! The facts of a LoRA file.

use super::file_facts::ContentFacts;
use super::layer_facts::layer_facts;
use crate::lora_file::LoraFile;
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

fn notes(layers: &[LayerFacts], with_model: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let count = |what: &dyn Fn(&&LayerFacts) -> bool| layers.iter().filter(what).count();
    let dora = count(&|layer| layer.kind.ends_with("DoRA"));
    if dora > 0 {
        notes.push(format!(
            "{dora} layers have DoRA, which also sets lengths of the changed weights: the norms here are those of the low-rank part"
        ));
    }
    let ia3 = count(&|layer| layer.kind == "IA3");
    if ia3 > 0 && !with_model {
        notes.push(format!(
            "{ia3} layers have IA3, which multiplies the model's weights: there is no norm without them (--model)"
        ));
    }
    let lonely = count(&|layer| layer.relative.is_none() && layer.norm.is_some_and(|n| n > 0.0));
    if with_model && lonely > 0 {
        notes.push(format!(
            "{lonely} layers have no weights in the model given"
        ));
    }
    let unstated = count(&|layer| layer.scale_from == "unstated");
    if unstated > 0 {
        notes.push(format!(
            "{unstated} layers say nothing of their scale, which then is 1"
        ));
    }
    let biases = count(&|layer| layer.bias.is_some());
    if biases > 0 {
        notes.push(format!(
            "{biases} layers also change their bias, which no norm here includes"
        ));
    }
    notes
}
