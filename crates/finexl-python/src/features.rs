//! Embeddings that were made elsewhere, explained.

use crate::arrays;
use crate::choices::Choices;
use crate::errors::InputError;
use crate::record::Record;
use crate::waiting::{Watch, waited};
use finexl::data::decode::Pictures;
use finexl::explain::bank::ConceptBank;
use finexl::{Explained, FeaturePairs, Features, GivenDirections, Sides, Vocabulary};
use pyo3::prelude::*;
use std::sync::Arc;

/// Explains embeddings `[n, d]` of both sides with directions `[probes, N, d]` of named concepts.
#[pyfunction]
#[pyo3(signature = (base, personalized, directions, concepts, pairs, names, choices))]
#[expect(clippy::too_many_arguments, reason = "Python gives them names")]
pub fn explain_features(
    py: Python<'_>,
    base: &Bound<'_, PyAny>,
    personalized: &Bound<'_, PyAny>,
    directions: &Bound<'_, PyAny>,
    concepts: Vec<String>,
    pairs: Option<Vec<String>>,
    names: Option<[String; 2]>,
    choices: Choices,
) -> PyResult<Record> {
    let choices = choices.explainer()?;
    let &[probes, count, dimension] = arrays::shape(directions)?.as_slice() else {
        return Err(InputError::new_err("directions: expected [probes, N, d]"));
    };
    let values = arrays::floats(directions)?;
    let sides = [rows(base, "base")?, rows(personalized, "personalized")?];
    for (what, side) in ["base", "personalized"].into_iter().zip(&sides) {
        if side.dimension != dimension {
            return Err(InputError::new_err(format!(
                "{what}: its rows have {} numbers, the directions have {dimension}; make both with one encoder",
                side.dimension
            )));
        }
    }
    let notes = notes(&sides);
    waited(py, &Watch::default(), None, move |_| {
        let bank = ConceptBank::from_values(values, probes, count, dimension)?;
        let directions = Arc::new(GivenDirections::new(Vocabulary::of_names(&concepts), bank)?);
        let explainer = choices.build_given(directions)?;
        let [base, personalized] = sides;
        let mut features = FeaturePairs::new(base, personalized);
        features.notes = notes;
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

/// The rows of one side, with the words that files of features get.
fn rows(array: &Bound<'_, PyAny>, what: &str) -> PyResult<Features> {
    let &[_, dimension] = arrays::shape(array)?.as_slice() else {
        return Err(InputError::new_err(format!("{what}: expected [n, d]")));
    };
    let values = arrays::floats(array)?;
    if let Some(place) = values.iter().position(|value| !value.is_finite()) {
        let (row, column) = (place / dimension, place % dimension);
        return Err(InputError::new_err(format!(
            "{what}: row {row}, column {column} (counted from 0) is {} in single precision; embed it again",
            values[place]
        )));
    }
    let empty = |row: &[f32]| row.iter().all(|value| *value == 0.0);
    if let Some(row) = values.chunks(dimension.max(1)).position(empty) {
        return Err(InputError::new_err(format!(
            "{what}: row {row} (counted from 0) holds nothing but zeros, which no picture is embedded as; embed it again, \
             or leave it out on both sides"
        )));
    }
    Ok(Features { dimension, values })
}

/// What rows have that are not of length 1, as what encoders give often is before it is normalised.
fn notes(sides: &[Features; 2]) -> Vec<String> {
    /// How far a mean length may be from 1.
    const TOLERANCE: f64 = 0.05;
    let mean = |side: &Features| {
        let square = |row: &[f32]| row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>();
        let rows = side.values.chunks(side.dimension.max(1));
        rows.map(|row| square(row).sqrt()).sum::<f64>() / side.len().max(1) as f64
    };
    let [base, personalized] = sides.each_ref().map(mean);
    match [base, personalized]
        .iter()
        .all(|m| (m - 1.0).abs() <= TOLERANCE)
    {
        true => Vec::new(),
        false => vec![format!(
            "the rows are not of length 1: on average {base:.3} (base) and {personalized:.3} (personalized); the size of \
             the change is in these units, and where lengths differ they are part of it. Divide each row by its length \
             (x / numpy.linalg.norm(x, axis=1, keepdims=True))"
        )],
    }
}
