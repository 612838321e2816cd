//! `finexl sweep plan`: what a sweep would do.

use super::quoting::quoted;
use crate::diagnostics::CliError;
use crate::output::print;
use finexl_core::sweep::{SweepPlan, SweepStatus};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Check a sweep and say how many cells it has, what they share, and how long they may take.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  finexl sweep plan experiments/sweeps/smoke.toml\n  finexl sweep plan experiments/sweeps/smoke.toml --print-commands | parallel"
)]
pub struct Plan {
    /// A sweep, e.g. experiments/sweeps/smoke.toml.
    sweep: PathBuf,
    /// Print a command for every cell that waits instead, one per line, for any scheduler.
    #[arg(long)]
    print_commands: bool,
}

impl Plan {
    /// Runs the verb.
    pub fn run(&self) -> Result<ExitCode, CliError> {
        let plan = SweepPlan::read(&self.sweep)?;
        let status = plan.status()?;
        print(&match self.print_commands {
            true => self.commands(&plan, &status),
            false => self.said(&plan, &status)?,
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn commands(&self, plan: &SweepPlan, status: &SweepStatus) -> String {
        let sweep = quoted(&self.sweep.to_string_lossy());
        let mut text = String::new();
        for cell in &status.waiting {
            let folder = plan.folder(*cell);
            let name = folder
                .path()
                .file_name()
                .unwrap_or_default()
                .to_string_lossy();
            let _ = writeln!(text, "finexl sweep work {sweep} --cell {name}");
        }
        text
    }

    fn said(&self, plan: &SweepPlan, status: &SweepStatus) -> Result<String, CliError> {
        let mut text = format!(
            "{}: {} cells of [{}]\n",
            plan.name,
            plan.cells.len(),
            plan.kind
        );
        for axis in &plan.axes {
            let shown: Vec<&str> = axis.labels.iter().take(8).map(String::as_str).collect();
            let more = if axis.labels.len() > 8 { ", ..." } else { "" };
            let _ = writeln!(
                text,
                "  {} ({}): {}{more}",
                axis.column,
                axis.labels.len(),
                shown.join(", ")
            );
        }
        if plan.left_out > 0 {
            let _ = writeln!(
                text,
                "{} combinations are left out by conditions",
                plan.left_out
            );
        }
        if plan.doubled > 0 {
            let _ = writeln!(
                text,
                "{} combinations are the same as others and run once",
                plan.doubled
            );
        }
        for part in plan.shared_parts()? {
            let _ = writeln!(
                text,
                "shared: {} {} for {} uses",
                part.different, part.what, part.uses
            );
        }
        for pool in plan.pool_experiments() {
            let _ = writeln!(text, "made first: the pool of {}", pool.display());
        }
        let _ = writeln!(text, "{}", status.line());
        text.push_str(&estimate(plan, status));
        Ok(text)
    }
}

/// Time and disk of what waits, from what has run.
fn estimate(plan: &SweepPlan, status: &SweepStatus) -> String {
    let (done, waiting) = (status.done.len(), status.waiting.len());
    if waiting == 0 {
        return String::new();
    }
    if done == 0 {
        return "no cell has run yet, so nothing is known of time and disk\n".to_string();
    }
    let seconds = status.seconds / done as f64;
    let bytes = status.bytes as f64 / done as f64;
    format!(
        "{waiting} wait: about {} of one process and {} of disk, from {done} that are done ({seconds:.1} s each); what they \
         share takes {} so far\n",
        duration(seconds * waiting as f64),
        megabytes(bytes * waiting as f64),
        megabytes(plan.shared_bytes() as f64)
    )
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

fn megabytes(bytes: f64) -> String {
    format!("{:.1} MB", bytes / 1e6)
}
