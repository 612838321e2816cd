//! The planted check: the direction of "A and B" taken apart into single concepts.

use crate::EvalError;
use finexl_core::experiment::PlantedConcepts;
use finexl_explain::bank::ConceptBank;
use finexl_explain::decompose::{Directions, Method};
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;

/// What one decomposition says.
#[derive(Clone, Debug, PartialEq)]
pub struct PlantedResult {
    /// Decomposition by name.
    pub method: String,
    /// One weight per candidate.
    pub weights: Vec<f64>,
    /// Candidates that were kept, in order of choice.
    pub kept: Vec<usize>,
    /// `|V - F^T w| / |V|`
    pub residual: f64,
    /// Published figures beside these.
    pub agreements: Vec<Agreement>,
}

/// A published figure beside ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// What it is of.
    pub of: String,
    /// The published value.
    pub expected: f64,
    /// Ours.
    pub found: f64,
    /// Whether they agree within the tolerance.
    pub agrees: bool,
}

/// Decomposes the planted direction, `V = mean_j E("t_j, PLANTED style") - E("t_j")`, into those of
/// the candidates, made the same way.
///
/// # Errors
/// An unknown method or candidate, texts that the encoder cannot read.
pub fn planted(
    config: &PlantedConcepts,
    encoder: &dyn Encoder,
) -> Result<Vec<PlantedResult>, EvalError> {
    check(config)?;
    let mut names = config.candidates.clone();
    names.push(config.planted.clone());
    let bank = ConceptBank::build(encoder, &Vocabulary::of_names(&names), &config.prompts)?;
    let mean = bank.mean();
    let (count, dimension) = (config.candidates.len(), bank.dimension());
    let (rows, target) = mean.split_at(count * dimension);
    let directions = Directions::new(rows, count, dimension)?;
    let mut results = Vec::new();
    for name in &config.methods {
        let fitted = Method::from(*name).build()?.decompose(directions, target)?;
        let mut result = PlantedResult {
            method: name.to_string(),
            weights: fitted.weights,
            kept: fitted.kept,
            residual: fitted.residual,
            agreements: Vec::new(),
        };
        result.agreements = agreements(config, &result);
        results.push(result);
    }
    Ok(results)
}

fn check(config: &PlantedConcepts) -> Result<(), EvalError> {
    if config.prompts.is_empty() || config.candidates.is_empty() {
        return Err(EvalError::setting(
            "planted-concepts",
            "give at least one prompt and one candidate",
        ));
    }
    for figure in &config.expected {
        let known = figure.of == "residual"
            || figure.of == "others"
            || config.candidates.contains(&figure.of);
        if !known {
            return Err(EvalError::setting(
                "expected",
                format!(
                    "\"{}\" is no candidate; give one, `residual` or `others`",
                    figure.of
                ),
            ));
        }
    }
    Ok(())
}

fn agreements(config: &PlantedConcepts, result: &PlantedResult) -> Vec<Agreement> {
    let figures = || {
        config
            .expected
            .iter()
            .filter(|f| f.method.name() == result.method)
    };
    figures()
        .map(|figure| {
            let weight = |name: &String| {
                let place = config.candidates.iter().position(|c| c == name);
                place.map_or(f64::NAN, |place| result.weights[place])
            };
            let others = figure.of == "others";
            let found = match figure.of.as_str() {
                "residual" => result.residual,
                "others" => config
                    .candidates
                    .iter()
                    .filter(|name| !figures().any(|f| f.of == **name))
                    .map(|name| weight(name).abs())
                    .fold(0.0, f64::max),
                _ => weight(&figure.of),
            };
            let difference = found - figure.value;
            let agrees = if others {
                difference <= figure.tolerance
            } else {
                difference.abs() <= figure.tolerance
            };
            Agreement {
                of: figure.of.clone(),
                expected: figure.value,
                found,
                agrees,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use finexl_core::experiment::ExpectedFigure;
    use finexl_core::names::MethodName;
    use serde::Deserialize;
    use std::path::{Path, PathBuf};

    fn open(folder: &Path) -> Box<dyn Encoder> {
        let device = finexl_zoo::device::by_name("cpu").unwrap();
        finexl_zoo::encoders::open(&folder.display().to_string(), &device).unwrap()
    }

    #[derive(Deserialize)]
    struct Reference {
        prompts: Vec<String>,
        candidates: Vec<String>,
        planted: String,
        paper: Fit,
        lsq: Fit,
    }

    #[derive(Deserialize)]
    struct Fit {
        weights: Vec<f64>,
        #[serde(default)]
        kept: Vec<usize>,
        residual: f64,
    }

    fn fixtures() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../finexl-zoo/tests/fixtures/clip")
    }

    /// The algorithm in numpy on the same tiny random CLIP, value by value.
    #[test]
    fn a_tiny_clip_gives_what_numpy_gives() {
        let json = std::fs::read(fixtures().join("planted.json")).unwrap();
        let reference: Reference = serde_json::from_slice(&json).unwrap();
        let expected = |of: &str, value: f64| ExpectedFigure {
            method: MethodName::Lsq,
            of: of.to_string(),
            value,
            tolerance: 1e-3,
        };
        let config = PlantedConcepts {
            name: "tiny".to_string(),
            output: None,
            encoder: "tiny".to_string(),
            prompts: reference.prompts,
            planted: reference.planted,
            candidates: reference.candidates.clone(),
            methods: vec![MethodName::Paper, MethodName::Lsq],
            expected: vec![
                expected("residual", reference.lsq.residual),
                expected(&reference.candidates[0], reference.lsq.weights[0]),
                expected(&reference.candidates[1], 7.0),
            ],
        };
        let encoder = open(&fixtures().join("clip"));
        let results = planted(&config, encoder.as_ref()).unwrap();
        for (result, fit) in results.iter().zip([&reference.paper, &reference.lsq]) {
            for (ours, theirs) in result.weights.iter().zip(&fit.weights) {
                assert!(
                    (ours - theirs).abs() < 1e-3,
                    "{}: {ours} {theirs}",
                    result.method
                );
            }
            assert!((result.residual - fit.residual).abs() < 1e-4);
        }
        assert_eq!(results[0].kept, reference.paper.kept);
        let agrees: Vec<bool> = results[1].agreements.iter().map(|a| a.agrees).collect();
        assert_eq!(agrees, [true, true, false]);
    }
}
