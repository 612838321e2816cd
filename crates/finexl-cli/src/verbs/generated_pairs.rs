//! Image pairs that `finexl explain` generates itself.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::numbers::finite;
use crate::verbs::generate::{Walking, collapse, concept, generate, named_or_stated};
use crate::verbs::stable_diffusion_options::StableDiffusionOptions;
use finexl_core::CoreError;
use finexl_core::explanation::{Applied, Generated};
use finexl_core::work_lock::WorkPlace;
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::PairOptions;
use finexl_data::scenes::{MANIFEST, Split};
use finexl_explain::cache::Cache;
use finexl_explain::explainer::{Folders, Sides, display_name};
use finexl_zoo::ZooError;
use finexl_zoo::generators::{
    AnyGenerator, ChosenSettings, ConceptGuidance, GenerationRecord, GenerationRequest,
    GenerationSettings, Generator, PromptSource, open_generator, open_personalized, sampled_alike,
};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Pairs that are generated where no prompts are given.
const DEFAULT_PAIRS: usize = 25;

/// What to generate with.
#[derive(Clone, Debug, clap::Args)]
pub struct GeneratedPairs {
    /// Generate the images with this generator: a weights file that `finexl train` wrote, or Stable Diffusion as a
    /// folder of diffusers, one .safetensors file or a repository in the hub's cache [default: what the adapter was made for, else
    /// mini-diffusion].
    #[arg(long, conflicts_with_all = ["base", "personalized", "base_features"])]
    model: Option<String>,
    /// Explain this adapter of the generator: a folder in PEFT's layout, that of a learned direction, or that of a
    /// fine-tuned model (`finexl personalize`); of Stable Diffusion a whole fine-tuned checkpoint.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["base", "personalized", "base_features"])]
    adapter: Option<PathBuf>,
    /// Scale of the adapter or direction [default: 1].
    #[arg(long, requires = "adapter", allow_negative_numbers = true, value_parser = finite)]
    scale: Option<f64>,
    /// Explain concept guidance of this phrase and strength.
    #[arg(long, value_name = "PHRASE=STRENGTH", value_parser = concept, conflicts_with_all = ["base", "personalized", "base_features", "adapter"])]
    concept: Option<ConceptGuidance>,
    /// Explains the walk.
    #[command(flatten)]
    walking: Walking,
    /// Sampling steps of both sides, where they are generated [default: those that suit the model].
    #[arg(long)]
    steps: Option<usize>,
    /// Scale of classifier-free guidance of both sides [default: that which suits the model].
    #[arg(long, value_parser = finite)]
    guidance: Option<f64>,
    /// Seed of generated pictures [default: 0].
    #[arg(long, value_name = "N")]
    image_seed: Option<u64>,
    #[command(flatten)]
    stable_diffusion: StableDiffusionOptions,
}

/// Folders of images that were generated to be explained.
pub struct GeneratedFolders {
    /// The folders, with what is known of them.
    pub folders: Folders,
    /// Keeps folders that nobody asked for until they are read.
    _made: TempDir,
}

impl GeneratedPairs {
    /// Whether a walk is asked for, which only generated images can take.
    pub fn walks(&self) -> bool {
        self.walking.walk().is_some()
    }

    /// Whether anything is stated that only generated images have.
    pub fn states_sampling(&self) -> bool {
        self.steps.is_some()
            || self.guidance.is_some()
            || self.image_seed.is_some()
            || self.stable_diffusion.is_stated()
    }

    /// How both sides are sampled.
    fn chosen(&self) -> ChosenSettings {
        ChosenSettings {
            steps: self.steps,
            guidance: self.guidance,
            stable_diffusion: self.stable_diffusion.chosen(),
            ..ChosenSettings::default()
        }
    }

    /// Generates both sides, or takes them from the cache.
    pub fn generate(
        &self,
        prompts: Option<&Path>,
        cache: &Cache,
        arguments: &Arguments,
    ) -> Result<GeneratedFolders, CliError> {
        let device = finexl_zoo::device::by_name(&arguments.device)?;
        let model = &named_or_stated(self.model.as_deref(), self.adapter.as_deref())?;
        let opened_base = open_generator(model, &device)?;
        let requests = requests(&opened_base, prompts, self.image_seed.unwrap_or(0))?;
        let noise = self.stable_diffusion.start_noise(requests.len())?;
        let prepare = |generator: AnyGenerator| {
            let generator = match cache.is_none() {
                true => generator.without_kept_pictures(),
                false => generator,
            };
            StableDiffusionOptions::put_into(generator, noise.as_ref())
        };
        let opened_base = prepare(opened_base)?;
        let base: &dyn Generator = &*opened_base;
        let opened = match &self.adapter {
            Some(adapter) => {
                let mut opened = open_personalized(model, adapter, self.scale, &device)?;
                opened.generator = prepare(opened.generator)?;
                Some(opened)
            }
            None => None,
        };
        let applied = opened.as_ref().map(|opened| &opened.applied);
        let (name, settings) = self.difference(base, applied)?;
        let mut notes = opened.as_ref().map_or(Vec::new(), |o| o.notes.clone());
        let texts: Vec<String> = requests.iter().map(|r| r.prompt.clone()).collect();
        notes.extend(base.notes().iter().cloned());
        if let Some(opened) = &opened {
            notes.extend(opened.generator.notes().iter().cloned());
            notes.extend(sampled_alike(base, &*opened.generator, &self.chosen())?);
        }
        notes.extend(base.prompt_notes(&texts));
        let personalized: &dyn Generator = opened.as_ref().map_or(base, |o| &*o.generator);
        let adapter = self.adapter.as_deref().zip(applied);
        let plain = base.settings(&self.chosen())?;
        let sides = [
            (base, GenerationRecord::new(base, None, plain, &requests)),
            (
                personalized,
                GenerationRecord::new(personalized, adapter, settings, &requests),
            ),
        ];
        let made = temporary()?;
        let places = ["base", "personalized"].map(|name| made.path().join(name));
        let mut folders = Vec::new();
        for ((generator, record), place) in sides.iter().zip(places) {
            let kept = cache.images(&record.key());
            let folder = images(*generator, &requests, record, (kept, place), arguments)?;
            notes.extend(collapse(*generator, &requests, &folder)?);
            folders.push(folder);
        }
        let [of_base, of_personalized] = sides.map(|(_, record)| Some(record.images()));
        let [base_folder, personalized_folder] = [0, 1].map(|side| folders[side].clone());
        Ok(GeneratedFolders {
            folders: Folders {
                prompts: Some(base_folder.join(MANIFEST)),
                base: base_folder,
                personalized: personalized_folder,
                options: PairOptions::plain(BadFiles::Refuse),
                sides: Sides {
                    names: [base.name().to_string(), name],
                    generated: Generated {
                        base: of_base,
                        personalized: of_personalized,
                    },
                    notes,
                },
            },
            _made: made,
        })
    }

    /// What the personalized side is called and sampled with.
    fn difference(
        &self,
        base: &dyn Generator,
        applied: Option<&Applied>,
    ) -> Result<(String, GenerationSettings), CliError> {
        let walk = self.walking.walk();
        let name = match (&self.adapter, &self.concept, &walk) {
            (Some(adapter), _, _) => match applied.and_then(|applied| applied.scale) {
                Some(scale) => format!("{} at scale {scale}", adapter_name(adapter)),
                None => adapter_name(adapter),
            },
            (None, Some(concept), _) => {
                base.check_prompt(&concept.phrase)?;
                format!("\"{}\" at strength {}", concept.phrase, concept.strength)
            }
            (None, None, Some(walk)) => {
                format!("closed-form:{}, distance {}", walk.direction, walk.distance)
            }
            (None, None, None) => {
                return Err(CliError::Usage(
                    "there is nothing to explain; give --base DIR and --personalized DIR, or \
                     --adapter DIR, --concept PHRASE=STRENGTH, or --direction and --distance"
                        .to_string(),
                ));
            }
        };
        let settings = base.settings(&ChosenSettings {
            concept: self.concept.clone(),
            walk,
            ..self.chosen()
        })?;
        Ok((name, settings))
    }
}

/// The name of an adapter's folder; of a snapshot with that of its personalization.
fn adapter_name(folder: &Path) -> String {
    let whole = folder.canonicalize();
    let whole = whole.as_deref().unwrap_or(folder);
    let name = display_name(folder);
    let parent = whole.parent().and_then(Path::file_name);
    match parent.filter(|_| name.starts_with("step-")) {
        Some(parent) => format!("{} {name}", parent.to_string_lossy()),
        None => name,
    }
}

/// The folder of images: the kept one, where they are or can be kept, else a place of our own.
fn images(
    generator: &dyn Generator,
    requests: &[GenerationRequest],
    record: &GenerationRecord,
    (kept, place): (Option<PathBuf>, PathBuf),
    arguments: &Arguments,
) -> Result<PathBuf, CliError> {
    // The record is moved last and says that all images are there.
    let is_made = |folder: &Path| matches!(GenerationRecord::read(folder), Ok(Some(there)) if there.key() == record.key());
    if let Some(kept) = kept {
        if is_made(&kept) {
            return Ok(kept);
        }
        let made = || -> Result<(), CliError> {
            let _lock = WorkPlace::folder(&kept).wait()?;
            match is_made(&kept) {
                true => Ok(()),
                false => generate(generator, requests, record, &kept, arguments),
            }
        };
        match made() {
            Ok(()) => return Ok(kept),
            // A cache that cannot be written never stands in the way of a result.
            Err(
                CliError::Zoo(ZooError::Core(CoreError::Write { path, source }))
                | CliError::Core(CoreError::Write { path, source }),
            ) => tracing::warn!("images are not kept: {}: {source}", path.display()),
            Err(error) => return Err(error),
        }
    }
    generate(generator, requests, record, &place, arguments)?;
    Ok(place)
}

/// A request per prompt of a file, else test scenes with the subjects that the generator knows.
fn requests(
    generator: &AnyGenerator,
    prompts: Option<&Path>,
    seed: u64,
) -> Result<Vec<GenerationRequest>, CliError> {
    let source = match prompts {
        Some(path) => PromptSource::File { path, count: None },
        None => PromptSource::Scenes {
            split: Split::Test,
            seed: 0,
            count: DEFAULT_PAIRS,
        },
    };
    let prompts = source.prompts(generator)?;
    Ok(GenerationRequest::of_prompts(&prompts, seed))
}

fn temporary() -> Result<TempDir, CliError> {
    tempfile::tempdir().map_err(|source| {
        CliError::Core(finexl_core::CoreError::Write {
            path: std::env::temp_dir(),
            source,
        })
    })
}
