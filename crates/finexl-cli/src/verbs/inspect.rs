//! `finexl inspect`: what a LoRA file holds.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::{check_writable, print, write};
use finexl_core::CoreError;
use finexl_core::inspection::Inspection;
use finexl_plot::{inspection_page, inspection_table};
use finexl_zoo::inspection::{InspectOptions, inspect};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Say what a LoRA file holds and how strongly it changes which layers, without a model and without drawing
/// anything. With two files, say how alike their changes are too.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  finexl inspect lora.safetensors")]
pub struct Inspect {
    /// A .safetensors file, or the folder of an adapter.
    file: PathBuf,
    /// A second one, to be compared with the first.
    other: Option<PathBuf>,
    /// Write the whole record as JSON; - for standard output instead of the table.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a page with a heat map of the strength per block; - for standard output instead of the table.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The model that the files are for, to relate changes to its weights: a single file, or the folder of a
    /// pipeline of diffusers. A whole checkpoint is compared with it.
    #[arg(long, value_name = "DIR|FILE")]
    model: Option<PathBuf>,
    /// Show all metadata, which may name folders, people and models.
    #[arg(long)]
    private: bool,
}

impl Inspect {
    /// Runs the verb.
    pub fn run(&self, _arguments: &Arguments) -> Result<ExitCode, CliError> {
        let outputs = [&self.json, &self.html].map(|path| path.as_deref());
        for path in outputs.into_iter().flatten() {
            check_writable(path)?;
        }
        if outputs == [Some(Path::new("-")); 2] {
            return Err(CliError::Usage(
                "only one of --json and --html can go to standard output".to_string(),
            ));
        }
        let mut paths = vec![self.file.clone()];
        paths.extend(self.other.clone());
        let options = InspectOptions {
            private: self.private,
            model: self.model.clone(),
            read_by: None,
        };
        let inspection = inspect(&paths, &options)?;
        if let Some(path) = &self.json {
            write(path, &json(&inspection)?)?;
        }
        if let Some(path) = &self.html {
            write(path, inspection_page(&inspection)?.as_bytes())?;
        }
        if !outputs.contains(&Some(Path::new("-"))) {
            print(&inspection_table(&inspection))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn json(inspection: &Inspection) -> Result<Vec<u8>, CliError> {
    let text = serde_json::to_string_pretty(inspection).map_err(|source| CoreError::Json {
        what: "the inspection".to_string(),
        source,
    })?;
    Ok(format!("{text}\n").into_bytes())
}
