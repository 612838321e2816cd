//! Prompts to token numbers of one length.

use crate::ZooError;
use crate::encoders::TextLength;
use crate::encoders::clip::Tokenizer;
use std::sync::Arc;

/// How prompts are read for one text encoder.
#[derive(Clone)]
pub struct Prompts {
    pub(in super::super) tokenizer: Arc<Tokenizer>,
    /// Words that stand for tokens of their own, the longest first.
    pub(in super::super) words: Vec<(String, Vec<u32>)>,
    /// The token behind the last one.
    pub(in super::super) end: u32,
    /// The token that fills what is left.
    pub(in super::super) padding: u32,
    /// Tokens of a text.
    pub(in super::super) length: usize,
}

/// Token numbers of several texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenIds {
    /// `[texts, length]`
    pub ids: Vec<u32>,
    /// Tokens of each text.
    pub length: usize,
}

impl TokenIds {
    /// How many texts there are.
    pub fn texts(&self) -> usize {
        self.ids.len() / self.length.max(1)
    }

    /// Where each text is pooled: at its first end token, or, without one named, at its first largest token.
    pub fn ends(&self, end: Option<u32>) -> Vec<usize> {
        let place = |ids: &[u32]| match end {
            Some(end) => ids.iter().position(|id| *id == end).unwrap_or(0),
            None => {
                let most = ids.iter().max().copied().unwrap_or(0);
                ids.iter().position(|id| *id == most).unwrap_or(0)
            }
        };
        self.ids.chunks_exact(self.length).map(place).collect()
    }
}

impl Prompts {
    /// The tokens of texts, filled up; and which texts were cut.
    ///
    /// # Errors
    /// Where the tokenizer fails.
    pub fn read(&self, texts: &[String]) -> Result<(TokenIds, Vec<usize>), ZooError> {
        let (mut all, mut cut) = (Vec::new(), Vec::new());
        for (place, text) in texts.iter().enumerate() {
            let mut ids = self.tokens(text)?;
            if ids.len() > self.length {
                cut.push(place);
                ids.truncate(self.length - 1);
                ids.push(self.end);
            }
            ids.resize(self.length, self.padding);
            all.extend(ids);
        }
        let ids = TokenIds {
            ids: all,
            length: self.length,
        };
        Ok((ids, cut))
    }

    /// Reads a word as tokens of its own from now on, in all texts and as it is written.
    ///
    /// # Errors
    /// [`ZooError::Config`] for an empty word and for one that is known.
    pub fn learn(&mut self, word: &str, ids: Vec<u32>) -> Result<(), ZooError> {
        if word.trim().is_empty() || self.words.iter().any(|(known, _)| known == word) {
            return Err(ZooError::Config(format!(
                "two embeddings are for the word \"{word}\", or it is empty; give each file a name of its own"
            )));
        }
        self.words.push((word.to_string(), ids));
        (self.words).sort_by(|(a, _), (b, _)| (b.len(), a).cmp(&(a.len(), b)));
        Ok(())
    }

    /// All tokens of a text, start and end included. What stands between learned words is read by itself, as
    /// transformers does with added tokens.
    fn tokens(&self, text: &str) -> Result<Vec<u32>, ZooError> {
        let Some((before, word, behind)) = self.first_word(text) else {
            return self.tokenizer.every_token(text);
        };
        let mut ids = self.tokenizer.every_token(before)?;
        let end = ids.pop();
        let mut rest = behind;
        ids.extend(word);
        loop {
            let next = self.first_word(rest);
            let plain = next.map_or(rest, |(before, ..)| before);
            let own = self.tokenizer.every_token(plain)?;
            ids.extend(own.get(1..own.len().saturating_sub(1)).unwrap_or_default());
            let Some((_, word, behind)) = next else {
                break;
            };
            ids.extend(word);
            rest = behind;
        }
        ids.extend(end);
        Ok(ids)
    }

    /// The first learned word in a text, with what stands before and behind it.
    fn first_word<'t>(&self, text: &'t str) -> Option<(&'t str, &[u32], &'t str)> {
        let places = self.words.iter().filter_map(|(word, ids)| {
            let at = text
                .match_indices(word.as_str())
                .map(|(at, _)| at)
                .find(|at| stands_alone(text, *at, word))?;
            Some((at, word, ids.as_slice()))
        });
        let (at, word, ids) = places.min_by_key(|(at, word, _)| (*at, usize::MAX - word.len()))?;
        Some((&text[..at], ids, &text[at + word.len()..]))
    }

    /// Whether a text has a learned word.
    pub fn has_word(&self, text: &str) -> bool {
        self.first_word(text).is_some()
    }

    /// How many tokens a text has, start and end included, and how many are read.
    ///
    /// # Errors
    /// Where the tokenizer fails.
    pub fn length(&self, text: &str) -> Result<TextLength, ZooError> {
        let tokens = self.tokens(text)?.len();
        Ok(TextLength {
            tokens,
            read: tokens.min(self.length),
        })
    }
}

impl std::fmt::Debug for Prompts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Prompts of {} tokens, filled with {}",
            self.length, self.padding
        )
    }
}

/// Whether a text has a learned word, where it is no part of a longer one.
pub fn has_word(text: &str, word: &str) -> bool {
    let mut places = text.match_indices(word);
    places.any(|(at, _)| stands_alone(text, at, word))
}

/// Whether a word in a text is no part of a longer one.
fn stands_alone(text: &str, at: usize, word: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let joined = |inside: Option<char>, outside: Option<char>| letter(inside) && letter(outside);
    let before = text[..at].chars().next_back();
    let behind = text[at + word.len()..].chars().next();
    !joined(word.chars().next(), before) && !joined(word.chars().next_back(), behind)
}
