//! Tokens of more than 2,000 captions of all kinds.

#![allow(clippy::unwrap_used)]

use crate::fixture::{folder, load, tensors};
use finexl_zoo::encoders::clip::Tokenizer;
use std::path::Path;

fn captions() -> Vec<String> {
    let path = folder("captions").join("captions.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Expected tokens of every caption.
fn reference(path: &Path) -> Vec<Vec<u32>> {
    let file = tensors(path);
    let tokens: Vec<u32> = file["tokens"].values.iter().map(|v| *v as u32).collect();
    let mut start = 0;
    file["ends"]
        .values
        .iter()
        .map(|end| {
            let part = tokens[start..*end as usize].to_vec();
            start = *end as usize;
            part
        })
        .collect()
}

#[test]
fn clip_reads_every_caption_as_the_reference_does() {
    let (captions, folder) = (captions(), folder("captions"));
    assert!(captions.len() >= 2000);
    let tokenizer = Tokenizer::of_folder(&folder, 77).unwrap();
    let expected = reference(&folder.join("captions.safetensors"));
    for (caption, expected) in captions.iter().zip(&expected) {
        let mut expected = expected.clone();
        // Nothing behind the first end token is read.
        let end = expected[expected.len() - 1];
        let first = expected.iter().position(|t| *t == end).unwrap();
        expected.truncate(first + 1);
        assert_eq!(tokenizer.encode(caption).unwrap(), expected, "{caption:?}");
    }
}

/// The crate composes letters with three and more marks one mark at a time where sentencepiece takes
/// the longest match; of all captions one has such a letter.
const COMPOSED_OTHERWISE: [&str; 1] = ["a\u{300}\u{301}\u{302}"];

#[test]
fn siglip_reads_every_caption_as_the_reference_does() {
    let clip = load("siglip");
    let expected = reference(&folder("siglip").join("captions.safetensors"));
    let different: Vec<String> = captions()
        .into_iter()
        .zip(&expected)
        .filter(|(caption, expected)| clip.tokens(caption).unwrap() != **expected)
        .map(|(caption, _)| caption)
        .collect();
    assert_eq!(different, COMPOSED_OTHERWISE);
}

/// What open_clip's tokenizer gives for the captions and for texts that need cleaning.
#[test]
fn open_clip_reads_every_caption_as_the_reference_does() {
    let folder = folder("captions");
    let json = std::fs::read(folder.join("open_clip.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let more: Vec<String> = serde_json::from_value(json["texts"].clone()).unwrap();
    // Texts that ftfy takes for ones that were read in a wrong encoding.
    let repaired: Vec<String> = serde_json::from_value(json["repaired"].clone()).unwrap();
    let mut texts = captions();
    texts.extend(more);
    let tokenizer = Tokenizer::of_open_clip_folder(&folder, 77).unwrap();
    let expected = reference(&folder.join("open_clip.safetensors"));
    assert_eq!(texts.len(), expected.len());
    let different: Vec<String> = texts
        .into_iter()
        .zip(&expected)
        .filter(|(text, expected)| tokenizer.encode(text).unwrap() != **expected)
        .map(|(text, _)| text)
        .collect();
    assert_eq!(different, repaired);
}
