//! A head held to PyTorch, numpy and scipy: `tests/fixtures/head-network` and `tests/fixtures/head-cues`.
#![allow(clippy::unwrap_used)]

use super::KnownAspects;
use super::cues::{CUES, CueBank};
use super::head_network::{HeadInput, HeadNetwork, HeadOutput};
use super::levels::OutputValues;
use burn::tensor::{Device, Tensor, TensorData};
use finexl_core::experiment::HeadArchitecture;
use finexl_zoo::weights::WeightsFile;
use proptest::prelude::*;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Largest difference from the reference, which computes in f64, relative to the largest number.
const TOLERANCE: f64 = 1e-5;
/// Concepts of a set, as in the script.
const CONCEPTS: usize = 5;

fn fixture(file: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder.join("tests/fixtures").join(file)
}

/// A safetensors file of numbers.
struct Numbers(Vec<u8>);

impl Numbers {
    fn read(file: &str) -> Self {
        Self(std::fs::read(fixture(file)).unwrap())
    }

    fn shaped(&self, name: &str) -> (Vec<usize>, Vec<f64>) {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let view = file.tensor(name).unwrap();
        let values = if view.dtype() == Dtype::F64 {
            let words = view.data().as_chunks::<8>().0.iter();
            words.map(|word| f64::from_le_bytes(*word)).collect()
        } else {
            let words = view.data().as_chunks::<4>().0.iter();
            words
                .map(|word| f64::from(f32::from_le_bytes(*word)))
                .collect()
        };
        (view.shape().to_vec(), values)
    }

    fn get(&self, name: &str) -> Vec<f64> {
        self.shaped(name).1
    }

    fn tensor<const D: usize>(&self, name: &str) -> Tensor<D> {
        let (shape, values) = self.shaped(name);
        let shape: [usize; D] = shape.try_into().unwrap();
        let values: Vec<f32> = values.into_iter().map(|v| v as f32).collect();
        Tensor::from_data(TensorData::new(values, shape), &Device::flex())
    }
}

#[track_caller]
fn check(name: &str, ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len(), "{name}");
    let largest = theirs.iter().fold(0.0f64, |most, v| most.max(v.abs()));
    for (place, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!(
            (a - b).abs() <= TOLERANCE * largest,
            "{name}[{place}] is {a}, not {b}"
        );
    }
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    let values = finexl_zoo::tensor_values::values(tensor, "a test").unwrap();
    values.into_iter().map(f64::from).collect()
}

#[derive(Deserialize)]
struct Config {
    dimension: usize,
    architecture: HeadArchitecture,
}

/// The network of the fixture with its inputs and what PyTorch computes.
struct Reference {
    network: HeadNetwork,
    file: Numbers,
}

impl Reference {
    fn read() -> Self {
        let weights = WeightsFile::read(&fixture("head-network/weights.safetensors")).unwrap();
        let config: Config = weights.config().unwrap();
        let fresh = HeadNetwork::new(&config.architecture, config.dimension, &Device::flex());
        Self {
            network: weights.load_into(fresh).unwrap(),
            file: Numbers::read("head-network/expected.safetensors"),
        }
    }

    fn input(&self) -> HeadInput {
        HeadInput {
            cues: self.file.tensor("cues"),
            texts: self.file.tensor("texts"),
            known: self.file.tensor("known"),
            divergence: self.file.tensor("divergence"),
        }
    }

    fn forward(&self, input: HeadInput) -> [Vec<f64>; 3] {
        let HeadOutput {
            logit,
            level,
            spread,
        } = self.network.forward(input);
        [logit, level, spread].map(numbers)
    }
}

#[test]
fn a_head_says_what_it_says_in_pytorch() {
    let reference = Reference::read();
    let input = reference.input();
    assert_eq!(input.cues.dims()[1..], [CONCEPTS, CUES]);
    let output = reference.network.forward(input);
    let expected = |name: &str| reference.file.get(name);
    check(
        "expected",
        &numbers(output.expected()),
        &expected("expected"),
    );
    let fitted = expected("level");
    let known = vec![1.0; fitted.len()];
    let readout = OutputValues::of(output.clone()).unwrap();
    let read = readout.levels(0, &known, &fitted, None);
    check(
        "presence times what was fitted",
        &read.strength,
        &expected("expected"),
    );
    check("deviation", &read.spread, &expected("deviation"));
    // A phrase that is not known is a hundred times likelier than the network has it.
    let new = readout.levels(0, &vec![0.0; fitted.len()], &fitted, None);
    for (new, known) in new.presence.iter().zip(&read.presence) {
        let odds = |p: f64| p / (1.0 - p);
        let factor = odds(*new) / odds(*known);
        assert!((factor / 100.0 - 1.0).abs() < 0.01, "{factor}");
    }
    // Half of a known concept's strength is the network's own level, nothing of another's.
    let (nothing, unit) = (vec![0.0; fitted.len()], vec![1.0; fitted.len()]);
    let half = readout.levels(0, &known, &nothing, Some(&unit));
    let twice: Vec<f64> = half.strength.iter().map(|s| 2.0 * s).collect();
    check("half of the level", &twice, &expected("expected"));
    let none = readout.levels(0, &nothing, &nothing, Some(&unit));
    assert_eq!(none.strength, nothing);
    check("logit", &numbers(output.logit), &expected("logit"));
    check("level", &numbers(output.level), &expected("level"));
    check("spread", &numbers(output.spread), &expected("spread"));
}

/// `[1, N, 1]`: `at` for one concept, `otherwise` for all others.
fn of_one(concept: usize, at: f32, otherwise: f32) -> Tensor<3> {
    let mut values = vec![otherwise; CONCEPTS];
    values[concept] = at;
    Tensor::from_data(TensorData::new(values, [1, CONCEPTS, 1]), &Device::flex())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_order_of_concepts_does_not_matter(
        order in Just((0..CONCEPTS).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let reference = Reference::read();
        let ordered = |tensor: Tensor<3>| {
            let rows = order.iter().map(|concept| tensor.clone().narrow(1, *concept, 1));
            Tensor::cat(rows.collect(), 1)
        };
        let input = reference.input();
        let shuffled = reference.forward(HeadInput {
            cues: ordered(input.cues.clone()),
            texts: ordered(input.texts.clone()),
            known: ordered(input.known.clone()),
            divergence: input.divergence.clone(),
        });
        for (plain, shuffled) in reference.forward(input).iter().zip(&shuffled) {
            let sets = plain.chunks_exact(CONCEPTS);
            let expected: Vec<f64> = sets
                .flat_map(|set| order.iter().map(|concept| set[*concept]))
                .collect();
            check("in another order", shuffled, &expected);
        }
    }

    #[test]
    fn words_of_a_concept_that_is_not_known_do_not_matter(
        concept in 0..CONCEPTS,
        shift in -30.0f32..30.0,
    ) {
        let reference = Reference::read();
        let mut input = reference.input();
        input.known = input.known * of_one(concept, 0.0, 1.0);
        let plain = reference.forward(input.clone());
        input.texts = input.texts + of_one(concept, shift, 0.0);
        for (plain, moved) in plain.iter().zip(&reference.forward(input)) {
            check("with other words", moved, plain);
        }
    }

    #[test]
    fn words_of_a_known_concept_matter(concept in 0..CONCEPTS) {
        let reference = Reference::read();
        let mut input = reference.input();
        input.known = input.known.ones_like();
        let plain = reference.forward(input.clone());
        input.texts = input.texts + of_one(concept, 2.0, 0.0);
        let moved = reference.forward(input);
        let own = |outputs: &[Vec<f64>; 3]| outputs[0][concept];
        prop_assert!((own(&plain) - own(&moved)).abs() > 1e-3);
    }
}

#[test]
fn cues_are_those_of_numpy_and_scipy() {
    let file = Numbers::read("head-cues/fixture.safetensors");
    let (shape, texts) = file.shaped("texts");
    let [n, d]: [usize; 2] = shape.try_into().unwrap();
    let count = file.get("aspect-texts").len() / d;
    let aspects = KnownAspects::new(
        (0..count)
            .map(|number| format!("aspect {number}"))
            .collect(),
        [file.get("aspect-texts"), file.get("aspect-images")],
        Vec::new(),
    );
    let bank = CueBank::new(texts, d, &aspects, file.get("scale")[0], None).unwrap();
    assert_eq!(bank.concepts(), n);
    check("known", &bank.known, &file.get("known"));
    check("blended", bank.blended(), &file.get("blended"));

    let [divergences, offered, ridge, cues] =
        ["divergences", "offered", "ridge", "cues"].map(|name| file.get(name));
    let expected = ridge.chunks_exact(n).zip(cues.chunks_exact(n * CUES));
    let cases = divergences.chunks_exact(d).zip(offered.chunks_exact(n));
    for ((divergence, offered), (ridge, cues)) in cases.zip(expected) {
        check("ridge", &bank.ridge(divergence), ridge);
        let found = bank.cues(divergence, offered).unwrap();
        let found: Vec<f64> = found.into_iter().map(f64::from).collect();
        check("cues", &found, cues);
    }
    let short = bank.cues(&divergences[..d - 1], &bank.known);
    assert!(short.is_err());
}

#[test]
fn a_small_offer_has_the_weights_of_the_whole_one() {
    let file = Numbers::read("head-cues/fixture.safetensors");
    let (shape, texts) = file.shaped("texts");
    let [_, d]: [usize; 2] = shape.try_into().unwrap();
    // Everything that is on offer was on offer in training, none of it an aspect.
    let all = &texts[..4 * d];
    let own = KnownAspects::new(Vec::new(), [Vec::new(), Vec::new()], all.to_vec());
    let bank =
        |texts: &[f64]| CueBank::new(texts.to_vec(), d, &own, file.get("scale")[0], None).unwrap();
    let (whole, small) = (bank(all), bank(&all[..2 * d]));
    for divergence in file.get("divergences").chunks_exact(d) {
        let weights = whole.strengths(divergence);
        assert_eq!(weights.len(), 4);
        check("weights", &small.strengths(divergence), &weights[..2]);
    }
}
