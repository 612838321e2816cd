//! What the explanations of an experiment are read by.

use crate::names::MethodName;
use std::path::Path;

/// Methods and their files, as an experiment names them.
#[derive(Clone, Copy, Debug)]
pub struct ReadBy<'a> {
    /// Decompositions; none: what suits the encoder.
    pub methods: &'a [MethodName],
    /// A head of the user's own.
    pub head: Option<&'a Path>,
    /// Reference models: a file, or the name of a base inside the program.
    pub references: Option<&'a Path>,
    /// Phrases to explain with.
    pub vocabulary: Option<&'a Path>,
    /// Seed of resampling.
    pub seed: u64,
}
