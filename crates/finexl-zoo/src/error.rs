//! The errors of this crate.

use std::path::PathBuf;

/// What can go wrong with weights, encoders and trainings.
#[derive(Debug, thiserror::Error)]
pub enum ZooError {
    /// A file could not be read or written.
    #[error(transparent)]
    Core(#[from] finexl_core::CoreError),
    /// Images, art or scenes could not be had.
    #[error(transparent)]
    Data(#[from] finexl_data::DataError),
    /// A weights file is not what it should be.
    #[error("{path}: {problem}; {remedy}")]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The files of an encoder are not all there, or do not fit each other.
    #[error("{path}: {problem}; {remedy}")]
    EncoderFiles {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// The files of a generator are not all there, do not fit each other, or are of a kind that is not built.
    #[error("{path}: {problem}; {remedy}")]
    GeneratorFiles {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// Files could not be fetched.
    #[error("{name} could not be fetched: {problem}; {remedy}")]
    Pull {
        /// The repository.
        name: String,
        /// What happened.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// A text holds words that the encoder was not trained on.
    #[error(
        "{encoder} does not know the word{} {} (in \"{text}\"); use words of its vocabulary (`finexl zoo words`, for a generator `finexl zoo info`) or a model with an open vocabulary",
        if words.len() == 1 { "" } else { "s" },
        words.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ")
    )]
    UnknownWords {
        /// The encoder's name.
        encoder: String,
        /// The whole text.
        text: String,
        /// The unknown words.
        words: Vec<String>,
    },
    /// A text is longer than the encoder's context.
    #[error("the text \"{text}\" has {tokens} tokens; {encoder} reads at most {limit}: shorten it")]
    TextTooLong {
        /// The encoder's name.
        encoder: String,
        /// The text.
        text: String,
        /// Its length in tokens.
        tokens: usize,
        /// The encoder's limit.
        limit: usize,
    },
    /// An encoder gave something that is not a number.
    #[error(
        "{encoder} gave a value that is not finite for {what}; its weights are damaged or the image is: run `finexl zoo verify`"
    )]
    NotFinite {
        /// The encoder's name.
        encoder: String,
        /// Which input.
        what: String,
    },
    /// An adapter cannot be made, or does not fit its model.
    #[error("the adapter cannot be used: {problem}; {remedy}")]
    Adapter {
        /// What is wrong with it.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// An adapter was trained on another base model.
    #[error(
        "{path}: the adapter was trained on weights with SHA-256 {stated}{}, the base given has {given}; use the base it was trained on, or train it on this one",
        name.as_ref().map(|name| format!(" (\"{name}\")")).unwrap_or_default()
    )]
    OtherBase {
        /// The file that says so.
        path: PathBuf,
        /// SHA-256 of the base it was trained on.
        stated: String,
        /// SHA-256 of the base it was to be put onto.
        given: String,
        /// What the folder calls its base.
        name: Option<String>,
    },
    /// A model makes one and the same picture whatever it is asked for.
    #[error(
        "{model} has collapsed: {diversity}; train it less, with a smaller learning rate, or keep it closer to its base"
    )]
    Collapsed {
        /// The model.
        model: String,
        /// How alike its images are.
        diversity: crate::generators::Diversity,
    },
    /// A name that nothing answers to.
    #[error("there is no {kind} named \"{name}\"; known: {known}")]
    Unknown {
        /// Encoder, device, ...
        kind: &'static str,
        /// The name given.
        name: String,
        /// What could have been given.
        known: String,
    },
    /// A configuration that cannot be built.
    #[error("{0}")]
    Config(String),
    /// A tensor operation or training failed.
    #[error("{what} failed: {message}")]
    Backend {
        /// What was being done.
        what: &'static str,
        /// The backend's words.
        message: String,
    },
}
