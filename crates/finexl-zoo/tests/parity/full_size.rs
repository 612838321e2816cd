//! A full-size random ViT-B/32, where `scripts/make_full_clip.py` has made one.

#![allow(clippy::unwrap_used)]

use crate::fixture::{distance, tensors};
use burn::tensor::Device;
use finexl_data::decode::decode_file;
use finexl_zoo::encoders::Encoder;
use finexl_zoo::encoders::clip::Clip;
use std::path::Path;

#[test]
fn a_full_size_model_embeds_as_the_references_do() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runs/full-clip");
    if !folder.join("expected.safetensors").is_file() {
        eprintln!(
            "skipped: {} is not there; scripts/make_full_clip.py makes it",
            folder.display()
        );
        return;
    }
    let texts: Vec<String> =
        serde_json::from_slice(&std::fs::read(folder.join("texts.json")).unwrap()).unwrap();
    let expected = tensors(&folder.join("expected.safetensors"));
    for model in ["transformers", "open_clip"] {
        let clip = Clip::load("full", &folder.join(model), &Device::flex()).unwrap();
        let features = clip.encode_texts(&texts).unwrap();
        let reference = &expected[&format!("{model}.texts")].values;
        let difference = distance(&features.values, reference);
        assert!(difference < 1e-4, "{model}: {difference}");
        let images: Vec<_> = (0..expected["images"].values.len())
            .map(|i| decode_file(folder.join(format!("{i}.png"))).unwrap().image)
            .collect();
        let features = clip.encode_images(&images).unwrap();
        let reference = &expected[&format!("{model}.images")];
        let difference = distance(&features.values, &reference.values);
        assert!(difference < 1e-4, "{model}: {difference}");
        for row in 0..features.len() {
            let cosine: f32 = features
                .row(row)
                .iter()
                .zip(reference.item(row))
                .map(|(a, b)| a * b)
                .sum();
            assert!(cosine > 0.99999, "{model}: {cosine}");
        }
    }
}
