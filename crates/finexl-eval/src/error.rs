//! The errors of this crate.

use finexl_core::CoreError;
use finexl_data::DataError;
use finexl_explain::ExplainError;
use finexl_zoo::ZooError;
use std::path::PathBuf;

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
    /// Pictures, or words, that no calibration can be fitted with.
    #[error("{problem}")]
    Pictures {
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
    /// A score outside its range.
    #[error("the score of \"{phrase}\" is {score}, but must be from 0 to 1; report this as a bug")]
    Score {
        /// What was scored.
        phrase: String,
        /// The score.
        score: f64,
    },
    /// A proposer none of whose answers can be read.
    #[error(
        "none of the proposer's answers could be read ({unparsed} could not); look at its answers, or ask \
         another model"
    )]
    Unanswered {
        /// Answers that could not be read.
        unparsed: usize,
    },
    /// A baseline without what it is to choose from.
    #[error("the baseline {method} needs proposals for {model}; name a proposer, or leave it out")]
    NoProposals {
        /// The baseline.
        method: String,
        /// The model that it was to explain.
        model: String,
    },
    /// A server that does not answer as it should.
    #[error(
        "{address}: {problem}; check url, model and key-variable, and run again: answers so far are kept"
    )]
    Endpoint {
        /// Where requests go.
        address: String,
        /// What happened.
        problem: String,
    },
    /// A key that is not where it should be.
    #[error(
        "the environment variable {variable} holds no key; set it, or leave out `key-variable`"
    )]
    Key {
        /// Its name.
        variable: String,
    },
    /// Nothing is left of a budget.
    #[error(
        "the budget of a run is used up (`{setting}` is {limit}); answers so far are kept in {cache}, run \
         again to go on, or raise it"
    )]
    Budget {
        /// Its name in the TOML file.
        setting: &'static str,
        /// How much it was.
        limit: u64,
        /// Where answers are kept.
        cache: PathBuf,
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
