//! Image pairs that `finexl explain` generates itself.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::verbs::explain::display_name;
use crate::verbs::generate::{concept, generate};
use finexl_core::fingerprint::Fingerprint;
use finexl_data::art::subject_indices;
use finexl_data::manifest::read_prompts;
use finexl_data::scenes::{MANIFEST, Scene, Split};
use finexl_explain::cache::Cache;
use finexl_zoo::generators::mini_diffusion::MiniDiffusion;
use finexl_zoo::generators::{
    ConceptGuidance, GenerationRecord, GenerationRequest, GenerationSettings, Generator,
    open_generator, open_personalized,
};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Pairs that are generated where no prompts are given.
const DEFAULT_PAIRS: u64 = 25;

/// What to generate with.
#[derive(Clone, Debug, clap::Args)]
pub struct GeneratedPairs {
    /// Generate the images with this generator: a weights file that `finexl train` wrote.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["base", "personalized", "base_features"])]
    model: Option<PathBuf>,
    /// Explain this adapter of the generator: a folder in PEFT's layout, or that of a fine-tuned
    /// model (`finexl personalize`).
    #[arg(long, value_name = "DIR", requires = "model", conflicts_with_all = ["base", "personalized", "base_features"])]
    adapter: Option<PathBuf>,
    /// Scale of the adapter [default: 1].
    #[arg(long, requires = "adapter", allow_negative_numbers = true)]
    scale: Option<f64>,
    /// Explain concept guidance of this phrase and strength.
    #[arg(long, value_name = "PHRASE=STRENGTH", requires = "model", value_parser = concept, conflicts_with_all = ["base", "personalized", "base_features", "adapter"])]
    concept: Option<ConceptGuidance>,
}

/// Two folders of images.
pub struct PairFolders {
    folders: [PathBuf; 2],
    /// Names for a reader.
    pub names: [String; 2],
    /// The manifest with the prompts, where the folders were generated.
    pub prompts: Option<PathBuf>,
    /// Keeps folders that nobody asked for until they are read.
    _made: Option<TempDir>,
}

impl PairFolders {
    /// Folders that the user gave.
    pub fn given(folders: [&Path; 2], names: [String; 2]) -> Self {
        Self {
            folders: folders.map(Path::to_path_buf),
            names,
            prompts: None,
            _made: None,
        }
    }

    /// The folders of base and personalized model.
    pub fn paths(&self) -> [&Path; 2] {
        self.folders.each_ref().map(PathBuf::as_path)
    }
}

impl GeneratedPairs {
    /// Generates both sides, or takes them from the cache.
    pub fn generate(
        &self,
        prompts: Option<&Path>,
        cache: &Cache,
        arguments: &Arguments,
    ) -> Result<PairFolders, CliError> {
        let device = finexl_zoo::device::by_name(&arguments.device)?;
        let Some(model) = &self.model else {
            return Err(CliError::Usage(
                "give --base DIR and --personalized DIR, or --model FILE and --adapter DIR"
                    .to_string(),
            ));
        };
        let base = open_generator(model, &device)?;
        let (personalized, name) = match (&self.adapter, &self.concept) {
            (Some(adapter), _) => {
                let opened = open_personalized(model, adapter, self.scale, &device)?;
                for note in opened.notes.iter().filter(|_| !arguments.quiet) {
                    eprintln!("note: {note}");
                }
                (opened.generator, display_name(adapter))
            }
            (None, Some(concept)) => {
                let name = format!("{}={}", concept.phrase, concept.strength);
                (open_generator(model, &device)?, name)
            }
            (None, None) => {
                return Err(CliError::Usage(
                    "--model alone has nothing to explain; add --adapter DIR or --concept PHRASE=STRENGTH"
                        .to_string(),
                ));
            }
        };
        let requests = requests(&base, prompts)?;
        let made = temporary()?;
        let plain = GenerationSettings::default();
        let guided = GenerationSettings {
            concept: self.concept.clone(),
            ..plain.clone()
        };
        let sides = [
            Side {
                generator: &base,
                record: self.record(&base, plain, false),
            },
            Side {
                generator: &personalized,
                record: self.record(&personalized, guided, true),
            },
        ];
        let place = |side: &Side, name: &str| {
            let kept = cache.images(&side.key(&requests));
            kept.unwrap_or_else(|| made.path().join(name))
        };
        let folders = [place(&sides[0], "base"), place(&sides[1], "personalized")];
        for (side, folder) in sides.iter().zip(&folders) {
            // The manifest is moved last but one and says that all images are there.
            if !folder.join(MANIFEST).is_file() {
                generate(side.generator, &requests, &side.record, folder, arguments)?;
            }
        }
        Ok(PairFolders {
            prompts: Some(folders[0].join(MANIFEST)),
            folders,
            names: [base.name().to_string(), name],
            _made: Some(made),
        })
    }

    fn record(
        &self,
        generator: &MiniDiffusion,
        settings: GenerationSettings,
        personalized: bool,
    ) -> GenerationRecord {
        let adapter = self.adapter.as_ref().filter(|_| personalized);
        GenerationRecord {
            model: generator.name().to_string(),
            fingerprint: generator.fingerprint().to_string(),
            adapter: adapter.map(|a| a.display().to_string()),
            scale: adapter.map(|_| self.scale.unwrap_or(1.0)),
            settings,
        }
    }
}

/// One side of the pairs.
struct Side<'a> {
    generator: &'a MiniDiffusion,
    record: GenerationRecord,
}

impl Side<'_> {
    /// Fingerprint of everything that the images depend on.
    fn key(&self, requests: &[GenerationRequest]) -> Fingerprint {
        let settings = format!("{:?}", self.record.settings);
        requests
            .iter()
            .fold(
                Fingerprint::of("generated images")
                    .nested("generator", self.generator.fingerprint())
                    .text("settings", &settings),
                |key, request| {
                    key.text("prompt", &request.prompt)
                        .text("seed", &request.seed.to_string())
                        .text("index", &request.index.to_string())
                },
            )
            .finish()
    }
}

/// A request per prompt of a file, else test scenes with the subjects that the generator knows.
fn requests(
    generator: &MiniDiffusion,
    prompts: Option<&Path>,
) -> Result<Vec<GenerationRequest>, CliError> {
    let prompts = match prompts {
        Some(path) => read_prompts(path)?,
        None => {
            let subjects = subject_indices(&generator.config().subjects)?;
            (0..DEFAULT_PAIRS)
                .map(|index| Scene::draw_among(&subjects, Split::Test, 0, index).prompt())
                .collect()
        }
    };
    Ok(prompts
        .into_iter()
        .zip(0..)
        .map(|(prompt, index)| GenerationRequest {
            prompt,
            seed: 0,
            index,
        })
        .collect())
}

fn temporary() -> Result<TempDir, CliError> {
    tempfile::tempdir().map_err(|source| {
        CliError::Core(finexl_core::CoreError::Write {
            path: std::env::temp_dir(),
            source,
        })
    })
}
