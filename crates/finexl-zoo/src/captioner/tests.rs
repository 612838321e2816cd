//! Tests on tiny models with random weights: distributions, sharing, files.
#![allow(clippy::unwrap_used)]

use super::{AspectProbabilities, CaptionerConfig, MiniCaptioner, open_captioner};
use crate::ZooError;
use crate::encoders::Encoder;
use crate::encoders::mini_clip::{MiniClip, MiniClipConfig};
use crate::weights::{WeightsFile, save};
use burn::tensor::Device;
use finexl_core::experiment::{CaptionerArchitecture, ImageTower, TextTower};
use finexl_data::image::Image;
use finexl_data::procedural::dead_leaves;
use std::path::Path;

const WORDS: [&str; 9] = [
    "red", "apple", "style", ",", "and", "vivid", "line", "art", "warm",
];

fn words() -> Vec<String> {
    WORDS.map(str::to_string).to_vec()
}

fn phrases() -> Vec<String> {
    ["vivid", "line", "line art", "warm"]
        .map(str::to_string)
        .to_vec()
}

/// An encoder with weights drawn from a seed.
fn encoder(folder: &Path, seed: u64) -> MiniClip {
    let device = Device::flex();
    device.seed(seed);
    let config = MiniClipConfig {
        name: "tiny-clip".to_string(),
        image_size: 16,
        embedding: 6,
        image_tower: ImageTower::Transformer {
            patch: 8,
            width: 8,
            layers: 1,
            heads: 2,
            hidden: 16,
        },
        text_tower: TextTower {
            context: 12,
            width: 8,
            layers: 1,
            heads: 2,
            hidden: 16,
        },
        words: words(),
    };
    let path = folder.join("encoder.safetensors");
    save(&config.init(&device), &config, &path).unwrap();
    MiniClip::load(&path, &device).unwrap()
}

fn weights(folder: &Path, encoder: &MiniClip) -> WeightsFile {
    let device = Device::flex();
    let config = CaptionerConfig {
        name: "tiny-captioner".to_string(),
        architecture: CaptionerArchitecture {
            context: 14,
            width: 12,
            layers: 2,
            heads: 2,
            hidden: 20,
        },
        encoder: encoder.fingerprint().to_string(),
        words: words(),
        aspects: phrases().into_iter().map(|p| vec![p]).collect(),
    };
    let path = folder.join("captioner.safetensors");
    let decoder = config.init(encoder.token_width(), &device);
    save(&decoder, &config, &path).unwrap();
    WeightsFile::read(&path).unwrap()
}

fn tiny() -> MiniCaptioner {
    let folder = tempfile::tempdir().unwrap();
    let encoder = encoder(folder.path(), 1);
    let weights = weights(folder.path(), &encoder);
    MiniCaptioner::from_weights(&weights, encoder, &Device::flex()).unwrap()
}

fn images() -> Vec<Image> {
    (0..3).map(|index| dead_leaves(20, 4, index)).collect()
}

fn total(aspects: &AspectProbabilities) -> f64 {
    aspects.none + aspects.phrases.iter().sum::<f64>()
}

#[test]
fn aspects_are_a_distribution_that_does_not_depend_on_other_images() {
    let captioner = tiny();
    let images = images();
    let asked: Vec<(&Image, &str)> = images.iter().zip(["red apple", "apple", ""]).collect();
    let together = captioner.aspects(&asked, &phrases()).unwrap();
    for (asked, aspects) in asked.iter().zip(&together) {
        assert!((total(aspects) - 1.0).abs() < 1e-9);
        assert!(aspects.phrases.iter().all(|p| *p > 0.0));
        let alone = captioner.aspects(&[*asked], &phrases()).unwrap();
        assert!((alone[0].none - aspects.none).abs() < 1e-6);
    }
    let none = captioner.aspects(&asked[..1], &[]).unwrap();
    assert_eq!(none[0].none, 1.0);
}

/// A phrase is as likely beside another as that other leaves room for: ratios stay.
#[test]
fn a_smaller_offer_keeps_the_ratios() {
    let captioner = tiny();
    let images = images();
    let asked = [(&images[0], "red apple")];
    let all = captioner.aspects(&asked, &phrases()).unwrap();
    let some = captioner.aspects(&asked, &phrases()[2..]).unwrap();
    let ratio = all[0].phrases[2] / all[0].phrases[3];
    let kept = some[0].phrases[0] / some[0].phrases[1];
    assert!((ratio / kept - 1.0).abs() < 1e-4, "{ratio} {kept}");
}

#[test]
fn what_a_continuation_shares_with_others_changes_nothing() {
    let captioner = tiny();
    let image = &images()[0];
    let continuations: Vec<String> = ["", ", vivid style", ", vivid and warm style", ", line art"]
        .map(str::to_string)
        .to_vec();
    let together = captioner
        .log_likelihoods(image, "red apple", &continuations)
        .unwrap();
    for (continuation, score) in continuations.iter().zip(&together) {
        assert!(*score < 0.0);
        let alone = captioner
            .log_likelihoods(image, "red apple", std::slice::from_ref(continuation))
            .unwrap();
        assert!((alone[0] - score).abs() < 1e-5);
    }
}

#[test]
fn likely_captions_are_made_of_known_words() {
    let captioner = tiny();
    let images = images();
    let images: Vec<&Image> = images.iter().collect();
    for captions in [
        captioner.captions(&images, 1).unwrap(),
        captioner.captions(&images, 3).unwrap(),
        captioner.plain_captions(&images).unwrap(),
    ] {
        assert_eq!(captions.len(), images.len());
        for word in captions.iter().flat_map(|c| c.split([' ', ','])) {
            assert!(word.is_empty() || WORDS.contains(&word), "{word}");
        }
    }
}

#[test]
fn what_it_cannot_read_is_an_error_that_names_it() {
    let captioner = tiny();
    let images = images();
    let asked = [(&images[0], "red apple")];
    let offer = ["vivid", "cubist line"].map(str::to_string);
    let error = captioner.aspects(&asked, &offer).unwrap_err();
    assert!(matches!(error, ZooError::UnknownWords { .. }), "{error}");
    assert!(error.to_string().contains("\"cubist line\""), "{error}");
    let long = "red ".repeat(11);
    let error = captioner.aspects(&[(&images[0], &long)], &phrases());
    assert!(matches!(error, Err(ZooError::TextTooLong { .. })));
}

#[test]
fn another_encoder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = encoder(folder.path(), 1);
    let weights = weights(folder.path(), &first);
    let other = encoder(folder.path(), 2);
    let error = MiniCaptioner::from_weights(&weights, other, &Device::flex());
    let error = error.err().unwrap().to_string();
    assert!(error.contains(first.fingerprint().as_str()), "{error}");
    let error = open_captioner("nonsense", "mini-clip", &Device::flex());
    assert!(matches!(error, Err(ZooError::Unknown { .. })));
}
