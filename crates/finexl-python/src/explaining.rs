//! Pictures of two sides, explained.

use crate::choices::{Choices, PairChoices};
use crate::encoders::ChosenEncoder;
use crate::held_pictures::{Handed, HeldPictures};
use crate::record::Record;
use crate::waiting::{Watch, waited};
use finexl::data::decode::{Pictures, limits};
use finexl::data::manifest::PromptFile;
use finexl::data::pairs::{ListedPicture, PictureList};
use finexl::{Error, ExplainerChoices, Folders, PairOptions, PairSet, Sides};
use pyo3::prelude::*;
use std::path::{Path, PathBuf};

/// Prompts as Python hands them over.
#[derive(FromPyObject)]
pub enum Prompts {
    /// In the order of the pairs.
    List(Vec<String>),
    /// A file.
    File(PathBuf),
}

/// All that is needed beside the pairs.
struct Asked {
    choices: ExplainerChoices,
    options: PairOptions,
    encoder: ChosenEncoder,
    device: String,
    watch: Watch,
}

impl Asked {
    fn new(
        encoder: &Bound<'_, PyAny>,
        device: &str,
        choices: Choices,
        pairing: &PairChoices,
    ) -> PyResult<Self> {
        let watch = Watch::default();
        Ok(Self {
            choices: choices.explainer()?,
            options: pairing.options()?,
            encoder: ChosenEncoder::of(encoder, &watch)?,
            device: device.to_string(),
            watch,
        })
    }

    /// In the order of the command: what is wrong with files of settings is said before pictures are looked for, and that
    /// before an encoder is opened.
    fn explain(
        self,
        py: Python<'_>,
        progress: Option<Py<PyAny>>,
        pairs: impl FnOnce(&PairOptions) -> Result<(PairSet, Sides), Error> + Send,
    ) -> PyResult<Record> {
        let watch = self.watch.clone();
        waited(py, &watch, progress, move |step| {
            let builder = self.choices.builder()?;
            let (set, sides) = pairs(&self.options)?;
            let encoder = self.encoder.open(&self.device, &self.watch)?;
            let explainer = self.choices.build(builder, encoder)?;
            let explained =
                explainer.explain_pairs(&set, &sides, &self.options, &|done, all| {
                    step(done, all);
                })?;
            Ok(Record::of(explained))
        })
    }
}

/// Explains the pictures of two folders; `names` are those of base and personalized model.
#[pyfunction]
#[pyo3(signature = (base, personalized, prompts, names, encoder, device, choices, pairing, progress))]
#[expect(clippy::too_many_arguments, reason = "Python gives them names")]
pub fn explain_folders(
    py: Python<'_>,
    base: PathBuf,
    personalized: PathBuf,
    prompts: Option<Prompts>,
    names: Option<[String; 2]>,
    encoder: &Bound<'_, PyAny>,
    device: &str,
    choices: Choices,
    pairing: PairChoices,
    progress: Option<Py<PyAny>>,
) -> PyResult<Record> {
    let asked = Asked::new(encoder, device, choices, &pairing)?;
    // Held for the watch alone: files are decoded by it until nobody waits.
    let pictures = HeldPictures::new(asked.watch.clone()).pictures();
    asked.explain(py, progress, move |options| {
        let mut folders = Folders::new(base, personalized);
        folders.options = options.clone();
        let mut set = match prompts {
            Some(Prompts::List(prompts)) => folders.pairs_with_prompts(prompts)?,
            Some(Prompts::File(file)) => {
                folders.prompts = Some(file);
                folders.pairs()?
            }
            None => folders.pairs()?,
        };
        set.pictures = pictures;
        Ok((set, called(folders.sides, names)))
    })
}

/// Explains the pictures of two lists: files, contents of files and pixels, each with a name or none.
#[pyfunction]
#[pyo3(signature = (base, personalized, prompts, names, encoder, device, choices, pairing, progress))]
#[expect(clippy::too_many_arguments, reason = "Python gives them names")]
pub fn explain_lists(
    py: Python<'_>,
    base: Vec<(Option<String>, Handed)>,
    personalized: Vec<(Option<String>, Handed)>,
    prompts: Option<Prompts>,
    names: Option<[String; 2]>,
    encoder: &Bound<'_, PyAny>,
    device: &str,
    choices: Choices,
    pairing: PairChoices,
    progress: Option<Py<PyAny>>,
) -> PyResult<Record> {
    let asked = Asked::new(encoder, device, choices, &pairing)?;
    let mut held = HeldPictures::new(asked.watch.clone());
    let base = list("base", base, &mut held);
    let personalized = list("personalized", personalized, &mut held);
    let pictures = held.pictures();
    asked.explain(py, progress, move |options| {
        let prompts = prompts.map(in_order).transpose()?;
        let sides = sides_of(&base, &personalized);
        let set = pairs_of([&base, &personalized], prompts, pictures, options)?;
        Ok((set, called(sides, names)))
    })
}

/// Sets how many pixels a picture may have from now on (`--max-pixels`).
#[pyfunction]
pub fn set_most_pixels(pixels: u64) {
    limits::set_most_pixels(pixels);
}

fn pairs_of(
    lists: [&PictureList; 2],
    prompts: Option<Vec<String>>,
    pictures: Pictures,
    options: &PairOptions,
) -> Result<PairSet, Error> {
    Ok(PairSet::from_lists(lists, prompts, pictures, options)?)
}

/// Pictures under paths of their own, such as `base[3]`, which messages name.
fn list(title: &str, given: Vec<(Option<String>, Handed)>, held: &mut HeldPictures) -> PictureList {
    let pictures = given
        .into_iter()
        .enumerate()
        .map(|(number, (name, handed))| {
            let path = PathBuf::from(format!("{title}[{number}]"));
            let name = name.unwrap_or_else(|| number.to_string());
            match handed {
                Handed::File(file) => return ListedPicture::File(file),
                Handed::Pixels(pixels) => held.add_pixels(path.clone(), pixels),
                Handed::Content(content) => held.add_content(path.clone(), content),
            }
            ListedPicture::Held { name, path }
        });
    PictureList {
        title: title.to_string(),
        pictures: pictures.collect(),
    }
}

/// Lists of files are called after their folders, which may say how they were generated.
fn sides_of(base: &PictureList, personalized: &PictureList) -> Sides {
    match (base.folder(), personalized.folder()) {
        (Some(base), Some(personalized)) => Sides::of_folders(&base, &personalized),
        _ => Sides::default(),
    }
}

fn called(mut sides: Sides, names: Option<[String; 2]>) -> Sides {
    if let Some(names) = names {
        sides.names = names;
    }
    sides
}

/// Prompts for pictures that are no folders, where a manifest has nothing to name.
fn in_order(prompts: Prompts) -> Result<Vec<String>, Error> {
    match prompts {
        Prompts::List(prompts) => Ok(prompts),
        Prompts::File(file) => match PromptFile::read(&file)? {
            PromptFile::List(list) => Ok(list.prompts),
            PromptFile::Manifest(_) => Err(manifest_of_list(&file)),
        },
    }
}

fn manifest_of_list(file: &Path) -> Error {
    Error::Records(format!(
        "{}: a manifest names files of two folders; give the folders, or the prompts as a list in the order of the pictures",
        file.display()
    ))
}
