//! `finexl explain`: how a personalized model's images differ from its base's, in words.

use crate::arguments::{Arguments, Computing};
use crate::diagnostics::CliError;
use crate::numbers::count;
use crate::output::{Progress, print, remark};
use crate::report::show;
use crate::report_files::ReportFiles;
use crate::verbs::generated_pairs::{GeneratedPairs, Point, Subject};
use crate::verbs::pair_maker::PairMaker;
use crate::verbs::pairing::PairingArguments;
use finexl::{ExplainerChoices, Report, Words};
use finexl_core::explanation_series::{ExplanationSeries, SeriesAxis, SeriesColumn};
use finexl_core::inspection::InspectedFile;
use finexl_data::decode::Pictures;
use finexl_data::pairs::{PairOptions, PairSet};
use finexl_explain::cache::Cache;
use finexl_explain::decompose::Method;
use finexl_explain::explainer::{
    Explained, ExplainerBuilder, FeaturePairs, Folders, GivenDirections, Sides,
};
use finexl_explain::views::Views;
use finexl_explain::vocabulary::Vocabulary;
use finexl_plot::series_table;
use finexl_zoo::encoders::DEFAULT_ENCODER;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Explain how the images of a personalized model differ from its base's.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  finexl explain --base base --personalized lora --prompts prompts.txt --html lora.html\n  finexl explain --adapter experiments/inputs/cosy-pixels\n  finexl explain --concept vivid=3\n  finexl explain --base-features a.safetensors --personalized-features b.safetensors --concept-features c.safetensors"
)]
pub struct Explain {
    /// Folder of the base model's images.
    #[arg(help_heading = "Two folders of images", long, value_name = "DIR", requires = "personalized", required_unless_present_any = ["base_features", "model", "adapter", "concept", "direction", "prompts"])]
    base: Option<PathBuf>,
    /// Folder of the personalized model's images: same prompts and seeds, and same file names or files that say how
    /// they were made.
    #[arg(help_heading = "Two folders of images", long, value_name = "DIR", requires = "base", required_unless_present_any = ["base_features", "model", "adapter", "concept", "direction", "prompts"])]
    personalized: Option<PathBuf>,
    /// Prompts: one per line in the order of the names, or a table (CSV, JSON lines) with the columns prompt, base,
    /// personalized, which needs no folders (or prompt, file); else those that the images' files, or texts beside them, say.
    #[arg(help_heading = "Two folders of images", long, value_name = "FILE")]
    prompts: Option<PathBuf>,
    /// Phrases to explain with, one concept per line, synonyms separated by "|"; or styles, the built-in ones for encoders
    /// that read any word [default: those of --head, else styles where the encoder reads them, else its own].
    #[arg(help_heading = "How it is explained", long, value_name = "FILE")]
    vocabulary: Option<PathBuf>,
    /// Decomposition: paper, lsq, centered, nnls, subspace-nnls, omp or ridge; calibrated or learned, which
    /// read by a trained head [default: learned where the encoder has a head, else nnls].
    #[arg(help_heading = "How it is explained", long, value_name = "NAME", value_parser = Method::parse)]
    method: Option<Method>,
    /// A head of your own, as `finexl train` wrote it; with --method learned (default) or calibrated.
    #[arg(help_heading = "How it is explained", long, value_name = "FILE", conflicts_with_all = ["base_features", "calibration"])]
    head: Option<PathBuf>,
    /// Reference models of the base, as a gather-references experiment wrote them, or the name of a generator inside
    /// the program; with --method learned (default) or calibrated.
    #[arg(help_heading = "How it is explained", long, value_name = "FILE", conflicts_with_all = ["base_features", "calibration"])]
    references: Option<PathBuf>,
    /// An encoder: mini-clip, a weights file, the folder of a CLIP, SigLIP or EVA-CLIP model, or a
    /// repository in the hub's cache (`finexl zoo list`).
    #[arg(help_heading = "How it is explained", long, default_value = DEFAULT_ENCODER)]
    encoder: String,
    /// What of a picture is looked at: the whole, or also tiles at native scale of pictures that are larger than what the
    /// encoder sees; else what the head has learned from (both for mini-clip), and the whole without a head.
    #[arg(help_heading = "How it is explained", long, value_name = "VIEWS", value_parser = str::parse::<Views>, conflicts_with = "base_features")]
    views: Option<Views>,
    /// A calibration for this encoder, vocabulary and method, as finexl calibrate or a calibrate experiment writes it, or
    /// none; else one that finexl calibrate has kept for the encoder, or the embedded one, where it fits.
    #[arg(
        help_heading = "How it is explained",
        long,
        value_name = "FILE",
        conflicts_with = "base_features"
    )]
    calibration: Option<PathBuf>,
    /// Aspects to show.
    #[arg(help_heading = "Results", long, default_value_t = 12, value_name = "N", value_parser = count)]
    top: usize,
    /// Seed of resampling.
    #[arg(help_heading = "How it is explained", long, default_value_t = 0)]
    seed: u64,
    /// Leave out images that cannot be used instead of stopping.
    #[arg(help_heading = "Two folders of images", long)]
    skip_bad: bool,
    #[command(flatten, next_help_heading = "Two folders of images")]
    pairing: PairingArguments,
    /// Neither read nor keep cached features.
    #[arg(help_heading = "How it is explained", long)]
    no_cache: bool,
    /// Embeddings of the base's images, made elsewhere (safetensors, one tensor [n, d]).
    #[arg(help_heading = "Your own embeddings", long, value_name = "FILE", requires = "personalized_features", requires = "concept_features", conflicts_with_all = ["base", "personalized"])]
    base_features: Option<PathBuf>,
    /// Embeddings of the personalized model's images, same rows.
    #[arg(
        help_heading = "Your own embeddings",
        long,
        value_name = "FILE",
        requires = "base_features"
    )]
    personalized_features: Option<PathBuf>,
    /// Concept directions in the same space: one tensor per concept, or one [N, d] with names.
    #[arg(
        help_heading = "Your own embeddings",
        long,
        value_name = "FILE",
        requires = "base_features"
    )]
    concept_features: Option<PathBuf>,
    #[command(
        flatten,
        next_help_heading = "A generator with an adapter, a concept or a walk"
    )]
    generated: GeneratedPairs,
    #[command(flatten, next_help_heading = "Results")]
    reports: ReportFiles,
    #[command(flatten, next_help_heading = "How it is explained")]
    pub computing: Computing,
}

impl Explain {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let read = [
            &self.prompts,
            &self.vocabulary,
            &self.head,
            &self.references,
            &self.calibration,
            &self.base_features,
            &self.personalized_features,
            &self.concept_features,
        ];
        let printed = self.reports.check(&read.map(|file| file.as_deref()))?;
        if let Some(points) = self.generated.points()? {
            return self.explain_series(&points, printed, arguments);
        }
        let explained = match (
            &self.base_features,
            &self.personalized_features,
            &self.concept_features,
        ) {
            (Some(base), Some(personalized), Some(concepts)) => {
                self.explain_features(base, personalized, concepts)?
            }
            _ => self.explain_folders(arguments)?,
        };
        let report = Report::new(&explained, self.top).with_adapters(self.inside());
        self.reports
            .write(&report, self.base_model(&explained), arguments)?;
        match printed {
            // Where a file goes to standard output nothing else does.
            true => remark(&explained.explanation.notes, arguments.quiet),
            false => print(&show(&explained.explanation, self.top, arguments.quiet))?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What is inside the adapters, where it is shown.
    fn inside(&self) -> Vec<InspectedFile> {
        match self.reports.shows_adapters() {
            true => self.generated.inside(),
            false => Vec::new(),
        }
    }

    /// What the card calls the base model; a folder does not say whose images it holds.
    fn base_model(&self, explained: &Explained) -> Option<String> {
        let generated =
            self.base.is_none() && self.base_features.is_none() && self.generated.is_asked_for();
        let known = generated.then(|| explained.explanation.base.clone());
        self.reports.base_model.clone().or(known)
    }

    fn choices(&self) -> ExplainerChoices {
        ExplainerChoices {
            method: self.method.clone(),
            words: self.vocabulary.clone().map(Words::File),
            head: self.head.clone(),
            references: self.references.clone(),
            calibration: self.calibration.clone(),
            seed: self.seed,
            views: self.views,
            cache: match self.no_cache {
                true => Cache::none(),
                false => Cache::of_user(),
            },
        }
    }

    /// One report on several scales or snapshots.
    fn explain_series(
        &self,
        points: &[Point],
        printed: bool,
        arguments: &Arguments,
    ) -> Result<ExitCode, CliError> {
        let choices = self.choices();
        let builder = choices.builder()?;
        let prompts = self.prompts.as_deref();
        let mut maker = PairMaker::new(&self.generated, prompts, &choices.cache, arguments)?;
        let device = finexl_zoo::device::by_name(&arguments.device)?;
        let encoder = finexl_zoo::encoders::open(&self.encoder, &device)?;
        let explainer = choices.build(builder, encoder.into())?;
        let progress = Progress::new(arguments.quiet);
        for point in points {
            maker.check(&point.adapters)?;
        }
        let mut explained = Vec::new();
        for point in points {
            let folders = maker.pairs(&Subject::Adapters(point.adapters.clone()))?;
            let pairs = folders.pairs()?;
            let of = explainer.explain_pairs(
                &pairs,
                &folders.sides,
                &folders.options,
                &|done, all| progress.show(&format!("encoding pairs, {}", point.label), done, all),
            )?;
            let column = SeriesColumn {
                label: point.label.clone(),
                scale: point.scale,
            };
            explained.push((column, of.explanation));
        }
        let over = match points.iter().all(|point| point.scale.is_some()) {
            true => SeriesAxis::Scale,
            false => SeriesAxis::Snapshot,
        };
        let series = ExplanationSeries::new(over, explained);
        self.reports
            .write_series(&series, self.top, &self.inside())?;
        if !printed {
            print(&series_table(&series, self.top))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn explain_folders(&self, arguments: &Arguments) -> Result<Explained, CliError> {
        let choices = self.choices();
        let builder = choices.builder()?;
        let options = self.pairing.options(self.skip_bad)?;
        let (mut folders, _made) = match (&self.base, &self.personalized) {
            (Some(_), Some(_)) if self.generated.walks() => {
                return Err(CliError::Usage(
                    "a walk is something that a generator does, not a folder; leave --direction and \
                     --distance out, or --base and --personalized"
                        .to_string(),
                ));
            }
            (Some(_), Some(_)) if self.generated.states_sampling() => {
                return Err(CliError::Usage(
                    "folders are compared as they are; leave out what says how pictures are made (--steps, --guidance, \
                     --image-seed, --negative, --size, --scheduler, --prediction, --clip-skip, --latents), or --base \
                     and --personalized"
                        .to_string(),
                ));
            }
            (Some(base), Some(personalized)) => (Folders::new(base, personalized), None),
            _ if !self.generated.is_asked_for() => {
                return self.explain_manifest((&choices, builder), &options, arguments);
            }
            _ => {
                let subject = self.generated.subject()?;
                let prompts = self.prompts.as_deref();
                let mut maker =
                    PairMaker::new(&self.generated, prompts, &choices.cache, arguments)?;
                (maker.pairs(&subject)?, Some(maker))
            }
        };
        folders.options = options;
        folders.prompts = folders.prompts.or_else(|| self.prompts.clone());
        let pairs = folders.pairs()?;
        self.explain_with(
            (&choices, builder),
            &pairs,
            &folders.sides,
            &folders.options,
            arguments,
        )
    }

    /// Explains the pairs of a manifest that names both images of each.
    fn explain_manifest(
        &self,
        explainer: (&ExplainerChoices, ExplainerBuilder),
        options: &PairOptions,
        arguments: &Arguments,
    ) -> Result<Explained, CliError> {
        let manifest = self.prompts.as_deref().ok_or_else(|| {
            CliError::Usage(
                "give two folders of images with --base and --personalized, or a manifest with --prompts"
                    .to_string(),
            )
        })?;
        let pairs = PairSet::from_manifest(manifest, options)?;
        let sides = Sides::of_pairs(&pairs);
        self.explain_with(explainer, &pairs, &sides, options, arguments)
    }

    fn explain_with(
        &self,
        (choices, builder): (&ExplainerChoices, ExplainerBuilder),
        pairs: &PairSet,
        sides: &Sides,
        options: &PairOptions,
        arguments: &Arguments,
    ) -> Result<Explained, CliError> {
        let device = finexl_zoo::device::by_name(&arguments.device)?;
        let encoder = finexl_zoo::encoders::open(&self.encoder, &device)?;
        let explainer = choices.build(builder, encoder.into())?;
        let progress = Progress::new(arguments.quiet);
        Ok(
            explainer.explain_pairs(pairs, sides, options, &|done, total| {
                progress.show("encoding pairs", done, total)
            })?,
        )
    }

    fn explain_features(
        &self,
        base: &Path,
        personalized: &Path,
        concepts: &Path,
    ) -> Result<Explained, CliError> {
        let named = match &self.vocabulary {
            Some(path) => Some(Vocabulary::read(path)?),
            None => None,
        };
        let directions = Arc::new(GivenDirections::read(concepts, named.as_ref())?);
        let explainer = self.choices().build_given(directions.clone())?;
        let rule = self.pairing.rule();
        let features = FeaturePairs::read(base, personalized, &directions, rule)?;
        let sides = Sides::of_paths(base, personalized);
        Ok(Explained {
            explanation: explainer.explain_features(&features, &sides)?,
            pairs: Vec::new(),
            pictures: Pictures::files(),
            cached: true,
        })
    }
}
