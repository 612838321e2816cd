//! What the command line takes.

use crate::idle_options;
use crate::verbs::{
    calibrate, compare, convert, data, embed, explain, gallery, generate, index, inspect,
    personalize, plot, report, run, schema, search, similar, sweep, train, watch, zoo,
};
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use finexl_data::decode::MOST_PIXELS;
use std::ffi::OsString;

/// Says in words how a personalized image generator differs from its base.
#[derive(Debug, Parser)]
#[command(name = "finexl", version, propagate_version = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
    /// No progress, no remarks; results and errors only.
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Where tensors are computed, as the verb says.
    #[arg(skip)]
    pub device: String,
    /// Most pixels that an image may have to be read. Sides are limited too: 65,535 pixels, and the longer at
    /// most 100 times the shorter.
    #[arg(long, global = true, default_value_t = MOST_PIXELS, value_name = "N", value_parser = clap::value_parser!(u64).range(64..))]
    pub max_pixels: u64,
}

/// Where a verb computes; verbs that compute nothing do not have it.
#[derive(Clone, Debug, clap::Args)]
pub struct Computing {
    /// Where tensors are computed: cpu; wgpu or cuda in a build with that feature.
    #[arg(long, default_value = "cpu", value_name = "cpu|wgpu|cuda")]
    pub device: String,
}

impl Default for Computing {
    fn default() -> Self {
        Self {
            device: "cpu".to_string(),
        }
    }
}

impl Arguments {
    /// Those of a command line, the program's name first.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Self {
        let mut command = Self::command();
        let matches = command.clone().get_matches_from(arguments);
        if let Some(problem) = idle_options::problem(&matches) {
            command.error(ErrorKind::ArgumentConflict, problem).exit();
        }
        let mut arguments = match Self::from_arg_matches(&matches) {
            Ok(arguments) => arguments,
            Err(error) => error.format(&mut command).exit(),
        };
        let computing = match &arguments.verb {
            Verb::Calibrate(verb) => Some(&verb.computing),
            Verb::Embed(verb) => Some(&verb.computing),
            Verb::Explain(verb) => Some(&verb.computing),
            Verb::Generate(verb) => Some(&verb.computing),
            Verb::Personalize(verb) => Some(&verb.computing),
            Verb::Run(verb) => Some(&verb.computing),
            Verb::Search(verb) => Some(&verb.computing),
            Verb::Sweep(verb) => verb.computing(),
            Verb::Train(verb) => Some(&verb.computing),
            Verb::Watch(verb) => Some(&verb.computing),
            Verb::Zoo(verb) => verb.computing(),
            Verb::Compare(_)
            | Verb::Convert(_)
            | Verb::Data(_)
            | Verb::Gallery(_)
            | Verb::Index(_)
            | Verb::Inspect(_)
            | Verb::Plot(_)
            | Verb::Report(_)
            | Verb::Schema(_)
            | Verb::Similar(_) => None,
        };
        arguments.device = computing.cloned().unwrap_or_default().device;
        arguments
    }
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Explain how the images of a personalized model differ from its base's.
    Explain(Box<explain::Explain>),
    /// Fit, for an encoder, what turns weights into levels, on a folder of pictures.
    Calibrate(calibrate::Calibrate),
    /// Say which models change pictures like a given one, by their explanations alone.
    Similar(similar::Similar),
    /// Put records of explanations into an index.
    Index(index::Index),
    /// Look for models in an index by words, or by a model that they are like.
    Search(Box<search::Search>),
    /// Explain new adapters of a folder and put them into an index.
    Watch(Box<watch::Watch>),
    /// Show the models of an index as pages.
    Gallery(gallery::Gallery),
    /// Say what a LoRA file holds and how strongly it changes which layers.
    Inspect(inspect::Inspect),
    /// Write a LoRA file in another tool's form, with the same change of every weight.
    Convert(convert::Convert),
    /// Write the embeddings of images or texts.
    Embed(embed::Embed),
    /// Generate images with a generator, personalized or not.
    Generate(Box<generate::Generate>),
    /// Personalize a generator in a known way, keeping snapshots.
    Personalize(personalize::Personalize),
    /// Render emoji art and scenes, apply aspects to images.
    Data(data::Data),
    /// Run an experiment.
    Run(run::Run),
    /// Run an experiment for many values of its keys.
    Sweep(sweep::Sweep),
    /// Print the JSON schema of experiment files, for editors.
    Schema(schema::Schema),
    /// Draw the figures of model selection anew, from its records alone.
    Plot(plot::Plot),
    /// Write tables, figures and report of model selection anew, from its records alone.
    Report(report::Report),
    /// Say how two results of model selection differ.
    Compare(compare::Compare),
    /// Train what a recipe describes; goes on where it stopped.
    Train(train::Train),
    /// Look into encoders and generators.
    Zoo(zoo::Zoo),
}
