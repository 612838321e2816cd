//! The family held to PyTorch: weights and expectations of `tests/fixtures/mini_autoregressive`.
#![allow(clippy::unwrap_used)]

use super::decoding::{Mixing, States, decode};
use super::device::DeviceTransformer;
use super::processor::ProcessorTransformer;
use super::processor_head::ProcessorHead;
use super::sample::{sample, uniforms};
use super::{MiniAutoregressive, TokenTransformer};
use crate::generators::conditions::Groups;
use crate::generators::mini_diffusion::Prompts;
use crate::generators::reference_values::{ReferenceValues, fixture_folder};
use crate::generators::{Conditions, Family, GenerationRequest, MODEL_FILE, TokenSampling};
use crate::weights::WeightsFile;
use burn::tensor::{Device, Tensor};
use rand::RngExt;

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
    expected: ReferenceValues,
}

impl Fixture {
    fn read() -> Self {
        let folder = fixture_folder("mini_autoregressive");
        let file = |name: &str| WeightsFile::read(&folder.join(name)).unwrap();
        let tokenizer = file(Family::Autoregressive.autoencoder_file());
        let weights = file(MODEL_FILE);
        assert_eq!(Family::of(&weights).unwrap(), Family::Autoregressive);
        Self {
            model: MiniAutoregressive::from_weights(&weights, &tokenizer, &Device::flex()).unwrap(),
            expected: ReferenceValues::read(&folder, TOLERANCE),
        }
    }

    fn network(&self) -> &TokenTransformer {
        self.model.network()
    }

    fn groups(&self, guidance: f64) -> Groups {
        let conditions = Conditions {
            prompts: self.expected.sentences("words"),
            empty: self.expected.sentences("empty_words").remove(0),
            with_concepts: Vec::new(),
        };
        conditions.grouped(guidance, None)
    }

    /// The drawn codes as tokens.
    fn drawn(&self) -> Vec<Vec<u8>> {
        let [positions, channels] = self.model.latents().shape();
        self.expected
            .values("drawn_codes")
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
            &Mixing::of(groups),
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

#[test]
fn the_tokenizer_gives_what_pytorch_gives() {
    let fixture = Fixture::read();
    let latents = fixture.model.latents();
    assert_eq!(latents.levels(), Some(5));
    fixture
        .expected
        .check("codes", latents.encode(&fixture.expected.images("images")));
    let decoded = latents.decode(fixture.expected.tensor("codes")).unwrap();
    for (image, wanted) in decoded.iter().zip(&fixture.expected.images("decoded")) {
        fixture
            .expected
            .close("decoded", &image.pixels, &wanted.pixels);
    }
}

#[test]
fn the_transformer_gives_what_pytorch_gives() {
    let fixture = Fixture::read();
    let network = fixture.network();
    let read = |text: &str| fixture.model.tokenizer().encode(text).unwrap();
    assert_eq!(
        PROMPTS.map(read).to_vec(),
        fixture.expected.sentences("words")
    );
    let prompts = Prompts::new(fixture.expected.sentences("words"));
    let memory = network.read(&prompts);
    let codes: Tensor<3> = fixture.expected.tensor("drawn_codes");
    let one_hot = network.tokens().one_hot(codes.clone());
    let hidden = network.states(one_hot, &memory, Some(1));
    fixture.expected.check("states", hidden.states);
    fixture.expected.check("inner", hidden.inner.unwrap());
    fixture
        .expected
        .check("logits", network.logits(codes.clone(), &memory));
    fixture
        .expected
        .check("loss", network.cross_entropy(codes, &prompts, None).0);
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
        fixture
            .expected
            .close(name, &ours, &fixture.expected.values(name));
        let context = network.text.context();
        let mut anew = DeviceTransformer::new(network, &groups.sequences, context, &Device::flex());
        fixture
            .expected
            .close(name, &fixture.forced(&mut anew, &groups), &ours);
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
    assert_eq!(numbers, fixture.expected.values("uniforms"));
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
    assert_eq!(tokens, fixture.expected.rows("sampled"));
}
