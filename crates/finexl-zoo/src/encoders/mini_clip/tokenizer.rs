//! Words -> tokens over a closed vocabulary.

use crate::ZooError;
use crate::encoders::TextLength;
use std::collections::HashMap;

/// Splits text into lower-case words and commas; a word it does not know is an error.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    encoder: String,
    tokens: HashMap<String, i32>,
    context: usize,
}

impl Tokenizer {
    /// Padding, also what follows the end token.
    pub const PADDING: i32 = 0;
    /// First token of every text.
    pub const START: i32 = 1;
    /// Last token of every text; the text is read here.
    pub const END: i32 = 2;
    /// Tokens that are not words.
    pub const SPECIAL: usize = 3;

    /// A tokenizer over `words`, for texts of at most `context` tokens.
    pub fn new(encoder: &str, words: &[String], context: usize) -> Self {
        let tokens = words
            .iter()
            .enumerate()
            .map(|(i, word)| (word.clone(), (i + Self::SPECIAL) as i32))
            .collect();
        Self {
            encoder: encoder.to_string(),
            tokens,
            context,
        }
    }

    /// Tokens of a text, start and end included.
    ///
    /// # Errors
    /// [`ZooError::UnknownWords`] with all unknown words, [`ZooError::TextTooLong`].
    pub fn encode(&self, text: &str) -> Result<Vec<i32>, ZooError> {
        let tokens = self.all_tokens(text)?;
        if tokens.len() > self.context {
            return Err(ZooError::TextTooLong {
                encoder: self.encoder.clone(),
                text: text.to_string(),
                tokens: tokens.len(),
                limit: self.context,
            });
        }
        Ok(tokens)
    }

    /// How many tokens a text has, start and end included, and how many of them can be read.
    ///
    /// # Errors
    /// [`ZooError::UnknownWords`] with all unknown words.
    pub fn length(&self, text: &str) -> Result<TextLength, ZooError> {
        let tokens = self.all_tokens(text)?.len();
        Ok(TextLength {
            tokens,
            read: tokens.min(self.context),
        })
    }

    fn all_tokens(&self, text: &str) -> Result<Vec<i32>, ZooError> {
        let mut tokens = vec![Self::START];
        let mut unknown = Vec::new();
        for word in split(text) {
            match self.tokens.get(&word) {
                Some(token) => tokens.push(*token),
                None => unknown.push(word),
            }
        }
        if !unknown.is_empty() {
            return Err(ZooError::UnknownWords {
                encoder: self.encoder.clone(),
                text: text.to_string(),
                words: unknown,
            });
        }
        tokens.push(Self::END);
        Ok(tokens)
    }
}

/// Signs that end or enclose what is said and mean nothing by themselves.
const PUNCTUATION: &str = ".!?;:\"()[]{}…“”„«»";

/// Lower-case words and commas, in order; hyphens separate words, punctuation about a word is read over, other signs
/// belong to it.
pub(crate) fn split(text: &str) -> Vec<String> {
    let spaced = text.to_lowercase().replace(',', " , ").replace('-', " ");
    let words = spaced.split_whitespace();
    let bare = words.map(|word| word.trim_matches(|c: char| PUNCTUATION.contains(c)));
    bare.filter(|word| !word.is_empty())
        .map(str::to_string)
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tokenizer() -> Tokenizer {
        let words = ["red", "apple", ",", "style"].map(str::to_string);
        Tokenizer::new("test", &words, 6)
    }

    #[test]
    fn words_and_commas_become_tokens() {
        assert_eq!(
            tokenizer().encode("Red apple, style").unwrap(),
            [1, 3, 4, 5, 6, 2]
        );
    }

    #[test]
    fn punctuation_is_read_over() {
        let plain = tokenizer().encode("red apple").unwrap();
        assert_eq!(
            tokenizer().encode("\u{201c}Red\u{201d} apple. !").unwrap(),
            plain
        );
        assert!(tokenizer().encode("red.apple").is_err());
    }

    #[test]
    fn unknown_words_are_all_named() {
        let error = tokenizer()
            .encode("red cubist pear")
            .unwrap_err()
            .to_string();
        assert!(error.contains("\"cubist\", \"pear\""), "{error}");
    }

    #[test]
    fn a_long_text_is_an_error() {
        assert!(tokenizer().encode("red red red red red").is_err());
    }
}
