//! The result record of `finexl inspect`: what a LoRA file holds and how strongly it changes which layers.
//!
//! The JSON form is versioned by `schema` and described by `datasets/inspection.schema.json`.

use crate::fingerprint::Fingerprint;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The value of [`Inspection::schema`] that this version writes.
pub const SCHEMA: &str = "finexl-inspection-1";

/// One or two files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inspection {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Version of finexl.
    pub version: String,
    /// The files, in the order they were named.
    pub files: Vec<InspectedFile>,
    /// How alike the changes of two files are.
    pub comparison: Option<Comparison>,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InspectedFile {
    /// As it was named.
    pub name: String,
    /// Of the file of tensors.
    pub sha256: Fingerprint,
    /// Its length.
    pub bytes: u64,
    /// What it is, e.g. "LoRA" or "learned embedding".
    pub kind: String,
    /// How its keys are written.
    pub spelling: Vec<String>,
    /// Tensors by the precision they are stored in.
    pub precisions: BTreeMap<String, usize>,
    /// The model it is for.
    pub base: InspectedBase,
    /// Layers that it names.
    pub layers_found: usize,
    /// Those that the model has, with factors that can be applied.
    pub layers_known: usize,
    /// Of every network of the model, how many layers are changed.
    pub networks: Vec<NetworkFacts>,
    /// Root of the sum of all squared changes of weights; `None` where no layer has a norm.
    pub norm: Option<f64>,
    /// Strength by block, in the model's order.
    pub blocks: Vec<BlockFacts>,
    /// Strength by what layers are there for.
    pub places: Vec<PlaceFacts>,
    /// Every layer, in the model's order.
    pub layers: Vec<LayerFacts>,
    /// Learned vectors.
    pub embeddings: Vec<EmbeddingFacts>,
    /// Words to put into a prompt, as the author says.
    pub triggers: Vec<Entry>,
    /// Frequent tags of the training's captions, the most frequent first.
    pub tags: Vec<TagFacts>,
    /// Different tags in all.
    pub tags_found: usize,
    /// What the metadata say of the training.
    pub training: Vec<Entry>,
    /// Further metadata, which may name folders, people and models; empty unless asked for.
    pub private: Vec<Entry>,
    /// Entries of metadata that are not shown because they may be private.
    pub private_left_out: usize,
    /// What keeps the file from being applied as it is, each naming a key.
    pub problems: Vec<String>,
    /// What looks like a mistake.
    pub suspicions: Vec<String>,
    /// What was left out or guessed.
    pub notes: Vec<String>,
}

/// The model that a file is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InspectedBase {
    /// All families that the shapes fit, the likeliest first.
    pub candidates: Vec<String>,
    /// How that is known.
    pub evidence: String,
}

/// A network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkFacts {
    /// diffusers' name.
    pub name: String,
    /// Its layers that the file changes.
    pub changed: usize,
    /// All its layers with weights.
    pub layers: usize,
    /// Its share of the squared change; `None` where no layer of the file has a norm.
    pub share: Option<f64>,
}

/// Layers of one block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockFacts {
    /// E.g. `TE1`, `IN04`, `MID`, `OUT03`.
    pub block: String,
    /// How many are changed.
    pub layers: usize,
    /// Least and largest rank, where layers have one.
    pub rank: Option<[usize; 2]>,
    /// Least and largest alpha, where layers have one.
    pub alpha: Option<[f64; 2]>,
    /// Least and largest scale.
    pub scale: Option<[f64; 2]>,
    /// Root of the sum of squared changes; `None` where no layer has a norm.
    pub norm: Option<f64>,
    /// Largest spectral norm of a layer's change.
    pub spectral: Option<f64>,
    /// Mean effective rank of the layers that have one.
    pub effective_rank: Option<f64>,
    /// Norm over that of the weights that are changed, where the model is known.
    pub relative: Option<f64>,
    /// Share of the squared change of the file; `None` where there is no norm.
    pub share: Option<f64>,
    /// Norm by what layers are there for, see [`PlaceFacts::place`].
    pub places: BTreeMap<String, f64>,
}

/// Layers that are there for one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceFacts {
    /// `attn1` (picture to picture; all attention of text encoders), `attn2` (picture to prompt), `ff`,
    /// `proj`, `conv`, `other`.
    pub place: String,
    /// How many are changed.
    pub layers: usize,
    /// Root of the sum of squared changes; `None` where no layer has a norm.
    pub norm: Option<f64>,
    /// Share of the squared change of the file; `None` where there is no norm.
    pub share: Option<f64>,
}

/// A layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerFacts {
    /// Path in diffusers' names, behind its network.
    pub path: String,
    /// Its block.
    pub block: String,
    /// What it is there for.
    pub place: String,
    /// The kind of the change.
    pub kind: String,
    /// Rank of the factors.
    pub rank: Option<usize>,
    /// Alpha.
    pub alpha: Option<f64>,
    /// What the product of factors is multiplied by.
    pub scale: f64,
    /// Where the scale comes from: `scale-key`, `alpha`, `peft-config`, `unstated` (it is 1 then),
    /// `none` (the kind has none), `unknown` (see the problems; taken as 1).
    pub scale_from: String,
    /// Frobenius norm of the change of the weight; `None` where it cannot be told without the model.
    pub norm: Option<f64>,
    /// Its largest singular value.
    pub spectral: Option<f64>,
    /// `exp` of the entropy of the singular values as shares of their sum (Roy and Vetterli 2007).
    pub effective_rank: Option<f64>,
    /// Norm over that of the model's weight, where the model is known.
    pub relative: Option<f64>,
    /// Norm of the change of the bias, where there is one.
    pub bias: Option<f64>,
}

/// Learned vectors for one text encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingFacts {
    /// Their key; in diffusers' files the word they stand for.
    pub key: String,
    /// The text encoder, in diffusers' name.
    pub network: String,
    /// How many vectors, each taking a place in the prompt.
    pub vectors: usize,
    /// How long each is.
    pub width: usize,
    /// Their norms.
    pub norms: Vec<f64>,
}

/// An entry of the metadata.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its key.
    pub key: String,
    /// Its value, shortened where it is long.
    pub value: String,
}

/// A tag of captions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagFacts {
    /// The tag.
    pub tag: String,
    /// Captions that have it.
    pub count: u64,
    /// Their share of all images, where that number is known.
    pub share: Option<f64>,
}

/// How alike the changes of two files are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Cosine of the changes of all weights, in [-1, 1]; `None` where one file changes nothing.
    pub cosine: Option<f64>,
    /// Layers that both change.
    pub shared: usize,
    /// Layers that the first file alone changes.
    pub only_first: usize,
    /// Layers that the second file alone changes.
    pub only_second: usize,
    /// By block.
    pub blocks: Vec<BlockCosine>,
    /// By layer that both change.
    pub layers: Vec<LayerCosine>,
    /// What was left out.
    pub notes: Vec<String>,
}

/// How alike the changes of one block are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockCosine {
    /// The block.
    pub block: String,
    /// Layers that both files change.
    pub shared: usize,
    /// Cosine; `None` where one file changes nothing in it.
    pub cosine: Option<f64>,
    /// Norms of both changes.
    pub norms: [f64; 2],
}

/// How alike the changes of one layer are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerCosine {
    /// Path in diffusers' names, behind its network.
    pub path: String,
    /// Cosine; `None` where one change is zero.
    pub cosine: Option<f64>,
    /// Norms of both changes.
    pub norms: [f64; 2],
}
