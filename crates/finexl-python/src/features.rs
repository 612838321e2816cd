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

fn rows(array: &Bound<'_, PyAny>, what: &str) -> PyResult<Features> {
    let &[_, dimension] = arrays::shape(array)?.as_slice() else {
        return Err(InputError::new_err(format!("{what}: expected [n, d]")));
    };
    Ok(Features {
        dimension,
        values: arrays::floats(array)?,
    })
}
