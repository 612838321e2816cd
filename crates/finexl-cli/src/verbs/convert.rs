//! `finexl convert`: a LoRA file in another tool's form.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::{check_writable, print};
use finexl_zoo::lora_files::{AdapterSource, LoraFile, Target, convert};
use std::path::PathBuf;
use std::process::ExitCode;

/// Write a LoRA file in another tool's form, with the same change of every weight. Read strictly: a file with
/// a key that is not known is refused.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  finexl convert lora.safetensors kohya.safetensors --to kohya")]
pub struct Convert {
    /// A .safetensors file, or the folder of an adapter.
    file: PathBuf,
    /// The file to write; of PEFT the folder.
    out: PathBuf,
    /// The form to write.
    #[arg(long, value_enum)]
    to: Form,
}

/// A tool's form.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Form {
    /// One file with kohya's keys, for A1111, ComfyUI and most others.
    Kohya,
    /// One file with diffusers' keys.
    Diffusers,
    /// A folder of PEFT, for a file that changes one network.
    Peft,
}

impl Convert {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let target = match self.to {
            Form::Kohya => Target::Kohya,
            Form::Diffusers => Target::Diffusers,
            Form::Peft => Target::Peft,
        };
        if target == Target::Peft {
            if self.out.is_file() {
                return Err(CliError::Usage(format!(
                    "{} is a file; name a folder for PEFT's form",
                    self.out.display()
                )));
            }
        } else {
            check_writable(&self.out)?;
        }
        let source = AdapterSource::open(&self.file)?;
        let tensors = source.tensors()?;
        let file = LoraFile::read(&source.path, &tensors, source.config.as_deref())?;
        convert(&source.path, &file, &tensors.metadata, target, &self.out)?;
        if !arguments.quiet {
            print(&format!(
                "{} layers are in {}\n",
                file.layers.len(),
                self.out.display()
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
