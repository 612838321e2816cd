//! What a verb hands over: standard output, files, progress.

use crate::diagnostics::CliError;
use finexl_core::CoreError;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Prints to standard output. A reader that went away (`| head`) is no error.
pub fn print(text: &str) -> Result<(), CliError> {
    Ok(write_out(text.as_bytes())?)
}

/// As [`print`], of bytes.
pub fn write_out(bytes: &[u8]) -> Result<(), CoreError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => Err(CoreError::Write {
            path: PathBuf::from("standard output"),
            source,
        }),
        _ => Ok(()),
    }
}

/// Writes a result to a file, or to standard output for `-`.
pub fn write(path: &Path, content: &[u8]) -> Result<(), CliError> {
    if is_standard_output(path) {
        return Ok(write_out(content)?);
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

/// Time between two lines of progress where there is no bar.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Progress on standard error: a bar on a terminal, else a line now and then; nothing with `--quiet`.
pub struct Progress {
    bar: Mutex<Option<ProgressBar>>,
    /// When a line was last written, where lines are.
    line: Option<Mutex<Instant>>,
}

impl Progress {
    /// A bar that appears with the first step.
    pub fn new(quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self {
            bar: Mutex::new((!quiet && terminal).then(ProgressBar::hidden)),
            line: (!quiet && !terminal).then(|| Mutex::new(Instant::now())),
        }
    }

    /// Shows steps done and in all; from any thread.
    pub fn show(&self, what: &str, done: usize, total: usize) {
        if let Some(last) = &self.line {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            if last.elapsed() >= BETWEEN_LINES {
                *last = Instant::now();
                eprintln!("{what}: {done} of {total}");
            }
            return;
        }
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
