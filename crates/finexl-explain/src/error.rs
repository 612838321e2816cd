//! The errors of this crate.

use finexl_core::CoreError;
use std::path::PathBuf;

/// What can go wrong between features and an explanation.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// Two records that say nothing of each other.
    #[error(transparent)]
    Incomparable(#[from] crate::similar::Incomparable),
    /// A number that is NaN or infinite.
    #[error(
        "{what} holds {value} at row {row}, column {column} (counted from 0); \
         embed the images or phrases again and check the encoder's weights"
    )]
    NotFinite {
        /// Which input, e.g. "the concept directions".
        what: &'static str,
        /// Row of the first offending number.
        row: usize,
        /// Its column.
        column: usize,
        /// The number.
        value: f64,
    },
    /// An input whose size does not fit the others.
    #[error(
        "{what}: expected {expected} numbers, found {found}; all features must come from one encoder and one set of pairs"
    )]
    Shape {
        /// Which input.
        what: &'static str,
        /// How many numbers it should hold.
        expected: usize,
        /// How many it holds.
        found: usize,
    },
    /// An input that holds nothing.
    #[error("{what}: there are none; give at least {least}")]
    TooFew {
        /// Which input.
        what: &'static str,
        /// The smallest number that works.
        least: usize,
    },
    /// A concept that cannot be measured.
    #[error(
        "the direction of \"{concept}\" has length 0 on every prompt: the encoder reads the same with it and without it; \
         use other words for it, shorter prompts, or another encoder"
    )]
    NoDirection {
        /// Its name.
        concept: String,
    },
    /// A setting outside its range.
    #[error("the setting `{setting}` is {value}, but must be {allowed}")]
    Setting {
        /// Its name as in TOML.
        setting: &'static str,
        /// What was given.
        value: String,
        /// What would be right.
        allowed: &'static str,
    },
    /// A decomposition method that does not exist.
    #[error("there is no decomposition method `{name}`; choose one of {known}")]
    UnknownMethod {
        /// What was asked for.
        name: String,
        /// All methods, separated by commas.
        known: String,
    },
    /// A solver that did not come to an end.
    #[error(
        "{solver} did not converge within {steps} steps; \
         remove concepts that are near copies of each other, or choose another method"
    )]
    NotConverged {
        /// Which solver.
        solver: &'static str,
        /// After how many steps it was stopped.
        steps: usize,
    },
    /// A monotone map that is not one.
    #[error("a calibration map is broken: {reason}; fit it anew")]
    MonotoneMap {
        /// What is wrong with its knots.
        reason: String,
    },
    /// A vocabulary file that cannot be used.
    #[error("{path}, line {line}: {problem}")]
    Vocabulary {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A calibration that was fitted for something else.
    #[error(
        "{path}: it was fitted for another {what}; fit one for this {what} with a [calibrate] experiment, or leave --calibration out"
    )]
    Calibration {
        /// The file.
        path: PathBuf,
        /// Encoder, vocabulary or method.
        what: &'static str,
    },
    /// A method and a head that do not go together.
    #[error("{problem}")]
    NoHead {
        /// What is wrong and what to do.
        problem: String,
    },
    /// An explainer that cannot be put together of what was given.
    #[error("{problem}")]
    Explainer {
        /// What is wrong and what to do.
        problem: String,
    },
    /// An image that was handed over in memory.
    #[error("the pair {pair}: {problem}")]
    Image {
        /// Name of the pair.
        pair: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// An explainer head that cannot be used here.
    #[error("the head {head}: {problem}")]
    Head {
        /// Its name.
        head: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A file of features that does not fit.
    #[error("{path}: {problem}")]
    Features {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A file or a record.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// Images, prompts or vocabulary data.
    #[error(transparent)]
    Data(#[from] finexl_data::DataError),
    /// An encoder.
    #[error(transparent)]
    Zoo(#[from] finexl_zoo::ZooError),
}
