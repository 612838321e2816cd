//! Encoders that are opened once and used for any number of explanations.

use crate::errors::raised;
use crate::python_encoder::PythonEncoder;
use crate::waiting::{Watch, check_process};
use crate::watched_encoder::WatchedEncoder;
use finexl::Encoder;
use pyo3::prelude::*;
use std::sync::Arc;

/// An encoder of the library.
#[pyclass(frozen, name = "Encoder", module = "finexl")]
pub struct OpenedEncoder(Arc<dyn Encoder>);

#[pymethods]
impl OpenedEncoder {
    /// Its name.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// Dimension of its embeddings.
    #[getter]
    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    /// Fingerprint of weights, architecture and preprocessing.
    #[getter]
    fn fingerprint(&self) -> &str {
        self.0.fingerprint().as_str()
    }

    fn __repr__(&self) -> String {
        format!(
            "<finexl.Encoder {}, {} numbers>",
            self.0.name(),
            self.0.dimension()
        )
    }
}

/// Opens an encoder, see [`finexl::open_encoder`].
#[pyfunction]
pub fn open_encoder(py: Python<'_>, name: &str, device: &str) -> PyResult<OpenedEncoder> {
    check_process()?;
    let opened = py.detach(|| finexl::open_encoder(name, device));
    Ok(OpenedEncoder(opened.map_err(raised)?))
}

/// What a caller may give as encoder.
pub enum ChosenEncoder {
    /// A name, which is opened for one call.
    Named(String),
    /// One that is open.
    Opened(Arc<dyn Encoder>),
}

impl ChosenEncoder {
    /// From a name, an open encoder, or any object that embeds.
    pub fn of(given: &Bound<'_, PyAny>, watch: &Watch) -> PyResult<Self> {
        if let Ok(name) = given.extract::<String>() {
            return Ok(Self::Named(name));
        }
        if let Ok(opened) = given.cast::<OpenedEncoder>() {
            return Ok(Self::Opened(opened.get().0.clone()));
        }
        let encoder = PythonEncoder::new(given, watch.clone())?;
        Ok(Self::Opened(Arc::new(encoder)))
    }

    /// The encoder, which heeds the watch.
    ///
    /// # Errors
    /// As [`finexl::open_encoder`].
    pub fn open(self, device: &str, watch: &Watch) -> Result<Arc<dyn Encoder>, finexl::Error> {
        let encoder = match self {
            Self::Named(name) => finexl::open_encoder(&name, device)?,
            Self::Opened(encoder) => encoder,
        };
        Ok(Arc::new(WatchedEncoder::new(encoder, watch.clone())))
    }
}
