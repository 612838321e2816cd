//! How much of a prompt an encoder reads beside a concept.
//!
//! A text tower reads so many tokens and silently no more. A prompt that fills them hides every concept behind it, so
//! that all directions become 0; it is cut to what is read together with the longest phrase.

use crate::error::ExplainError;
use crate::vocabulary::Vocabulary;
use finexl_data::captions::caption;
use finexl_zoo::ZooError;
use finexl_zoo::encoders::Encoder;

/// Phrases of the greatest length that every prompt is tried with.
const MOST_LONGEST: usize = 4;

/// What an encoder reads of a prompt beside a phrase.
pub(crate) struct Room<'a> {
    encoder: &'a dyn Encoder,
    /// The longest phrases of a vocabulary, equally long for the encoder.
    longest: Vec<&'a str>,
}

impl<'a> Room<'a> {
    pub fn of(encoder: &'a dyn Encoder, vocabulary: &'a Vocabulary) -> Result<Self, ExplainError> {
        let (mut most, mut longest) = (0, Vec::new());
        for phrase in vocabulary.concepts().iter().flat_map(|c| &c.phrases) {
            let text = caption("", &[phrase]);
            let length = encoder.text_length(&text)?;
            if !length.is_read_whole() {
                return Err(too_long(encoder, text)?);
            }
            if length.tokens > most {
                (most, longest) = (length.tokens, Vec::new());
            }
            if length.tokens == most && longest.len() < MOST_LONGEST {
                longest.push(phrase.as_str());
            }
        }
        Ok(Self { encoder, longest })
    }

    /// A prompt as far as it is read, and whether that is less than all of it.
    pub fn cut(&self, prompt: &str) -> Result<(String, bool), ExplainError> {
        if self.fits(prompt)? {
            Ok((prompt.to_string(), false))
        } else {
            Ok((self.beginning(prompt)?, true))
        }
    }

    /// Says how many of so many prompts were cut; nothing where none was.
    pub fn note(&self, cut: usize, all: usize) -> Option<String> {
        let (name, (prompts, ends)) = (
            self.encoder.name(),
            match cut {
                0 => return None,
                1 => ("prompt is", "its end was"),
                _ => ("prompts are", "their ends were"),
            },
        );
        Some(format!(
            "{cut} of {all} {prompts} longer than {name} reads together with a concept; {ends} left out where the \
             directions of the concepts are measured."
        ))
    }

    /// Whether a prompt is read whole with every phrase.
    fn fits(&self, prompt: &str) -> Result<bool, ZooError> {
        let plain = std::iter::once(caption(prompt, &[]));
        let texts = plain.chain(self.longest.iter().map(|phrase| caption(prompt, &[phrase])));
        for text in texts {
            if !self.encoder.text_length(&text)?.is_read_whole() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The longest beginning of a prompt that fits: whole words, or letters where the first word is too long already.
    fn beginning(&self, prompt: &str) -> Result<String, ExplainError> {
        let prompt = prompt.trim_start();
        let letters: Vec<usize> = prompt.char_indices().map(|(place, _)| place).collect();
        let words: Vec<usize> = prompt
            .match_indices(char::is_whitespace)
            .map(|(place, _)| place)
            .collect();
        for ends in [words, letters] {
            let end = self.last_that_fits(prompt, &ends)?;
            let kept = tidy(&prompt[..end]);
            if !kept.is_empty() {
                return Ok(kept.to_string());
            }
        }
        let phrase = self.longest.first().copied().unwrap_or_default();
        Err(too_long(self.encoder, caption(prompt, &[phrase]))?)
    }

    /// The last of rising places at which a prompt, cut there, fits; 0 if none does.
    fn last_that_fits(&self, prompt: &str, ends: &[usize]) -> Result<usize, ZooError> {
        let (mut fits, mut beyond) = (0, ends.len());
        while fits < beyond {
            let middle = fits + (beyond - fits) / 2;
            if self.fits(tidy(&prompt[..ends[middle]]))? {
                fits = middle + 1;
            } else {
                beyond = middle;
            }
        }
        Ok(fits.checked_sub(1).map_or(0, |last| ends[last]))
    }
}

/// A beginning without the signs that hang at a cut.
fn tidy(text: &str) -> &str {
    text.trim_end_matches(|c: char| c.is_whitespace() || ",;:-–—(".contains(c))
}

fn too_long(encoder: &dyn Encoder, text: String) -> Result<ExplainError, ZooError> {
    let length = encoder.text_length(&text)?;
    Ok(ExplainError::Zoo(ZooError::TextTooLong {
        encoder: encoder.name().to_string(),
        text,
        tokens: length.tokens,
        limit: length.read,
    }))
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use finexl_core::fingerprint::Fingerprint;
    use finexl_data::image::Image;
    use finexl_zoo::encoders::{Features, TextLength};
    use proptest::prelude::*;

    /// Reads so many words, a comma being one too.
    pub(crate) struct Short(usize, Fingerprint);

    impl Short {
        pub fn new(words: usize) -> Self {
            Self(words, Fingerprint::of_bytes(b"short"))
        }
    }

    impl Encoder for Short {
        fn name(&self) -> &str {
            "short"
        }

        fn fingerprint(&self) -> &Fingerprint {
            &self.1
        }

        fn dimension(&self) -> usize {
            1
        }

        fn prepare(&self, image: &Image) -> Image {
            image.clone()
        }

        fn encode_images(&self, _: &[Image]) -> Result<Features, ZooError> {
            Ok(Features::empty(1))
        }

        fn encode_texts(&self, _: &[String]) -> Result<Features, ZooError> {
            Ok(Features::empty(1))
        }

        /// Every piece of 6 letters is a token.
        fn text_length(&self, text: &str) -> Result<TextLength, ZooError> {
            let spaced = text.replace(',', " , ");
            let pieces = spaced
                .split_whitespace()
                .map(|w| w.chars().count().div_ceil(6));
            let tokens = pieces.sum();
            Ok(TextLength {
                tokens,
                read: self.0.min(tokens),
            })
        }

        fn check_text(&self, _: &str) -> Result<(), ZooError> {
            Ok(())
        }
    }

    fn vocabulary() -> Vocabulary {
        Vocabulary::of_names(&["warm", "very old film", "dark"].map(str::to_string))
    }

    fn cut(words: usize, prompt: &str) -> Result<(String, bool), ExplainError> {
        Room::of(&Short::new(words), &vocabulary())?.cut(prompt)
    }

    #[test]
    fn prompts_are_cut_so_that_the_longest_phrase_fits() {
        // Five tokens are the comma, the phrase and "style".
        let is = |words, prompt: &str, expected: &str, less| {
            assert_eq!(cut(words, prompt).unwrap(), (expected.to_string(), less));
        };
        is(9, "a cat", "a cat", false);
        is(9, "a red cat, on a sofa", "a red cat", true);
        is(50, "a red cat, on a sofa", "a red cat, on a sofa", false);
        is(7, &"x".repeat(100), &"x".repeat(12), true);
    }

    #[test]
    fn a_phrase_that_leaves_no_room_is_refused_by_name() {
        for words in [4, 5] {
            let message = cut(words, "a cat").unwrap_err().to_string();
            assert!(message.contains("very old film"), "{message}");
        }
    }

    #[test]
    fn what_was_cut_is_counted() {
        let encoder = Short::new(9);
        let vocabulary = vocabulary();
        let room = Room::of(&encoder, &vocabulary).unwrap();
        assert_eq!(room.note(0, 3), None);
        assert!(
            room.note(1, 3)
                .unwrap()
                .starts_with("1 of 3 prompt is longer than short")
        );
        assert!(room.note(2, 3).unwrap().starts_with("2 of 3 prompts are"));
    }

    proptest! {
        #[test]
        fn what_is_kept_is_a_beginning_that_fits(prompt in "[a-zé ,]{0,80}", words in 7usize..30) {
            let encoder = Short::new(words);
            let vocabulary = vocabulary();
            let room = Room::of(&encoder, &vocabulary).unwrap();
            if let Ok((kept, _)) = room.cut(&prompt) {
                prop_assert!(room.fits(&kept).unwrap());
                prop_assert!(prompt.contains(&kept));
            }
        }
    }
}
