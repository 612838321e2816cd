//! LPIPS beside the Python package (tests/fixtures/lpips/generate.py).

#![allow(clippy::unwrap_used)]

use super::Lpips;
use super::made_up_images::{image, share};
use super::squeezenet::CHANNELS;
use burn::tensor::Device;
use finexl_data::image::Image;
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const IMAGES: usize = 4;
const SIZES: [usize; 2] = [64, 96];
const TOLERANCE: f64 = 1e-4;

fn fixture() -> serde_json::Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lpips");
    serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap()
}

/// All tensors of the network, those that are stored twice included.
fn shapes() -> BTreeMap<String, Vec<usize>> {
    let mut shapes = BTreeMap::new();
    let mut layer = |name: &str, shape: [usize; 4]| {
        shapes.insert(format!("{name}.weight"), shape.to_vec());
        shapes.insert(format!("{name}.bias"), vec![shape[0]]);
    };
    layer("net.slice1.0", [64, 3, 3, 3]);
    let fires = [
        (2, 3, [64, 16, 64]),
        (2, 4, [128, 16, 64]),
        (3, 6, [128, 32, 128]),
        (3, 7, [256, 32, 128]),
        (4, 9, [256, 48, 192]),
        (5, 10, [384, 48, 192]),
        (6, 11, [384, 64, 256]),
        (7, 12, [512, 64, 256]),
    ];
    for (slice, number, [inputs, squeezed, expanded]) in fires {
        let name = format!("net.slice{slice}.{number}");
        layer(&format!("{name}.squeeze"), [squeezed, inputs, 1, 1]);
        layer(&format!("{name}.expand1x1"), [expanded, squeezed, 1, 1]);
        layer(&format!("{name}.expand3x3"), [expanded, squeezed, 3, 3]);
    }
    for (index, channels) in CHANNELS.into_iter().enumerate() {
        for list in [format!("lin{index}"), format!("lins.{index}")] {
            shapes.insert(format!("{list}.model.1.weight"), vec![1, channels, 1, 1]);
        }
    }
    for constant in ["scaling_layer.scale", "scaling_layer.shift"] {
        shapes.insert(constant.to_string(), vec![1, 3, 1, 1]);
    }
    shapes
}

/// The numbers of the generator: functions of their places.
fn numbers(name: &str, shape: &[usize], seed: usize) -> Vec<f32> {
    let fan_in: usize = match shape {
        [_, rest @ ..] if !rest.is_empty() => rest.iter().product(),
        _ => shape[0],
    };
    let bound = (6.0 / fan_in as f64).sqrt();
    (0..shape.iter().product::<usize>())
        .map(|place| {
            let share = share(place, seed);
            match name.starts_with("lin") {
                true => share as f32,
                false => ((2.0 * share - 1.0) * bound) as f32,
            }
        })
        .collect()
}

/// Weights by formula, without the tensors of `left_out`.
fn made_up(folder: &Path, left_out: &str) -> PathBuf {
    let shapes = shapes();
    let bytes: BTreeMap<&String, Vec<u8>> = shapes
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| !name.starts_with("lins") && *name != left_out)
        .map(|(seed, (name, shape))| {
            let numbers = numbers(name, shape, seed);
            (name, numbers.iter().flat_map(|x| x.to_le_bytes()).collect())
        })
        .collect();
    let views = bytes.iter().map(|(name, bytes)| {
        let view = TensorView::new(Dtype::F32, shapes[*name].clone(), bytes).unwrap();
        (name.as_str(), view)
    });
    let path = folder.join("lpips.safetensors");
    serialize_to_file(views, None, &path).unwrap();
    path
}

fn agrees(lpips: &Lpips, expected: &serde_json::Value) {
    for size in SIZES {
        let images: Vec<Image> = (0..IMAGES).map(|index| image(index, size)).collect();
        let first = lpips.features(&images[..IMAGES - 1], size).unwrap();
        let second = lpips.features(&images[1..], size).unwrap();
        let wanted = expected[size.to_string()].as_array().unwrap();
        let found = first.distances(&second);
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(wanted) {
            let wanted = wanted.as_f64().unwrap();
            assert!((found - wanted).abs() < TOLERANCE, "{found} {wanted}");
        }
        assert!(first.distances(&first).iter().all(|d| *d == 0.0));
    }
}

#[test]
fn distances_are_those_of_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let path = made_up(folder.path(), "");
    let lpips = Lpips::open(&path, &Device::flex()).unwrap();
    agrees(&lpips, &fixture()["made-up"]);
    assert!(lpips.features(&[image(0, 64)], 16).is_err());
}

#[test]
fn distances_with_the_real_weights_are_those_of_the_reference() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = folder.join("../../../shared/data/lpips_squeeze.pt");
    if !path.is_file() {
        eprintln!(
            "skipped: the real weights of LPIPS are not at {}",
            path.display()
        );
        return;
    }
    let lpips = Lpips::open(&path, &Device::flex()).unwrap();
    agrees(&lpips, &fixture()["real"]);
}

#[test]
fn a_tensor_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = made_up(folder.path(), "net.slice4.9.squeeze.bias");
    let error = Lpips::open(&path, &Device::flex()).unwrap_err().to_string();
    assert!(error.contains("net.slice4.9.squeeze.bias"), "{error}");
}
