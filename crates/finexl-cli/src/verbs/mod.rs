//! One module per verb.

pub mod train;

use crate::arguments::{Arguments, Verb};
use crate::diagnostics::CliError;
use std::process::ExitCode;

/// Runs the chosen verb.
pub fn run(arguments: Arguments) -> Result<ExitCode, CliError> {
    match &arguments.verb {
        Verb::Train(verb) => verb.run(&arguments),
    }
}
