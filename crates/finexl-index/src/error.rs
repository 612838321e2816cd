//! The errors of this crate.

use finexl_core::CoreError;
use std::path::PathBuf;

/// What can go wrong with an index or a search.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// A file or record.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// A file that is no index, one of another version, or a damaged one.
    #[error("{path} {problem}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A record that cannot join.
    #[error("{record} cannot join the index: {problem}")]
    Record {
        /// Its file.
        record: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// Words that nothing is found by.
    #[error("{0}")]
    Query(String),
    /// A choice among the groups of an index that leaves none, or several.
    #[error("{0}")]
    Group(String),
}

impl IndexError {
    /// Of a file.
    pub(crate) fn file(path: impl Into<PathBuf>, problem: impl Into<String>) -> Self {
        Self::File {
            path: path.into(),
            problem: problem.into(),
        }
    }
}
