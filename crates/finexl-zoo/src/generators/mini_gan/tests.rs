//! Tests on tiny models with random weights: the game, walks, batches, personalizations.
#![allow(clippy::unwrap_used)]

use super::{Gan, GanNoise, MiniGan, MiniGanConfig};
use crate::adapters::{Adapter, LoraSettings, add_lora, merge};
use crate::generators::mini_diffusion::Prompts;
use crate::generators::tiny_models::{
    self, Shaken, autoencoder, generate, own, requests, text_reader, weights,
};
use crate::generators::{
    ChosenSettings, ConceptGuidance, Family, Generator, LatentBatch, LatentNetwork, Tunable, Walk,
};
use crate::weights::{WeightsFile, save};
use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Distribution, Tensor};
use finexl_core::experiment::{DiscriminatorArchitecture, GanArchitecture, GanLosses};
use finexl_core::seed::generator;
use finexl_data::image::Image;

fn architecture() -> GanArchitecture {
    GanArchitecture {
        latent_width: 6,
        width: 16,
        layers: 2,
        heads: 2,
        hidden: 24,
        text: text_reader(),
        discriminator: DiscriminatorArchitecture {
            width: 12,
            trunk: 1,
            layers: 1,
            heads: 2,
            hidden: 20,
        },
        losses: GanLosses {
            words: 0.5,
            slope: 1.0,
            slope_distance: 0.1,
            fidelity: 10.0,
            alone_epochs: 0,
        },
    }
}

pub fn config(autoencoder: &WeightsFile) -> MiniGanConfig {
    tiny_models::config(Family::Gan, "tiny-gan", architecture(), autoencoder)
}

pub fn tiny() -> MiniGan {
    let folder = tempfile::tempdir().unwrap();
    let autoencoder = autoencoder(folder.path(), 4, None);
    let (config, path) = (config(&autoencoder), folder.path().join("model"));
    let gan = config.init([4, 4], &Device::flex()).map(&mut Shaken);
    save(&gan, &config, &path).unwrap();
    let weights = WeightsFile::read(&path).unwrap();
    MiniGan::from_weights(&weights, &autoencoder, &Device::flex()).unwrap()
}

/// Both players on a device for training, with a batch of which one row has no caption.
fn game() -> (Gan, LatentBatch<GanNoise>) {
    let device = Device::flex().autodiff();
    let gan = Gan::new(&architecture(), [4, 4], 5, &Device::flex()).map(&mut Shaken);
    let gan = gan.train().fork(&device);
    let words = vec![vec![1, 3, 4, 2], vec![1, 4, 6, 7, 2], vec![1, 2]];
    let mut random = generator(7, &[]);
    let batch = LatentBatch {
        latents: Tensor::random([3, 4, 4], Distribution::Normal(0.0, 1.0), &device),
        prompts: Prompts::new(words),
        drawn: Gan::draw(&architecture(), &mut random, [3, 4, 4], &device),
    };
    (gan, batch)
}

fn number(value: Tensor<1>) -> f32 {
    value.without_autodiff().into_scalar()
}

#[test]
fn either_player_learns_from_its_own_loss_alone() {
    let (gan, batch) = game();
    let moved = |loss: Tensor<1>| {
        let mut gradients = loss.backward();
        let generator = GradientsParams::from_module(&mut gradients, &gan.generator);
        let discriminator = GradientsParams::from_module(&mut gradients, &gan.discriminator);
        (generator, discriminator)
    };
    let (own, other) = moved(gan.play(batch.clone()).generator);
    assert!(!own.is_empty() && other.is_empty());
    let by_input = gan.discriminator.output.weight.id;
    let by_styles = gan.generator.styles.weight.id;
    let (other, judge) = moved(gan.play(batch.clone()).discriminator);
    assert!(!judge.is_empty() && other.is_empty());

    // Together they move as each does alone.
    let (generator, discriminator) = moved(gan.loss(batch, None).value);
    for (alone, together, id) in [
        (&own, &generator, by_styles),
        (&judge, &discriminator, by_input),
    ] {
        let [alone, together] = [alone, together].map(|g| g.get::<2>(id).unwrap());
        let difference: f32 = (alone.clone() - together).abs().max().into_scalar();
        assert!(difference < 1e-6, "{difference}");
        assert!(alone.abs().max().into_scalar::<f32>() > 0.0);
    }
}

#[test]
fn a_batch_in_parts_has_the_same_losses() {
    let (gan, batch) = game();
    let whole = number(gan.loss(batch.clone(), None).value);
    let parts: f32 = (0..3)
        .map(|row| number(gan.loss(batch.rows(row, row + 1), None).value) / 3.0)
        .sum();
    assert!((whole - parts).abs() < 1e-4, "{whole} {parts}");
}

#[test]
fn a_constant_discriminator_has_no_slope_and_no_margin() {
    let (mut gan, batch) = game();
    let weight = gan.discriminator.output.weight;
    gan.discriminator.output.weight = weight.map(|weight| weight.mul_scalar(0.0));
    let players = gan.play(batch);
    assert_eq!(number(players.slope), 0.0);
    assert_eq!(number(players.margin), 0.0);
    assert!(number(players.discriminator) > 0.0);
}

#[test]
fn a_row_without_a_caption_loses_no_words() {
    let (gan, batch) = game();
    let players = gan.play(batch.rows(2, 3));
    for words in players.words {
        assert_eq!(number(words), 0.0);
    }
}

#[test]
fn a_picture_does_not_depend_on_what_is_made_with_it() {
    let model = tiny();
    let requests = requests(&[
        "red apple",
        "apple",
        "red red apple, vivid style",
        "red",
        "",
    ]);
    let settings = own(&model);
    let together = generate(&model, &requests, &settings);
    assert_eq!(together, generate(&model, &requests, &settings));
    for (request, image) in requests.iter().zip(&together) {
        let alone = generate(&model, std::slice::from_ref(request), &settings);
        assert!(image.mean_abs_difference(&alone[0]) < 1e-5);
    }
    assert!(together[0].mean_abs_difference(&together[1]) > 1e-4);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let model = tiny();
    let usual = ChosenSettings::default;
    let walk = |direction, distance| {
        Some(Walk {
            direction,
            distance,
        })
    };
    let concept = ConceptGuidance::one("vivid", 2.0);
    for (settings, word) in [
        (
            ChosenSettings {
                steps: Some(20),
                ..usual()
            },
            "steps",
        ),
        (
            ChosenSettings {
                guidance: Some(3.0),
                ..usual()
            },
            "guidance",
        ),
        (
            ChosenSettings {
                concept: Some(concept),
                ..usual()
            },
            "concept",
        ),
        (
            ChosenSettings {
                temperature: Some(1.0),
                ..usual()
            },
            "temperature",
        ),
        (
            ChosenSettings {
                walk: walk(16, 1.0),
                ..usual()
            },
            "0 to 15",
        ),
        (
            ChosenSettings {
                walk: walk(0, f64::NAN),
                ..usual()
            },
            "distance",
        ),
    ] {
        let error = model.settings(&settings).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    model.settings(&usual()).unwrap();
}

#[test]
fn an_adapter_reaches_both_players_and_leaves_the_base() {
    let model = tiny();
    let images = vec![Image::filled(16, 16, [0.9, 0.2, 0.1]); 4];
    let prompts = vec!["red apple".to_string(); 4];
    let set = model.training_set(&images, &prompts).unwrap();
    let device = Device::flex().autodiff();
    let settings = LoraSettings {
        rank: 2,
        alpha: 2.0,
        targets: ["to_q", "fc1"].map(str::to_string).to_vec(),
    };
    let base = model.network().clone().train().fork(&device);
    let mut network = add_lora(base, &settings, 1).unwrap();
    let mut optimizer = MiniGan::optimizer();
    for step in 0..3 {
        let batch = model.batch(&set, &[0, 1, 2, 3], &mut generator(step, &[]), &device);
        let gradients = MiniGan::loss(&network, batch).backward();
        let gradients = GradientsParams::from_grads(gradients, &network);
        network = optimizer.step(1e-2, network, gradients);
    }
    let adapter = Adapter::extract(&network).unwrap();
    let paths: Vec<&str> = adapter.layers().map(|(path, _)| path).collect();
    for player in ["generator.blocks.1.to_q", "discriminator.trunk.0.fc1"] {
        assert!(paths.contains(&player), "{paths:?}");
    }
    let before = weights(model.network());
    let none = merge(model.network().clone(), &adapter, 0.0).unwrap();
    assert_eq!(weights(&none), before);
    let tuned = merge(model.network().clone(), &adapter, 1.0).unwrap();
    assert_ne!(weights(&tuned), before);
}
