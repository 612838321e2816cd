//! Which models change pictures like a given one.

use crate::record::Record;
use crate::waiting::{Watch, waited};
use finexl::{Ranking, Records};
use pyo3::prelude::*;
use std::path::PathBuf;

/// A record as Python hands it over.
#[derive(FromPyObject)]
pub enum HandedRecord {
    /// One that is read, with what it is called.
    Held(String, Py<Record>),
    /// A file, or a folder of them.
    Path(PathBuf),
}

impl HandedRecord {
    fn records(self) -> Records {
        match self {
            Self::Held(name, record) => Records::Held {
                name,
                record: Box::new(record.get().explanation().clone()),
            },
            Self::Path(path) => Records::Path(path),
        }
    }
}

/// The ranking as JSON, and what was left out of folders.
#[pyfunction]
pub fn similar(
    py: Python<'_>,
    target: HandedRecord,
    others: Vec<HandedRecord>,
) -> PyResult<(String, Vec<String>)> {
    let target = target.records();
    let others: Vec<Records> = others.into_iter().map(HandedRecord::records).collect();
    waited(py, &Watch::default(), None, move |_| {
        let ranking = Ranking::of(&target, &others)?;
        let json = String::from_utf8_lossy(&ranking.json()?).into_owned();
        Ok((json, ranking.left_out))
    })
}
