//! `finexl sweep run`: several workers on this machine.

use super::status::show;
use crate::arguments::Arguments;
use crate::diagnostics::{CliError, FAILURE};
use crate::numbers::count;
use finexl_core::sweep::SweepPlan;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How often workers are started again that somebody killed.
const ROUNDS: usize = 20;

/// Run the cells that wait, in several processes of this machine.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  finexl sweep run experiments/sweeps/smoke.toml --jobs 2")]
pub struct RunSweep {
    /// A sweep, e.g. experiments/sweeps/smoke.toml.
    sweep: PathBuf,
    /// Processes, which share the cores.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count)]
    jobs: usize,
}

struct Worker {
    child: Child,
    /// Open as long as this process lives.
    _line: Option<ChildStdin>,
}

impl RunSweep {
    /// Runs the verb; cells that failed are said in the exit code.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let plan = SweepPlan::read(&self.sweep)?;
        // Before anything is run: a folder of another version is refused here.
        let before = plan.status()?;
        if !arguments.quiet {
            eprintln!("{}: {}", plan.name, before.line());
        }
        let all = plan.cells.len();
        let finished = AtomicUsize::new(before.done.len() + before.failed.len());
        let mut broken = None;
        for _ in 0..ROUNDS {
            let waiting = plan.status()?.waiting.len();
            if waiting == 0 || broken.is_some() {
                break;
            }
            broken = self.round(waiting, (&finished, all), arguments)?;
        }
        let status = plan.status()?;
        show(&plan, &status)?;
        if let Some(problem) = broken {
            return Err(CliError::Usage(problem));
        }
        let complete = status.done.len() == all;
        Ok(if complete {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(FAILURE)
        })
    }

    /// Starts workers and waits for all; what broke one of them, if something did that would break the next too.
    fn round(
        &self,
        waiting: usize,
        (finished, all): (&AtomicUsize, usize),
        arguments: &Arguments,
    ) -> Result<Option<String>, CliError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = (cores / self.jobs).max(1);
        let program = std::env::current_exe().map_err(|error| {
            CliError::Usage(format!("this program cannot be started again: {error}"))
        })?;
        let mut workers = Vec::new();
        for _ in 0..self.jobs.min(waiting) {
            workers.push(self.worker(&program, threads)?);
        }
        let quiet = arguments.quiet;
        let mut broken = None;
        std::thread::scope(|scope| {
            for worker in &mut workers {
                let Some(lines) = worker.child.stdout.take() else {
                    continue;
                };
                scope.spawn(move || {
                    for line in BufReader::new(lines).lines().map_while(Result::ok) {
                        let done = finished.fetch_add(1, Ordering::Relaxed) + 1;
                        if !quiet {
                            eprintln!("{done} of {all}: {line}");
                        }
                    }
                });
            }
            for worker in &mut workers {
                let status = worker.child.wait();
                // A worker whose cells failed ends with a code of its own; one that was killed has none.
                if let Ok(status) = status
                    && status
                        .code()
                        .is_some_and(|code| code != 0 && code != i32::from(FAILURE))
                {
                    broken = Some(format!(
                        "a worker ended with {status}; what it says stands above"
                    ));
                }
            }
        });
        Ok(broken)
    }

    fn worker(&self, program: &Path, threads: usize) -> Result<Worker, CliError> {
        let mut child = Command::new(program)
            .args([
                "sweep",
                "work",
                "--watched",
                "--threads",
                &threads.to_string(),
                "--",
            ])
            .arg(&self.sweep)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| {
                CliError::Usage(format!("{} cannot be started: {error}", program.display()))
            })?;
        Ok(Worker {
            _line: child.stdin.take(),
            child,
        })
    }
}
