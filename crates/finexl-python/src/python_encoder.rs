//! An encoder that is written in Python: the user's own CLIP, on the user's own device.

use crate::arrays;
use crate::waiting::Watch;
use crate::watched_encoder::stopped;
use finexl::core::fingerprint::Fingerprint;
use finexl::zoo::ZooError;
use finexl::zoo::encoders::TextLength;
use finexl::{Encoder, Features, Image};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

/// Pictures that are handed over, and held prepared, at a time.
const IMAGES_AT_A_TIME: usize = 32;
/// Texts that are handed over at a time.
const TEXTS_AT_A_TIME: usize = 256;

/// An object with `name`, `fingerprint`, `device`, `dimension`, `notes`, `encode_images`, `encode_texts` and
/// `text_length`, as `finexl.encoders.PythonEncoder` describes it.
pub struct PythonEncoder {
    object: Py<PyAny>,
    name: String,
    fingerprint: Fingerprint,
    device: &'static str,
    dimension: usize,
    notes: Vec<String>,
    watch: Watch,
}

impl PythonEncoder {
    /// Reads what the object says of itself.
    pub fn new(object: &Bound<'_, PyAny>, watch: Watch) -> PyResult<Self> {
        let stated: String = object.getattr("fingerprint")?.extract()?;
        let device: String = object.getattr("device")?.extract()?;
        let encoder = Self {
            object: object.clone().unbind(),
            name: object.getattr("name")?.extract()?,
            fingerprint: Fingerprint::of("an encoder in Python")
                .text("stated", &stated)
                .finish(),
            device: match device.as_str() {
                "cpu" => "cpu",
                "cuda" => "cuda",
                _ => "python",
            },
            dimension: object.getattr("dimension")?.extract()?,
            notes: object.getattr("notes")?.extract()?,
            watch,
        };
        match encoder.dimension {
            0 => Err(PyValueError::new_err(
                "an encoder's dimension is at least 1",
            )),
            _ => Ok(encoder),
        }
    }

    /// Calls into Python; what is raised there is raised again by whoever waits.
    fn call<T>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T>,
    ) -> Result<T, ZooError> {
        if self.watch.is_stopped() {
            return Err(stopped());
        }
        Python::attach(|py| {
            work(self.object.bind(py)).map_err(|error| {
                let message = error.to_string();
                self.watch.keep_failure(error);
                ZooError::Backend { what, message }
            })
        })
    }

    /// The rows of an array `[n, d]`, as many as were asked for.
    fn rows(&self, found: Bound<'_, PyAny>, expected: usize) -> PyResult<Vec<f32>> {
        let shape = arrays::shape(&found)?;
        if shape != [expected, self.dimension] {
            return Err(PyValueError::new_err(format!(
                "{} gave features of the shape {shape:?}; expected [{expected}, {}]",
                self.name, self.dimension
            )));
        }
        arrays::floats(&found)
    }

    /// Rows of length 1.
    fn normalised(&self, mut values: Vec<f32>, what: &str) -> Result<Features, ZooError> {
        for row in values.chunks_exact_mut(self.dimension) {
            let length = row
                .iter()
                .map(|v| f64::from(*v).powi(2))
                .sum::<f64>()
                .sqrt();
            if !length.is_finite() || length == 0.0 {
                return Err(ZooError::NotFinite {
                    encoder: self.name.clone(),
                    what: what.to_string(),
                });
            }
            row.iter_mut()
                .for_each(|v| *v = (f64::from(*v) / length) as f32);
        }
        Ok(Features {
            dimension: self.dimension,
            values,
        })
    }
}

/// A picture as height, width, and values of 8 bits that Python may write to.
fn handed<'py>(py: Python<'py>, image: &Image) -> (usize, usize, Bound<'py, PyByteArray>) {
    (
        image.height,
        image.width,
        PyByteArray::new(py, &image.to_rgb8()),
    )
}

impl Encoder for PythonEncoder {
    fn name(&self) -> &str {
        &self.name
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn device(&self) -> &'static str {
        self.device
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }

    fn images_at_a_time(&self) -> usize {
        IMAGES_AT_A_TIME
    }

    /// As it is: the object's own preprocessing is part of it.
    fn prepare(&self, image: &Image) -> Image {
        image.clone()
    }

    fn encode_images(&self, images: &[Image]) -> Result<Features, ZooError> {
        let mut values = Vec::with_capacity(images.len() * self.dimension);
        for batch in images.chunks(IMAGES_AT_A_TIME) {
            values.extend(self.call("embedding pictures", |object| {
                let py = object.py();
                let pictures: Vec<_> = batch.iter().map(|image| handed(py, image)).collect();
                let found = object.call_method1("encode_images", (pictures,))?;
                self.rows(found, batch.len())
            })?);
        }
        self.normalised(values, "an image")
    }

    fn encode_texts(&self, texts: &[String]) -> Result<Features, ZooError> {
        let mut values = Vec::with_capacity(texts.len() * self.dimension);
        for batch in texts.chunks(TEXTS_AT_A_TIME) {
            values.extend(self.call("embedding texts", |object| {
                let found = object.call_method1("encode_texts", (batch.to_vec(),))?;
                self.rows(found, batch.len())
            })?);
        }
        self.normalised(values, "a text")
    }

    fn text_length(&self, text: &str) -> Result<TextLength, ZooError> {
        let (tokens, read) = self.call("reading a text", |object| {
            object.call_method1("text_length", (text,))?.extract()
        })?;
        Ok(TextLength { tokens, read })
    }

    fn check_text(&self, text: &str) -> Result<(), ZooError> {
        let length = self.text_length(text)?;
        match length.is_read_whole() {
            true => Ok(()),
            false => Err(ZooError::TextTooLong {
                encoder: self.name.clone(),
                text: text.to_string(),
                tokens: length.tokens,
                limit: length.read,
            }),
        }
    }
}
