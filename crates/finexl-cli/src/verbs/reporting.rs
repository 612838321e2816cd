//! Explanations of an experiment, with their reports in its folder.

use crate::arguments::Arguments;
use crate::card_file::write_card;
use crate::diagnostics::CliError;
use crate::output::{Progress, print, write};
use crate::report::{Reports, show};
use crate::verbs::explain::applicable;
use finexl_core::explanation::Generated;
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{PairOptions, PairSet};
use finexl_explain::analysis::AnalysisSettings;
use finexl_explain::cache::Cache;
use finexl_explain::calibration::Applicable;
use finexl_explain::folders::Explainer;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use std::path::{Path, PathBuf};

/// Aspects that reports show.
const TOP: usize = 12;

/// What is known of the two sides beside their images.
#[derive(Debug, Default)]
pub struct Sides {
    /// What the reports' files are called.
    pub file: String,
    /// How the images were generated, where that is known.
    pub generated: Generated,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// Explains pairs with the default vocabulary.
pub struct Reporting<'a> {
    encoder: &'a dyn Encoder,
    vocabulary: Vocabulary,
    applicable: Applicable,
    settings: AnalysisSettings,
    output: PathBuf,
}

impl<'a> Reporting<'a> {
    /// Reports into a folder.
    pub fn new(
        encoder: &'a dyn Encoder,
        calibration: Option<&Path>,
        settings: AnalysisSettings,
        output: &Path,
    ) -> Result<Self, CliError> {
        let vocabulary = Vocabulary::default_phrases()?;
        let applicable = applicable(calibration, encoder, &vocabulary, &settings.method)?;
        Ok(Self {
            encoder,
            vocabulary,
            applicable,
            settings,
            output: output.to_path_buf(),
        })
    }

    /// Explains pairs, writes JSON, page and card under the name of the personalized side, and prints
    /// the table.
    pub fn explain(
        &self,
        set: &PairSet,
        names: [&str; 2],
        sides: &Sides,
        arguments: &Arguments,
    ) -> Result<(), CliError> {
        let explainer = Explainer {
            encoder: self.encoder,
            vocabulary: &self.vocabulary,
            applicable: &self.applicable,
            settings: &self.settings,
            cache: &Cache::none(),
            options: &PairOptions::plain(BadFiles::Refuse),
            generated: sides.generated.clone(),
            notes: sides.notes.clone(),
        };
        let progress = Progress::new(arguments.quiet);
        let explained = explainer.explain_pairs(set, names, &|done, total| {
            progress.show("encoding pairs", done, total);
        })?;
        let reports = Reports::new(&explained, TOP);
        let file = |extension: &str| self.output.join(format!("{}.{extension}", sides.file));
        write(&file("json"), &reports.json()?)?;
        write(&file("html"), reports.html()?.as_bytes())?;
        write_card(&file("card.md"), &reports, None)?;
        print(&show(&explained.explanation, TOP, arguments.quiet))?;
        print("\n")
    }
}
