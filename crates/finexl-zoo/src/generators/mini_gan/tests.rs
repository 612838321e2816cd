//! Tests on tiny models with random weights: the game, walks, batches, personalizations.
#![allow(clippy::unwrap_used)]

use super::{Direction, Gan, GanNoise, MiniGan, MiniGanConfig, Provenance};
use crate::ZooError;
use crate::adapters::{Adapter, LoraSettings, add_lora, merge};
use crate::generators::mini_diffusion::Prompts;
use crate::generators::tiny_models::{
    self, Shaken, autoencoder, generate, requests, text_reader, weights,
};
use crate::generators::{
    ConceptGuidance, DIRECTION_FILE, Family, GenerationSettings, Generator, LatentBatch,
    LatentNetwork, TokenSampling, Tunable, Walk, known_words, open_generator, open_personalized,
};
use crate::personalization::personalize;
use crate::weights::{WeightsFile, save};
use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Distribution, Tensor};
use finexl_core::experiment::{
    DiscriminatorArchitecture, GanArchitecture, GanLosses, Mechanism, Personalize, StyleShare,
};
use finexl_core::seed::generator;
use finexl_data::image::Image;
use std::collections::BTreeMap;
use std::path::Path;

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
        },
    }
}

fn config(autoencoder: &WeightsFile) -> MiniGanConfig {
    tiny_models::config(Family::Gan, "tiny-gan", architecture(), autoencoder)
}

fn tiny() -> MiniGan {
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
    let settings = model.default_settings();
    let together = generate(&model, &requests, &settings);
    assert_eq!(together, generate(&model, &requests, &settings));
    for (request, image) in requests.iter().zip(&together) {
        let alone = generate(&model, std::slice::from_ref(request), &settings);
        assert!(image.mean_abs_difference(&alone[0]) < 1e-5);
    }
    assert!(together[0].mean_abs_difference(&together[1]) > 1e-4);
}

#[test]
fn closed_form_directions_are_orthonormal_and_as_strong_as_they_say() {
    let generator = tiny().network().generator.clone();
    let directions = generator.closed_form().unwrap();
    assert_eq!(directions.len(), 16);
    let mut last = f64::INFINITY;
    for (index, direction) in directions.iter().enumerate() {
        let Provenance::ClosedForm { rank, eigenvalue } = direction.provenance else {
            unreachable!()
        };
        assert!(rank == index && eigenvalue <= last);
        last = eigenvalue;
        let row = Tensor::<1>::from_data(direction.unit.as_slice(), &Device::flex());
        let moved = row.unsqueeze::<2>().matmul(generator.styles.weight.val());
        let squares: f32 = moved.square().sum().into_scalar();
        assert!((f64::from(squares) - eigenvalue).abs() < 1e-4 * eigenvalue.max(1.0));
        for (other, second) in directions.iter().enumerate() {
            let products = direction.unit.iter().zip(&second.unit).map(|(a, b)| a * b);
            let wanted = f32::from(index == other);
            assert!((products.sum::<f32>() - wanted).abs() < 1e-5);
        }
    }
}

#[test]
fn a_walk_of_nothing_changes_nothing_and_a_longer_one_more() {
    let model = tiny();
    let apple = requests(&["red apple"]);
    let walked = |distance| {
        let settings = GenerationSettings {
            walk: Some(Walk {
                direction: 0,
                distance,
            }),
            ..model.default_settings()
        };
        generate(&model, &apple, &settings).remove(0)
    };
    let base = generate(&model, &apple, &model.default_settings()).remove(0);
    assert_eq!(walked(0.0), base);
    let [near, far] = [1.0, 4.0].map(|distance| walked(distance).mean_abs_difference(&base));
    assert!(0.0 < near && near < far, "{near} {far}");
    assert_ne!(walked(1.0), walked(-1.0));
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let model = tiny();
    let usual = || model.default_settings();
    let walk = |direction, distance| {
        Some(Walk {
            direction,
            distance,
        })
    };
    let concept = ConceptGuidance {
        phrase: "vivid".to_string(),
        strength: 2.0,
    };
    for (settings, word) in [
        (
            GenerationSettings {
                steps: 20,
                ..usual()
            },
            "steps",
        ),
        (
            GenerationSettings {
                guidance: 3.0,
                ..usual()
            },
            "guidance",
        ),
        (
            GenerationSettings {
                concept: Some(concept),
                ..usual()
            },
            "concept",
        ),
        (
            GenerationSettings {
                tokens: Some(TokenSampling::default()),
                ..usual()
            },
            "temperature",
        ),
        (
            GenerationSettings {
                walk: walk(16, 1.0),
                ..usual()
            },
            "0 to 15",
        ),
        (
            GenerationSettings {
                walk: walk(0, f64::NAN),
                ..usual()
            },
            "distance",
        ),
    ] {
        let error = model.check_settings(&settings).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    model.check_settings(&usual()).unwrap();
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

/// A model of scenes of a few subjects, as files.
fn of_scenes(folder: &Path) -> String {
    let autoencoder = autoencoder(folder, 4, None);
    let beside = folder.join(Family::Gan.autoencoder_file());
    autoencoder.copy_to(&beside).unwrap();
    let subjects = ["red apple", "pizza", "robot", "rocket", "star", "bear"];
    let subjects = subjects.map(str::to_string).to_vec();
    let mut config = MiniGanConfig {
        words: known_words(&subjects, &[]),
        subjects,
        ..config(&autoencoder)
    };
    config.architecture.text.context = 24;
    let path = folder.join("model.safetensors");
    let gan = config.init([4, 4], &Device::flex()).map(&mut Shaken);
    save(&gan, &config, &path).unwrap();
    path.to_str().unwrap().to_string()
}

fn direction(folder: &Path, model: &str) -> Personalize {
    Personalize {
        name: "tiny".to_string(),
        output: folder.join("tiny"),
        model: model.to_string(),
        seed: 1,
        mechanism: Mechanism::Direction {},
        styles: vec![StyleShare {
            aspects: BTreeMap::from([("dark".to_string(), 1.0)]),
            ..StyleShare::plain(1.0)
        }],
        art_folder: "nowhere".into(),
        images: 6,
        images_per_step: 3,
        learning_rate: 0.05,
        snapshots: vec![2, 12],
    }
}

#[test]
fn a_direction_is_learned_kept_and_walked_at_any_scale() {
    let folder = tempfile::tempdir().unwrap();
    let path = of_scenes(folder.path());
    let device = Device::flex();
    let base = open_generator(&path, &device).unwrap();
    let config = direction(folder.path(), &path);
    let folders = personalize(&config, &base, &device, &|_, _| ()).unwrap();
    assert_eq!(folders.len(), 2);
    let file = |folder: &Path| std::fs::read(folder.join(DIRECTION_FILE)).unwrap();
    let before = file(&folders[1]);
    // Once more, from nothing, gives the same file.
    std::fs::remove_dir_all(&config.output).unwrap();
    personalize(&config, &base, &device, &|_, _| ()).unwrap();
    assert_eq!(file(&folders[1]), before);

    let requests = requests(&["red apple", "pizza"]);
    let made = |scale| {
        let opened = open_personalized(&path, &folders[1], scale, &device).unwrap();
        let settings = opened.generator.default_settings();
        (generate(&*opened.generator, &requests, &settings), opened)
    };
    let plain = generate(&*base, &requests, &base.default_settings());
    assert_eq!(made(Some(0.0)).0, plain);
    let (walked, opened) = made(None);
    assert_eq!(opened.scale, Some(1.0));
    assert!(opened.record.is_some());
    let (further, other) = made(Some(3.0));
    let moved = |images: &[Image]| images[0].mean_abs_difference(&plain[0]);
    assert!(0.0 < moved(&walked) && moved(&walked) < moved(&further));
    assert_ne!(
        opened.generator.fingerprint(),
        other.generator.fingerprint()
    );
}

#[test]
fn a_direction_of_another_model_or_of_a_hand_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = of_scenes(folder.path());
    let device = Device::flex();
    let base = open_generator(&path, &device).unwrap();
    let mut config = direction(folder.path(), &path);
    config.styles[0].artist = Some("twemoji".to_string());
    let error = personalize(&config, &base, &device, &|_, _| ()).unwrap_err();
    assert!(error.to_string().contains("twemoji"), "{error}");

    let unit = Direction::learned(&[3.0; 16]).unwrap();
    assert!((unit.distance(0.5) - 6.0).abs() < 1e-6);
    let stored = folder.path().join("other");
    std::fs::create_dir(&stored).unwrap();
    let of = autoencoder(folder.path(), 4, None).fingerprint();
    let file = stored.join(DIRECTION_FILE);
    unit.save("another-gan", &of, &file).unwrap();
    assert_eq!(Direction::load(&file, 16, &of).unwrap(), unit);
    let error = open_personalized(&path, &stored, None, &device);
    let error = error.err().unwrap();
    assert!(matches!(error, ZooError::OtherBase { .. }), "{error}");
    assert!(Direction::learned(&[0.0; 16]).is_err());
}
