//! Everything that is said of a file.

use super::metadata::header_facts;
use super::sections::{blocks, networks, places, squared};
use super::suspicions;
use super::tags::tags;
use crate::lora_files::said_bases;
use crate::stable_diffusion::{Base, ModelLayers};
use crate::tensor_file::TensorFile;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::inspection::{EmbeddingFacts, InspectedBase, InspectedFile, LayerFacts};
use std::collections::BTreeMap;

/// What depends on the kind of a file.
#[derive(Default)]
pub(super) struct ContentFacts {
    pub kind: String,
    pub spelling: Vec<String>,
    pub bases: Vec<Base>,
    /// Layers in the file, known or not.
    pub found: usize,
    pub layers: Vec<LayerFacts>,
    pub embeddings: Vec<EmbeddingFacts>,
    /// SHA-256 and name of the FineXL generator that it is for.
    pub own_base: Option<(String, Option<String>)>,
    pub problems: Vec<String>,
    pub notes: Vec<String>,
}

/// The facts of a file, but for its name, hash and length; `model` has the layers that it is read by.
pub(super) fn file_facts(
    content: ContentFacts,
    file: &TensorFile<'_>,
    private: bool,
    model: Option<&ModelLayers>,
) -> InspectedFile {
    let header = header_facts(&file.metadata);
    let (tags, tags_found) = tags(&file.metadata).unwrap_or_default();
    let mut suspicions = suspicions::of_layers(&content.layers);
    suspicions.extend(suspicions::of_embeddings(&content.embeddings));
    suspicions.extend(suspicions::of_alphas(&file.metadata, &content.layers));
    suspicions.extend(suspicions::of_header(&file.metadata, &content.bases));
    InspectedFile {
        name: String::new(),
        sha256: Fingerprint::of_bytes(&[]),
        bytes: 0,
        base: base(&content, &file.metadata),
        kind: content.kind,
        spelling: content.spelling,
        precisions: precisions(file),
        layers_found: content.found,
        layers_known: content.layers.len(),
        networks: networks(model, &content.layers),
        norm: squared(content.layers.iter()).map(f64::sqrt),
        blocks: blocks(model, &content.layers),
        places: places(&content.layers),
        layers: content.layers,
        embeddings: content.embeddings,
        triggers: header.triggers,
        tags,
        tags_found,
        training: header.training,
        private_left_out: if private { 0 } else { header.private.len() },
        private: if private { header.private } else { Vec::new() },
        problems: content.problems,
        suspicions,
        notes: content.notes,
    }
}

fn base(content: &ContentFacts, metadata: &BTreeMap<String, String>) -> InspectedBase {
    let bases = &content.bases[..];
    let said = said_bases(metadata);
    let said = said
        .iter()
        .find(|s| s.base.is_some() && s.base == bases.first().copied());
    let evidence = match (bases, said, &content.own_base) {
        ([], _, Some((sha256, name))) => {
            let name = name
                .as_ref()
                .map(|name| format!(" ({name})"))
                .unwrap_or_default();
            format!("the SHA-256 of the base's weights in the file, {sha256}{name}")
        }
        ([_], Some(said), _) => format!("shapes, and {} = {}", said.key, said.value),
        ([_], None, _) => "shapes".to_string(),
        (_, Some(said), _) => format!("{} = {}, the shapes fit all of these", said.key, said.value),
        _ => "shapes, which are alike in all of these".to_string(),
    };
    InspectedBase {
        candidates: match bases {
            [] => vec!["a FineXL generator".to_string()],
            bases => bases.iter().map(Base::to_string).collect(),
        },
        evidence,
    }
}

fn precisions(file: &TensorFile<'_>) -> BTreeMap<String, usize> {
    let mut precisions = BTreeMap::new();
    for tensor in file.tensors.values() {
        *precisions.entry(tensor.precision()).or_insert(0) += 1;
    }
    precisions
}
