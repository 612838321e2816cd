//! Adapter files against explicit sums, see `fixtures/lora_files/generate.py`.

#![allow(clippy::unwrap_used)]

use finexl_core::fingerprint::Fingerprint;
use finexl_zoo::inspection::{InspectOptions, inspect};
use finexl_zoo::lora_files::{AdapterSource, LoraFile};
use finexl_zoo::stable_diffusion::{Base, Form, Layer, layers};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder.join("tests/fixtures/lora_files").join(name)
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(fixture(name)).unwrap()).unwrap()
}

/// "name shape", as the generator writes parameters.
fn parameters(layer: &Layer) -> Vec<String> {
    let (outputs, inputs) = (layer.outputs, layer.inputs);
    let weight = match layer.form {
        Form::Linear => format!("[{outputs}, {inputs}]"),
        Form::Convolution { kernel } => format!("[{outputs}, {inputs}, {kernel}, {kernel}]"),
        Form::Norm => format!("[{outputs}]"),
        Form::Table => format!("[{inputs}, {outputs}]"),
    };
    let mut lines = vec![format!("{}.weight {weight}", layer.path)];
    if layer.bias {
        lines.push(format!("{}.bias [{outputs}]", layer.path));
    }
    lines
}

#[test]
fn our_layers_are_those_of_diffusers_and_transformers() {
    let expected = json("layers.json");
    for (base, name) in [(Base::Sd1, "sd1"), (Base::Sd2, "sd2"), (Base::Xl, "xl")] {
        for part in base.parts() {
            let here = layers(base).iter().filter(|layer| layer.part == *part);
            let mut lines: Vec<String> = here.flat_map(parameters).collect();
            lines.sort();
            let expected = &expected[format!("{name} {}", part.name())];
            assert_eq!(expected["tensors"], lines.len());
            let hash = Fingerprint::of_bytes(lines.join("\n").as_bytes());
            assert_eq!(expected["sha256"], hash.as_str(), "{name} {}", part.name());
        }
    }
}

#[track_caller]
fn close(found: f64, expected: &Value, tolerance: f64, what: &str) {
    let expected = expected.as_f64().unwrap();
    let off = (found - expected).abs();
    assert!(
        off <= tolerance * expected.abs().max(1e-3),
        "{what}: {found}, expected {expected}"
    );
}

#[test]
fn every_kind_changes_the_weights_as_explicit_sums_do() {
    let expected = json("expected.json");
    for (name, layers) in expected.as_object().unwrap() {
        let inspection = inspect(&[fixture(name)], &InspectOptions::default()).unwrap();
        let file = &inspection.files[0];
        assert!(file.problems.is_empty(), "{name}: {:?}", file.problems);
        assert_eq!(file.layers_known, file.layers_found, "{name}");
        let layers = layers.as_object().unwrap();
        for (path, expected) in layers {
            let facts = file
                .layers
                .iter()
                .find(|layer| layer.path == *path)
                .unwrap();
            let what = format!("{name}, {path}");
            close(facts.norm.unwrap(), &expected["norm"], 1e-6, &what);
            close(facts.spectral.unwrap(), &expected["spectral"], 1e-6, &what);
            let effective = facts.effective_rank.unwrap();
            close(effective, &expected["effective_rank"], 1e-5, &what);
        }
        if !layers.is_empty() {
            assert_eq!(
                file.layers.iter().filter(|l| l.norm.is_some()).count(),
                layers.len()
            );
        }
    }
}

#[test]
fn every_kind_has_the_numbers_of_explicit_sums() {
    let expected = json("expected.json");
    let mut checked = 0;
    for (name, layers) in expected.as_object().unwrap() {
        let source = AdapterSource::open(&fixture(name)).unwrap();
        let tensors = source.tensors().unwrap();
        if layers.as_object().unwrap().is_empty() || name.starts_with("dora") {
            continue;
        }
        let file = LoraFile::read(&source.path, &tensors, source.config.as_deref()).unwrap();
        file.check(&source.path).unwrap();
        for layer in &file.layers {
            let delta = layer.delta().unwrap().unwrap();
            let expected = &layers[layer.place.path()];
            let shape: Vec<usize> = serde_json::from_value(expected["shape"].clone()).unwrap();
            assert_eq!(delta.len(), shape[0] * shape[1]);
            let largest = delta.iter().fold(0.0f32, |max, value| max.max(value.abs()));
            for number in expected["numbers"].as_array().unwrap() {
                let place = number[0].as_u64().unwrap() as usize;
                let off = (f64::from(delta[place]) - number[1].as_f64().unwrap()).abs();
                assert!(
                    off <= 1e-6 * f64::from(largest),
                    "{name} {}: {off}",
                    layer.place.path()
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 200, "{checked}");
}

#[test]
fn embeddings_say_their_base_and_length() {
    for (name, base, vectors) in [
        ("embedding_a1111.safetensors", "Stable Diffusion 1", vec![2]),
        (
            "embedding_xl.safetensors",
            "Stable Diffusion XL",
            vec![3, 3],
        ),
        (
            "embedding_diffusers.safetensors",
            "Stable Diffusion 2",
            vec![1],
        ),
    ] {
        let inspection = inspect(&[fixture(name)], &InspectOptions::default()).unwrap();
        let file = &inspection.files[0];
        assert_eq!(file.base.candidates, [base]);
        let found: Vec<usize> = file.embeddings.iter().map(|e| e.vectors).collect();
        assert_eq!(found, vectors);
        assert!(file.embeddings.iter().all(|e| e.norms.len() == e.vectors));
    }
}

#[test]
fn a_file_is_like_itself_and_its_negative_is_not() {
    let same = fixture("kohya_sd1.safetensors");
    let inspection = inspect(&[same.clone(), same], &InspectOptions::default()).unwrap();
    let comparison = inspection.comparison.unwrap();
    assert!((comparison.cosine.unwrap() - 1.0).abs() < 1e-9);
    assert_eq!((comparison.shared, comparison.only_first), (6, 0));
    let other = [
        fixture("kohya_sd1.safetensors"),
        fixture("lokr.safetensors"),
    ];
    let comparison = inspect(&other, &InspectOptions::default())
        .unwrap()
        .comparison
        .unwrap();
    assert!(comparison.cosine.unwrap().abs() < 0.1);
    assert_eq!(comparison.shared, 3);
    let bases = [
        fixture("kohya_sd1.safetensors"),
        fixture("kohya_xl.safetensors"),
    ];
    let message = inspect(&bases, &InspectOptions::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains("one base"), "{message}");
}
