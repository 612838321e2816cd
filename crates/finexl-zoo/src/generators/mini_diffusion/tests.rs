//! Tests on tiny models with random weights: shapes, batching, files.
#![allow(clippy::unwrap_used)]

use super::{Autoencoder, Denoiser, MiniDiffusion, MiniDiffusionConfig, Prompts};
use crate::ZooError;
use crate::generators::tiny_models::{
    self, Shaken, autoencoder, autoencoder_config, generate, requests, text_reader,
};
use crate::generators::{ChosenSettings, ConceptGuidance, DiffusionSettings, Family, Generator};
use crate::weights::{WeightsFile, save};
use burn::module::Module;
use burn::tensor::{Device, Distribution, Tensor};
use finexl_core::experiment::DenoiserArchitecture;
use finexl_data::image::Image;
use std::path::Path;

fn config(autoencoder: &WeightsFile) -> MiniDiffusionConfig {
    let architecture = DenoiserArchitecture {
        width: 16,
        layers: 2,
        heads: 2,
        hidden: 24,
        time_width: 8,
        text: text_reader(),
    };
    tiny_models::config(
        Family::Diffusion,
        "tiny-diffusion",
        architecture,
        autoencoder,
    )
}

/// Weights files of a tiny model in a folder.
fn written(folder: &Path) -> [WeightsFile; 2] {
    let autoencoder = autoencoder(folder, 4, None);
    let (config, path) = (config(&autoencoder), folder.join("model"));
    let denoiser = config.init([4, 4], &Device::flex()).map(&mut Shaken);
    save(&denoiser, &config, &path).unwrap();
    [WeightsFile::read(&path).unwrap(), autoencoder]
}

fn tiny() -> MiniDiffusion {
    let folder = tempfile::tempdir().unwrap();
    let [weights, autoencoder] = written(folder.path());
    MiniDiffusion::from_weights(&weights, &autoencoder, &Device::flex()).unwrap()
}

#[test]
fn a_picture_does_not_depend_on_what_is_made_with_it() {
    let model = tiny();
    let prompts = ["red apple", "apple", "red red apple, vivid style", "red"];
    let requests = requests(&prompts);
    let settings = DiffusionSettings {
        steps: 4,
        ..DiffusionSettings::default()
    }
    .into();
    let together = generate(&model, &requests, &settings);
    assert_eq!(together, generate(&model, &requests, &settings));
    for (request, image) in requests.iter().zip(&together) {
        let alone = generate(&model, std::slice::from_ref(request), &settings);
        assert!(image.mean_abs_difference(&alone[0]) < 1e-5);
    }
    assert!(together[0].mean_abs_difference(&together[1]) > 1e-3);
}

#[test]
fn concept_guidance_of_strength_zero_changes_nothing_and_of_one_is_the_concept() {
    let model = tiny();
    let guided = |strength, guidance| {
        let settings = DiffusionSettings {
            steps: 3,
            guidance,
            concept: Some(ConceptGuidance::one("vivid", strength)),
            ..DiffusionSettings::default()
        };
        settings.into()
    };
    let plain = DiffusionSettings {
        steps: 3,
        ..DiffusionSettings::default()
    };
    let apple = requests(&["red apple"]);
    let base = generate(&model, &apple, &plain.clone().into());
    let none = generate(&model, &apple, &guided(0.0, plain.guidance));
    assert!(base[0].mean_abs_difference(&none[0]) < 1e-5);
    let unguided = DiffusionSettings {
        guidance: 1.0,
        ..plain
    }
    .into();
    let named = generate(&model, &requests(&["red apple, vivid style"]), &unguided);
    let moved = generate(&model, &apple, &guided(1.0, 1.0));
    assert!(named[0].mean_abs_difference(&moved[0]) < 1e-5);
}

#[test]
fn padding_behind_a_prompt_changes_nothing() {
    let device = Device::flex();
    let folder = tempfile::tempdir().unwrap();
    let [_, autoencoder] = written(folder.path());
    let denoiser: Denoiser = config(&autoencoder).init([4, 4], &device).map(&mut Shaken);
    let latents = Tensor::<3>::random([1, 4, 4], Distribution::Default, &device);
    let velocity = |sequences: Vec<Vec<i32>>| {
        let n = sequences.len();
        let memory = denoiser.read(&Prompts::new(sequences));
        let times = Tensor::full([n], 0.4, &device);
        let x = latents.clone().repeat_dim(0, n);
        denoiser
            .forward(x, times, &memory, None)
            .velocity
            .narrow(0, 0, 1)
    };
    let alone = velocity(vec![vec![1, 3, 2]]);
    let padded = velocity(vec![vec![1, 3, 2], vec![1, 3, 4, 5, 6, 7, 2]]);
    let difference: f32 = (alone - padded).abs().max().into_scalar();
    assert!(difference < 1e-5, "{difference}");
}

#[test]
fn what_does_not_fit_is_an_error() {
    let model = tiny();
    let error = model.check_prompt("blue apple").unwrap_err();
    assert!(matches!(error, ZooError::UnknownWords { .. }), "{error}");
    let none = DiffusionSettings {
        steps: 0,
        ..DiffusionSettings::default()
    }
    .into();
    assert!(
        model
            .generate(&requests(&["apple"]), &none, &|_| ())
            .is_err()
    );

    let drawn = ChosenSettings {
        temperature: Some(1.0),
        ..ChosenSettings::default()
    };
    let error = model.settings(&drawn).unwrap_err();
    assert!(error.to_string().contains("temperature"), "{error}");

    let folder = tempfile::tempdir().unwrap();
    let [weights, _] = written(folder.path());
    let other = folder.path().join("other");
    let device = Device::flex();
    let config = autoencoder_config(4, None);
    save(
        &Autoencoder::new(&config.architecture, &device),
        &config,
        &other,
    )
    .unwrap();
    let other = WeightsFile::read(&other).unwrap();
    let error = MiniDiffusion::from_weights(&weights, &other, &device)
        .err()
        .unwrap();
    assert!(error.to_string().contains("another autoencoder"), "{error}");
}

#[test]
fn latents_are_standardised_and_decoded_to_images() {
    let model = tiny();
    let images = vec![Image::filled(16, 16, [0.2, 0.5, 0.8]); 3];
    let latents = model.latents().encode(&images);
    assert_eq!(latents.dims(), [3, 4, 4]);
    let decoded = model.latents().decode(latents).unwrap();
    assert_eq!(
        [decoded.len(), decoded[0].width, decoded[0].height],
        [3, 16, 16]
    );
    assert!(decoded[0].pixels.iter().all(|v| (0.0..=1.0).contains(v)));
}
