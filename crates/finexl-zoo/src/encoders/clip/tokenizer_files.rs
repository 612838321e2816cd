//! The files that a tokenizer is made of.

use crate::ZooError;
use crate::checkpoint::read_json;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The tokenizer's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenizerFiles {
    /// `tokenizer.json`
    Whole(PathBuf),
    /// `vocab.json` and `merges.txt`
    Pair(PathBuf, PathBuf),
}

impl TokenizerFiles {
    /// What there is in a folder.
    pub fn find(folder: &Path) -> Option<Self> {
        let whole = folder.join("tokenizer.json");
        let (vocabulary, merges) = (folder.join("vocab.json"), folder.join("merges.txt"));
        if whole.is_file() {
            Some(Self::Whole(whole))
        } else if vocabulary.is_file() && merges.is_file() {
            Some(Self::Pair(vocabulary, merges))
        } else {
            None
        }
    }

    /// The files.
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Whole(path) => vec![path],
            Self::Pair(vocabulary, merges) => vec![vocabulary, merges],
        }
    }

    /// The tokenizer as JSON.
    pub fn json(&self) -> Result<Value, ZooError> {
        self.json_with(None)
    }

    /// The same where what texts are filled with is a mark, as `tokenizer.json` says itself.
    pub fn json_with(&self, padding: Option<&str>) -> Result<Value, ZooError> {
        match self {
            Self::Whole(path) => read_json(path),
            Self::Pair(vocabulary, merges) => {
                let broken = |path: &Path, problem: String| ZooError::EncoderFiles {
                    path: path.to_path_buf(),
                    problem,
                    remedy: "fetch the model's files again".to_string(),
                };
                let words = read_json(vocabulary)?;
                let text = String::from_utf8(finexl_core::atomic::read(merges)?)
                    .map_err(|e| broken(merges, format!("it is not UTF-8 ({e})")))?;
                Ok(clip_json(&words, &text, padding))
            }
        }
    }
}

/// Marks of CLIP's texts.
const START: &str = "<|startoftext|>";
pub(super) const END: &str = "<|endoftext|>";

/// CLIP's tokenizer as transformers builds it from a vocabulary and merges; `padding` is what texts are filled with,
/// which transformers takes for a mark wherever a text has it.
pub(crate) fn clip_json(words: &Value, merges: &str, padding: Option<&str>) -> Value {
    let id = |token: &str| words.get(token).cloned().unwrap_or(Value::Null);
    let merges: Vec<&str> = merges
        .lines()
        .filter(|line| !line.starts_with("#version") && !line.trim().is_empty())
        .collect();
    let added = |token: &str| {
        json!({"id": id(token), "content": token, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false, "special": true})
    };
    let mut marks = vec![added(START), added(END)];
    let is_new = |padding: &&str| ![START, END].contains(padding) && words.get(*padding).is_some();
    if let Some(padding) = padding.filter(is_new) {
        marks.push(added(padding));
    }
    let pattern = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": marks,
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFC"},
            {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "},
            {"type": "Lowercase"}
        ]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Removed", "invert": true},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}
        ]},
        "post_processor": {"type": "RobertaProcessing", "sep": [END, id(END)],
            "cls": [START, id(START)], "trim_offsets": false, "add_prefix_space": false},
        "decoder": null,
        "model": {"type": "BPE", "dropout": null, "unk_token": END,
            "continuing_subword_prefix": "", "end_of_word_suffix": "</w>", "fuse_unk": false,
            "byte_fallback": false, "ignore_merges": false, "vocab": words, "merges": merges}
    })
}
