//! The errors of this crate.

use finexl_core::CoreError;
use finexl_data::DataError;
use finexl_explain::ExplainError;
use finexl_zoo::ZooError;

/// What can go wrong in a measurement.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// A setting that cannot be measured with.
    #[error("`{setting}` in the experiment file: {problem}")]
    Setting {
        /// Its name in the TOML file.
        setting: &'static str,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A table could not be written as CSV.
    #[error("the table {table} cannot be written as CSV: {source}; report this as a bug")]
    Csv {
        /// Name of the table.
        table: String,
        /// Why.
        #[source]
        source: csv::Error,
    },
    /// A file or a record.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// Scenes, art or aspects.
    #[error(transparent)]
    Data(#[from] DataError),
    /// An encoder.
    #[error(transparent)]
    Zoo(#[from] ZooError),
    /// The explainer.
    #[error(transparent)]
    Explain(#[from] ExplainError),
}

impl EvalError {
    pub(crate) fn setting(setting: &'static str, problem: impl Into<String>) -> Self {
        Self::Setting {
            setting,
            problem: problem.into(),
        }
    }
}
