//! A check with a planted answer: a text direction of known make-up, taken apart.

use crate::names::MethodName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Takes the direction of a phrase that names several concepts apart into single concepts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PlantedConcepts {
    /// Name of the run.
    pub name: String,
    /// Folder for the figures, which else are only printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<PathBuf>,
    /// Encoder to run with; where it is not on this machine the run is skipped.
    pub encoder: String,
    /// Prompts, as many as the mean is taken over.
    pub prompts: Vec<String>,
    /// The phrase whose direction is taken apart, such as "vibrant and abstract".
    pub planted: String,
    /// Concepts that it may be taken apart into.
    pub candidates: Vec<String>,
    /// Decompositions by name, with the explainer's default settings.
    pub methods: Vec<MethodName>,
    /// Published figures.
    #[serde(default)]
    pub expected: Vec<ExpectedFigure>,
}

/// A figure and how far from it a run may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectedFigure {
    /// Decomposition by name.
    pub method: MethodName,
    /// A candidate, for its weight; `residual`; or `others`, for the largest weight of all
    /// candidates that are not expected otherwise, in absolute value.
    pub of: String,
    /// The published value; for `others` it is an upper bound.
    pub value: f64,
    /// Largest difference that is no disagreement.
    pub tolerance: f64,
}
