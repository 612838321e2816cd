//! `finexl sweep work`: takes cells that wait, one after the other, until there is none.

use super::cell::end_with_parent;
use crate::arguments::Arguments;
use crate::diagnostics::{CliError, FAILURE};
use crate::numbers::count;
use crate::output::print;
use finexl_core::CoreError;
use finexl_core::sweep::{CellOutcome, RunningCell, SweepPlan};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::str::FromStr;
use std::time::Instant;

/// How often a cell is begun anew whose process somebody killed.
const ATTEMPTS: usize = 3;
/// Longest problem that is kept of a log; the log itself has all.
const LONGEST: usize = 400;

/// Run cells in this process's turn.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  finexl sweep work experiments/sweeps/smoke.toml\n  finexl sweep work experiments/sweeps/smoke.toml --shard 2/8"
)]
pub struct Work {
    /// A sweep, e.g. experiments/sweeps/smoke.toml.
    sweep: PathBuf,
    /// Only every n-th cell from the i-th on, 1/n to n/n; all that wait without it.
    #[arg(long, value_name = "i/n", conflicts_with = "cell")]
    shard: Option<Shard>,
    /// Only this cell, by the name of its folder.
    #[arg(long, value_name = "ID")]
    cell: Option<String>,
    /// Threads of a cell [default: as many as the processor has cores].
    #[arg(long, value_name = "N", value_parser = count)]
    threads: Option<usize>,
    /// End when standard input does.
    #[arg(long, hide = true)]
    watched: bool,
}

/// A part of the cells.
#[derive(Clone, Copy, Debug)]
pub struct Shard {
    /// From 1.
    number: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            _ => Err("write it as i/n, i from 1 to n".to_string()),
        }
    }
}

impl Work {
    /// Runs the verb; a cell that failed is said in the exit code.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        if self.watched {
            end_with_parent();
        }
        let plan = SweepPlan::read(&self.sweep)?;
        let cells = self.cells(&plan)?;
        let program = std::env::current_exe().map_err(|error| {
            CliError::Usage(format!("this program cannot be started again: {error}"))
        })?;
        let mut failed = false;
        for cell in cells {
            // Somebody else may be at it, or done with it.
            let Some(running) = plan.begin(cell)? else {
                continue;
            };
            let started = Instant::now();
            let problem = self.run_cell(&program, &plan, &running)?;
            let outcome = running.finish(problem, started.elapsed().as_secs_f64())?;
            failed |= outcome.problem.is_some();
            if !arguments.quiet {
                print(&told(&plan, cell, &outcome))?;
            }
        }
        Ok(if failed {
            ExitCode::from(FAILURE)
        } else {
            ExitCode::SUCCESS
        })
    }

    fn cells(&self, plan: &SweepPlan) -> Result<Vec<usize>, CliError> {
        let all = 0..plan.cells.len();
        if let Some(name) = &self.cell {
            let is_named = |cell: &usize| {
                plan.folder(*cell)
                    .path()
                    .file_name()
                    .is_some_and(|n| n == name.as_str())
            };
            return match all.clone().find(is_named) {
                Some(cell) => Ok(vec![cell]),
                None => Err(CliError::Usage(format!(
                    "{} has no cell {name}; `finexl sweep plan --print-commands` lists those that it has",
                    self.sweep.display()
                ))),
            };
        }
        Ok(match self.shard {
            Some(shard) => all.skip(shard.number - 1).step_by(shard.of).collect(),
            None => all.collect(),
        })
    }

    /// Runs a cell in a process of its own; what went wrong, if something did.
    fn run_cell(
        &self,
        program: &Path,
        plan: &SweepPlan,
        cell: &RunningCell,
    ) -> Result<Option<String>, CliError> {
        let path = cell.folder().log();
        let mut killed = String::new();
        for _ in 0..ATTEMPTS {
            let failed = |source| CoreError::Write {
                path: path.clone(),
                source,
            };
            let log = File::create(&path).map_err(failed)?;
            let mut command = Command::new(program);
            command.args(["sweep", "cell", "--device", &plan.device]);
            if let Some(threads) = self.threads {
                command.args(["--threads", &threads.to_string()]);
            }
            command.arg("--").arg(cell.folder().experiment());
            command
                .stdin(Stdio::piped())
                .stderr(log.try_clone().map_err(failed)?)
                .stdout(log);
            let mut child = command.spawn().map_err(|error| {
                CliError::Usage(format!("{} cannot be started: {error}", program.display()))
            })?;
            // Kept open until it ends: by that it sees that this process lives.
            let _line = child.stdin.take();
            let status = child.wait().map_err(|error| {
                CliError::Usage(format!("a cell cannot be waited for: {error}"))
            })?;
            match (status.success(), signal(status)) {
                (true, _) => return Ok(None),
                (false, None) => return Ok(Some(problem_of(&path, status))),
                // Whoever killed it meant the process and not the cell.
                (false, Some(signal)) => {
                    killed = format!("killed by signal {signal}, {ATTEMPTS} times")
                }
            }
        }
        Ok(Some(killed))
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

/// The error that a log ends with.
fn problem_of(log: &Path, status: ExitStatus) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    let begins = |line: &&str| {
        line.starts_with("error:")
            || line.trim_start().starts_with('×')
            || line.contains("panicked at")
    };
    let from = lines.iter().rposition(begins);
    let said = match from {
        Some(from) => {
            // Of an error that is shown in its file the sentence alone, without the lines of the file.
            let sentence = lines[from..].iter();
            let sentence = sentence.take_while(|line| !line.trim_start().starts_with('╭'));
            let bare = sentence.map(|line| line.trim_start_matches([' ', '×', '│']));
            bare.collect::<Vec<_>>().join(" ")
        }
        None => lines.last().map_or(String::new(), |line| line.to_string()),
    };
    let said: String = said.chars().take(LONGEST).collect();
    match said.is_empty() {
        true => format!("it ended with {status} and said nothing"),
        false => said,
    }
}

/// A line on a cell.
fn told(plan: &SweepPlan, cell: usize, outcome: &CellOutcome) -> String {
    let what = plan.describe(cell);
    let seconds = outcome.seconds;
    match &outcome.problem {
        None => format!("done in {seconds:.1} s: {what}\n"),
        Some(problem) => format!("failed after {seconds:.1} s: {what}: {problem}\n"),
    }
}
