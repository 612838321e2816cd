//! `finexl sweep`: an experiment for many values of its keys.

mod cell;
mod collect;
mod plan;
mod quoting;
mod run;
mod slurm;
mod status;
mod submit;
mod work;

use crate::arguments::{Arguments, Computing};
use crate::diagnostics::CliError;
use clap::Subcommand;
use std::path::PathBuf;
use std::process::ExitCode;

/// Run an experiment for many values of its keys.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  finexl sweep plan experiments/sweeps/smoke.toml\n  finexl sweep run experiments/sweeps/smoke.toml --jobs 2\n  finexl sweep collect experiments/sweeps/smoke.toml"
)]
pub struct Sweep {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Check a sweep and say how many cells it has, what they share, and how long they may take.
    Plan(plan::Plan),
    /// Run the cells that wait, in several processes of this machine.
    Run(run::RunSweep),
    /// Run cells in this process's turn: what a scheduler starts, as often as it likes.
    Work(work::Work),
    /// Hand the cells that wait to a scheduler.
    Submit(submit::Submit),
    /// Say how many cells are done, failed, running.
    Status(Of),
    /// Let the cells that failed wait again.
    Retry(Of),
    /// Write the table, the figures and the report of the cells that are done.
    Collect(Of),
    /// Run one cell; for `sweep work`, which lends it the lock.
    #[command(hide = true)]
    Cell(cell::OneCell),
}

/// A sweep.
#[derive(Debug, clap::Args)]
pub struct Of {
    /// A sweep, e.g. experiments/sweeps/smoke.toml.
    sweep: PathBuf,
}

impl Sweep {
    /// Where it computes; a sweep says so in its file.
    pub fn computing(&self) -> Option<&Computing> {
        match &self.action {
            Action::Cell(cell) => Some(&cell.computing),
            _ => None,
        }
    }

    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        match &self.action {
            Action::Plan(plan) => plan.run(),
            Action::Run(run) => run.run(arguments),
            Action::Work(work) => work.run(arguments),
            Action::Submit(submit) => submit.run(),
            Action::Status(of) => status::status(&of.sweep),
            Action::Retry(of) => status::retry(&of.sweep),
            Action::Collect(of) => collect::collect(&of.sweep, arguments),
            Action::Cell(cell) => cell.run(arguments),
        }
    }
}
