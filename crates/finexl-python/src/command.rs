//! The command `finexl`, in this process.

use pyo3::prelude::*;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Runs the command with its arguments, the program's name first; its exit code.
#[pyfunction]
pub fn command(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    let code = py.detach(|| finexl_cli::run(arguments));
    // Nothing else does it where the process is Python's; who closed the other end does not want it.
    let _ = std::io::stdout().flush();
    // A code does not tell its number.
    (0..=u8::MAX)
        .find(|number| ExitCode::from(*number) == code)
        .unwrap_or(1)
}
