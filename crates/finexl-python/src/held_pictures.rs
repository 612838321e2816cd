//! Pictures that Python has in memory.

use crate::arrays;
use crate::errors::InputError;
use crate::waiting::Watch;
use finexl::Image;
use finexl::core::fingerprint::Fingerprint;
use finexl::data::DataError;
use finexl::data::decode::{
    Decoded, PictureSource, Pictures, Remark, check_size, decode_bytes, decode_file,
};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A picture as Python hands it over.
#[derive(FromPyObject)]
pub enum Handed {
    /// The content of a file.
    Content(PyBackedBytes),
    /// The path of a file.
    File(PathBuf),
    /// An array of pixels, `[h, w, 3]`, 8 bits of red, green and blue, encoded as sRGB.
    Pixels(Py<PyAny>),
}

/// Pictures in memory by the paths that pairs know them under; what is under none of them is a file.
#[derive(Default)]
pub struct HeldPictures {
    held: HashMap<PathBuf, Held>,
    watch: Watch,
}

enum Held {
    Pixels(Py<PyAny>),
    Content(PyBackedBytes),
}

/// A picture copied out of an array.
struct Pixels {
    width: usize,
    height: usize,
    bytes: PyBackedBytes,
}

impl HeldPictures {
    /// None yet; nothing is decoded any more once the watch says stop.
    pub fn new(watch: Watch) -> Self {
        Self {
            held: HashMap::new(),
            watch,
        }
    }

    /// Takes pixels, which stay where they are.
    pub fn add_pixels(&mut self, path: PathBuf, pixels: Py<PyAny>) {
        self.held.insert(path, Held::Pixels(pixels));
    }

    /// Takes the content of a file.
    pub fn add_content(&mut self, path: PathBuf, content: PyBackedBytes) {
        self.held.insert(path, Held::Content(content));
    }

    /// In the form that pairs take.
    pub fn pictures(self) -> Pictures {
        Pictures::of(Arc::new(self))
    }

    fn unreadable(path: &Path, reason: String) -> DataError {
        DataError::CorruptImage {
            path: path.to_path_buf(),
            reason,
        }
    }

    /// Copies one picture out of its array; the lock is held for no longer.
    fn copied(path: &Path, array: &Py<PyAny>) -> Result<Pixels, DataError> {
        Python::attach(|py| {
            let array = array.bind(py);
            let &[height, width, 3] = arrays::shape(array)?.as_slice() else {
                return Err(InputError::new_err("its shape is not [height, width, 3]"));
            };
            Ok(Pixels {
                width,
                height,
                bytes: arrays::bytes(array)?,
            })
        })
        .map_err(|error: PyErr| Self::unreadable(path, error.to_string()))
    }
}

impl PictureSource for HeldPictures {
    fn decode(&self, path: &Path) -> Result<Decoded, DataError> {
        if self.watch.is_stopped() {
            return Err(Self::unreadable(path, "it was not waited for".to_string()));
        }
        match self.held.get(path) {
            None => decode_file(path),
            Some(Held::Content(bytes)) => decode_bytes(path, bytes),
            Some(Held::Pixels(array)) => {
                let pixels = Self::copied(path, array)?;
                let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
                check_size(path, (side(pixels.width), side(pixels.height)))?;
                let image = Image::from_rgb8(pixels.width, pixels.height, &pixels.bytes);
                // What else there is to say of a file nobody knows of pixels.
                let remarks = match image.is_of_one_colour() {
                    true => vec![Remark::OneColour],
                    false => Vec::new(),
                };
                Ok(Decoded {
                    image,
                    fingerprint: pixels.fingerprint(),
                    remarks,
                })
            }
        }
    }

    fn fingerprint(&self, path: &Path) -> Result<Fingerprint, DataError> {
        Ok(match self.held.get(path) {
            None => Fingerprint::of_file(path)?,
            Some(Held::Content(bytes)) => Fingerprint::of_bytes(bytes),
            Some(Held::Pixels(array)) => Self::copied(path, array)?.fingerprint(),
        })
    }
}

impl Pixels {
    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of("pixels of 8 bits")
            .number("width", self.width as u64)
            .number("height", self.height as u64)
            .bytes("values", &self.bytes)
            .finish()
    }
}
