//! What a reference implementation computed, for the parity tests of all families.
#![allow(clippy::unwrap_used)]

use crate::encoders::mini_clip::Tokenizer;
use burn::tensor::{Device, Tensor, TensorData};
use finexl_data::image::Image;
use safetensors::SafeTensors;
use std::path::{Path, PathBuf};

/// The tensors of a fixture, and how near to them ours have to be.
pub struct ReferenceValues {
    bytes: Vec<u8>,
    tolerance: f32,
}

/// The folder of a fixture.
pub fn fixture_folder(name: &str) -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.join("tests/fixtures").join(name)
}

impl ReferenceValues {
    /// Those in the folder of a fixture.
    pub fn read(folder: &Path, tolerance: f32) -> Self {
        Self {
            bytes: std::fs::read(folder.join("expected.safetensors")).unwrap(),
            tolerance,
        }
    }

    /// Shape and 4-byte words of a tensor.
    fn words(&self, name: &str) -> (Vec<usize>, Vec<[u8; 4]>) {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let view = file.tensor(name).unwrap();
        let words = view.data().as_chunks::<4>().0.to_vec();
        (view.shape().to_vec(), words)
    }

    /// The numbers of a tensor.
    pub fn values(&self, name: &str) -> Vec<f32> {
        let (_, words) = self.words(name);
        words.into_iter().map(f32::from_le_bytes).collect()
    }

    /// A tensor.
    pub fn tensor<const D: usize>(&self, name: &str) -> Tensor<D> {
        let (shape, _) = self.words(name);
        let shape: [usize; D] = shape.try_into().unwrap();
        let data = TensorData::new(self.values(name), shape);
        Tensor::from_data(data, &Device::flex())
    }

    /// Rows of whole numbers.
    pub fn rows(&self, name: &str) -> Vec<Vec<i32>> {
        let (shape, words) = self.words(name);
        let numbers: Vec<i32> = words.into_iter().map(i32::from_le_bytes).collect();
        let rows = numbers.chunks_exact(shape[1]);
        rows.map(<[i32]>::to_vec).collect()
    }

    /// Word tokens without their padding.
    pub fn sentences(&self, name: &str) -> Vec<Vec<i32>> {
        let mut rows = self.rows(name);
        for row in &mut rows {
            row.retain(|token| *token != Tokenizer::PADDING);
        }
        rows
    }

    /// A tensor `[n, 3, side, side]` as images.
    pub fn images(&self, name: &str) -> Vec<Image> {
        let (shape, _) = self.words(name);
        let side = shape[3];
        let plane = side * side;
        let values = self.values(name);
        let images = values.chunks_exact(3 * plane).map(|planes| {
            let pixel = |at: usize| [0, 1, 2].map(|channel| planes[channel * plane + at]);
            Image::new(side, side, (0..plane).flat_map(pixel).collect())
        });
        images.collect()
    }

    /// Holds a tensor of ours to the reference's.
    #[track_caller]
    pub fn check<const D: usize>(&self, name: &str, ours: Tensor<D>) {
        let (shape, _) = self.words(name);
        assert_eq!(ours.dims().to_vec(), shape, "{name}");
        let ours = ours.into_data().try_to_vec::<f32>().unwrap();
        self.close(name, &ours, &self.values(name));
    }

    /// Holds numbers to others, within the fixture's tolerance.
    #[track_caller]
    pub fn close(&self, name: &str, ours: &[f32], wanted: &[f32]) {
        assert_eq!(ours.len(), wanted.len(), "{name}");
        assert!(ours.iter().all(|v| v.is_finite()), "{name} is not finite");
        let differences = ours.iter().zip(wanted).map(|(a, b)| (a - b).abs());
        let largest = differences.fold(0.0, f32::max);
        println!("{name}: largest difference {largest:e}");
        assert!(largest <= self.tolerance, "{name}: {largest:e}");
    }
}
