//! Errors as a person reads them, and exit codes.

use crate::arguments::Arguments;
use finexl_core::{CoreError, toml_file};
use finexl_data::DataError;
use finexl_eval::EvalError;
use finexl_explain::ExplainError;
use finexl_index::IndexError;
use finexl_zoo::ZooError;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
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
    /// Measurements and calibrations.
    #[error(transparent)]
    Eval(#[from] finexl_eval::EvalError),
    /// Figures and pages.
    #[error(transparent)]
    Plot(#[from] finexl_plot::PlotError),
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
        source: finexl_plot::PlotError,
    },
    /// Anything that only the command line knows.
    #[error("{0}")]
    Usage(String),
}

impl From<finexl::Error> for CliError {
    fn from(error: finexl::Error) -> Self {
        match error {
            finexl::Error::Core(error) => error.into(),
            finexl::Error::Data(error) => error.into(),
            finexl::Error::Zoo(error) => error.into(),
            finexl::Error::Explain(error) => error.into(),
            finexl::Error::Eval(error) => error.into(),
            finexl::Error::Plot(error) => error.into(),
            finexl::Error::Index(error) => error.into(),
            finexl::Error::Results { path, problem } => Self::Results { path, problem },
            finexl::Error::Text { path, source } => Self::Text { path, source },
            finexl::Error::Card { path, source } => Self::Card { path, source },
            finexl::Error::Records(problem) => Self::Usage(problem),
        }
    }
}

impl CliError {
    /// The same, with the line of the setting that is wrong, where it stands in an experiment file.
    pub fn in_file(self, path: &Path) -> Self {
        let setting = match &self {
            Self::Eval(EvalError::Setting { setting, .. })
            | Self::Explain(ExplainError::Setting { setting, .. })
            | Self::Eval(EvalError::Explain(ExplainError::Setting { setting, .. })) => *setting,
            _ => return self,
        };
        let Ok(text) = toml_file::text(path) else {
            return self;
        };
        match toml_file::place_of(&text, setting) {
            Some(span) => toml_file::mistake(path, &text, self.to_string(), span).into(),
            None => self,
        }
    }

    /// Of a model card.
    pub fn of_card(path: &std::path::Path, source: finexl_plot::PlotError) -> Self {
        Self::Card {
            path: path.to_path_buf(),
            source,
        }
    }
}

/// Logging: warnings to standard error, more with `RUST_LOG`.
pub fn install(arguments: &Arguments) {
    // The SVG parser remarks on every oddity of third-party drawings, the painter on lines without length.
    let level = if arguments.quiet {
        "error"
    } else {
        "warn,usvg=error,tiny_skia=error"
    };
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
    let failure = match error {
        CliError::Core(core) => is_failure(core),
        CliError::Data(data) => data_failure(data),
        CliError::Zoo(zoo) => zoo_failure(zoo),
        CliError::Explain(explain) => explain_failure(explain),
        CliError::Eval(eval) => eval_failure(eval),
        CliError::Plot(_) => true,
        CliError::Index(index) => matches!(index, IndexError::Core(core) if is_failure(core)),
        CliError::Results { .. }
        | CliError::Text { .. }
        | CliError::Card { .. }
        | CliError::Usage(_) => false,
    };
    if failure { FAILURE } else { INPUT_ERROR }
}

/// A place that cannot be written to was chosen by the user; a full or broken disk was not.
fn is_failure(error: &CoreError) -> bool {
    let chosen = [
        ErrorKind::NotFound,
        ErrorKind::PermissionDenied,
        ErrorKind::IsADirectory,
        ErrorKind::NotADirectory,
        ErrorKind::AlreadyExists,
        ErrorKind::ReadOnlyFilesystem,
        ErrorKind::InvalidFilename,
        ErrorKind::InvalidInput,
    ];
    matches!(error, CoreError::Write { source, .. } if !chosen.contains(&source.kind()))
}

fn explain_failure(error: &ExplainError) -> bool {
    match error {
        ExplainError::Core(core) => is_failure(core),
        ExplainError::Data(data) => data_failure(data),
        ExplainError::Zoo(zoo) => zoo_failure(zoo),
        ExplainError::NotConverged { .. } => true,
        _ => false,
    }
}

fn eval_failure(error: &EvalError) -> bool {
    match error {
        EvalError::Core(core) => is_failure(core),
        EvalError::Data(data) => data_failure(data),
        EvalError::Zoo(zoo) => zoo_failure(zoo),
        EvalError::Explain(explain) => explain_failure(explain),
        EvalError::Csv { .. }
        | EvalError::Score { .. }
        | EvalError::Unanswered { .. }
        | EvalError::Endpoint { .. }
        | EvalError::Budget { .. } => true,
        EvalError::Pictures { .. }
        | EvalError::Setting { .. }
        | EvalError::NoProposals { .. }
        | EvalError::Key { .. } => false,
    }
}

fn data_failure(error: &DataError) -> bool {
    match error {
        DataError::Core(core) => is_failure(core),
        DataError::EncodeImage { .. } | DataError::Codec { .. } => true,
        _ => false,
    }
}

fn zoo_failure(error: &ZooError) -> bool {
    match error {
        ZooError::Core(core) => is_failure(core),
        ZooError::Data(data) => data_failure(data),
        ZooError::Backend { .. } | ZooError::Pull { .. } => true,
        _ => false,
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
        | CliError::Explain(ExplainError::Core(core))
        | CliError::Eval(EvalError::Core(core))
        | CliError::Eval(EvalError::Explain(ExplainError::Core(core))) => core,
        _ => return None,
    };
    let CoreError::Toml {
        path, text, span, ..
    } = core
    else {
        return None;
    };
    Some(TomlMistake {
        message: core.to_string(),
        source: NamedSource::new(path.display().to_string(), text.clone()),
        span: span.clone(),
    })
}
