//! `finexl plot`: draws the figures of a result anew.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::print;
use finexl::SelectionResults;
use std::path::PathBuf;
use std::process::ExitCode;

/// Draw the figures of model selection anew, from its records alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  finexl plot runs/smoke/selection")]
pub struct Plot {
    /// The output folder of a [select-models] experiment; figures go to `figures` inside.
    folder: PathBuf,
}

impl Plot {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let results = SelectionResults::open(&self.folder)?;
        let figures = results.write_figures(&results.columns()?)?;
        if !arguments.quiet {
            print(&format!(
                "{} figures, as SVG and PNG, are in {}\n",
                figures.len(),
                results.figures_folder().display()
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
