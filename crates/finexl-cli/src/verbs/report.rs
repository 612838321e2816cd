//! `finexl report`: writes tables, figures and page of a result anew.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::print;
use finexl::SelectionResults;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write tables, figures and report of model selection anew, from its records alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  finexl report runs/smoke/selection")]
pub struct Report {
    /// The output folder of a [select-models] experiment.
    folder: PathBuf,
}

impl Report {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let results = SelectionResults::open(&self.folder)?;
        let columns = results.write_tables()?;
        let page = results.write_report(&columns)?;
        if !arguments.quiet {
            print(&format!("wrote {}\n", page.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
