//! A model with files of others on it.

use super::super::{StableDiffusion, StableDiffusionGenerator};
use super::merging::Sums;
use super::notes::notes;
use super::trained_on::{TrainedModel, trained_model};
use super::words::{LearnedWord, Words};
use crate::ZooError;
use crate::generators::Generator;
use crate::lora_files::{
    AdapterSource, Embedding, LoraFile, SaidPrediction, said_bases, said_predictions,
};
use crate::stable_diffusion::{ModelLayers, Part};
use crate::tensor_file::TensorFile;
use finexl_core::explanation::Applied;
use finexl_core::fingerprint::Fingerprint;
use std::path::{Path, PathBuf};

/// Version of everything between files and weights, part of the fingerprint.
const VERSION: &str = "stable diffusion adapters 1";

/// A file or folder and the scale at which it is put on.
#[derive(Clone, Debug, PartialEq)]
pub struct AdapterFile {
    /// A `.safetensors` file, or the folder of an adapter.
    pub path: PathBuf,
    /// 0 is the base, 1 the adapter as it was trained; any number.
    pub scale: f64,
}

/// A model with files on it.
pub struct Adapted {
    /// Ready to generate.
    pub generator: StableDiffusionGenerator,
    /// What was applied, in the order in which it was given.
    pub applied: Vec<Applied>,
    /// Words that prompts may use.
    pub words: Vec<LearnedWord>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// What the files say of the model that they were trained on.
    pub trained_on: Vec<TrainedOn>,
}

/// What a file says of the model that it was trained on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainedOn {
    /// The file's name.
    pub file: String,
    /// What that model predicts, as every entry of the file says it that does.
    pub predictions: Vec<SaidPrediction>,
    /// The model, where the file names one.
    pub model: Option<TrainedModel>,
}

/// An opened file with its identity.
struct Given<'s> {
    path: &'s Path,
    file: TensorFile<'s>,
    config: Option<&'s [u8]>,
    scale: f64,
    fingerprint: Fingerprint,
}

/// What a file turned out to be.
enum Content<'a> {
    Lora(LoraFile<'a>),
    Words(Words),
}

impl StableDiffusionGenerator {
    /// The model with LoRA files of every kind and learned words on it; itself it stays as it is, and weights that do not
    /// differ are in memory once. Whatever the order of the files, the result is the same.
    ///
    /// # Errors
    /// [`ZooError::Weights`] naming file and keys for what cannot be applied as it is, and for files of another base with
    /// what was found and what is needed; [`ZooError::Config`] for a scale that is not finite, or of learned words;
    /// [`finexl_core::CoreError`] for what cannot be read and for too little memory.
    pub fn adapted(&self, files: &[AdapterFile]) -> Result<Adapted, ZooError> {
        if let Some(odd) = files.iter().find(|file| !file.scale.is_finite()) {
            return Err(ZooError::Config(format!(
                "the scale of {} is {}; give a number: 0 is the base, 1 the adapter as it was trained",
                odd.path.display(),
                odd.scale
            )));
        }
        let sources = (files.iter())
            .map(|file| AdapterSource::open(&file.path))
            .collect::<Result<Vec<_>, _>>()?;
        let mut given = Vec::new();
        for (source, file) in sources.iter().zip(files) {
            given.push(Given {
                path: &source.path,
                file: source.tensors()?,
                config: source.config.as_deref(),
                scale: file.scale,
                fingerprint: Fingerprint::of_bytes(source.bytes()),
            });
        }
        let layers = self.network().layers();
        let contents = (given.iter())
            .map(|given| self.content(given, &layers))
            .collect::<Result<Vec<_>, _>>()?;
        let mut notes = Vec::new();
        let mut words = Vec::new();
        for (given, content) in given.iter().zip(&contents) {
            notes.extend(self.said(given, content));
            if let Content::Words(own) = content {
                words.extend(own.learned().cloned());
            }
        }
        let trained_on: Vec<TrainedOn> = given.iter().map(Given::trained_on).collect();
        notes.extend(trained_on.iter().filter_map(|on| self.other_weights(on)));
        let order = order(&given);
        let network = self.changed(&given, &contents, &order)?;
        let fingerprint = identity(self.fingerprint(), (&given[..], &contents[..]), &order);
        Ok(Adapted {
            generator: self.with_network(network, fingerprint),
            applied: (files.iter().zip(&given))
                .zip(contents.iter().zip(&trained_on))
                .map(|((file, given), (content, on))| applied(&file.path, given, content, on))
                .collect(),
            words,
            notes,
            trained_on,
        })
    }

    /// A note where an adapter was trained on other weights of the same shapes, which fit all the same.
    fn other_weights(&self, on: &TrainedOn) -> Option<String> {
        let model = on.model.as_ref()?;
        let other = model.fingerprint != *self.weights();
        other.then(|| {
            format!(
                "{} was trained on {} ({}), not on the weights of {} ({}); it fits, and may do something else here.",
                on.file,
                model.name,
                model.fingerprint.short(),
                self.name(),
                self.weights().short()
            )
        })
    }

    fn content<'g>(
        &self,
        given: &'g Given<'g>,
        layers: &'g ModelLayers,
    ) -> Result<Content<'g>, ZooError> {
        let network = self.network();
        let texts = (network.text_encoders()).map(|encoder| encoder.config().width);
        let texts: Vec<usize> = texts.collect();
        if given.config.is_none()
            && let Some(embedding) = Embedding::read_for(&given.file, network.base(), &texts)
        {
            if given.scale != 1.0 {
                return Err(ZooError::Config(format!(
                    "{} is a learned word, which has no scale; leave {} out",
                    given.path.display(),
                    given.scale
                )));
            }
            let words = Words::read(given.path, &embedding, network, self.name())?;
            return Ok(Content::Words(words));
        }
        let lora = LoraFile::read_for(given.path, &given.file, given.config, layers, self.name())?;
        lora.check(given.path)?;
        Ok(Content::Lora(lora))
    }

    fn said(&self, given: &Given<'_>, content: &Content<'_>) -> Vec<String> {
        let name = file_name(given.path);
        match content {
            Content::Lora(lora) => notes(
                &name,
                lora,
                &given.file.metadata,
                given.scale,
                (self.name(), self.network().facts()),
            ),
            Content::Words(words) => (words.learned())
                .map(|word| {
                    format!(
                        "{name}: \"{}\" is a learned word of {} vectors in the prompts of the personalized side; the \
                         base reads it as plain letters.",
                        word.word, word.vectors
                    )
                })
                .collect(),
        }
    }

    /// The networks with all changes.
    fn changed(
        &self,
        given: &[Given<'_>],
        contents: &[Content<'_>],
        order: &[usize],
    ) -> Result<StableDiffusion, ZooError> {
        let mut sums = Sums::default();
        let mut words = Vec::new();
        let mut network = self.network().clone();
        for place in order {
            let given = &given[*place];
            match &contents[*place] {
                Content::Lora(lora) => sums.add(&lora.layers, given.scale, given.path),
                Content::Words(own) => words.push(own),
            }
        }
        let device = network.device().clone();
        network.unet = sums.put_into(network.unet, Part::Unet, &device)?;
        let parts = [Part::TextEncoder, Part::TextEncoder2];
        let mut texts = Vec::with_capacity(network.texts.len());
        for ((encoder, prompts), part) in network.texts.into_iter().zip(parts) {
            texts.push((sums.put_into(encoder, part, &device)?, prompts));
        }
        network.texts = texts;
        for own in words {
            own.put_into(&mut network.texts)?;
        }
        Ok(network)
    }
}

/// The order in which files are added: by content and scale, so that theirs does not matter.
fn order(given: &[Given<'_>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..given.len()).collect();
    order.sort_by(|a, b| {
        let [a, b] = [a, b].map(|place| &given[*place]);
        let by_scale = a.scale.total_cmp(&b.scale);
        a.fingerprint
            .as_str()
            .cmp(b.fingerprint.as_str())
            .then(by_scale)
    });
    order
}

/// What pictures depend on. A file at scale 0 changes nothing; with nothing else the model is the base.
fn identity(
    base: &Fingerprint,
    (given, contents): (&[Given<'_>], &[Content<'_>]),
    order: &[usize],
) -> Fingerprint {
    let counting = order.iter().filter(|place| given[**place].scale != 0.0);
    let counting: Vec<usize> = counting.copied().collect();
    if counting.is_empty() {
        return base.clone();
    }
    let mut key = Fingerprint::of("adapted stable diffusion")
        .text("version", VERSION)
        .nested("base", base);
    for place in counting {
        let given = &given[place];
        let config = Fingerprint::of_bytes(given.config.unwrap_or_default());
        key = key
            .nested("adapter", &given.fingerprint)
            .nested("config", &config)
            .text("scale", &given.scale.to_string());
        if let Content::Words(words) = &contents[place] {
            // A word may be called after its file, so the content does not tell it.
            let words = words.learned();
            key = words.fold(key, |key, word| key.text("word", &word.word));
        }
    }
    key.finish()
}

impl Given<'_> {
    fn trained_on(&self) -> TrainedOn {
        TrainedOn {
            file: file_name(self.path),
            predictions: said_predictions(&self.file.metadata),
            model: trained_model(&self.file.metadata),
        }
    }
}

fn applied(asked: &Path, given: &Given<'_>, content: &Content<'_>, on: &TrainedOn) -> Applied {
    let whole = asked.canonicalize().unwrap_or_else(|_| asked.to_path_buf());
    let name = file_name(&whole);
    let said = said_bases(&given.file.metadata);
    Applied {
        file: match asked.is_dir() {
            true => format!("{name}/{}", file_name(given.path)),
            false => name,
        },
        fingerprint: Some(given.fingerprint.clone()),
        scale: matches!(content, Content::Lora(_)).then_some(given.scale),
        base: match &on.model {
            Some(model) => Some(model.name.clone()),
            None => (said.iter())
                .find_map(|said| said.base)
                .map(|base| base.to_string()),
        },
        base_fingerprint: on.model.as_ref().map(|model| model.fingerprint.clone()),
    }
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
