//! One cell of a sweep, in a process of its own: what it does to memory or by panicking ends it alone.

use crate::arguments::{Arguments, Computing};
use crate::diagnostics::CliError;
use crate::numbers::count;
use crate::verbs::run::Run;
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

/// Exit code where the process that started this one is gone.
const ORPHANED: i32 = 143;

/// Run one cell.
#[derive(Debug, clap::Args)]
pub struct OneCell {
    /// Its experiment.
    experiment: PathBuf,
    /// Threads.
    #[arg(long, value_name = "N", value_parser = count)]
    threads: Option<usize>,
    #[command(flatten)]
    pub computing: Computing,
}

impl OneCell {
    /// Runs the cell.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        end_with_parent();
        Run::of_file(&self.experiment, self.threads).run(arguments)
    }
}

/// Ends this process as soon as the one that started it is gone, however that ended: its end of standard input is closed
/// by the system. What is being written is finished, and locks are given back.
pub fn end_with_parent() {
    let watching = std::thread::Builder::new().name("parent".to_string());
    let started = watching.spawn(|| {
        let mut rest = Vec::new();
        let _ = std::io::stdin().read_to_end(&mut rest);
        let _writes = finexl_core::atomic::hold_writes();
        finexl_core::partial_folder::remove_unfinished();
        finexl_core::release_locks();
        std::process::exit(ORPHANED);
    });
    if let Err(error) = started {
        tracing::warn!("this process would not see that the one that started it ended: {error}");
    }
}
