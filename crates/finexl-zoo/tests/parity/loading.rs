//! Folders, single files, the hub's cache; and what does not fit.

#![allow(clippy::unwrap_used, clippy::panic)]

use crate::fixture::{MODELS, folder};
use burn::tensor::Device;
use finexl_zoo::encoders::clip::{Clip, verify};
use finexl_zoo::encoders::{Encoder, open};
use std::path::Path;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "expected.safetensors" {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

fn refusal(folder: &Path) -> String {
    match Clip::load("model", folder, &Device::flex()) {
        Ok(_) => panic!("{} was accepted", folder.display()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_model_passes_its_own_check() {
    for name in MODELS {
        let path = folder(name);
        let checks = verify(&path.display().to_string(), &Device::flex()).unwrap();
        assert!(checks.iter().any(|c| c.what == "self-test"), "{name}");
    }
}

#[test]
fn fingerprints_cover_weights_and_preprocessing() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("model");
    copy(&folder("clip"), &path);
    let of = |path: &Path| {
        let clip = Clip::load("x", path, &Device::flex()).unwrap();
        clip.fingerprint().clone()
    };
    let first = of(&folder("clip"));
    assert_eq!(of(&path), first);
    let settings = path.join("preprocessor_config.json");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(
        &settings,
        text.replace("\"resample\": 3", "\"resample\": 2"),
    )
    .unwrap();
    assert_ne!(of(&path), first);
}

#[test]
fn a_single_file_takes_the_config_beside_it() {
    let path = folder("open-clip").join("open_clip_model.safetensors");
    let single = open(&path.display().to_string(), &Device::flex()).unwrap();
    let whole = open(&folder("open-clip").display().to_string(), &Device::flex()).unwrap();
    assert_eq!(single.fingerprint(), whole.fingerprint());
}

#[test]
fn vocabulary_and_merges_are_the_same_tokenizer() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("model");
    copy(&folder("clip"), &path);
    std::fs::remove_file(path.join("tokenizer.json")).unwrap();
    let pair = Clip::load("x", &path, &Device::flex()).unwrap();
    let whole = Clip::load("x", &folder("clip"), &Device::flex()).unwrap();
    for text in crate::fixture::texts() {
        assert_eq!(pair.tokens(&text).unwrap(), whole.tokens(&text).unwrap());
    }
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("model");
    copy(&folder("clip"), &path);
    let config = path.join("config.json");
    let sound = std::fs::read_to_string(&config).unwrap();
    // Config and weights that disagree.
    std::fs::write(
        &config,
        sound.replace("\"hidden_size\": 48", "\"hidden_size\": 96"),
    )
    .unwrap();
    let message = refusal(&path);
    assert!(message.contains("the config asks for"), "{message}");
    // More layers than there are weights for.
    let deeper = sound.replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4");
    std::fs::write(&config, deeper).unwrap();
    let message = refusal(&path);
    assert!(
        message.contains("layers.3") && message.contains("missing"),
        "{message}"
    );
    // Fewer.
    let flatter = sound.replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2");
    std::fs::write(&config, flatter).unwrap();
    let message = refusal(&path);
    assert!(
        message.contains("layers.2") && message.contains("not used"),
        "{message}"
    );
    // No activation, and nothing that says that transformers wrote the file.
    let silent = sound
        .replace("\"hidden_act\": \"quick_gelu\",", "")
        .replace("\"transformers_version\": \"5.23.0\",", "");
    std::fs::write(&config, silent).unwrap();
    let message = refusal(&path);
    assert!(message.contains("hidden_act"), "{message}");
    std::fs::write(&config, &sound).unwrap();
    // Half a download.
    let weights = std::fs::read(path.join("model.safetensors")).unwrap();
    std::fs::write(
        path.join("model.safetensors"),
        &weights[..weights.len() / 2],
    )
    .unwrap();
    let message = refusal(&path);
    assert!(message.contains("no whole safetensors file"), "{message}");
    std::fs::remove_file(path.join("model.safetensors")).unwrap();
    assert!(refusal(&path).contains("no weights"));
}
