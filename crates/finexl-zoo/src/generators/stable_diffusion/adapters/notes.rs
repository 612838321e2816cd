//! What a reader should know of files that were put onto a model.

use super::super::Facts;
use crate::lora_files::{
    Change, LARGE_SCALE, LayerChange, LoraFile, ScaleRule, Spelling, said_bases,
};
use std::collections::{BTreeMap, BTreeSet};

/// Of one file that was put onto a model called `model`.
pub(super) fn notes(
    name: &str,
    file: &LoraFile<'_>,
    metadata: &BTreeMap<String, String>,
    scale: f64,
    (model, facts): (&str, &Facts),
) -> Vec<String> {
    let kinds: BTreeSet<&str> = file.layers.iter().map(kind).collect();
    let kinds: Vec<&str> = kinds.into_iter().collect();
    let spellings: Vec<&str> = file.spellings.iter().map(|s| Spelling::name(*s)).collect();
    let mut notes = vec![format!(
        "{name}: applied {} of {} modules to {model} at scale {scale} ({}; keys of {}).",
        file.layers.len(),
        file.found,
        kinds.join(", "),
        spellings.join(", ")
    )];
    let count = |what: &dyn Fn(&LayerChange<'_>) -> bool| {
        file.layers.iter().filter(|layer| what(layer)).count()
    };
    let dora = count(&|layer| layer.magnitude.is_some());
    if dora > 0 {
        notes.push(format!(
            "{name}: {dora} modules are DoRA, which at scale m is taken as W + m (W' - W), W' being the weight that it \
             makes of W; other tools scale its factors alone and differ where m is not 1."
        ));
    }
    let unstated = count(&|layer| layer.scale.rule == ScaleRule::Unstated);
    if unstated > 0 {
        notes.push(format!(
            "{name}: {unstated} modules have neither alpha nor scale, which means a scale of 1."
        ));
    }
    for said in said_bases(metadata) {
        if said.base != Some(facts.base) {
            notes.push(format!(
                "{name} says {} = {}, its shapes are those of {model}.",
                said.key, said.value
            ));
        }
    }
    notes.extend(odd_scales(name, file));
    notes
}

/// Where layers are multiplied by what is hardly meant.
fn odd_scales(name: &str, file: &LoraFile<'_>) -> Option<String> {
    let odd = |layer: &&LayerChange<'_>| {
        let scale = layer.scale.value;
        !(0.0..=LARGE_SCALE).contains(&scale)
    };
    let found: Vec<&LayerChange<'_>> = file.layers.iter().filter(odd).collect();
    let first = found.first()?;
    Some(format!(
        "{name}: {} modules are multiplied by a negative or large scale of their own ({} by {}), as the file says; it looks \
         like a mistake.",
        found.len(),
        first.key,
        first.scale.value
    ))
}

fn kind(layer: &LayerChange<'_>) -> &'static str {
    match (&layer.change, &layer.magnitude) {
        (Some(_), Some(_)) => "DoRA",
        (Some(change), None) => Change::kind(change),
        (None, _) => "biases",
    }
}
