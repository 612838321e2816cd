//! Explanations of an experiment, with their reports in its folder.

use crate::arguments::Arguments;
use crate::card_file::write_card;
use crate::diagnostics::CliError;
use crate::output::{Progress, print, write};
use crate::report::show;
use crate::verbs::explain::calibration;
use finexl::Report;
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{PairOptions, PairSet};
use finexl_explain::Explainer;
use finexl_explain::explainer::Sides;
use finexl_zoo::encoders::Encoder;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Aspects that reports show.
const TOP: usize = 12;

/// Explains pairs and reports into a folder.
pub struct Reporting {
    explainer: Explainer,
    output: PathBuf,
}

impl Reporting {
    /// Explains with the default vocabulary and method.
    pub fn new(
        encoder: Arc<dyn Encoder>,
        file: Option<&Path>,
        seed: u64,
        output: &Path,
    ) -> Result<Self, CliError> {
        let explainer = Explainer::builder()
            .encoder(encoder)
            .calibration(calibration(file)?)
            .seed(seed)
            .build()?;
        Ok(Self {
            explainer,
            output: output.to_path_buf(),
        })
    }

    /// Explains pairs, writes JSON, page and card under a name, and prints the table.
    pub fn explain(
        &self,
        name: &str,
        set: &PairSet,
        sides: &Sides,
        arguments: &Arguments,
    ) -> Result<(), CliError> {
        let progress = Progress::new(arguments.quiet);
        let options = PairOptions::plain(BadFiles::Refuse);
        let explained = (self.explainer).explain_pairs(set, sides, &options, &|done, total| {
            progress.show("encoding pairs", done, total);
        })?;
        let report = Report::new(&explained, TOP);
        let file = |extension: &str| self.output.join(format!("{name}.{extension}"));
        write(&file("json"), &report.json()?)?;
        write(&file("html"), report.html()?.as_bytes())?;
        write_card(&file("card.md"), &report, None)?;
        print(&show(&explained.explanation, TOP, arguments.quiet))?;
        print("\n")
    }
}
