//! Embeddings that were made elsewhere, explained.

use crate::choices::Choices;
use crate::errors::InputError;
use crate::record::Record;
use crate::waiting::{Watch, waited};
use finexl::data::decode::Pictures;
use finexl::explain::bank::ConceptBank;
use finexl::{Explained, FeaturePairs, Features, GivenDirections, Sides, Vocabulary};
use numpy::{PyReadonlyArray2, PyReadonlyArray3, PyUntypedArrayMethods};
use pyo3::prelude::*;
use std::sync::Arc;

/// Rows of either precision, read where they lie.
#[derive(FromPyObject)]
pub enum Rows<'py> {
    /// As the library has them.
    Single(PyReadonlyArray2<'py, f32>),
    /// Rounded to single precision, as in files.
    Double(PyReadonlyArray2<'py, f64>),
}

/// Directions of either precision, `[probes, N, d]`.
#[derive(FromPyObject)]
pub enum Blocks<'py> {
    /// As the library has them.
    Single(PyReadonlyArray3<'py, f32>),
    /// Rounded to single precision, as in files.
    Double(PyReadonlyArray3<'py, f64>),
}

impl Rows<'_> {
    fn features(&self) -> PyResult<Features> {
        let (dimension, values) = match self {
            Self::Single(rows) => (rows.shape()[1], rows.as_slice()?.to_vec()),
            Self::Double(rows) => (rows.shape()[1], rounded(rows.as_slice()?)),
        };
        Ok(Features { dimension, values })
    }
}

fn rounded(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| *value as f32).collect()
}

/// Explains embeddings `[n, d]` of both sides with directions `[probes, N, d]` of named concepts.
#[pyfunction]
#[pyo3(signature = (base, personalized, directions, concepts, pairs, names, choices))]
#[expect(clippy::too_many_arguments, reason = "Python gives them names")]
pub fn explain_features(
    py: Python<'_>,
    base: Rows<'_>,
    personalized: Rows<'_>,
    directions: Blocks<'_>,
    concepts: Vec<String>,
    pairs: Option<Vec<String>>,
    names: Option<[String; 2]>,
    choices: Choices,
) -> PyResult<Record> {
    let choices = choices.explainer()?;
    let (shape, values) = match &directions {
        Blocks::Single(blocks) => (blocks.shape().to_vec(), blocks.as_slice()?.to_vec()),
        Blocks::Double(blocks) => (blocks.shape().to_vec(), rounded(blocks.as_slice()?)),
    };
    let &[probes, count, dimension] = shape.as_slice() else {
        return Err(InputError::new_err("directions: expected [probes, N, d]"));
    };
    let sides = [base.features()?, personalized.features()?];
    for (what, side) in ["base", "personalized"].into_iter().zip(&sides) {
        if side.dimension != dimension {
            return Err(InputError::new_err(format!(
                "{what}: its rows have {} numbers, the directions have {dimension}; make both with one encoder",
                side.dimension
            )));
        }
    }
    waited(py, &Watch::default(), None, move |_| {
        let bank = ConceptBank::from_values(values, probes, count, dimension)?;
        let directions = Arc::new(GivenDirections::new(Vocabulary::of_names(&concepts), bank)?);
        let explainer = choices.build_given(directions)?;
        let [base, personalized] = sides;
        let mut features = FeaturePairs::new(base, personalized);
        if let Some(pairs) = pairs {
            features.names = pairs;
        }
        let sides = match names {
            Some([base, personalized]) => Sides::named(base, personalized),
            None => Sides::default(),
        };
        Ok(Record::of(Explained {
            explanation: explainer.explain_features(&features, &sides)?,
            pairs: Vec::new(),
            pictures: Pictures::files(),
            cached: true,
        }))
    })
}
