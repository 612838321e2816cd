//! The `finexl` command line: one file per verb.
//!
//! A library of one function, so that what holds the command beside something else (the Python package) need not hold
//! it twice.

mod arguments;
mod card_file;
mod diagnostics;
mod experiment_results;
mod idle_options;
mod interruption;
mod numbers;
mod output;
mod report;
mod report_files;
mod verbs;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command with its arguments, the program's name first, and gives its exit code. Wrong arguments, `--help` and
/// Ctrl-C end the process here.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = arguments::Arguments::read(arguments);
    diagnostics::install(&arguments);
    finexl_data::decode::limits::set_most_pixels(arguments.max_pixels);
    interruption::install();
    match verbs::run(arguments) {
        Ok(code) => code,
        Err(error) => diagnostics::report(&error),
    }
}
