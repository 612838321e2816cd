//! Texts to tokens, by the crate `tokenizers`.
//!
//! Reference: `CLIPTokenizer` and `SiglipTokenizer` of transformers 5.23, `SimpleTokenizer` and
//! `HFTokenizer` of open_clip 3.3. The first two read a text as it is; open_clip cleans it before
//! ([`Cleaning`]), and to it marks that a text spells out (`<|endoftext|>`) are letters like others.
//! Its own spelling of them, `<start_of_text>` and `<end_of_text>`, is letters here too.

use super::text_cleaning::{Cleaning, canonicalised};
use super::tokenizer_check::checked;
use super::tokenizer_files::{END, TokenizerFiles};
use crate::ZooError;
use crate::encoders::TextLength;
use serde_json::Value;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

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

    /// The tokenizer of a text encoder for pictures, and its files; `padding` is the token that fills texts, which
    /// transformers takes for a mark wherever a text has it.
    ///
    /// # Errors
    /// As [`Tokenizer::of_folder`].
    pub fn of_prompts(folder: &Path, padding: &str) -> Result<(Self, Vec<PathBuf>), ZooError> {
        let files = find(folder)?;
        let tokenizer = Self::of_prompt_json(files.json_with(Some(padding))?)
            .map_err(|problem| unusable(&files, problem))?;
        let paths = files.paths().into_iter().map(Path::to_path_buf).collect();
        Ok((tokenizer, paths))
    }

    /// The same of the content of a `tokenizer.json`.
    ///
    /// # Errors
    /// Why it cannot be used, in words.
    pub fn of_prompt_json(json: Value) -> Result<Self, String> {
        Self::causal_of(json, usize::MAX, None, None)
    }

    /// The number of a token.
    pub fn token(&self, name: &str) -> Option<u32> {
        self.inner.token_to_id(name)
    }

    /// All tokens of a text, start and end included, however many; marks that the text spells out do not end it.
    ///
    /// # Errors
    /// Where the tokenizer fails.
    pub fn every_token(&self, text: &str) -> Result<Vec<u32>, ZooError> {
        self.all_tokens(text)
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
        Self::causal_of(files.json()?, context, end, cleaning)
            .map_err(|problem| unusable(files, problem))
    }

    /// As [`Tokenizer::of_folder`], of the content of a `tokenizer.json`.
    ///
    /// # Errors
    /// Why it cannot be used, in words.
    pub fn of_json(json: Value, context: usize) -> Result<Self, String> {
        Self::causal_of(json, context, None, None)
    }

    fn causal_of(
        json: Value,
        context: usize,
        end: Option<u32>,
        cleaning: Option<Cleaning>,
    ) -> Result<Self, String> {
        let mut inner = inner(json)?;
        if cleaning == Some(Cleaning::Lower) {
            // open_clip's tokenizer composes no letters after the cleaning, and knows no marks in a
            // text.
            inner.with_normalizer(None::<tokenizers::NormalizerWrapper>);
            inner.set_encode_special_tokens(true);
        }
        let end = end.or_else(|| inner.token_to_id(END));
        let end = end.ok_or_else(|| format!("it has no token {END}"))?;
        let empty = inner.encode_fast("", true).map_err(|e| e.to_string())?;
        if !empty.get_ids().contains(&end) {
            return Err(format!(
                "it does not end texts with the token {end}, at which the network reads them"
            ));
        }
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
        Self::padded_of(files.json()?, context, settings)
            .map_err(|problem| unusable(files, problem))
    }

    /// As [`Tokenizer::of_json`], for texts that are padded to `context` tokens; `settings` is the content of a
    /// `tokenizer_config.json`.
    ///
    /// # Errors
    /// As [`Tokenizer::of_json`].
    pub fn padded_of(json: Value, context: usize, settings: &Value) -> Result<Self, String> {
        let inner = inner(json)?;
        let token = |key: &str, default: &str| {
            let value = settings.get(key);
            let name = value
                .and_then(|v| v.as_str().or_else(|| v.get("content")?.as_str()))
                .unwrap_or(default);
            let token = inner.token_to_id(name);
            token.ok_or_else(|| format!("it has no token {name} ({key})"))
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
        let mut tokens = self.all_tokens(text)?;
        let (Length::Ends { end } | Length::Padded { end, .. }) = self.length;
        if tokens.len() > self.context {
            tokens.truncate(self.context.saturating_sub(1));
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

    /// How many tokens a text has, start and end included, and how many of them are read.
    ///
    /// # Errors
    /// Where the tokenizer fails.
    pub fn length(&self, text: &str) -> Result<TextLength, ZooError> {
        let tokens = self.all_tokens(text)?;
        let read = match self.length {
            // A mark of the end that a text spells out ends it.
            Length::Ends { end } => tokens.iter().position(|t| *t == end).map(|place| place + 1),
            Length::Padded { .. } => None,
        };
        Ok(TextLength {
            tokens: tokens.len(),
            read: read.unwrap_or(tokens.len()).min(self.context),
        })
    }

    /// The tokens of a whole text.
    fn all_tokens(&self, text: &str) -> Result<Vec<u32>, ZooError> {
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
        Ok(encoding.get_ids().to_vec())
    }
}

fn find(folder: &Path) -> Result<TokenizerFiles, ZooError> {
    TokenizerFiles::find(folder).ok_or_else(|| ZooError::EncoderFiles {
        path: folder.to_path_buf(),
        problem: "it holds neither tokenizer.json nor vocab.json with merges.txt".to_string(),
        remedy: "put the tokenizer of the same model there".to_string(),
    })
}

fn inner(json: Value) -> Result<tokenizers::Tokenizer, String> {
    let json = checked(json)?.to_string();
    tokenizers::Tokenizer::from_bytes(json)
        .map_err(|e| format!("it cannot be read as a tokenizer ({e})"))
}

fn unusable(files: &TokenizerFiles, problem: String) -> ZooError {
    ZooError::EncoderFiles {
        path: files.paths()[0].to_path_buf(),
        problem,
        remedy: "fetch the model's files again".to_string(),
    }
}
