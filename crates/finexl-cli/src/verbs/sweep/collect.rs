//! `finexl sweep collect`: the table, the figures and the report.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::{print, remark};
use finexl_core::atomic;
use finexl_core::sweep::{SweepPlan, SweepTableRecord};
use finexl_eval::{collect_sweep, write_sweep_table};
use finexl_plot::{sweep_figures, sweep_page};
use std::path::Path;
use std::process::ExitCode;

/// Figures that the report shows where none were chosen.
const SHOWN: usize = 6;

/// Writes table, figures and report into the folder of a sweep.
pub fn collect(sweep: &Path, arguments: &Arguments) -> Result<ExitCode, CliError> {
    let plan = SweepPlan::read(sweep)?;
    let status = plan.status()?;
    let record = collect_sweep(&plan, &status)?;
    let chosen = chosen(&plan, &record, sweep)?;
    let table = plan.output.join("table.csv");
    write_sweep_table(&table, &record)?;
    let drawn = sweep_figures(&record, &chosen)?;
    let folder = plan.output.join("figures");
    atomic::create_folder(&folder)?;
    for figure in &drawn {
        atomic::write(
            folder.join(format!("{}.svg", figure.name)),
            figure.svg.as_bytes(),
        )?;
    }
    let page = plan.output.join("report.html");
    atomic::write(&page, sweep_page(&record, &chosen, &drawn).as_bytes())?;
    remark(&record.notes, arguments.quiet);
    if !arguments.quiet {
        print(&format!(
            "{} rows in {}, {} figures in {}, see {}\n",
            record.rows.len(),
            table.display(),
            drawn.len(),
            folder.display(),
            page.display()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn chosen(
    plan: &SweepPlan,
    record: &SweepTableRecord,
    sweep: &Path,
) -> Result<Vec<usize>, CliError> {
    if plan.figures.is_empty() {
        return Ok((0..record.figures.len().min(SHOWN)).collect());
    }
    let place = |name: &String| {
        record
            .figures
            .iter()
            .position(|figure| figure == name)
            .ok_or_else(|| {
                CliError::Usage(format!(
                    "{}: the cells have no figure \"{name}\"; there are {}",
                    sweep.display(),
                    record.figures.join(", ")
                ))
            })
    };
    plan.figures.iter().map(place).collect()
}
