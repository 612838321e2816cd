//! Concept directions that were made elsewhere, one safetensors file.

use crate::bank::ConceptBank;
use crate::error::ExplainError;
use crate::features_file::{FeaturesFile, floats};
use crate::vocabulary::Vocabulary;
use safetensors::SafeTensors;
use std::path::Path;

/// Reads concept directions with their names: either one tensor `[d]` (or `[probes, d]`) per
/// concept, named by its phrase, or one tensor `[N, d]` whose rows are named by the metadata entry
/// `names` (a JSON array) or by a vocabulary.
///
/// Directions are differences, `E_txt("prompt, C style") - E_txt("prompt")`, in the space of the
/// image features; with several probes per concept their spread enters the intervals.
///
/// # Errors
/// A file that is no safetensors file, shapes that differ between concepts, names that are missing,
/// values that are not finite.
pub fn read_concept_features(
    path: &Path,
    names: Option<&Vocabulary>,
) -> Result<(Vocabulary, ConceptBank), ExplainError> {
    parse_concept_features(path, &finexl_core::atomic::read(path)?, names)
}

/// As [`read_concept_features`], from bytes; `path` stands in messages.
///
/// # Errors
/// As [`read_concept_features`].
pub fn parse_concept_features(
    path: &Path,
    bytes: &[u8],
    names: Option<&Vocabulary>,
) -> Result<(Vocabulary, ConceptBank), ExplainError> {
    let fault = |problem: String| ExplainError::Features {
        path: path.to_path_buf(),
        problem,
    };
    let file = SafeTensors::deserialize(bytes).map_err(|e| {
        fault(format!(
            "it is no whole safetensors file ({e}); write it with `safetensors.numpy.save_file`"
        ))
    })?;
    if file.len() == 1 {
        let table = FeaturesFile::parse(path, bytes)?;
        let vocabulary = match names {
            Some(vocabulary) => vocabulary.clone(),
            None if !table.names.is_empty() => Vocabulary::of_names(&table.names),
            None => {
                return Err(fault(
                    "its one tensor has rows without names; add the metadata entry \"names\", or \
                     give --vocabulary with one phrase per row"
                        .to_string(),
                ));
            }
        };
        let (n, d) = (vocabulary.concepts().len(), table.features.dimension);
        if table.features.len() != n {
            return Err(fault(format!(
                "it has {} rows for {n} names",
                table.features.len()
            )));
        }
        let bank = ConceptBank::from_values(table.features.values, 1, n, d)?;
        return Ok((vocabulary, bank));
    }
    let mut concepts: Vec<(String, usize, usize, Vec<f32>)> = Vec::new();
    for (name, view) in file.iter() {
        let (probes, d) = match *view.shape() {
            [d] => (1, d),
            [probes, d] => (probes, d),
            ref shape => {
                return Err(fault(format!(
                    "tensor \"{name}\" has the shape {shape:?}; expected [d] or [probes, d]"
                )));
            }
        };
        let values = floats(&view).map_err(|e| fault(format!("tensor \"{name}\": {e}")))?;
        if values.iter().any(|v| !v.is_finite()) {
            return Err(fault(format!(
                "tensor \"{name}\" holds NaN or infinity; embed its phrases again"
            )));
        }
        concepts.push((name.to_string(), probes, d, values));
    }
    concepts.sort_by(|a, b| a.0.cmp(&b.0));
    let Some((first, probes, d, _)) = concepts.first().cloned() else {
        return Err(fault("it holds no tensor".to_string()));
    };
    if let Some((other, p, e, _)) = concepts.iter().find(|(_, p, e, _)| (*p, *e) != (probes, d)) {
        return Err(fault(format!(
            "\"{first}\" is {probes} x {d} and \"{other}\" is {p} x {e}; all concepts need the same probes and dimension"
        )));
    }
    let labels: Vec<String> = concepts.iter().map(|c| c.0.clone()).collect();
    let mut values = Vec::with_capacity(concepts.len() * probes * d);
    for probe in 0..probes {
        for (_, _, _, rows) in &concepts {
            values.extend_from_slice(&rows[probe * d..(probe + 1) * d]);
        }
    }
    let bank = ConceptBank::from_values(values, probes, concepts.len(), d)?;
    Ok((Vocabulary::of_names(&labels), bank))
}
