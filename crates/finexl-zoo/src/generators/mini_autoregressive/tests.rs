//! Tests on tiny models with random weights: causality, batches, guidance, adapters.
#![allow(clippy::unwrap_used)]

use super::{MiniAutoregressive, MiniAutoregressiveConfig, TokenShape};
use crate::ZooError;
use crate::adapters::{Adapter, LoraSettings, add_lora, merge};
use crate::generators::mini_diffusion::Prompts;
use crate::generators::tiny_models::{
    self, autoencoder, generate, own, requests, text_reader, weights,
};
use crate::generators::{ChosenSettings, ConceptGuidance, Family, Generator, Tunable};
use crate::weights::{WeightsFile, save};
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::Device;
use finexl_core::experiment::AutoregressiveArchitecture;
use finexl_core::seed::generator;
use finexl_data::image::Image;
use std::path::Path;

const TOKENS: TokenShape = TokenShape {
    positions: 4,
    channels: 3,
    levels: 5,
};

fn config(autoencoder: &WeightsFile) -> MiniAutoregressiveConfig {
    let architecture = AutoregressiveArchitecture {
        width: 16,
        layers: 2,
        heads: 2,
        hidden: 24,
        head_width: 12,
        text: text_reader(),
    };
    tiny_models::config(
        Family::Autoregressive,
        "tiny-autoregressive",
        architecture,
        autoencoder,
    )
}

/// Weights files of a tiny model in a folder; its autoencoder quantises or not.
fn written(folder: &Path, levels: Option<usize>) -> [WeightsFile; 2] {
    let autoencoder = autoencoder(folder, 3, levels);
    let (config, path) = (config(&autoencoder), folder.join("model"));
    let mut network = config.init(TOKENS, &Device::flex());
    // Logits far enough apart that draws depend on what was drawn before.
    network.head.output = network.head.output.map(|output| output.mul_scalar(40.0));
    save(&network, &config, &path).unwrap();
    [WeightsFile::read(&path).unwrap(), autoencoder]
}

fn tiny() -> MiniAutoregressive {
    let folder = tempfile::tempdir().unwrap();
    let [weights, autoencoder] = written(folder.path(), Some(5));
    MiniAutoregressive::from_weights(&weights, &autoencoder, &Device::flex()).unwrap()
}

fn same(a: &Image, b: &Image) -> bool {
    a.mean_abs_difference(b) < 1e-6
}

#[test]
fn a_later_token_does_not_change_an_earlier_logit() {
    let model = tiny();
    let network = model.network();
    let memory = network.read(&Prompts::new(vec![vec![1, 3, 4, 2]]));
    let tokens: Vec<u8> = (0..12).map(|i| (i * 7 % 5) as u8).collect();
    let logits = |tokens: &Vec<u8>| {
        let codes = TOKENS.codes(std::slice::from_ref(tokens), &Device::flex());
        let logits = network.logits(codes, &memory);
        logits.into_data().try_to_vec::<f32>().unwrap()
    };
    let before = logits(&tokens);
    for changed in 0..tokens.len() {
        let mut other = tokens.clone();
        other[changed] = (other[changed] + 2) % 5;
        let after = logits(&other);
        let until = (changed + 1) * TOKENS.levels;
        assert_eq!(before[..until], after[..until], "token {changed}");
        let last = changed + 1 == tokens.len();
        assert!(last || before[until..] != after[until..], "token {changed}");
    }
}

#[test]
fn an_image_has_the_same_tokens_in_any_batch() {
    let model = tiny();
    let prompts = [
        "red apple",
        "apple",
        "red red apple, vivid style",
        "red",
        "",
    ];
    let requests = requests(&prompts);
    let settings = own(&model);
    let together = generate(&model, &requests, &settings);
    for (request, image) in requests.iter().zip(&together) {
        let alone = generate(&model, std::slice::from_ref(request), &settings);
        assert!(same(image, &alone[0]), "{}", request.prompt);
    }
    let repeated = generate(&model, &requests, &settings);
    assert_eq!(together, repeated);
    let different = together[1..].iter().any(|image| !same(image, &together[0]));
    assert!(different);
}

#[test]
fn guidance_of_one_is_the_prompt_and_concepts_move_it() {
    let model = tiny();
    let settings = |guidance, concept: Option<f64>| {
        let chosen = ChosenSettings {
            guidance: Some(guidance),
            concept: concept.map(|strength| ConceptGuidance::one("vivid", strength)),
            ..ChosenSettings::default()
        };
        model.settings(&chosen).unwrap()
    };
    let apple = requests(&["red apple"]);
    let plain = generate(&model, &apple, &settings(1.0, None));
    let nearly = generate(&model, &apple, &settings(1.0 + 1e-9, None));
    assert!(same(&plain[0], &nearly[0]));
    let none = generate(&model, &apple, &settings(1.0, Some(0.0)));
    assert!(same(&plain[0], &none[0]));
    let named = generate(
        &model,
        &requests(&["red apple, vivid style"]),
        &settings(1.0, None),
    );
    let moved = generate(&model, &apple, &settings(1.0, Some(1.0)));
    assert!(same(&named[0], &moved[0]));
}

#[test]
fn without_temperature_seeds_do_not_matter() {
    let model = tiny();
    let settings = |temperature, top_k| {
        let chosen = ChosenSettings {
            temperature: Some(temperature),
            top_k,
            ..ChosenSettings::default()
        };
        model.settings(&chosen).unwrap()
    };
    let mut of_seeds = requests(&["red apple"; 6]);
    for (request, seed) in of_seeds.iter_mut().zip(0..) {
        request.seed = seed;
    }
    let greedy = generate(&model, &of_seeds, &settings(0.0, None));
    assert!(greedy.iter().all(|image| same(image, &greedy[0])));
    let likeliest = generate(&model, &of_seeds, &settings(1.0, Some(1)));
    assert!(same(&likeliest[0], &greedy[0]));
    let drawn = generate(&model, &of_seeds, &settings(1.0, None));
    assert!(drawn.iter().any(|image| !same(image, &drawn[0])));
}

#[test]
fn settings_that_make_no_sense_and_latents_that_are_no_tokens_are_errors() {
    let model = tiny();
    for (temperature, top_k, word) in [(-1.0, None, "temperature"), (1.0, Some(0), "top-k")] {
        let chosen = ChosenSettings {
            temperature: Some(temperature),
            top_k,
            ..ChosenSettings::default()
        };
        let error = model.settings(&chosen).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
    let error = model.check_prompt("blue apple").unwrap_err();
    assert!(matches!(error, ZooError::UnknownWords { .. }), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let [weights, autoencoder] = written(folder.path(), None);
    let error = MiniAutoregressive::from_weights(&weights, &autoencoder, &Device::flex());
    let error = error.err().unwrap().to_string();
    assert!(error.contains("not quantised"), "{error}");
}

#[test]
fn tuning_an_adapter_lowers_the_loss_and_leaves_the_base() {
    let model = tiny();
    let images = vec![Image::filled(16, 16, [0.9, 0.2, 0.1]); 4];
    let prompts = vec!["red apple".to_string(); 4];
    let set = model.training_set(&images, &prompts).unwrap();
    let device = Device::flex().autodiff();
    let settings = LoraSettings {
        rank: 2,
        alpha: 2.0,
        targets: ["to_q", "to_v", "fc1", "fc2"].map(str::to_string).to_vec(),
    };
    let base = model.network().clone().train().fork(&device);
    let mut network = add_lora(base, &settings, 1).unwrap();
    let mut optimizer = AdamWConfig::new().with_weight_decay(0.0).init();
    let mut losses = Vec::new();
    for step in 0..12 {
        let mut random = generator(step, &[]);
        let batch = model.batch(&set, &[0, 1, 2, 3], &mut random, &device);
        let loss = MiniAutoregressive::loss(&network, batch);
        losses.push(loss.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(1e-2, network, gradients);
    }
    assert!(losses[11] < losses[0], "{losses:?}");
    let adapter = Adapter::extract(&network).unwrap();
    let before = weights(model.network());
    let none = merge(model.network().clone(), &adapter, 0.0).unwrap();
    assert_eq!(weights(&none), before);
    let tuned = merge(model.network().clone(), &adapter, 1.0).unwrap();
    assert_ne!(weights(&tuned), before);
}
