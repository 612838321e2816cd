//! Makes the images of both sides: those of the base once, whatever they are compared with.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::verbs::generated_pairs::{GeneratedPairs, Subject, title};
use crate::verbs::made_side::{MadeSide, Making, prepared};
use finexl_core::CoreError;
use finexl_core::explanation::Generated;
use finexl_data::image_folder::BadFiles;
use finexl_data::manifest::PromptList;
use finexl_data::pairs::PairOptions;
use finexl_data::scenes::{MANIFEST, Split};
use finexl_explain::cache::Cache;
use finexl_explain::explainer::{Folders, Sides};
use finexl_zoo::generators::{
    AdapterChoice, AnyGenerator, ChosenSettings, ConceptGuidance, PromptSource,
    checkpoint_predicts_alike, open_generator, sampled_alike,
};
use std::path::Path;
use tempfile::TempDir;

/// Pairs that are generated where no prompts are given.
const DEFAULT_PAIRS: usize = 25;

/// A generator that the images of both sides are made with.
pub struct PairMaker<'a> {
    making: Making<'a>,
    /// The generator without anything on it; nothing while a whole checkpoint has its memory.
    plain: Option<AnyGenerator>,
    /// The base's side, once it is made.
    base: Option<MadeSide>,
}

impl<'a> PairMaker<'a> {
    /// Opens the generator.
    pub fn new(
        options: &'a GeneratedPairs,
        prompts: Option<&Path>,
        cache: &'a Cache,
        arguments: &'a Arguments,
    ) -> Result<Self, CliError> {
        let device = finexl_zoo::device::by_name(&arguments.device)?;
        let plain = open_generator(&options.model()?, &device)?;
        let list = read_prompts(&plain, prompts)?;
        let prompts = list.prompts;
        let noise = options.stable_diffusion.start_noise(prompts.len())?;
        let plain = prepared(plain, cache, noise.as_ref())?;
        let making = Making {
            options,
            cache,
            arguments,
            device,
            name: plain.name().to_string(),
            settings: plain.settings(&options.chosen())?,
            prompts,
            notes_of_prompts: list.notes,
            noise,
            made: temporary()?,
        };
        Ok(Self {
            making,
            plain: Some(plain),
            base: None,
        })
    }

    /// Makes the images of the base's side, or takes them from the cache.
    fn make_base(&mut self) -> Result<MadeSide, CliError> {
        if let Some(base) = &self.base {
            return Ok(base.clone());
        }
        let making = &self.making;
        let Some(plain) = &self.plain else {
            return Err(gone());
        };
        let mut notes = making.notes_of_prompts.clone();
        notes.extend(plain.notes().iter().cloned());
        let against = making.options.against();
        let mut base = match against.is_empty() {
            true => {
                let settings = making.settings.clone();
                making.side(&**plain, making.name.clone(), settings, false)?
            }
            false => {
                let opened = making.adapted(plain, against)?;
                notes.extend(opened.notes.iter().cloned());
                notes.extend(making.predicted_alike(&opened)?);
                making.worded(&opened, (title(against), against), false)?
            }
        };
        base.notes.splice(0..0, notes);
        self.base = Some(base.clone());
        Ok(base)
    }

    /// Makes the base's side, so that what goes wrong later is wrong with what it is compared with.
    pub fn prepare(&mut self) -> Result<(), CliError> {
        self.make_base().map(drop)
    }

    /// Refuses adapters that cannot be used, before any image is made.
    pub fn check(&mut self, adapters: &[AdapterChoice]) -> Result<(), CliError> {
        if let [only] = adapters
            && self.making.is_whole(only)?
        {
            return self.check_whole(only);
        }
        self.plain()?;
        if let Some(plain) = &self.plain {
            let opened = self.making.adapted(plain, adapters)?;
            self.making.predicted_alike(&opened)?;
        }
        Ok(())
    }

    /// Refuses a whole checkpoint that predicts something else than the base, before any image is made: by its files,
    /// or, where these are silent, by its weights, for which the base leaves memory.
    fn check_whole(&mut self, whole: &AdapterChoice) -> Result<(), CliError> {
        let chosen = self.making.options.chosen();
        let name = title(std::slice::from_ref(whole));
        let base = self.making.name.clone();
        let plain = (base.as_str(), &self.making.settings);
        if checkpoint_predicts_alike(plain, (&name, &whole.path), &chosen)? {
            return Ok(());
        }
        self.plain = None;
        let opened = self.making.whole(whole)?;
        sampled_alike(plain, &*opened.generator, &chosen)?;
        Ok(())
    }

    /// The folders of both sides with what is known of them.
    pub fn pairs(&mut self, subject: &Subject) -> Result<Folders, CliError> {
        let [base, personalized] = match subject {
            Subject::Adapters(adapters) => self.with_adapters(adapters)?,
            Subject::Steered(chosen) => self.steered(chosen)?,
        };
        let new = personalized.notes.into_iter();
        let new: Vec<String> = new.filter(|note| !base.notes.contains(note)).collect();
        let mut notes = base.notes;
        notes.extend(new);
        Ok(Folders {
            prompts: Some(base.folder.join(MANIFEST)),
            base: base.folder,
            personalized: personalized.folder,
            options: PairOptions::plain(BadFiles::Refuse),
            sides: Sides {
                names: [base.name, personalized.name],
                generated: Generated {
                    base: Some(base.images),
                    personalized: Some(personalized.images),
                },
                notes,
            },
        })
    }

    /// The generator without anything on it; opened anew where its memory was given away.
    fn plain(&mut self) -> Result<&AnyGenerator, CliError> {
        if self.plain.is_none() {
            let making = &self.making;
            let plain = open_generator(&making.options.model()?, &making.device)?;
            self.plain = Some(prepared(plain, making.cache, making.noise.as_ref())?);
        }
        self.plain.as_ref().ok_or_else(gone)
    }

    /// Both sides; adapters are opened first, so that what is wrong with them is said before images are made.
    fn with_adapters(&mut self, adapters: &[AdapterChoice]) -> Result<[MadeSide; 2], CliError> {
        let whole = match adapters {
            [only] if self.making.is_whole(only)? => Some(only),
            _ => None,
        };
        if let (Some(whole), None) = (whole, &self.base) {
            self.check_whole(whole)?;
        }
        self.plain()?;
        let (base, opened) = match (whole, &self.plain) {
            (Some(whole), _) => {
                let base = self.make_base()?;
                // Both do not have to be in memory: the base's images are there.
                self.plain = None;
                (base, self.making.whole(whole)?)
            }
            (None, Some(plain)) => {
                let opened = self.making.adapted(plain, adapters)?;
                self.making.predicted_alike(&opened)?;
                (self.make_base()?, opened)
            }
            (None, None) => return Err(gone()),
        };
        let making = &self.making;
        let mut notes = opened.notes.clone();
        notes.extend(opened.generator.notes().iter().cloned());
        notes.extend(making.predicted_alike(&opened)?);
        let plain = (making.name.as_str(), &making.settings);
        notes.extend(sampled_alike(
            plain,
            &*opened.generator,
            &making.options.chosen(),
        )?);
        let name = match (adapters, opened.scale()) {
            ([only], scale) => title(&[AdapterChoice {
                path: only.path.clone(),
                scale,
            }]),
            _ => title(adapters),
        };
        let mut side = making.worded(&opened, (name, adapters), true)?;
        side.notes.splice(0..0, notes);
        Ok([base, side])
    }

    fn steered(&mut self, chosen: &ChosenSettings) -> Result<[MadeSide; 2], CliError> {
        let name = match (&chosen.concept, &chosen.walk) {
            (Some(concept), _) => concept.described(),
            (None, Some(walk)) => {
                format!("closed-form:{}, distance {}", walk.direction, walk.distance)
            }
            (None, None) => self.making.name.clone(),
        };
        let plain = self.plain()?;
        for phrase in chosen.concept.iter().flat_map(ConceptGuidance::phrases) {
            plain.check_prompt(phrase)?;
        }
        let settings = plain.settings(chosen)?;
        let base = self.make_base()?;
        match &self.plain {
            Some(plain) => Ok([base, self.making.side(&**plain, name, settings, true)?]),
            None => Err(gone()),
        }
    }
}

fn gone() -> CliError {
    CliError::Usage("the generator is not open any more; run the same again".to_string())
}

/// The prompts of a file, else those of test scenes with the subjects that the generator knows.
fn read_prompts(generator: &AnyGenerator, prompts: Option<&Path>) -> Result<PromptList, CliError> {
    let source = match prompts {
        Some(path) => PromptSource::File { path, count: None },
        None => PromptSource::Scenes {
            split: Split::Test,
            seed: 0,
            count: DEFAULT_PAIRS,
        },
    };
    Ok(source.prompts(generator)?)
}

fn temporary() -> Result<TempDir, CliError> {
    tempfile::tempdir().map_err(|source| {
        CliError::Core(CoreError::Write {
            path: std::env::temp_dir(),
            source,
        })
    })
}
