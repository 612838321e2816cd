//! `finexl calibrate`: what turns an encoder's weights into levels, fitted on a folder of pictures.

use crate::arguments::{Arguments, Computing};
use crate::diagnostics::CliError;
use crate::numbers::count;
use crate::output::{Progress, check_writable, print, remark};
use finexl_core::change::Measured;
use finexl_data::image_folder::BadFiles;
use finexl_eval::{OnPictures, PicturesCalibration};
use finexl_explain::cache::Cache;
use finexl_explain::decompose::Method;
use finexl_explain::kept_calibrations::{KeptCalibration, KeptCalibrations, Worth};
use finexl_explain::views::Views;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Fit, for an encoder, what turns weights into levels, on pictures that are stylized in known ways.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The calibration is kept, and finexl explain uses it with that encoder by itself. What is encoded is kept \
                  as well: a run that was ended goes on where it was. docs/calibration.md\n\nExamples:\n  finexl calibrate \
                  --encoder openai/clip-vit-base-patch32 --images photographs\n  finexl explain --encoder \
                  openai/clip-vit-base-patch32 --base base --personalized lora"
)]
pub struct Calibrate {
    /// An encoder: a weights file, the folder of a CLIP, SigLIP or EVA-CLIP model, or a repository in the hub's cache
    /// (`finexl zoo list`).
    #[arg(long)]
    encoder: String,
    /// Folder of pictures like those that are to be explained, such as the base model's or photographs: at least 64 different
    /// ones, of which 200 are used at most; may be given several times.
    #[arg(long, value_name = "DIR", required = true)]
    images: Vec<PathBuf>,
    /// What of a picture is looked at: the whole, or also tiles at native scale, which takes five times as long.
    #[arg(long, value_name = "VIEWS", value_parser = str::parse::<Views>, default_value = "whole")]
    views: Views,
    /// Phrases, one concept per line, as for finexl explain; the calibration holds for these [default: styles where the
    /// encoder reads them, else its own].
    #[arg(long, value_name = "FILE")]
    vocabulary: Option<PathBuf>,
    /// Decomposition: paper, lsq, centered, nnls, subspace-nnls, omp or ridge.
    #[arg(long, value_name = "NAME", value_parser = Method::parse, default_value = "nnls")]
    method: Method,
    /// How often each aspect is made: more take longer, and say more.
    #[arg(long, value_name = "N", value_parser = count, default_value_t = 3)]
    styles: usize,
    /// Seed of all that is drawn.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Also write the calibration to this file, for --calibration elsewhere (JSON).
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Leave out pictures that cannot be used instead of stopping.
    #[arg(long)]
    skip_bad: bool,
    #[command(flatten)]
    pub computing: Computing,
}

impl Calibrate {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        if let Some(file) = &self.output {
            check_writable(file)?;
        }
        let vocabulary = match &self.vocabulary {
            Some(path) => Some(Vocabulary::open(path)?),
            None => None,
        };
        let device = finexl_zoo::device::by_name(&arguments.device)?;
        let encoder = finexl_zoo::encoders::open(&self.encoder, &device)?;
        let encoder: Arc<dyn Encoder> = encoder.into();
        remark(encoder.notes(), arguments.quiet);
        let bar = Progress::new(arguments.quiet);
        let progress = |what: &str, done: usize, all: usize| bar.show(what, done, all);
        let choice = OnPictures {
            folders: self.images.clone(),
            bad_files: BadFiles::from_skip(self.skip_bad),
            vocabulary,
            method: self.method.clone(),
            views: self.views,
            styles: self.styles,
            seed: self.seed,
        };
        let prepared =
            PicturesCalibration::prepare(choice, encoder.clone(), Cache::of_user(), &progress)?;
        remark(prepared.notes(), arguments.quiet);
        let store = KeptCalibrations::of_user();
        let encoder = encoder.as_ref();
        let _ours = store.lock(encoder)?;
        let kept = match store.get(encoder, &prepared.identity()?) {
            Some(kept) => kept,
            None => prepared.fit(&progress)?,
        };
        remark(&kept.notes, arguments.quiet);
        let file = store.keep(encoder, &kept)?;
        if let Some(output) = &self.output {
            kept.calibration.write(output)?;
        }
        print(&table(&kept))?;
        if !arguments.quiet {
            eprintln!("kept in {}", file.display());
            eprintln!("{}", self.usage(encoder));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// When it is used.
    fn usage(&self, encoder: &dyn Encoder) -> String {
        let learned = Method::default_for(encoder).is_ok_and(|method| method != self.method);
        let method = match learned {
            true => format!(" --method {}", self.method.name()),
            false => String::new(),
        };
        let vocabulary = match &self.vocabulary {
            Some(path) => format!(" --vocabulary {}", path.display()),
            None => String::new(),
        };
        format!(
            "finexl explain --encoder {}{method}{vocabulary} uses it from now on; --calibration none leaves it out",
            self.encoder
        )
    }
}

/// What a calibration is worth, as a table.
fn table(kept: &KeptCalibration) -> String {
    let Worth {
        pictures,
        pairs,
        rows,
        weak,
    } = &kept.worth;
    let mut text = format!(
        "{} with {}, {pairs} pairs a case, on {pictures} pictures and operators that nothing was fitted on:\n\n",
        kept.encoder_name,
        kept.calibration.method.name(),
    );
    let wide = rows.iter().map(|row| row.what.chars().count()).max();
    let wide = wide.unwrap_or(0);
    let _ = writeln!(
        text,
        "{:wide$}  {:>5}  {:<18}  {:<18}",
        "", "cases", "calibrated", "raw weights"
    );
    for row in rows {
        let [own, raw] = [row.calibrated, row.raw].map(figure);
        let line = format!("{:wide$}  {:>5}  {own:<18}  {raw}", row.what, row.cases);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if !weak.is_empty() {
        let _ = writeln!(
            text,
            "\nfirst in less than half of their cases: {}",
            weak.join(", ")
        );
    }
    text
}

fn figure(measured: Measured) -> String {
    match measured.interval {
        Some([low, high]) => format!("{:.2} [{low:.2}, {high:.2}]", measured.value),
        None => format!("{:.2}", measured.value),
    }
}
