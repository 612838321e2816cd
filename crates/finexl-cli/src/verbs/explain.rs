//! `finexl explain`: how a personalized model's images differ from its base's, in words.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::numbers::count;
use crate::output::{Progress, print, remark};
use crate::report::{Reports, show};
use crate::report_files::ReportFiles;
use crate::verbs::generated_pairs::{GeneratedPairs, PairFolders, same_folder};
use crate::verbs::pairing::{PairingArguments, display_names};
use crate::verbs::{known_base, words};
use finexl_core::explanation::Generated;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::pairs::PairSet;
use finexl_explain::ExplainError;
use finexl_explain::analysis::AnalysisSettings;
use finexl_explain::cache::Cache;
use finexl_explain::calibration::{Applicable, Calibration};
use finexl_explain::concept_features::read_concept_features;
use finexl_explain::decompose::Method;
use finexl_explain::divergence::Divergences;
use finexl_explain::explain::{Request, explain};
use finexl_explain::feature_rows::{check_encoders, fingerprint, pair_rows};
use finexl_explain::features_file::FeaturesFile;
use finexl_explain::folders::{Explained, Explainer};
use finexl_explain::heads::Learned;
use finexl_explain::shuffled::shuffled_note;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::{DEFAULT_ENCODER, Encoder, Features};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Explain how the images of a personalized model differ from its base's.
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// Folder of the base model's images.
    #[arg(long, value_name = "DIR", required_unless_present_any = ["base_features", "model", "adapter", "concept", "direction"])]
    base: Option<PathBuf>,
    /// Folder of the personalized model's images: same prompts and seeds, and same file names or files that say how
    /// they were made.
    #[arg(long, value_name = "DIR", required_unless_present_any = ["base_features", "model", "adapter", "concept", "direction"])]
    personalized: Option<PathBuf>,
    /// Prompts: one per line in the order of the names, or a table (CSV, JSON lines) with the columns prompt, base,
    /// personalized (or prompt, file); else those that the images' files, or texts beside them, say.
    #[arg(long, value_name = "FILE")]
    prompts: Option<PathBuf>,
    /// Phrases to explain with, one concept per line, synonyms separated by "|" [default: those of --head, else
    /// the built-in ones].
    #[arg(long, value_name = "FILE")]
    vocabulary: Option<PathBuf>,
    /// Decomposition: paper, lsq, centered, nnls, subspace-nnls, omp or ridge; calibrated or learned, which
    /// read by a trained head [default: learned where the encoder has a head, else nnls].
    #[arg(long, value_name = "NAME", value_parser = Method::parse)]
    method: Option<Method>,
    /// A head of your own, as `finexl train` wrote it; with --method learned (default) or calibrated.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["base_features", "calibration"])]
    head: Option<PathBuf>,
    /// Reference models of the base, as a gather-references experiment wrote them, or the name of a generator inside
    /// the program; with --method learned (default) or calibrated.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["base_features", "calibration"])]
    references: Option<PathBuf>,
    /// An encoder: mini-clip, a weights file, the folder of a CLIP, SigLIP or EVA-CLIP model, or a
    /// repository in the hub's cache (`finexl zoo list`).
    #[arg(long, default_value = DEFAULT_ENCODER)]
    encoder: String,
    /// A calibration for this encoder, vocabulary and method, as a calibrate experiment writes;
    /// else the embedded one where it fits.
    #[arg(long, value_name = "FILE", conflicts_with = "base_features")]
    calibration: Option<PathBuf>,
    /// Aspects to show.
    #[arg(long, default_value_t = 12, value_name = "N", value_parser = count)]
    top: usize,
    /// Seed of resampling.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Leave out images that cannot be used instead of stopping.
    #[arg(long)]
    skip_bad: bool,
    #[command(flatten)]
    pairing: PairingArguments,
    /// Neither read nor keep cached features.
    #[arg(long)]
    no_cache: bool,
    /// Embeddings of the base's images, made elsewhere (safetensors, one tensor [n, d]).
    #[arg(long, value_name = "FILE", requires = "personalized_features", requires = "concept_features", conflicts_with_all = ["base", "personalized"])]
    base_features: Option<PathBuf>,
    /// Embeddings of the personalized model's images, same rows.
    #[arg(long, value_name = "FILE", requires = "base_features")]
    personalized_features: Option<PathBuf>,
    /// Concept directions in the same space: one tensor per concept, or one [N, d] with names.
    #[arg(long, value_name = "FILE", requires = "base_features")]
    concept_features: Option<PathBuf>,
    #[command(flatten)]
    generated: GeneratedPairs,
    #[command(flatten)]
    reports: ReportFiles,
}

impl Explain {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let printed = self.reports.check()?;
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
        let reports = Reports::new(&explained, self.top);
        self.reports
            .write(&reports, self.base_model(&explained), arguments)?;
        match printed {
            // Where a file goes to standard output nothing else does.
            true => remark(&explained.explanation.notes, arguments.quiet),
            false => print(&show(&explained.explanation, self.top, arguments.quiet))?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What the card calls the base model; a folder does not say whose images it holds.
    fn base_model(&self, explained: &Explained) -> Option<String> {
        let generated = self.base.is_none() && self.base_features.is_none();
        let known = generated.then(|| explained.explanation.base.clone());
        self.reports.base_model.clone().or(known)
    }

    /// Settings with the method that was chosen, or `otherwise`.
    fn settings(&self, otherwise: Method) -> Result<AnalysisSettings, CliError> {
        let chosen = self.method.clone();
        let references = self.references.as_ref();
        let mut method = match (&self.head, references) {
            (None, None) => chosen.unwrap_or(otherwise),
            _ => chosen.unwrap_or(Method::Learned(Learned::default())),
        };
        let no_head = |method: &Method, option| {
            CliError::Usage(format!(
                "{} reads by no head; leave {option} out, or choose --method learned or calibrated",
                method.name()
            ))
        };
        if let Some(head) = &self.head {
            method = (method.with_head(head)).ok_or_else(|| no_head(&method, "--head"))?;
        }
        if let Some(file) = references {
            let with = method.with_references(file);
            method = with.ok_or_else(|| no_head(&method, "--references"))?;
        }
        Ok(AnalysisSettings {
            method,
            seed: self.seed,
            ..AnalysisSettings::default()
        })
    }

    fn explain_folders(&self, arguments: &Arguments) -> Result<Explained, CliError> {
        let cache = if self.no_cache {
            Cache::none()
        } else {
            Cache::of_user()
        };
        let folders = self.folders(&cache, arguments)?;
        let mut notes = folders.notes.clone();
        let vocabulary = words::vocabulary(self.vocabulary.as_deref(), self.head.as_deref())?;
        notes.extend(words::left_out(
            &vocabulary,
            self.vocabulary.as_deref(),
            self.head.as_deref(),
        )?);
        let options = self.pairing.options(self.skip_bad)?;
        let [base, personalized] = folders.paths();
        let prompts = folders.prompts.as_deref().or(self.prompts.as_deref());
        let set = PairSet::open(base, personalized, prompts, &options)?;
        notes.extend(same_folder([base, personalized], &set));
        let device = finexl_zoo::device::by_name(&arguments.device)?;
        let encoder = finexl_zoo::encoders::open(&self.encoder, &device)?;
        self.check_words(&vocabulary, encoder.as_ref())?;
        let settings = match (&self.method, &self.head) {
            (None, None) => {
                let settings = default_settings(encoder.as_ref(), self.calibration.as_deref())?;
                self.settings(settings.method)?
            }
            _ => self.settings(Method::default())?,
        };
        notes.extend(known_base::check(&settings.method, &folders.generated)?);
        let progress = Progress::new(arguments.quiet);
        let applicable = applicable(
            self.calibration.as_deref(),
            encoder.as_ref(),
            &vocabulary,
            &settings.method,
        )?;
        let explainer = Explainer {
            encoder: encoder.as_ref(),
            vocabulary: &vocabulary,
            applicable: &applicable,
            settings: &settings,
            cache: &cache,
            options: &options,
            generated: folders.generated.clone(),
            notes,
        };
        let [base, personalized] = &folders.names;
        Ok(
            explainer.explain_pairs(&set, [base, personalized], &|done, total| {
                progress.show("encoding pairs", done, total);
            })?,
        )
    }

    /// The folders that were given, or those of images that are generated.
    fn folders(&self, cache: &Cache, arguments: &Arguments) -> Result<PairFolders, CliError> {
        match (&self.base, &self.personalized) {
            (Some(_), Some(_)) if self.generated.walks() => Err(CliError::Usage(
                "a walk is something that a generator does, not a folder; leave --direction and \
                     --distance out, or --base and --personalized"
                    .to_string(),
            )),
            (Some(_), Some(_)) if self.generated.states_sampling() => Err(CliError::Usage(
                "folders are compared as they are; leave out what says how pictures are made (--steps, --guidance, \
                 --image-seed, --negative, --size, --scheduler, --prediction, --clip-skip, --latents), or --base and \
                 --personalized"
                    .to_string(),
            )),
            (Some(base), Some(personalized)) => {
                let names = display_names([base, personalized]);
                Ok(PairFolders::given([base, personalized], names))
            }
            _ => self
                .generated
                .generate(self.prompts.as_deref(), cache, arguments),
        }
    }

    /// Refuses phrases of a vocabulary file that the encoder cannot read, before any image is
    /// touched.
    fn check_words(&self, vocabulary: &Vocabulary, encoder: &dyn Encoder) -> Result<(), CliError> {
        let Some(path) = &self.vocabulary else {
            return Ok(());
        };
        let phrases = vocabulary.concepts().iter().flat_map(|c| &c.phrases);
        for phrase in phrases {
            encoder
                .check_text(phrase)
                .map_err(|source| CliError::Text {
                    path: path.clone(),
                    source,
                })?;
        }
        Ok(())
    }

    fn explain_features(
        &self,
        base: &Path,
        personalized: &Path,
        concepts: &Path,
    ) -> Result<Explained, CliError> {
        let settings = self.settings(Method::default())?;
        if settings.method.head()?.is_some() {
            return Err(CliError::Usage(
                "features from outside have no head; choose another --method".to_string(),
            ));
        }
        let named = match &self.vocabulary {
            Some(path) => Some(Vocabulary::read(path)?),
            None => None,
        };
        let (vocabulary, bank) = read_concept_features(concepts, named.as_ref())?;
        let sides = [FeaturesFile::read(base)?, FeaturesFile::read(personalized)?];
        check_fit([base, personalized], &sides, concepts, bank.dimension())?;
        let rows = pair_rows(
            (base, &sides[0]),
            (personalized, &sides[1]),
            self.pairing.rule(),
        )?;
        let of_concepts = FeaturesFile::read_metadata(concepts)?;
        check_encoders(&[
            (base, fingerprint(&sides[0].metadata)),
            (personalized, fingerprint(&sides[1].metadata)),
            (concepts, fingerprint(&of_concepts)),
        ])?;
        let divergences = Divergences::between(&rows.base, &rows.personalized)?;
        let mut notes = rows.notes;
        notes.extend(shuffled_note(&rows.base, &rows.personalized, &rows.names));
        let images = Fingerprint::of("features")
            .nested("base", &Fingerprint::of_file(base)?)
            .nested("personalized", &Fingerprint::of_file(personalized)?)
            .finish();
        let [base_name, personalized_name] = display_names([base, personalized]);
        let explanation = explain(Request {
            base: base_name,
            personalized: personalized_name,
            pairs: rows.names,
            pair_fingerprints: row_fingerprints(&rows.base, concepts)?,
            divergences: &divergences,
            bank: &bank,
            vocabulary: &vocabulary,
            space: None,
            profile_space: None,
            calibration: None,
            settings: &settings,
            encoder: "features from outside".to_string(),
            encoder_fingerprint: Fingerprint::of_file(concepts)?,
            device: "none".to_string(),
            generated: Generated::default(),
            calibrated_by: None,
            images,
            base_images: Fingerprint::of_file(base)?,
            notes,
        })?;
        Ok(Explained {
            explanation,
            pairs: Vec::new(),
            cached: true,
        })
    }
}

/// What the base gave in every pair: its features, and the concepts' directions.
fn row_fingerprints(base: &Features, concepts: &Path) -> Result<Vec<Fingerprint>, CliError> {
    let directions = Fingerprint::of_file(concepts)?;
    let row = |values: &[f32]| {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Fingerprint::of("base features and directions")
            .nested("features", &Fingerprint::of_bytes(&bytes))
            .nested("directions", &directions)
            .finish()
    };
    let rows = base.values.chunks_exact(base.dimension);
    Ok(rows.map(row).collect())
}

/// The settings where no method is chosen; a calibration file is for a method without a head.
pub(crate) fn default_settings(
    encoder: &dyn Encoder,
    calibration: Option<&Path>,
) -> Result<AnalysisSettings, CliError> {
    Ok(match calibration {
        Some(_) => AnalysisSettings::default(),
        None => AnalysisSettings::default_for(encoder)?,
    })
}

/// What of a calibration file, or else of the embedded calibration, applies.
pub(crate) fn applicable(
    file: Option<&Path>,
    encoder: &dyn Encoder,
    vocabulary: &Vocabulary,
    method: &Method,
) -> Result<Applicable, CliError> {
    Ok(match file {
        Some(path) => Calibration::read_for(path, encoder, vocabulary, method)?,
        None => Calibration::embedded_for(encoder, vocabulary, method)?,
    })
}

/// Refuses features of other dimensions than the concepts, by file.
fn check_fit(
    paths: [&Path; 2],
    sides: &[FeaturesFile; 2],
    concepts: &Path,
    dimension: usize,
) -> Result<(), CliError> {
    let fault = |path: &Path, problem: String| {
        CliError::Explain(ExplainError::Features {
            path: path.to_path_buf(),
            problem,
        })
    };
    for (path, side) in paths.into_iter().zip(sides) {
        let found = side.features.dimension;
        if found != dimension {
            let problem = format!(
                "its rows have {found} numbers, the concepts of {} have {dimension}; \
                 make both with one encoder",
                concepts.display()
            );
            return Err(fault(path, problem));
        }
    }
    Ok(())
}
