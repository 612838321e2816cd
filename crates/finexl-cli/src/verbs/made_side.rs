//! Images of one side, made or taken from the cache.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::verbs::generate::{collapse, generate};
use crate::verbs::generated_pairs::GeneratedPairs;
use crate::verbs::stable_diffusion_options::StableDiffusionOptions;
use finexl_core::CoreError;
use finexl_core::explanation::{Applied, GeneratedImages};
use finexl_core::work_lock::WorkPlace;
use finexl_explain::cache::Cache;
use finexl_zoo::ZooError;
use finexl_zoo::device::Device;
use finexl_zoo::generators::stable_diffusion::StartNoise;
use finexl_zoo::generators::{
    AdapterChoice, AdapterPrompt, AnyGenerator, GenerationRecord, GenerationRequest,
    GenerationSettings, Generator, OpenedGenerator, adapters_predict_alike, is_whole_checkpoint,
    open_adapted, open_personalized,
};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Images of one side.
#[derive(Clone)]
pub(super) struct MadeSide {
    pub name: String,
    pub folder: PathBuf,
    pub images: GeneratedImages,
    pub notes: Vec<String>,
}

/// What all sides have in common.
pub(super) struct Making<'a> {
    pub options: &'a GeneratedPairs,
    pub cache: &'a Cache,
    pub arguments: &'a Arguments,
    pub device: Device,
    /// The name of the generator without anything on it.
    pub name: String,
    /// How all sides are sampled.
    pub settings: GenerationSettings,
    pub prompts: Vec<String>,
    /// What there is to say of the file of prompts.
    pub notes_of_prompts: Vec<String>,
    pub noise: Option<StartNoise>,
    /// Keeps folders that nobody asked for until they are read.
    pub made: TempDir,
}

impl Making<'_> {
    /// Whether an adapter is a whole checkpoint, which takes nothing from the base.
    pub fn is_whole(&self, adapter: &AdapterChoice) -> Result<bool, CliError> {
        let published = matches!(self.settings, GenerationSettings::StableDiffusion(_));
        let model = &self.options.model()?;
        Ok(published && is_whole_checkpoint(model, &adapter.path, adapter.scale)?)
    }

    pub fn whole(&self, adapter: &AdapterChoice) -> Result<OpenedGenerator, CliError> {
        let (model, path) = (&self.options.model()?, &adapter.path);
        let opened = open_personalized(model, path, adapter.scale, &self.device)?;
        self.ready(opened)
    }

    pub fn adapted(
        &self,
        plain: &AnyGenerator,
        adapters: &[AdapterChoice],
    ) -> Result<OpenedGenerator, CliError> {
        let opened = open_adapted(plain, &self.options.model()?, adapters, &self.device)?;
        self.ready(opened)
    }

    /// What there is to say of what adapters were trained to predict.
    pub fn predicted_alike(&self, opened: &OpenedGenerator) -> Result<Vec<String>, CliError> {
        let model = (self.name.as_str(), &self.settings);
        let chosen = self.options.chosen();
        Ok(adapters_predict_alike(&opened.trained_on, model, &chosen)?)
    }

    fn ready(&self, mut opened: OpenedGenerator) -> Result<OpenedGenerator, CliError> {
        opened.generator = prepared(opened.generator, self.cache, self.noise.as_ref())?;
        Ok(opened)
    }

    /// A side with adapters, whose prompts may have words of its own.
    pub fn worded(
        &self,
        opened: &OpenedGenerator,
        (name, adapters): (String, &[AdapterChoice]),
        personalized: bool,
    ) -> Result<MadeSide, CliError> {
        let asked = self.options.prompt_of(personalized);
        let chosen = self.options.chosen();
        let negative = chosen.stable_diffusion.negative.as_deref();
        let words = AdapterPrompt::new(&opened.words, asked, &self.prompts, negative);
        let places = adapters.iter().map(|adapter| adapter.path.as_path());
        let applied: Vec<(&Path, &Applied)> = places.zip(&opened.applied).collect();
        let side = Side {
            name,
            applied,
            settings: self.settings.clone(),
            words,
            personalized,
        };
        self.made(&*opened.generator, side)
    }

    /// A side without adapters.
    pub fn side(
        &self,
        generator: &dyn Generator,
        name: String,
        settings: GenerationSettings,
        personalized: bool,
    ) -> Result<MadeSide, CliError> {
        let asked = self.options.prompt_of(personalized);
        let side = Side {
            name,
            applied: Vec::new(),
            settings,
            words: AdapterPrompt::new(&[], asked, &self.prompts, None),
            personalized,
        };
        self.made(generator, side)
    }

    fn made(&self, generator: &dyn Generator, side: Side<'_>) -> Result<MadeSide, CliError> {
        let AdapterPrompt {
            prompts,
            text,
            mut notes,
        } = side.words;
        for prompt in prompts.iter().filter(|_| text.is_some()) {
            generator.check_prompt(prompt)?;
        }
        notes.extend(generator.prompt_notes(&prompts));
        let requests = GenerationRequest::of_prompts(&prompts, self.options.seed());
        let record = GenerationRecord::new(generator, &side.applied, side.settings, &requests);
        let kept = self.cache.images(&record.key());
        let place = self.made.path().join(record.key().as_str());
        let folder = images(generator, &requests, &record, (kept, place), self.arguments)?;
        notes.extend(collapse(generator, &requests, &folder)?);
        let mut images = record.images();
        if let Some(text) = text {
            let of = match side.personalized {
                true => "the personalized",
                false => "the base's",
            };
            notes.push(format!(
                "\"{text}\" was put before every prompt of {of} side."
            ));
            images.settings.insert("adapter prompt".to_string(), text);
        }
        Ok(MadeSide {
            name: side.name,
            folder,
            images,
            notes,
        })
    }
}

/// A side before its images are made.
struct Side<'a> {
    name: String,
    applied: Vec<(&'a Path, &'a Applied)>,
    settings: GenerationSettings,
    words: AdapterPrompt,
    personalized: bool,
}

/// A generator with the start noise that was given, keeping its pictures unless nothing is to be kept.
pub(super) fn prepared(
    generator: AnyGenerator,
    cache: &Cache,
    noise: Option<&StartNoise>,
) -> Result<AnyGenerator, CliError> {
    let generator = match cache.is_none() {
        true => generator.without_kept_pictures(),
        false => generator,
    };
    StableDiffusionOptions::put_into(generator, noise)
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
    if !is_made(&place) {
        generate(generator, requests, record, &place, arguments)?;
    }
    Ok(place)
}
