//! One module per verb.

mod adapter_choice;
pub mod calibrate;
pub mod compare;
pub mod convert;
pub mod data;
pub mod embed;
pub mod explain;
mod explaining;
pub mod gallery;
pub mod generate;
pub mod generated_pairs;
pub mod index;
pub mod inspect;
mod made_side;
mod pair_maker;
mod pairing;
pub mod personalize;
pub mod plot;
pub mod report;
pub mod run;
mod running;
pub mod schema;
pub mod search;
pub mod similar;
pub mod stable_diffusion_options;
pub mod sweep;
pub mod train;
pub mod watch;
mod watched_models;
pub mod zoo;
mod zoo_files;

use crate::arguments::{Arguments, Verb};
use crate::diagnostics::CliError;
use std::process::ExitCode;

/// Runs the chosen verb.
pub fn run(arguments: Arguments) -> Result<ExitCode, CliError> {
    match &arguments.verb {
        Verb::Explain(verb) => verb.run(&arguments),
        Verb::Calibrate(verb) => verb.run(&arguments),
        Verb::Compare(verb) => verb.run(&arguments),
        Verb::Convert(verb) => verb.run(&arguments),
        Verb::Embed(verb) => verb.run(&arguments),
        Verb::Data(verb) => verb.run(&arguments),
        Verb::Gallery(verb) => verb.run(&arguments),
        Verb::Generate(verb) => verb.run(&arguments),
        Verb::Index(verb) => verb.run(&arguments),
        Verb::Inspect(verb) => verb.run(&arguments),
        Verb::Personalize(verb) => verb.run(&arguments),
        Verb::Plot(verb) => verb.run(&arguments),
        Verb::Report(verb) => verb.run(&arguments),
        Verb::Run(verb) => verb.run(&arguments),
        Verb::Schema(verb) => verb.run(),
        Verb::Search(verb) => verb.run(&arguments),
        Verb::Sweep(verb) => verb.run(&arguments),
        Verb::Similar(verb) => verb.run(&arguments),
        Verb::Train(verb) => verb.run(&arguments),
        Verb::Watch(verb) => verb.run(&arguments),
        Verb::Zoo(verb) => verb.run(&arguments),
    }
}
