//! Prompts to token numbers of one length.

use crate::ZooError;
use crate::encoders::TextLength;
use crate::encoders::clip::Tokenizer;

/// How prompts are read for one text encoder.
pub struct Prompts {
    pub(in super::super) tokenizer: Tokenizer,
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
            let mut ids = self.tokenizer.every_token(text)?;
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

    /// How many tokens a text has, start and end included, and how many are read.
    ///
    /// # Errors
    /// Where the tokenizer fails.
    pub fn length(&self, text: &str) -> Result<TextLength, ZooError> {
        let tokens = self.tokenizer.every_token(text)?.len();
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
