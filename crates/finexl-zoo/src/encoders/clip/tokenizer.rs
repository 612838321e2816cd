//! Texts to tokens, by the crate `tokenizers`.
//!
//! Reference: `CLIPTokenizer` and `SiglipTokenizer` of transformers 5.23, `SimpleTokenizer` and
//! `HFTokenizer` of open_clip 3.3. The first two read a text as it is; open_clip cleans it before
//! ([`Cleaning`]), and to it marks that a text spells out (`<|endoftext|>`) are letters like others.
//! Its own spelling of them, `<start_of_text>` and `<end_of_text>`, is letters here too.

use super::text_cleaning::{Cleaning, canonicalised};
use crate::ZooError;
use serde_json::{Value, json};
use std::borrow::Cow;
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
    fn json(&self) -> Result<Vec<u8>, ZooError> {
        match self {
            Self::Whole(path) => Ok(finexl_core::atomic::read(path)?),
            Self::Pair(vocabulary, merges) => {
                let broken = |path: &Path, problem: String| ZooError::EncoderFiles {
                    path: path.to_path_buf(),
                    problem,
                    remedy: "fetch the model's files again".to_string(),
                };
                let words: Value = serde_json::from_slice(&finexl_core::atomic::read(vocabulary)?)
                    .map_err(|e| broken(vocabulary, format!("it is no JSON ({e})")))?;
                let text = String::from_utf8(finexl_core::atomic::read(merges)?)
                    .map_err(|e| broken(merges, format!("it is not UTF-8 ({e})")))?;
                Ok(clip_json(&words, &text).to_string().into_bytes())
            }
        }
    }
}

/// Marks of CLIP's texts.
const START: &str = "<|startoftext|>";
const END: &str = "<|endoftext|>";

/// CLIP's tokenizer as transformers builds it from a vocabulary and merges.
fn clip_json(words: &Value, merges: &str) -> Value {
    let id = |token: &str| words.get(token).cloned().unwrap_or(Value::Null);
    let merges: Vec<&str> = merges
        .lines()
        .filter(|line| !line.starts_with("#version") && !line.trim().is_empty())
        .collect();
    let added = |token: &str| {
        json!({"id": id(token), "content": token, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false, "special": true})
    };
    let pattern = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [added(START), added(END)],
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

/// How texts are brought to the length that a text tower takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    /// Cut behind the end token.
    Ends { end: u32 },
    /// Filled up to the context.
    Padded { end: u32, padding: u32 },
}

/// A tokenizer for one text tower.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    context: usize,
    length: Length,
    before: Before,
}

/// What happens to a text before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nothing,
    /// Punctuation is dropped and letters are made small, as SigLIP's tokenizer of transformers does.
    Canonicalised,
    /// As open_clip does.
    Cleaned(Cleaning),
}

impl Tokenizer {
    /// The tokenizer of a CLIP in a folder, for texts of at most `context` tokens.
    ///
    /// # Errors
    /// [`ZooError::EncoderFiles`] where there is none or it cannot be read.
    pub fn of_folder(folder: &Path, context: usize) -> Result<Self, ZooError> {
        Self::causal(&find(folder)?, context, None, None)
    }

    /// The same with what open_clip does to a text before.
    ///
    /// # Errors
    /// As [`Tokenizer::of_folder`].
    pub fn of_open_clip_folder(folder: &Path, context: usize) -> Result<Self, ZooError> {
        Self::causal(&find(folder)?, context, None, Some(Cleaning::Lower))
    }

    /// A tokenizer for causal texts of at most `context` tokens; `end` and `cleaning` as the config
    /// gives them.
    pub(super) fn causal(
        files: &TokenizerFiles,
        context: usize,
        end: Option<u32>,
        cleaning: Option<Cleaning>,
    ) -> Result<Self, ZooError> {
        let mut inner = open(files)?;
        if cleaning == Some(Cleaning::Lower) {
            // open_clip's tokenizer composes no letters after the cleaning, and knows no marks in a
            // text.
            inner.with_normalizer(None::<tokenizers::NormalizerWrapper>);
            inner.set_encode_special_tokens(true);
        }
        let end = match end.or_else(|| inner.token_to_id(END)) {
            Some(end) => end,
            None => return Err(unusable(files, format!("it has no token {END}"))),
        };
        Ok(Self {
            inner,
            context,
            length: Length::Ends { end },
            before: cleaning.map_or(Before::Nothing, Before::Cleaned),
        })
    }

    /// A tokenizer for texts that are padded to `context` tokens; `settings` is a
    /// `tokenizer_config.json`.
    pub(super) fn padded(
        files: &TokenizerFiles,
        context: usize,
        settings: &Value,
    ) -> Result<Self, ZooError> {
        let inner = open(files)?;
        let token = |key: &str, default: &str| {
            let value = settings.get(key);
            let name = value
                .and_then(|v| v.as_str().or_else(|| v.get("content")?.as_str()))
                .unwrap_or(default);
            inner
                .token_to_id(name)
                .ok_or_else(|| unusable(files, format!("it has no token {name} ({key})")))
        };
        let length = Length::Padded {
            end: token("eos_token", "</s>")?,
            padding: token("pad_token", "</s>")?,
        };
        let class = settings.get("tokenizer_class").and_then(Value::as_str);
        let canonical = class.is_none_or(|c| c.starts_with("SiglipTokenizer"));
        Ok(Self {
            inner,
            context,
            length,
            before: if canonical {
                Before::Canonicalised
            } else {
                Before::Nothing
            },
        })
    }

    /// Tokens of a text, start and end included; over-long texts lose their last words but keep the
    /// end token, as in the reference.
    ///
    /// # Errors
    /// Where the tokenizer fails.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, ZooError> {
        let text = match self.before {
            Before::Nothing => Cow::from(text),
            Before::Canonicalised => Cow::from(canonicalised(text)),
            Before::Cleaned(cleaning) => Cow::from(cleaning.apply(text)),
        };
        let encoding = self
            .inner
            .encode_fast(&*text, true)
            .map_err(|e| ZooError::Backend {
                what: "reading a text",
                message: e.to_string(),
            })?;
        let mut tokens = encoding.get_ids().to_vec();
        let (Length::Ends { end } | Length::Padded { end, .. }) = self.length;
        if tokens.len() > self.context {
            tokens.truncate(self.context - 1);
            tokens.push(end);
        }
        match self.length {
            Length::Ends { .. } => {
                let last = tokens.iter().position(|t| *t == end);
                tokens.truncate(last.map_or(tokens.len(), |place| place + 1));
            }
            Length::Padded { padding, .. } => tokens.resize(self.context, padding),
        }
        Ok(tokens)
    }
}

fn find(folder: &Path) -> Result<TokenizerFiles, ZooError> {
    TokenizerFiles::find(folder).ok_or_else(|| ZooError::EncoderFiles {
        path: folder.to_path_buf(),
        problem: "it holds neither tokenizer.json nor vocab.json with merges.txt".to_string(),
        remedy: "put the tokenizer of the same model there".to_string(),
    })
}

fn open(files: &TokenizerFiles) -> Result<tokenizers::Tokenizer, ZooError> {
    let mut inner = tokenizers::Tokenizer::from_bytes(files.json()?)
        .map_err(|e| unusable(files, format!("it cannot be read as a tokenizer ({e})")))?;
    inner.with_padding(None);
    inner
        .with_truncation(None)
        .map_err(|e| unusable(files, e.to_string()))?;
    Ok(inner)
}

fn unusable(files: &TokenizerFiles, problem: String) -> ZooError {
    ZooError::EncoderFiles {
        path: files.paths()[0].to_path_buf(),
        problem,
        remedy: "fetch the model's files again".to_string(),
    }
}
