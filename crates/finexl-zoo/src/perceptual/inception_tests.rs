//! Inception beside the Python package pytorch-fid (tests/fixtures/inception/generate.py).

#![allow(clippy::unwrap_used)]

use super::Inception;
use super::made_up_images::{image, share};
use burn::tensor::Device;
use finexl_data::image::Image;
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const IMAGES: usize = 6;
const SIZES: [usize; 2] = [64, 299];
/// Every so many features are in the fixture.
const EVERY: usize = 32;
/// Of the largest feature: sums of millions of products in another order.
const TOLERANCE: f64 = 1e-4;

fn fixture() -> serde_json::Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/inception");
    serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap()
}

/// The numbers of the generator: functions of their places.
fn numbers(name: &str, shape: &[usize], seed: usize) -> Vec<f32> {
    let fan_in: usize = shape.iter().skip(1).product();
    let bound = (6.0 / fan_in as f64).sqrt();
    (0..shape.iter().product::<usize>())
        .map(|place| {
            let share = share(place, seed);
            let number = match () {
                () if name.ends_with("running_var") => 0.5 + share,
                () if name.ends_with("bn.weight") => 0.8 + 0.4 * share,
                () if shape.len() > 1 => (2.0 * share - 1.0) * bound,
                () => 0.2 * share - 0.1,
            };
            number as f32
        })
        .collect()
}

/// Weights by formula, without the tensor `left_out`.
fn made_up(folder: &Path, left_out: &str) -> PathBuf {
    let shapes: BTreeMap<String, Vec<usize>> =
        serde_json::from_value(fixture()["tensors"].clone()).unwrap();
    let bytes: BTreeMap<&String, Vec<u8>> = shapes
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| *name != left_out)
        .map(|(seed, (name, shape))| {
            let numbers = numbers(name, shape, seed);
            (name, numbers.iter().flat_map(|x| x.to_le_bytes()).collect())
        })
        .collect();
    let views = bytes.iter().map(|(name, bytes)| {
        let view = TensorView::new(Dtype::F32, shapes[*name].clone(), bytes).unwrap();
        (name.as_str(), view)
    });
    let path = folder.join("inception.safetensors");
    serialize_to_file(views, None, &path).unwrap();
    path
}

#[test]
fn features_are_those_of_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let inception = Inception::open(&made_up(folder.path(), ""), &Device::flex()).unwrap();
    let expected = fixture();
    for size in SIZES {
        let images: Vec<Image> = (0..IMAGES).map(|index| image(index, size)).collect();
        let found = inception.features(&images).unwrap();
        assert_eq!((found.len(), found.dimension), (IMAGES, 2048));
        let wanted: Vec<Vec<f64>> =
            serde_json::from_value(expected[size.to_string()].clone()).unwrap();
        let largest = wanted.iter().flatten().fold(0.0f64, |a, b| a.max(b.abs()));
        for (row, wanted) in wanted.iter().enumerate() {
            assert_eq!(wanted.len(), 2048 / EVERY);
            for (found, wanted) in found.row(row).iter().step_by(EVERY).zip(wanted) {
                let apart = (f64::from(*found) - wanted).abs();
                assert!(apart < TOLERANCE * largest, "{size}: {found} {wanted}");
            }
        }
    }
}

#[test]
fn a_tensor_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = "Mixed_7b.branch3x3dbl_3b.bn.running_mean";
    let path = made_up(folder.path(), missing);
    let error = Inception::open(&path, &Device::flex()).unwrap_err();
    assert!(error.to_string().contains(missing), "{error}");
}
