//! The captioner held to PyTorch: weights and expectations of `tests/fixtures/mini_captioner`.
#![allow(clippy::unwrap_used)]

use super::{CaptionDecoder, CaptionModel, CaptionerConfig};
use crate::encoders::mini_clip::Tokenizer;
use crate::weights::WeightsFile;
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::SafeTensors;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Largest difference from what PyTorch computes in f64; likelihoods are logarithms of order 10.
const TOLERANCE: f64 = 2e-5;

// As in the script.
const TOKEN_WIDTH: usize = 6;
const BEGINNINGS: [&str; 2] = ["red apple", "apple"];
const CONTINUATIONS: [&str; 4] = [
    "",
    ", vivid style",
    ", line art style",
    ", vivid and line art style",
];
const CAPTIONS: [&str; 2] = ["red apple, vivid style", "apple"];

#[derive(Deserialize)]
struct Meta {
    /// By number of beams, one per image.
    captions: BTreeMap<usize, Vec<String>>,
}

struct Fixture {
    config: CaptionerConfig,
    decoder: CaptionDecoder,
    expected: Vec<u8>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mini_captioner")
}

impl Fixture {
    fn read() -> Self {
        let weights = WeightsFile::read(&folder().join("model.safetensors")).unwrap();
        let config: CaptionerConfig = weights.config().unwrap();
        let fresh = config.init(TOKEN_WIDTH, &Device::flex());
        Self {
            decoder: weights.load_into(fresh).unwrap(),
            config,
            expected: std::fs::read(folder().join("expected.safetensors")).unwrap(),
        }
    }

    fn model(&self) -> CaptionModel {
        CaptionModel::new(&self.config, self.decoder.clone())
    }

    fn values(&self, name: &str) -> (Vec<usize>, Vec<f32>) {
        let file = SafeTensors::deserialize(&self.expected).unwrap();
        let view = file.tensor(name).unwrap();
        let words = view.data().as_chunks::<4>().0.iter();
        let values = words.map(|word| f32::from_le_bytes(*word)).collect();
        (view.shape().to_vec(), values)
    }

    /// Image tokens, `[2, tokens, width]`.
    fn images(&self) -> Tensor<3> {
        let (shape, values) = self.values("images");
        let shape: [usize; 3] = shape.try_into().unwrap();
        Tensor::from_data(TensorData::new(values, shape), &Device::flex())
    }

    fn image(&self, index: usize) -> Tensor<3> {
        self.images().narrow(0, index, 1)
    }

    fn check(&self, name: &str, ours: &[f64]) {
        let (_, wanted) = self.values(name);
        assert_eq!(ours.len(), wanted.len(), "{name}");
        let differences = ours.iter().zip(wanted);
        let largest = differences
            .map(|(a, b)| (a - f64::from(b)).abs())
            .fold(0.0, f64::max);
        println!("{name}: largest difference {largest:e}");
        assert!(largest <= TOLERANCE, "{name}: {largest:e}");
    }
}

#[test]
fn captions_are_as_likely_as_pytorch_says() {
    let fixture = Fixture::read();
    let model = fixture.model();
    let continuations = CONTINUATIONS.map(str::to_string);
    let mut found = Vec::new();
    for (index, beginning) in BEGINNINGS.into_iter().enumerate() {
        let image = fixture.image(index);
        found.extend(
            model
                .log_likelihoods(&image, beginning, &continuations)
                .unwrap(),
        );
    }
    fixture.check("log_likelihoods", &found);
}

#[test]
fn aspects_are_as_likely_as_pytorch_says() {
    let fixture = Fixture::read();
    let model = fixture.model();
    let phrases = fixture.config.aspects.concat();
    let mut found = Vec::new();
    for (index, beginning) in BEGINNINGS.into_iter().enumerate() {
        let image = fixture.image(index);
        let aspects = model.aspects(&image, beginning, &phrases).unwrap();
        found.push(aspects.none);
        found.extend(aspects.phrases);
    }
    fixture.check("aspects", &found);
}

#[test]
fn the_loss_is_that_of_pytorch() {
    let fixture = Fixture::read();
    let context = fixture.config.architecture.context;
    let tokenizer = Tokenizer::new("tiny", &fixture.config.words, context);
    let captions = CAPTIONS.map(|caption| tokenizer.encode(caption).unwrap());
    let loss = fixture.decoder.loss(&captions, fixture.images());
    fixture.check("loss", &[f64::from(loss.into_scalar::<f32>())]);
}

#[test]
fn likely_captions_are_those_that_pytorch_finds() {
    let fixture = Fixture::read();
    let meta = std::fs::read(folder().join("meta.json")).unwrap();
    let meta: Meta = serde_json::from_slice(&meta).unwrap();
    assert!(!meta.captions.is_empty());
    for (beams, captions) in meta.captions {
        for (index, caption) in captions.iter().enumerate() {
            let found = fixture.model().caption(&fixture.image(index), beams);
            assert_eq!(found.unwrap(), *caption, "{beams} beams");
        }
    }
}
