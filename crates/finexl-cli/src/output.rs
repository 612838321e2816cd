//! What a verb hands over: standard output, files, progress.

use crate::diagnostics::CliError;
use finexl_core::CoreError;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Prints to standard output. A reader that went away (`| head`) is no error.
pub fn print(text: &str) -> Result<(), CliError> {
    print_bytes(text.as_bytes())
}

fn print_bytes(bytes: &[u8]) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::Core(CoreError::Write {
                path: PathBuf::from("standard output"),
                source,
            }))
        }
        _ => Ok(()),
    }
}

/// Writes a result to a file, or to standard output for `-`.
pub fn write(path: &Path, content: &[u8]) -> Result<(), CliError> {
    if is_standard_output(path) {
        return print_bytes(content);
    }
    Ok(finexl_core::atomic::write(path, content)?)
}

/// Refuses, before any work is done, a result file that cannot be written.
pub fn check_writable(path: &Path) -> Result<(), CliError> {
    if is_standard_output(path) {
        return Ok(());
    }
    match finexl_core::atomic::check(path) {
        Err(CoreError::Write { source, .. }) if source.kind() == ErrorKind::NotFound => {
            let folder = path.parent().unwrap_or(path);
            Err(CliError::Usage(format!(
                "cannot write {}: there is no folder {}; make it, or choose a folder that exists",
                path.display(),
                folder.display()
            )))
        }
        checked => Ok(checked?),
    }
}

/// Whether a result goes to standard output: `-`, or one of the names that a system has for it.
pub fn is_standard_output(path: &Path) -> bool {
    let names = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
    names.iter().any(|name| path == Path::new(name))
}

/// Refuses results of which more than one would go to standard output; true where one does, so that nothing
/// else may.
pub fn check_standard_output(results: &[(&str, Option<&Path>)]) -> Result<bool, CliError> {
    let taken = |(_, path): &&(&str, Option<&Path>)| path.is_some_and(is_standard_output);
    let names: Vec<&str> = results
        .iter()
        .filter(taken)
        .map(|(name, _)| *name)
        .collect();
    if names.len() > 1 {
        return Err(CliError::Usage(format!(
            "{} would both go to standard output; give one of them a file",
            names.join(" and ")
        )));
    }
    Ok(!names.is_empty())
}

/// Shows remarks on standard error.
pub fn remark(notes: &[String], quiet: bool) {
    for note in notes.iter().filter(|_| !quiet) {
        eprintln!("note: {note}");
    }
}

/// A progress bar on standard error; silent when that is no terminal or with `--quiet`.
pub struct Progress {
    bar: Mutex<Option<ProgressBar>>,
}

impl Progress {
    /// A bar that appears with the first step.
    pub fn new(quiet: bool) -> Self {
        let shown = !quiet && std::io::stderr().is_terminal();
        Self {
            bar: Mutex::new(shown.then(ProgressBar::hidden)),
        }
    }

    /// Shows steps done and in all; from any thread.
    pub fn show(&self, what: &str, done: usize, total: usize) {
        let mut slot = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bar) = slot.as_mut() else {
            return;
        };
        if bar.is_hidden() {
            *bar = ProgressBar::new(total as u64);
            if let Ok(style) =
                ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {eta} left")
            {
                bar.set_style(style);
            }
        }
        bar.set_message(what.to_string());
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        if done >= total {
            bar.finish_and_clear();
            *bar = ProgressBar::hidden();
        }
    }
}
