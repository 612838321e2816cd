//! What a user says of how images make pairs.

use crate::diagnostics::CliError;
use finexl_data::image_folder::{BadFiles, Exclude};
use finexl_data::pairs::{Fit, PairOptions, Pairing};

/// How images make pairs.
#[derive(Debug, clap::Args)]
pub struct PairingArguments {
    /// Pair images by name, prompt-seed or order [default: by name where the files do not say otherwise, else by the
    /// prompt and seed that they say, else by the seed in the name].
    #[arg(long, value_name = "RULE", value_parser = Pairing::parse)]
    pair: Option<Pairing>,
    /// Bring the images of a pair that differ in shape to one: crop the personalized one about its centre, or pad it by
    /// its edges.
    #[arg(long, value_name = "crop|pad", value_parser = Fit::parse)]
    fit: Option<Fit>,
    /// Leave out images whose path inside the folder, or whose name, fits this pattern, like 'test-*'; may be given
    /// several times.
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
}

impl PairingArguments {
    /// The rule that was chosen.
    pub fn rule(&self) -> Option<Pairing> {
        self.pair
    }

    /// All choices together.
    pub fn options(&self, skip_bad: bool) -> Result<PairOptions, CliError> {
        Ok(PairOptions {
            bad_files: BadFiles::from_skip(skip_bad),
            pairing: self.pair,
            fit: self.fit.unwrap_or_default(),
            exclude: Exclude::new(&self.exclude)?,
        })
    }
}
