//! `finexl sweep status` and `finexl sweep retry`.

use super::slurm;
use crate::diagnostics::{CliError, FAILURE};
use crate::output::print;
use finexl_core::sweep::{SweepPlan, SweepStatus};
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

/// Cells of one kind that are named.
const NAMED: usize = 10;

/// Says how far the cells are; with failed ones the exit code says so too.
pub fn status(sweep: &Path) -> Result<ExitCode, CliError> {
    let plan = SweepPlan::read(sweep)?;
    let status = plan.status()?;
    show(&plan, &status)?;
    if let Some(line) = slurm::seen(&plan.output.join("slurm"))? {
        print(&format!("{line}\n"))?;
    }
    Ok(match status.failed.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(FAILURE),
    })
}

/// Prints how far a sweep is, and which cells failed, with their logs.
pub fn show(plan: &SweepPlan, status: &SweepStatus) -> Result<(), CliError> {
    let mut text = format!("{}\n", status.line());
    for (cell, owner) in status.running.iter().take(NAMED) {
        let _ = writeln!(text, "running on {owner}: {}", plan.describe(*cell));
    }
    for (cell, problem) in status.failed.iter().take(NAMED) {
        let log = plan.folder(*cell).log();
        let _ = writeln!(
            text,
            "failed: {}: {problem} ({})",
            plan.describe(*cell),
            log.display()
        );
    }
    if status.failed.len() > NAMED {
        let _ = writeln!(text, "and {} failed ones more", status.failed.len() - NAMED);
    }
    print(&text)
}

/// Lets the cells that failed wait again.
pub fn retry(sweep: &Path) -> Result<ExitCode, CliError> {
    let plan = SweepPlan::read(sweep)?;
    let mut count = 0;
    for (cell, _) in plan.status()?.failed {
        count += usize::from(plan.folder(cell).retry()?);
    }
    print(&format!(
        "{count} cells wait again; `finexl sweep run {}` runs them\n",
        sweep.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}
