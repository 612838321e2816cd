//! `finexl compare`: how two results differ.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::print;
use finexl::SelectionResults;
use finexl_plot::{ResultSet, selection_differences};
use std::path::PathBuf;
use std::process::ExitCode;

/// Say how two results of model selection differ: their figures, and what was selected for each target.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  finexl compare runs/a runs/b")]
pub struct Compare {
    /// The output folder of a [select-models] experiment.
    first: PathBuf,
    /// Another one; differences are this one's figures less those of the first.
    second: PathBuf,
}

impl Compare {
    /// Runs the verb.
    pub fn run(&self, _arguments: &Arguments) -> Result<ExitCode, CliError> {
        let first = SelectionResults::open(&self.first)?;
        let second = SelectionResults::open(&self.second)?;
        let names = [&self.first, &self.second].map(|folder| folder.display().to_string());
        let columns = [first.columns()?, second.columns()?];
        let provenance = [first.provenance()?, second.provenance()?];
        let a = ResultSet {
            name: &names[0],
            columns: &columns[0],
            records: &first.records,
            provenance: provenance[0].as_ref(),
        };
        let b = ResultSet {
            name: &names[1],
            columns: &columns[1],
            records: &second.records,
            provenance: provenance[1].as_ref(),
        };
        print(&selection_differences(&a, &b))?;
        Ok(ExitCode::SUCCESS)
    }
}
