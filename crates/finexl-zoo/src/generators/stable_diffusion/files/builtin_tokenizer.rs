//! The vocabulary that all published text encoders of Stable Diffusion share, for single files, which have none.
//!
//! It is OpenAI's for CLIP (MIT licence): 256 bytes, the same at the end of a word, 48894 merges, two marks.

use crate::ZooError;
use crate::encoders::clip::clip_json;
use flate2::read::GzDecoder;
use serde_json::{Map, Value, json};
use std::io::Read;

/// Pairs that are merged, in order.
static MERGES: &[u8] = include_bytes!("../../../../weights/clip-merges.txt.gz");

/// It as the content of a `tokenizer.json`; `padding` is a mark too.
pub(super) fn json(padding: &str) -> Result<Value, ZooError> {
    let mut merges = String::new();
    GzDecoder::new(MERGES)
        .read_to_string(&mut merges)
        .map_err(|e| ZooError::Backend {
            what: "reading the vocabulary of CLIP",
            message: e.to_string(),
        })?;
    let mut words = Map::new();
    let mut add = |word: String| {
        let place = words.len();
        words.insert(word, json!(place));
    };
    let letters: Vec<char> = byte_letters();
    letters.iter().for_each(|letter| add(letter.to_string()));
    letters
        .iter()
        .for_each(|letter| add(format!("{letter}</w>")));
    merges.lines().for_each(|line| add(line.replace(' ', "")));
    add("<|startoftext|>".to_string());
    add("<|endoftext|>".to_string());
    Ok(clip_json(&Value::Object(words), &merges, Some(padding)))
}

/// A visible character per byte, in the order of the vocabulary: bytes that are visible are themselves and come first,
/// all others follow from U+0100 on (`bytes_to_unicode` of GPT-2).
fn byte_letters() -> Vec<char> {
    let visible = |byte: &u32| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let first = (0..256).filter(visible).filter_map(char::from_u32);
    let hidden = (0..256u32).filter(|byte| !visible(byte)).count() as u32;
    let others = (256..256 + hidden).filter_map(char::from_u32);
    first.chain(others).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::encoders::clip::Tokenizer;

    #[test]
    fn words_have_the_numbers_that_published_weights_know() {
        let tokenizer = Tokenizer::of_prompt_json(json("!").unwrap()).unwrap();
        let tokens = |text: &str| tokenizer.every_token(text).unwrap();
        assert_eq!(
            tokens("a photo of a cat"),
            [49406, 320, 1125, 539, 320, 2368, 49407]
        );
        assert_eq!(tokens(""), [49406, 49407]);
        assert_eq!(tokenizer.token("!"), Some(0));
        assert_eq!(tokenizer.token("<|endoftext|>"), Some(49407));
    }
}
