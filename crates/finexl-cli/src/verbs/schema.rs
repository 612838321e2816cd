//! `finexl schema`: the schema of experiment files.

use crate::diagnostics::CliError;
use crate::output::print;
use finexl_core::experiment::{reference, schema};
use std::process::ExitCode;

/// Print the JSON schema of experiment files, which editors use to complete and check them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  finexl schema > experiment.schema.json\n  finexl schema --markdown"
)]
pub struct Schema {
    /// Print the list of all keys as Markdown instead, as in docs/experiments.md.
    #[arg(long)]
    markdown: bool,
}

impl Schema {
    /// Runs the verb.
    pub fn run(&self) -> Result<ExitCode, CliError> {
        if self.markdown {
            print(&reference())?;
            return Ok(ExitCode::SUCCESS);
        }
        let text = serde_json::to_string_pretty(schema()).map_err(|source| {
            finexl_core::CoreError::Json {
                what: "the schema of experiments".to_string(),
                source,
            }
        })?;
        print(&(text + "\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}
