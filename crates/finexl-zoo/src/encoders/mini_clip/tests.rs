//! Tests on tiny, freshly initialised models: shapes, batching, weights files.
#![allow(clippy::unwrap_used)]

use super::{MiniClip, MiniClipConfig};
use crate::encoders::Encoder;
use crate::weights::{WeightsFile, save};
use burn::tensor::Device;
use finexl_core::experiment::{ImageTower, TextTower};
use finexl_data::procedural::dead_leaves;
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use std::collections::HashMap;
use std::path::Path;

fn config(image_tower: ImageTower) -> MiniClipConfig {
    MiniClipConfig {
        name: "tiny".to_string(),
        image_size: 16,
        embedding: 6,
        image_tower,
        text_tower: TextTower {
            context: 12,
            width: 8,
            layers: 2,
            heads: 2,
            hidden: 16,
        },
        words: ["red", "apple", "style", ","].map(str::to_string).to_vec(),
    }
}

fn transformer() -> MiniClipConfig {
    config(ImageTower::Transformer {
        patch: 8,
        width: 8,
        layers: 1,
        heads: 2,
        hidden: 16,
    })
}

fn mixer() -> MiniClipConfig {
    config(ImageTower::Mixer {
        patch: 8,
        width: 8,
        layers: 1,
        token_hidden: 6,
        hidden: 16,
    })
}

fn written(config: &MiniClipConfig, path: &Path) -> MiniClip {
    let device = Device::flex();
    save(&config.init(&device), config, path).unwrap();
    MiniClip::load(path, &device).unwrap()
}

fn close(a: &[f32], b: &[f32]) -> bool {
    a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-5)
}

#[test]
fn embeddings_are_normalised_and_do_not_depend_on_the_batch() {
    let folder = tempfile::tempdir().unwrap();
    for config in [transformer(), mixer()] {
        let encoder = written(&config, &folder.path().join("tiny.safetensors"));
        let images: Vec<_> = (0..3).map(|i| dead_leaves(20, 1, i)).collect();
        let texts = ["red apple", "apple", "red, apple, red style"].map(str::to_string);
        let all = encoder.encode_images(&images).unwrap();
        let words = encoder.encode_texts(&texts).unwrap();
        for row in 0..3 {
            let norm: f32 = all.row(row).iter().map(|v| v * v).sum();
            assert!((norm - 1.0).abs() < 1e-4, "{norm}");
            let alone = encoder.encode_images(&images[row..=row]).unwrap();
            assert!(close(all.row(row), alone.row(0)));
            // Behind the end token nothing counts: padding in a batch changes no text.
            let alone = encoder.encode_texts(&texts[row..=row]).unwrap();
            assert!(close(words.row(row), alone.row(0)));
        }
    }
}

#[test]
fn a_prepared_image_embeds_like_the_original() {
    let folder = tempfile::tempdir().unwrap();
    let encoder = written(&transformer(), &folder.path().join("tiny.safetensors"));
    let image = dead_leaves(40, 2, 0);
    let whole = encoder.encode_images(std::slice::from_ref(&image)).unwrap();
    let prepared = encoder.encode_images(&[encoder.prepare(&image)]).unwrap();
    assert_eq!(whole, prepared);
}

/// Rewrites the tensors of a weights file and gives the error of loading it.
fn load_changed(change: impl Fn(&mut Vec<(String, Vec<usize>, Vec<u8>)>)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.safetensors");
    written(&transformer(), &path);
    let bytes = std::fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let mut tensors: Vec<_> = file
        .iter()
        .map(|(name, view)| {
            (
                name.to_string(),
                view.shape().to_vec(),
                view.data().to_vec(),
            )
        })
        .collect();
    change(&mut tensors);
    let views: HashMap<String, TensorView<'_>> = tensors
        .iter()
        .map(|(name, shape, data)| {
            let view = TensorView::new(safetensors::Dtype::F16, shape.clone(), data);
            (name.clone(), view.unwrap())
        })
        .collect();
    let changed = safetensors::serialize(views, header.metadata().clone()).unwrap();
    std::fs::write(&path, changed).unwrap();
    let loaded = WeightsFile::read(&path)
        .and_then(|weights| MiniClip::from_weights(&weights, &Device::flex()));
    loaded.err().map(|e| e.to_string()).unwrap_or_default()
}

#[test]
fn loading_is_strict_and_names_the_tensor() {
    let name = "text.projection.weight";
    let missing = load_changed(|t| t.retain(|(n, ..)| n != name));
    assert!(
        missing.contains("missing") && missing.contains(name),
        "{missing}"
    );
    let unused = load_changed(|t| t.push(("extra".to_string(), vec![1], vec![0, 0])));
    assert!(
        unused.contains("not used") && unused.contains("extra"),
        "{unused}"
    );
    let misshapen = load_changed(|t| {
        let tensor = t.iter_mut().find(|(n, ..)| n == name).unwrap();
        tensor.1.reverse();
    });
    assert!(misshapen.contains(name), "{misshapen}");
    let nan = load_changed(|t| {
        let tensor = t.iter_mut().find(|(n, ..)| n == name).unwrap();
        tensor.2[..2].copy_from_slice(&half::f16::NAN.to_le_bytes());
    });
    assert!(nan.contains(name) && nan.contains("NaN"), "{nan}");
    assert_eq!(load_changed(|_| {}), "");
}
