//! What a LoRA file holds.

use crate::errors::{FinexlError, raised};
use crate::waiting::{Watch, waited};
use finexl::plot::{inspection_page, inspection_table};
use finexl::zoo::inspection::InspectOptions;
use pyo3::prelude::*;
use std::path::PathBuf;

/// Looks into one file or two; the record as JSON, the table, and the page.
#[pyfunction]
pub fn inspect(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    model: Option<PathBuf>,
    private: bool,
) -> PyResult<(String, String, String)> {
    let options = InspectOptions {
        private,
        model,
        read_by: None,
    };
    let inspection = waited(py, &Watch::default(), None, move |_| {
        Ok(finexl::zoo::inspection::inspect(&paths, &options)?)
    })?;
    let json = serde_json::to_string_pretty(&inspection)
        .map_err(|error| FinexlError::new_err(error.to_string()))?;
    let page = inspection_page(&inspection).map_err(raised)?;
    Ok((format!("{json}\n"), inspection_table(&inspection), page))
}
