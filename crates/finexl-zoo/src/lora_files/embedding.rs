//! Learned embeddings (textual inversion): vectors that take the place of a word's.

use super::groups::other_model;
use super::spelling::Key;
use crate::stable_diffusion::{Base, Part, TextShape};
use crate::tensor_file::{StoredTensor, TensorFile};

/// More vectors than a prompt has room for are no embedding.
pub(super) const MOST_VECTORS: usize = 75;

/// A file of learned embeddings.
#[derive(Clone, Debug)]
pub struct Embedding<'a> {
    /// The tools that write such files.
    pub written_by: &'static str,
    /// The families that fit the widths.
    pub bases: Vec<Base>,
    /// The vectors.
    pub tables: Vec<EmbeddingTable<'a>>,
}

/// Vectors for one text encoder.
#[derive(Clone, Debug)]
pub struct EmbeddingTable<'a> {
    /// Their key; in diffusers' files the word they stand for.
    pub key: String,
    /// The word that it stands for in prompts, where the file says it; else the name of the file is.
    pub word: Option<String>,
    /// The text encoder.
    pub part: Part,
    /// How many there are.
    pub vectors: usize,
    /// How long each is.
    pub width: usize,
    /// All of them.
    pub tensor: StoredTensor<'a>,
}

impl<'a> Embedding<'a> {
    /// Reads a file that holds embeddings and nothing else; `None` for any other.
    pub fn read(file: &TensorFile<'a>) -> Option<Self> {
        if file.tensors.is_empty() || other_model(file).is_some() {
            return None;
        }
        let mut tables = Vec::new();
        for (key, tensor) in &file.tensors {
            if Key::parse(key).is_some() {
                return None;
            }
            let (vectors, width) = match tensor.shape[..] {
                [width] => (1, width),
                [vectors, width] => (vectors, width),
                _ => return None,
            };
            // A layer's weight may be as small, but is called one.
            let is_layer = key.ends_with(".weight") || key.ends_with(".bias");
            if is_layer || !(1..=MOST_VECTORS).contains(&vectors) {
                return None;
            }
            let part = match (key.as_str(), width) {
                ("clip_g" | "text_encoders_1", 1280) => Part::TextEncoder2,
                (_, 768 | 1024) => Part::TextEncoder,
                (_, 1280) => Part::TextEncoder2,
                _ => return None,
            };
            tables.push(EmbeddingTable {
                key: key.clone(),
                word: word(key),
                part,
                vectors,
                width,
                tensor: tensor.clone(),
            });
        }
        let has = |width: usize| tables.iter().any(|table| table.width == width);
        let key = |name: &str| file.tensors.contains_key(name);
        let bases = match (has(768), has(1024), has(1280)) {
            (_, false, true) => vec![Base::Xl],
            (true, false, false) if key("clip_l") => vec![Base::Xl],
            (true, false, false) => vec![Base::Sd1],
            (false, true, false) => vec![Base::Sd2],
            _ => return None,
        };
        let written_by = if key("emb_params") || key("*") {
            "A1111"
        } else if key("clip_l") || key("clip_g") {
            "kohya or diffusers for XL"
        } else {
            "diffusers"
        };
        Some(Self {
            written_by,
            bases,
            tables,
        })
    }

    /// The same for a model whose text encoders have rows of these widths; for one of published widths where those do
    /// not fit.
    pub fn read_for(file: &TensorFile<'a>, base: Base, widths: &[usize]) -> Option<Self> {
        let published = Self::read(file);
        let is_published = (TextShape::published(base).iter())
            .map(|shape| shape.width)
            .eq(widths.iter().copied());
        if is_published || published.is_some() || file.tensors.is_empty() {
            return published;
        }
        let parts = [Part::TextEncoder, Part::TextEncoder2];
        let mut tables = Vec::new();
        for (key, tensor) in &file.tensors {
            let is_layer = key.ends_with(".weight") || key.ends_with(".bias");
            if is_layer || Key::parse(key).is_some() {
                return None;
            }
            let (vectors, width) = match tensor.shape[..] {
                [width] => (1, width),
                [vectors, width] => (vectors, width),
                _ => return None,
            };
            let by_key = match key.as_str() {
                "clip_l" | "text_encoders_0" => Some(0),
                "clip_g" | "text_encoders_1" => Some(1),
                _ => None,
            };
            let place = by_key.or_else(|| widths.iter().position(|own| *own == width))?;
            let part = parts.get(place).copied()?;
            if !(1..=MOST_VECTORS).contains(&vectors) {
                return None;
            }
            tables.push(EmbeddingTable {
                key: key.clone(),
                word: word(key),
                part,
                vectors,
                width,
                tensor: tensor.clone(),
            });
        }
        Some(Self {
            written_by: "another program",
            bases: vec![base],
            tables,
        })
    }
}

/// The word that a key is; nothing for keys that all files of a program share.
fn word(key: &str) -> Option<String> {
    let shared = [
        "emb_params",
        "*",
        "clip_l",
        "clip_g",
        "text_encoders_0",
        "text_encoders_1",
    ];
    (!shared.contains(&key)).then(|| key.to_string())
}
