//! The family held to PyTorch: weights and expectations of `tests/fixtures/mini_autoregressive`.
#![allow(clippy::unwrap_used)]

use super::decoding::{Mixing, States, decode};
use super::device::DeviceTransformer;
use super::processor::ProcessorTransformer;
use super::processor_head::ProcessorHead;
use super::sample::{sample, uniforms};
use super::{MiniAutoregressive, TokenTransformer};
use crate::encoders::mini_clip::Tokenizer;
use crate::generators::conditions::Groups;
use crate::generators::mini_diffusion::Prompts;
use crate::generators::{
    Conditions, Family, GenerationRequest, GenerationSettings, MODEL_FILE, TokenSampling,
};
use crate::weights::WeightsFile;
use burn::tensor::{Device, Tensor, TensorData};
use finexl_data::image::Image;
use rand::RngExt;
use safetensors::SafeTensors;
use std::path::{Path, PathBuf};

/// Largest difference from what PyTorch computes in f64; the numbers are of order 1, guided ones of
/// order 3.
const TOLERANCE: f32 = 3e-5;

// As in the script.
const PROMPTS: [&str; 2] = ["red apple", "apple, blue style"];
const SEED: u64 = 3;
const INDICES: [u64; 2] = [0, 22];
const GUIDANCE: f64 = 3.0;
const SAMPLING: TokenSampling = TokenSampling {
    temperature: 0.8,
    top_k: Some(4),
};

struct Fixture {
    model: MiniAutoregressive,
    expected: Vec<u8>,
}

impl Fixture {
    fn read() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder: PathBuf = manifest.join("tests/fixtures/mini_autoregressive");
        let file = |name: &str| WeightsFile::read(&folder.join(name)).unwrap();
        let tokenizer = file(Family::Autoregressive.autoencoder_file());
        let weights = file(MODEL_FILE);
        assert_eq!(Family::of(&weights).unwrap(), Family::Autoregressive);
        Self {
            model: MiniAutoregressive::from_weights(&weights, &tokenizer, &Device::flex()).unwrap(),
            expected: std::fs::read(folder.join("expected.safetensors")).unwrap(),
        }
    }

    fn network(&self) -> &TokenTransformer {
        self.model.network()
    }

    /// Shape and 4-byte words of an expected tensor.
    fn words(&self, name: &str) -> (Vec<usize>, Vec<[u8; 4]>) {
        let file = SafeTensors::deserialize(&self.expected).unwrap();
        let view = file.tensor(name).unwrap();
        let words = view.data().as_chunks::<4>().0.to_vec();
        (view.shape().to_vec(), words)
    }

    fn values(&self, name: &str) -> Vec<f32> {
        let (_, words) = self.words(name);
        words.into_iter().map(f32::from_le_bytes).collect()
    }

    fn tensor<const D: usize>(&self, name: &str) -> Tensor<D> {
        let (shape, _) = self.words(name);
        let shape: [usize; D] = shape.try_into().unwrap();
        let data = TensorData::new(self.values(name), shape);
        Tensor::from_data(data, &Device::flex())
    }

    /// Rows of whole numbers.
    fn rows(&self, name: &str) -> Vec<Vec<i32>> {
        let (shape, words) = self.words(name);
        let numbers: Vec<i32> = words.into_iter().map(i32::from_le_bytes).collect();
        numbers
            .chunks_exact(shape[1])
            .map(<[i32]>::to_vec)
            .collect()
    }

    /// Word tokens without their padding.
    fn sentences(&self, name: &str) -> Vec<Vec<i32>> {
        let mut rows = self.rows(name);
        for row in &mut rows {
            row.retain(|token| *token != Tokenizer::PADDING);
        }
        rows
    }

    fn images(&self, name: &str) -> Vec<Image> {
        let (shape, _) = self.words(name);
        let plane = shape[3] * shape[3];
        self.values(name)
            .chunks_exact(3 * plane)
            .map(|planes| {
                let pixel = |at: usize| [0, 1, 2].map(|channel| planes[channel * plane + at]);
                Image::new(shape[3], shape[3], (0..plane).flat_map(pixel).collect())
            })
            .collect()
    }

    fn check<const D: usize>(&self, name: &str, ours: Tensor<D>) {
        let (shape, _) = self.words(name);
        assert_eq!(ours.dims().to_vec(), shape, "{name}");
        let ours = ours.into_data().try_to_vec::<f32>().unwrap();
        close(name, &ours, &self.values(name));
    }

    fn groups(&self, guidance: f64) -> Groups {
        let conditions = Conditions {
            prompts: self.sentences("words"),
            empty: self.sentences("empty_words").remove(0),
            with_concept: None,
        };
        conditions.grouped(&GenerationSettings {
            guidance,
            ..GenerationSettings::default()
        })
    }

    /// The drawn codes as tokens.
    fn drawn(&self) -> Vec<Vec<u8>> {
        let [positions, channels] = self.model.latents().shape();
        self.values("drawn_codes")
            .chunks_exact(positions * channels)
            .map(|codes| {
                let token = |code: &f32| ((code + 1.0) * 2.0).round() as u8;
                codes.iter().map(token).collect()
            })
            .collect()
    }

    /// Guided logits under teacher forcing, in the order of tokens.
    fn forced(&self, states: &mut dyn States, groups: &Groups) -> Vec<f32> {
        let tokens = self.drawn();
        let shape = self.network().tokens();
        let head = ProcessorHead::new(&self.network().head).unwrap();
        let mut seen = vec![Vec::new(); tokens.len()];
        let again = decode(
            states,
            &head,
            Mixing::of(groups),
            shape.positions,
            &mut |image, logits| {
                let decided = seen[image].len() / shape.levels;
                seen[image].extend_from_slice(logits);
                Ok(tokens[image][decided])
            },
            &mut |_| (),
        );
        assert_eq!(again.unwrap(), tokens);
        seen.concat()
    }
}

fn close(name: &str, ours: &[f32], wanted: &[f32]) {
    assert_eq!(ours.len(), wanted.len(), "{name}");
    assert!(ours.iter().all(|v| v.is_finite()), "{name} is not finite");
    let differences = ours.iter().zip(wanted).map(|(a, b)| (a - b).abs());
    let largest = differences.fold(0.0, f32::max);
    println!("{name}: largest difference {largest:e}");
    assert!(largest <= TOLERANCE, "{name}: {largest:e}");
}

#[test]
fn the_tokenizer_gives_what_pytorch_gives() {
    let fixture = Fixture::read();
    let latents = fixture.model.latents();
    assert_eq!(latents.levels(), Some(5));
    fixture.check("codes", latents.encode(&fixture.images("images")));
    let decoded = latents.decode(fixture.tensor("codes")).unwrap();
    for (image, wanted) in decoded.iter().zip(&fixture.images("decoded")) {
        close("decoded", &image.pixels, &wanted.pixels);
    }
}

#[test]
fn the_transformer_gives_what_pytorch_gives() {
    let fixture = Fixture::read();
    let network = fixture.network();
    let read = |text: &str| fixture.model.tokenizer().encode(text).unwrap();
    assert_eq!(PROMPTS.map(read).to_vec(), fixture.sentences("words"));
    let prompts = Prompts::new(fixture.sentences("words"));
    let memory = network.read(&prompts);
    let codes: Tensor<3> = fixture.tensor("drawn_codes");
    let one_hot = network.tokens().one_hot(codes.clone());
    let hidden = network.states(one_hot, &memory, Some(1));
    fixture.check("states", hidden.states);
    fixture.check("inner", hidden.inner.unwrap());
    fixture.check("logits", network.logits(codes.clone(), &memory));
    fixture.check("loss", network.cross_entropy(codes, &prompts, None).0);
}

/// With a cache on the processor, and without one as on other devices.
#[test]
fn drawing_token_by_token_sees_what_teacher_forcing_sees() {
    let fixture = Fixture::read();
    let network = fixture.network();
    for (guidance, name) in [(1.0, "logits"), (GUIDANCE, "guided")] {
        let groups = fixture.groups(guidance);
        let mut cached = ProcessorTransformer::new(network, &groups.sequences).unwrap();
        let ours = fixture.forced(&mut cached, &groups);
        close(name, &ours, &fixture.values(name));
        let context = network.text.context();
        let mut anew = DeviceTransformer::new(network, &groups.sequences, context, &Device::flex());
        close(name, &fixture.forced(&mut anew, &groups), &ours);
    }
}

#[test]
fn sampling_draws_the_tokens_that_pytorch_draws() {
    let fixture = Fixture::read();
    let network = fixture.network();
    let requests: Vec<GenerationRequest> = PROMPTS
        .iter()
        .zip(INDICES)
        .map(|(prompt, index)| GenerationRequest {
            prompt: (*prompt).to_string(),
            seed: SEED,
            index,
        })
        .collect();
    let numbers = requests.iter().flat_map(|request| {
        let mut random = uniforms(request);
        (0..12).map(move |_| random.random::<f64>() as f32)
    });
    let numbers: Vec<f32> = numbers.collect();
    assert_eq!(numbers, fixture.values("uniforms"));
    let groups = fixture.groups(GUIDANCE);
    let mut states = ProcessorTransformer::new(network, &groups.sequences).unwrap();
    let tokens = sample(
        network,
        &mut states,
        &requests,
        &groups,
        &SAMPLING,
        &mut |_| (),
    );
    let tokens: Vec<Vec<i32>> = tokens
        .unwrap()
        .into_iter()
        .map(|image| image.into_iter().map(i32::from).collect())
        .collect();
    assert_eq!(tokens, fixture.rows("sampled"));
}
