//! Weights that are damaged: refused by name before any image is touched.

#![allow(clippy::unwrap_used)]

use crate::sandbox::{EXPLAIN, Sandbox};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use std::collections::HashMap;
use std::path::Path;

/// The tensors of a weights file: name, type, shape, bytes.
type Tensors = Vec<(String, Dtype, Vec<usize>, Vec<u8>)>;

fn sound() -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read(folder.join("../finexl-zoo/weights/mini-clip.safetensors")).unwrap()
}

/// The sound weights with a change.
fn changed(change: impl FnOnce(&mut Tensors, &mut HashMap<String, String>)) -> Vec<u8> {
    let bytes = sound();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors: Tensors = file
        .iter()
        .map(|(name, view)| {
            let shape = view.shape().to_vec();
            (name.to_string(), view.dtype(), shape, view.data().to_vec())
        })
        .collect();
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let mut metadata = header.metadata().clone().unwrap();
    change(&mut tensors, &mut metadata);
    let views = tensors.iter().map(|(name, dtype, shape, data)| {
        (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
    });
    serialize(views, Some(metadata)).unwrap()
}

#[track_caller]
fn is_refused(content: &[u8], words: &[&str]) {
    let sandbox = Sandbox::with_pairs(1);
    sandbox.write("bad.safetensors", content);
    let mut words = words.to_vec();
    words.push("bad.safetensors");
    sandbox.refuses(&format!("{EXPLAIN} --encoder bad.safetensors"), &words);
    sandbox.refuses("zoo info bad.safetensors", &words);
    assert!(!sandbox.path("cache").exists());
}

#[test]
fn heads_and_reference_models_are_shown_inside_the_program_and_from_files() {
    let sandbox = Sandbox::new();
    let head = sandbox.succeeds("zoo info mini-head").stdout;
    for words in ["explainer head", "mini-clip (", "flat colour, "] {
        assert!(head.contains(words), "{words}: {head}");
    }
    let explain = Path::new(env!("CARGO_MANIFEST_DIR")).join("../finexl-explain/weights");
    let copy = |name: &str, to: &str| {
        let bytes = std::fs::read(explain.join(name)).unwrap();
        sandbox.write(to, bytes);
    };
    copy("mini-head.safetensors", "mine/head.safetensors");
    copy("mini-gan.references.safetensors", "mine/of-gan.safetensors");
    assert_eq!(
        sandbox.succeeds("zoo info mine/head.safetensors").stdout,
        head
    );
    let references = sandbox.succeeds("zoo info mine/of-gan.safetensors").stdout;
    assert!(references.contains("reference models"), "{references}");
    let list = sandbox.succeeds("zoo list mine").stdout;
    for words in [
        "mini-head ",
        "mine/head.safetensors",
        "explainer head for mini-clip",
        "reference models of mini-gan",
    ] {
        assert!(list.contains(words), "{words}: {list}");
    }
    sandbox.refuses("zoo list nowhere", &["nowhere", "folder"]);
}

#[test]
fn sound_weights_from_a_file_are_the_embedded_encoder() {
    let sandbox = Sandbox::new();
    sandbox.write("good.safetensors", changed(|_, _| {}));
    let embedded = sandbox.succeeds("zoo info").stdout;
    let from_file = sandbox.succeeds("zoo info good.safetensors").stdout;
    assert_eq!(embedded.lines().next(), from_file.lines().next());
}

#[test]
fn truncated_weights_are_refused() {
    let bytes = sound();
    is_refused(
        &bytes[..bytes.len() / 2],
        &["whole safetensors file", "anew"],
    );
    is_refused(&bytes[..4], &["whole safetensors file"]);
    is_refused(b"", &["whole safetensors file"]);
}

#[test]
fn weights_of_another_shape_are_refused() {
    let transposed = changed(|tensors, _| {
        let place = tensors
            .iter()
            .position(|(_, _, shape, _)| shape.len() == 2 && shape[0] != shape[1]);
        tensors[place.unwrap()].2.reverse();
    });
    is_refused(&transposed, &["Shape mismatch", "anew"]);
}

#[test]
fn missing_and_foreign_tensors_are_named() {
    let name = changed(|_, _| {});
    let name = SafeTensors::deserialize(&name).unwrap().names()[0].to_string();
    let renamed = changed(|tensors, _| {
        let place = tensors.iter().position(|t| t.0 == name).unwrap();
        tensors[place].0 = "stranger".to_string();
    });
    is_refused(&renamed, &["missing", &name, "not used", "stranger"]);
}

#[test]
fn weights_that_are_not_numbers_are_refused() {
    // The first half-precision number becomes NaN.
    let poisoned = changed(|tensors, _| tensors[0].3[..2].copy_from_slice(&[0x00, 0x7e]));
    is_refused(&poisoned, &["NaN", "anew"]);
}

#[test]
fn weights_without_their_config_are_refused() {
    let bare = changed(|_, metadata| metadata.clear());
    is_refused(&bare, &["finexl.config"]);
    let foreign = changed(|_, metadata| {
        metadata.insert("finexl.config".to_string(), "{\"name\": 3}".to_string());
    });
    is_refused(&foreign, &["config"]);
}

#[test]
fn an_encoder_that_is_not_there_is_refused() {
    let sandbox = Sandbox::with_pairs(1);
    let missing = format!("{EXPLAIN} --encoder gone.safetensors");
    sandbox.refuses(&missing, &["cannot read gone.safetensors"]);
    sandbox.refuses(
        &format!("{EXPLAIN} --encoder clip"),
        &["\"clip\"", "mini-clip"],
    );
    sandbox.refuses("zoo info --device abacus", &["\"abacus\"", "cpu"]);
}
