//! Errors as a person reads them, and exit codes.

use crate::arguments::Arguments;
use finexl_core::CoreError;
use finexl_data::DataError;
use finexl_explain::ExplainError;
use finexl_zoo::ZooError;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::process::ExitCode;

/// Exit code for a mistake in what the user gave: arguments, files, images.
pub const INPUT_ERROR: u8 = 2;
/// Exit code for everything else that fails.
pub const FAILURE: u8 = 1;

/// Everything that can end a verb.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
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
    /// Figures and pages.
    #[error(transparent)]
    Plot(#[from] finexl_plot::PlotError),
    /// Anything that only the command line knows.
    #[error("{0}")]
    Usage(String),
}

/// Logging: warnings to standard error, more with `RUST_LOG`.
pub fn install(arguments: &Arguments) {
    let level = if arguments.quiet { "error" } else { "warn" };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    // A second subscriber can only come from a test in the same process; the first one stays.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .without_time()
        .try_init();
}

/// Prints an error, with the line of a TOML mistake, and gives the exit code.
pub fn report(error: &CliError) -> ExitCode {
    match toml_mistake(error) {
        Some(mistake) => eprintln!("{:?}", miette::Report::new(mistake)),
        None => eprintln!("error: {error}"),
    }
    ExitCode::from(exit_code(error))
}

fn exit_code(error: &CliError) -> u8 {
    match error {
        CliError::Zoo(ZooError::Backend { .. }) => FAILURE,
        _ => INPUT_ERROR,
    }
}

/// A TOML mistake that shows its line.
#[derive(Debug)]
struct TomlMistake {
    message: String,
    source: NamedSource<String>,
    span: std::ops::Range<usize>,
}

impl fmt::Display for TomlMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TomlMistake {}

impl Diagnostic for TomlMistake {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_with_span(Some("here".to_string()), self.span.clone());
        Some(Box::new(std::iter::once(label)))
    }
}

fn toml_mistake(error: &CliError) -> Option<TomlMistake> {
    let core = match error {
        CliError::Core(core)
        | CliError::Data(DataError::Core(core))
        | CliError::Zoo(ZooError::Core(core))
        | CliError::Explain(ExplainError::Core(core)) => core,
        _ => return None,
    };
    let CoreError::Toml { path, text, span, .. } = core else {
        return None;
    };
    Some(TomlMistake {
        message: core.to_string(),
        source: NamedSource::new(path.display().to_string(), text.clone()),
        span: span.clone(),
    })
}
