//! What the command line takes.

use crate::verbs::train;
use clap::{Parser, Subcommand};

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
    /// Where tensors are computed.
    #[arg(long, global = true, default_value = "cpu", value_name = "NAME")]
    pub device: String,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Train what a recipe describes; goes on where it stopped.
    Train(train::Train),
}
