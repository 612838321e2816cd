//! What a verb hands over: standard output, files, progress.

use crate::diagnostics::CliError;
use finexl_core::CoreError;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Prints to standard output. A reader that went away (`| head`) is no error.
pub fn print(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe => {
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
    if path == Path::new("-") {
        return print(&String::from_utf8_lossy(content));
    }
    Ok(finexl_core::atomic::write(path, content)?)
}

/// Refuses, before any work is done, a result file whose folder cannot take it.
pub fn check_writable(path: &Path) -> Result<(), CliError> {
    if path == Path::new("-") {
        return Ok(());
    }
    let refused = |kind: std::io::ErrorKind| {
        CliError::Core(CoreError::Write {
            path: path.to_path_buf(),
            source: kind.into(),
        })
    };
    if path.is_dir() {
        return Err(refused(std::io::ErrorKind::IsADirectory));
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match std::fs::metadata(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(CliError::Usage(format!(
                "cannot write {}: there is no folder {}; make it, or choose a folder that exists",
                path.display(),
                folder.display()
            )))
        }
        Err(error) => Err(refused(error.kind())),
        Ok(found) if !found.is_dir() => Err(refused(std::io::ErrorKind::NotADirectory)),
        Ok(found) if found.permissions().readonly() => {
            Err(refused(std::io::ErrorKind::PermissionDenied))
        }
        Ok(_) => Ok(()),
    }
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
            if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
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
