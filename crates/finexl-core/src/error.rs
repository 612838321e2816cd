//! The errors of this crate.

use crate::owner::Owner;
use crate::recipe::{Difference, listed};
use std::path::PathBuf;

/// What can go wrong with files, configurations and records.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// A file could not be read.
    #[error("cannot read {path}: {source}; check that it exists and may be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error(
        "cannot write {path}: {source}; choose a folder that exists, may be written to and has room"
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Work that another process is at.
    #[error(
        "{owner} is at work in {path}; wait until it is done, or give this run another output folder"
    )]
    Busy {
        /// The folder or file.
        path: PathBuf,
        /// The process.
        owner: Owner,
    },
    /// Work that another machine has taken over.
    #[error(
        "the work in {path} was taken over by another machine, since this process had shown no sign of life \
         for two minutes; it goes on there, nothing of this run is kept"
    )]
    LockLost {
        /// The folder or file.
        path: PathBuf,
    },
    /// Results of another recipe, where a run was to put its own.
    #[error(
        "{path} was made from another recipe: {}; {remedy}",
        listed(differences)
    )]
    OtherRecipe {
        /// The folder or file.
        path: PathBuf,
        /// What differs.
        differences: Vec<Difference>,
        /// What to do.
        remedy: String,
    },
    /// Results of two recipes, since a run that was to replace the ones by the others did not end.
    #[error(
        "{path} holds results of two recipes, since a run that was to replace them did not end; \
         run its experiment again ({record} holds its recipe)"
    )]
    HalfReplaced {
        /// The folder.
        path: PathBuf,
        /// The file that says what was asked for last.
        record: String,
    },
    /// Results of which nothing says what they were made from.
    #[error(
        "{path} holds results, and there is no {record} that says what they were made from; {remedy}"
    )]
    UnknownRecipe {
        /// The folder or file.
        path: PathBuf,
        /// The file that would say it.
        record: String,
        /// What to do.
        remedy: String,
    },
    /// Work needs more memory than there is.
    #[error(
        "{what} needs about {needed} MiB of memory, {available} MiB are free; make it smaller or free some"
    )]
    Memory {
        /// What would need it.
        what: String,
        /// Mebibytes that it needs.
        needed: u64,
        /// Mebibytes that are there.
        available: u64,
    },
    /// A TOML file does not hold what its kind of file holds.
    #[error("{path}, line {line}: {message}")]
    Toml {
        /// The file.
        path: PathBuf,
        /// The line of the mistake, counted from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
        /// The whole file, for a diagnostic that shows the line.
        text: String,
        /// Bytes of `text` that are wrong.
        span: std::ops::Range<usize>,
    },
    /// A key of an experiment that cannot be set as it was on the command line.
    #[error("{path}, with --set {setting}: {problem}")]
    Setting {
        /// The experiment.
        path: PathBuf,
        /// What was set, as `key=value`.
        setting: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The folder of a cell that another version made.
    #[error(
        "{path} is a cell of version {found}, and this is version {here}, which may compute otherwise; give the sweep \
         another output, or delete that folder"
    )]
    OtherCell {
        /// The folder.
        path: PathBuf,
        /// Its version.
        found: String,
        /// The version of this program.
        here: String,
    },
    /// A name that is not on its list.
    #[error("there is no {kind} \"{name}\"; there are {known}")]
    UnknownName {
        /// What it would name.
        kind: &'static str,
        /// What was given.
        name: String,
        /// What there is.
        known: String,
    },
    /// A record could not be turned into JSON or back.
    #[error("{what}: {source}; make the file anew with this version of finexl")]
    Json {
        /// Which record or file.
        what: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}
