//! The errors of all crates as one.

use finexl_core::CoreError;
use finexl_data::DataError;
use finexl_eval::EvalError;
use finexl_explain::ExplainError;
use finexl_index::IndexError;
use finexl_plot::PlotError;
use finexl_zoo::ZooError;
use std::path::PathBuf;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or record.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// Images, folders, art.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Encoders, weights, training.
    #[error(transparent)]
    Zoo(#[from] ZooError),
    /// Explanations.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// Measurements and calibrations.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// Figures and pages.
    #[error(transparent)]
    Plot(#[from] PlotError),
    /// An index of models, or a search in it.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A folder of results that cannot be read.
    #[error("{path} {problem}")]
    Results {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A text that an encoder cannot read, from a file.
    #[error("{path}: {source}")]
    Text {
        /// The file.
        path: PathBuf,
        /// What is wrong with the text.
        #[source]
        source: ZooError,
    },
    /// A model card that nothing can be put into.
    #[error("{path}: {source}")]
    Card {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: PlotError,
    },
    /// Records of explanations that say nothing of each other.
    #[error("{0}")]
    Records(String),
}
