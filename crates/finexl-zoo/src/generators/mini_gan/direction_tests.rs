//! Tests of walks on tiny models with random weights: directions in closed form and learned ones.
#![allow(clippy::unwrap_used)]

use super::tests::{config, tiny};
use super::{Direction, MiniGanConfig, Provenance};
use crate::ZooError;
use crate::generators::tiny_models::{Shaken, autoencoder, generate, own, requests};
use crate::generators::{
    DIRECTION_FILE, Family, GanSettings, Walk, known_words, open_generator, open_personalized,
};
use crate::personalization::personalize;
use crate::weights::save;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use finexl_core::experiment::{Mechanism, Personalize, StyleShare};
use finexl_data::image::Image;
use std::collections::BTreeMap;
use std::path::Path;

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
        let settings = GanSettings {
            walk: Some(Walk {
                direction: 0,
                distance,
            }),
        }
        .into();
        generate(&model, &apple, &settings).remove(0)
    };
    let base = generate(&model, &apple, &own(&model)).remove(0);
    assert_eq!(walked(0.0), base);
    let [near, far] = [1.0, 4.0].map(|distance| walked(distance).mean_abs_difference(&base));
    assert!(0.0 < near && near < far, "{near} {far}");
    assert_ne!(walked(1.0), walked(-1.0));
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
        pictures: None,
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
        let settings = own(&*opened.generator);
        (generate(&*opened.generator, &requests, &settings), opened)
    };
    let plain = generate(&*base, &requests, &own(&*base));
    assert_eq!(made(Some(0.0)).0, plain);
    let (walked, opened) = made(None);
    assert_eq!(opened.scale(), Some(1.0));
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
    config.styles[0].artist = Some(finexl_core::names::ArtistName::Twemoji);
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
