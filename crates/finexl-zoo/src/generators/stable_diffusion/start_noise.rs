//! Start noise from a file.

use super::size::Size;
use crate::ZooError;
use finexl_core::fingerprint::Fingerprint;
use safetensors::{Dtype, SafeTensors};
use std::path::{Path, PathBuf};

/// Standard normal noise that another program drew, a row per prompt.
#[derive(Clone, Debug)]
pub struct StartNoise {
    path: PathBuf,
    fingerprint: Fingerprint,
    /// Rows, channels, height and width in latents.
    shape: [usize; 4],
    values: Vec<f32>,
}

impl StartNoise {
    /// Reads the one tensor of a safetensors file, `[n, channels, height, width]` in f32, f16 or bf16.
    ///
    /// # Errors
    /// [`ZooError::Weights`] for a file of another content, shape or type, and for numbers that are not finite.
    pub fn read(path: &Path) -> Result<Self, ZooError> {
        let bytes = std::fs::read(path).map_err(|source| {
            ZooError::Core(finexl_core::CoreError::Read {
                path: path.to_path_buf(),
                source,
            })
        })?;
        Self::parse(path, &bytes)
    }

    /// The same from bytes; `path` for messages.
    ///
    /// # Errors
    /// As [`StartNoise::read`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, ZooError> {
        let wrong = |problem: String| ZooError::Weights {
            path: path.to_path_buf(),
            problem,
            remedy: "start noise is one tensor [prompts, 4, height/8, width/8] of standard normal numbers in f32, f16 \
                     or bf16",
        };
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| wrong(format!("it is no whole safetensors file ({error})")))?;
        let names: Vec<&str> = file.iter().map(|(name, _)| name).collect();
        let [name] = names[..] else {
            return Err(wrong(format!("it holds {} tensors", names.len())));
        };
        let view = file
            .tensor(name)
            .map_err(|error| wrong(error.to_string()))?;
        let shape = <[usize; 4]>::try_from(view.shape())
            .ok()
            .filter(|shape| shape.iter().all(|side| *side > 0))
            .ok_or_else(|| wrong(format!("its tensor has the shape {:?}", view.shape())))?;
        let data = view.data();
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => (data.as_chunks().0.iter())
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect(),
            Dtype::F16 => (data.as_chunks().0.iter())
                .map(|bytes| half::f16::from_le_bytes(*bytes).to_f32())
                .collect(),
            Dtype::BF16 => (data.as_chunks().0.iter())
                .map(|bytes| half::bf16::from_le_bytes(*bytes).to_f32())
                .collect(),
            other => return Err(wrong(format!("its tensor is of the type {other:?}"))),
        };
        if values.iter().any(|value| !value.is_finite()) {
            return Err(wrong("it holds numbers that are not finite".to_string()));
        }
        if let Some(deviation) = other_deviation(&values) {
            return Err(wrong(format!(
                "its numbers have a standard deviation of {deviation:.2}, not of 1: a scheduler has scaled them, or they \
                 are no noise"
            )));
        }
        Ok(Self {
            path: path.to_path_buf(),
            fingerprint: Fingerprint::of_bytes(bytes),
            shape,
            values,
        })
    }

    /// Of the file's content.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.shape[0]
    }

    /// The size of the pictures that it is for.
    ///
    /// # Errors
    /// [`ZooError::Config`] for another number of channels than the model's.
    pub fn size(&self, channels: usize, factor: usize) -> Result<Size, ZooError> {
        let [_, own, height, width] = self.shape;
        if own != channels {
            return Err(ZooError::Config(format!(
                "{}: the start noise has {own} channels, the model's latents have {channels}; make noise of the shape \
                 [prompts, {channels}, height/{factor}, width/{factor}]",
                self.path.display()
            )));
        }
        Ok(Size {
            width: width * factor,
            height: height * factor,
        })
    }

    /// Refuses other numbers of prompts than of rows.
    ///
    /// # Errors
    /// [`ZooError::Config`] with both.
    pub fn check_rows(&self, prompts: usize) -> Result<(), ZooError> {
        match self.rows() == prompts {
            true => Ok(()),
            false => Err(ZooError::Config(format!(
                "{}: the start noise has {} rows, there are {prompts} prompts; give one row per prompt",
                self.path.display(),
                self.rows()
            ))),
        }
    }

    /// The numbers of a row.
    ///
    /// # Errors
    /// [`ZooError::Config`] past the last one.
    pub fn row(&self, index: u64) -> Result<&[f32], ZooError> {
        let [rows, channels, height, width] = self.shape;
        let size = channels * height * width;
        let place = usize::try_from(index).ok().filter(|place| *place < rows);
        match place {
            Some(place) => Ok(&self.values[place * size..(place + 1) * size]),
            None => Err(ZooError::Config(format!(
                "{}: the start noise has {rows} rows, none for prompt {}; give one row per prompt",
                self.path.display(),
                index + 1
            ))),
        }
    }
}

/// The standard deviation of numbers that cannot be standard normal; of 200 that are it lies between 0.8 and 1.2.
fn other_deviation(values: &[f32]) -> Option<f64> {
    const FEWEST: usize = 200;
    let squares = values.iter().map(|value| f64::from(*value).powi(2));
    let deviation = (squares.sum::<f64>() / values.len().max(1) as f64).sqrt();
    (values.len() >= FEWEST && !(0.7..1.4).contains(&deviation)).then_some(deviation)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use safetensors::tensor::TensorView;

    fn file(dtype: Dtype, shape: &[usize], bytes: &[u8]) -> Vec<u8> {
        let view = TensorView::new(dtype, shape.to_vec(), bytes).unwrap();
        safetensors::serialize([("latents", view)], None).unwrap()
    }

    #[test]
    fn rows_are_read_and_everything_else_is_refused() {
        let path = Path::new("noise.safetensors");
        let numbers: Vec<u8> = (0u8..16).flat_map(|v| f32::from(v).to_le_bytes()).collect();
        let noise = StartNoise::parse(path, &file(Dtype::F32, &[2, 4, 1, 2], &numbers)).unwrap();
        assert_eq!(noise.row(1).unwrap()[0], 8.0);
        assert!(noise.row(2).unwrap_err().to_string().contains("2 rows"));
        let size = noise.size(4, 8).unwrap();
        assert_eq!(size.to_string(), "16x8");
        assert!(noise.size(16, 8).unwrap_err().to_string().contains("16"));
        assert!(noise.check_rows(3).is_err());
        for (bytes, word) in [
            (file(Dtype::F32, &[2, 8], &numbers), "[2, 8]"),
            (file(Dtype::I32, &[2, 4, 1, 2], &numbers), "I32"),
            (vec![0; 5], "safetensors"),
            (
                file(
                    Dtype::F32,
                    &[1, 4, 8, 8],
                    &14.6f32.to_le_bytes().repeat(256),
                ),
                "14.60",
            ),
            (
                file(Dtype::F32, &[1, 1, 1, 1], &f32::NAN.to_le_bytes()),
                "finite",
            ),
        ] {
            let error = StartNoise::parse(path, &bytes).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
