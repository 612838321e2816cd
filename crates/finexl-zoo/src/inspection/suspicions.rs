//! What looks like a mistake.

use super::metadata::is_set;
use crate::lora_files::{LARGE_SCALE, said_bases, said_predictions};
use crate::stable_diffusion::Base;
use finexl_core::inspection::{EmbeddingFacts, LayerFacts};
use std::collections::BTreeMap;

/// Layers that a remark names.
const NAMED: usize = 3;

/// Of the layers.
pub(super) fn of_layers(facts: &[LayerFacts]) -> Vec<String> {
    let mut suspicions = Vec::new();
    let mut remark = |found: Vec<&LayerFacts>, what: &str| {
        if let Some(first) = found.first() {
            let mut names: Vec<&str> = found.iter().map(|layer| layer.path.as_str()).collect();
            names.truncate(NAMED);
            let more = found.len() - names.len();
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            let value = format!("{:.3}", first.scale);
            let value = value.trim_end_matches('0').trim_end_matches('.');
            suspicions.push(format!(
                "{}: {} of {} layers ({}{more})",
                what.replace("{scale}", value),
                found.len(),
                facts.len(),
                names.join(", ")
            ));
        }
    };
    // A checkpoint has all layers, whether they differ or not.
    let zero = (facts.iter())
        .filter(|layer| layer.norm == Some(0.0) && layer.kind != super::checkpoint_facts::KIND);
    remark(zero.collect(), "all zero, changing nothing");
    let large = facts.iter().filter(|layer| layer.scale.abs() > LARGE_SCALE);
    remark(large.collect(), "multiplied by a large scale, {scale}");
    let negative = facts.iter().filter(|layer| layer.scale < 0.0);
    remark(negative.collect(), "multiplied by a negative scale");
    suspicions
}

/// Of learned words.
pub(super) fn of_embeddings(embeddings: &[EmbeddingFacts]) -> Vec<String> {
    let empty = |table: &&EmbeddingFacts| table.norms.contains(&0.0);
    let empty = embeddings.iter().filter(empty);
    empty
        .map(|table| {
            let count = table.norms.iter().filter(|norm| **norm == 0.0).count();
            format!(
                "all zero, saying nothing: {count} of {} vectors of \"{}\"",
                table.vectors, table.key
            )
        })
        .collect()
}

/// Of a header that has an alpha where no layer has one; programs go by the layers.
pub(super) fn of_alphas(
    metadata: &BTreeMap<String, String>,
    facts: &[LayerFacts],
) -> Option<String> {
    let said: f64 = metadata.get("ss_network_alpha")?.parse().ok()?;
    let unsaid = facts.iter().filter(|layer| layer.scale_from == "unstated");
    let other = unsaid.filter(|layer| layer.rank.is_some_and(|rank| rank as f64 != said));
    let count = other.count();
    (count > 0).then(|| {
        format!(
            "ss_network_alpha says {said}, {count} of {} layers have no alpha and another rank: programs multiply these by 1 \
             and pass over the header",
            facts.len()
        )
    })
}

/// Of the header, against what the shapes say.
pub(super) fn of_header(metadata: &BTreeMap<String, String>, bases: &[Base]) -> Vec<String> {
    let mut suspicions = Vec::new();
    for said in said_bases(metadata) {
        let known = said.base.is_some_and(|base| bases.contains(&base));
        if !known && !bases.is_empty() {
            let names: Vec<String> = bases.iter().map(Base::to_string).collect();
            suspicions.push(format!(
                "{} says {}, the shapes are those of {}",
                said.key,
                said.value,
                names.join(" or ")
            ));
        }
    }
    let said = said_predictions(metadata);
    if let Some(first) = said.first()
        && let Some(other) = said.iter().find(|other| other.is_v != first.is_v)
    {
        suspicions.push(format!(
            "{} says that {} is predicted, {} that {} is",
            first.key,
            first.what(),
            other.key,
            other.what()
        ));
    }
    if is_set(metadata, "ss_zero_terminal_snr") && said.iter().any(|said| !said.is_v) {
        suspicions.push(
            "it was trained with zero terminal SNR and epsilon prediction, which do not go together"
                .to_string(),
        );
    }
    suspicions
}
