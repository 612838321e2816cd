//! Shared beginnings and batches change nothing.

use crate::fixture::{MODELS, distance, images, load};
use finexl_zoo::encoders::Encoder;

/// Prompts, alone and with every concept, as a concept bank asks for them.
fn bank_texts() -> Vec<String> {
    let prompts = ["a red apple", "two dogs on a beach", "a photo of a cat"];
    let concepts = ["vivid", "bold", "watercolor painting", "bold", "a b c d"];
    let mut texts = Vec::new();
    for prompt in prompts {
        texts.push(prompt.to_string());
        texts.extend(concepts.map(|concept| format!("{prompt}, {concept} style")));
    }
    texts
}

#[test]
fn a_bank_of_texts_is_what_each_text_gives_alone() {
    for name in MODELS {
        let clip = load(name);
        let texts = bank_texts();
        let together = clip.encode_texts(&texts).unwrap();
        for (row, text) in texts.iter().enumerate() {
            let alone = clip.encode_texts(std::slice::from_ref(text)).unwrap();
            let difference = distance(alone.row(0), together.row(row));
            assert!(difference < 1e-5, "{name}, {text}: {difference}");
        }
    }
}

#[test]
fn images_embed_alike_alone_together_and_prepared() {
    for name in ["clip", "siglip", "eva-02"] {
        let (clip, images) = (load(name), images());
        let together = clip.encode_images(&images).unwrap();
        let prepared: Vec<_> = images.iter().map(|image| clip.prepare(image)).collect();
        let after = clip.encode_images(&prepared).unwrap();
        assert!(distance(&together.values, &after.values) < 1e-6, "{name}");
        for (row, image) in images.iter().enumerate() {
            let alone = clip.encode_images(std::slice::from_ref(image)).unwrap();
            assert!(distance(alone.row(0), together.row(row)) < 1e-5, "{name}");
        }
    }
}
