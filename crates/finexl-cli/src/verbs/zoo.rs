//! `finexl zoo`: looks into the encoders.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::print;
use clap::Subcommand;
use finexl_zoo::encoders::DEFAULT_ENCODER;
use std::process::ExitCode;

/// Look into the encoders.
#[derive(Debug, clap::Args)]
pub struct Zoo {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The words that the embedded encoder knows, one per line.
    Words,
    /// Name, dimension and fingerprint of an encoder.
    Info {
        /// An encoder, or a weights file.
        #[arg(default_value = DEFAULT_ENCODER)]
        encoder: String,
    },
}

impl Zoo {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        match &self.action {
            Action::Words => {
                let words = finexl_data::vocabulary::words()?;
                print(&(words.join("\n") + "\n"))?;
            }
            Action::Info { encoder } => {
                let device = finexl_zoo::device::by_name(&arguments.device)?;
                let encoder = finexl_zoo::encoders::open(encoder, &device)?;
                print(&format!(
                    "name         {}\ndimension    {}\nfingerprint  {}\n",
                    encoder.name(),
                    encoder.dimension(),
                    encoder.fingerprint()
                ))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
