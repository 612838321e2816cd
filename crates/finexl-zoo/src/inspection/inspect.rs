//! One file or two, looked into.

use super::checkpoint_facts::checkpoint_facts;
use super::compare::compare;
use super::embedding_facts::embedding_facts;
use super::file_facts::{ContentFacts, file_facts};
use super::lora_facts::lora_facts;
use crate::ZooError;
use crate::generators::stable_diffusion::layers_of;
use crate::lora_files::{AdapterSource, Embedding, LoraFile};
use crate::stable_diffusion::{Base, ModelFiles, ModelLayers, ModelWeights};
use crate::tensor_file::TensorFile;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::inspection::{InspectedFile, Inspection, SCHEMA};
use std::path::{Path, PathBuf};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct InspectOptions {
    /// Whether to give metadata that may be private.
    pub private: bool,
    /// The model that the files are for, to relate changes to its weights: a single file, or the folder of a
    /// pipeline of diffusers.
    pub model: Option<PathBuf>,
    /// A model whose layers the files are read by, without its weights; those of `model`, or the published ones, where
    /// there is none.
    pub read_by: Option<PathBuf>,
}

/// Looks into one file or two.
///
/// # Errors
/// [`ZooError::Weights`] or [`finexl_core::CoreError`] for what cannot be read at all, naming the file;
/// [`ZooError::Config`] for two files that cannot be compared and for a model of another family.
pub fn inspect(paths: &[PathBuf], options: &InspectOptions) -> Result<Inspection, ZooError> {
    let model_files = options.model.as_deref().map(ModelFiles::open).transpose()?;
    let by = options.read_by.as_deref().or(options.model.as_deref());
    let own = by.and_then(own_sizes);
    let model = (model_files.as_ref())
        .map(|files| model_weights(files, own.as_ref()))
        .transpose()?;
    let mut sources = Vec::new();
    for path in paths {
        sources.push((AdapterSource::open(path)?, checkpoint_files(path)?));
    }
    let mut opened = Vec::new();
    for (path, (source, checkpoint)) in paths.iter().zip(&sources) {
        opened.push(Opened::read(
            path,
            source,
            checkpoint.as_ref(),
            own.as_ref(),
        )?);
    }
    if let Some(model) = &model {
        for file in &opened {
            fits_model(file, model)?;
        }
    }
    let files: Vec<InspectedFile> = opened
        .iter()
        .map(|file| file.facts(model.as_ref(), options, own.as_ref()))
        .collect();
    let comparison = match (&opened[..], &files[..]) {
        ([first, second], [a, b]) => Some(compare(comparable(first, second)?, [a, b])),
        _ => None,
    };
    Ok(Inspection {
        schema: SCHEMA.to_string(),
        version: env!("CARGO_PKG_VERSION").to_string(),
        files,
        comparison,
    })
}

/// The layers of a model that has other sizes than the published ones.
fn own_sizes(path: &Path) -> Option<ModelLayers> {
    let layers = layers_of(path).ok()?;
    (layers.all() != ModelLayers::published(layers.base).all()).then_some(layers)
}

fn model_weights<'a>(
    files: &'a ModelFiles,
    own: Option<&'a ModelLayers>,
) -> Result<ModelWeights<'a>, ZooError> {
    let weights = match own {
        Some(own) => ModelWeights::read_by(files, own)?,
        None => ModelWeights::read(files)?,
    };
    weights.ok_or_else(|| ZooError::Weights {
        path: files.path.clone(),
        problem: "it holds no model of Stable Diffusion 1, 2 or XL".to_string(),
        remedy: "give a checkpoint as .safetensors, or the folder of a pipeline of diffusers",
    })
}

/// The files of a model, where the path is one and no adapter.
fn checkpoint_files(path: &Path) -> Result<Option<ModelFiles>, ZooError> {
    if path.is_dir() {
        return Ok(None);
    }
    ModelFiles::open(path).map(Some)
}

fn fits_model(file: &Opened<'_>, model: &ModelWeights<'_>) -> Result<(), ZooError> {
    let bases = file.bases();
    match bases.is_empty() || bases.contains(&model.base) {
        true => Ok(()),
        false => Err(ZooError::Config(format!(
            "{} is for {}, the model is {}; give its own model, or none",
            file.name,
            names(bases),
            model.base
        ))),
    }
}

fn names(bases: &[Base]) -> String {
    match bases {
        [] => "a FineXL generator".to_string(),
        bases => bases
            .iter()
            .map(Base::to_string)
            .collect::<Vec<_>>()
            .join(" or "),
    }
}

fn comparable<'f, 'a>(
    first: &'f Opened<'a>,
    second: &'f Opened<'a>,
) -> Result<[&'f LoraFile<'a>; 2], ZooError> {
    let lora = |file: &'f Opened<'a>| {
        let what = match &file.content {
            Content::Lora(lora) => return Ok(lora),
            Content::Embedding(_) => "a learned embedding, which changes no layer",
            Content::Checkpoint(_) => "a whole checkpoint",
        };
        Err(ZooError::Config(format!(
            "{} is {what}; compare two LoRA files",
            file.name
        )))
    };
    let files = [lora(first)?, lora(second)?];
    let [a, b] = files.map(|file| &file.bases);
    let common = a.iter().any(|base| b.contains(base)) || (a.is_empty() && b.is_empty());
    match common {
        true => Ok(files),
        false => Err(ZooError::Config(format!(
            "{} is for {}, {} for {}; compare two files for one base",
            first.name,
            names(a),
            second.name,
            names(b)
        ))),
    }
}

/// What a file turned out to be.
enum Content<'a> {
    Lora(LoraFile<'a>),
    Embedding(Embedding<'a>),
    Checkpoint(ModelWeights<'a>),
}

/// A file whose header was read.
struct Opened<'a> {
    name: String,
    bytes: &'a [u8],
    file: TensorFile<'a>,
    content: Content<'a>,
}

impl<'a> Opened<'a> {
    fn read(
        path: &Path,
        source: &'a AdapterSource,
        checkpoint: Option<&'a ModelFiles>,
        own: Option<&'a ModelLayers>,
    ) -> Result<Self, ZooError> {
        let file = source.tensors()?;
        let config = source.config.as_deref();
        let weights = match (checkpoint, own) {
            (Some(files), Some(own)) if LoraFile::is_none(&file) => {
                ModelWeights::read_by(files, own)?
            }
            (Some(files), None) if LoraFile::is_none(&file) => ModelWeights::read(files)?,
            _ => None,
        };
        let embedding = match own {
            Some(own) => Embedding::read_for(&file, own.base, &own.text_widths()),
            None => Embedding::read(&file),
        };
        let content = match (weights, embedding, own) {
            (Some(weights), ..) => Content::Checkpoint(weights),
            (None, Some(embedding), _) if config.is_none() => Content::Embedding(embedding),
            (_, _, Some(own)) => {
                let name = format!("a {} of other sizes", own.base);
                Content::Lora(LoraFile::read_for(&source.path, &file, config, own, &name)?)
            }
            _ => Content::Lora(LoraFile::read(&source.path, &file, config)?),
        };
        Ok(Self {
            name: path.display().to_string(),
            bytes: source.bytes(),
            file,
            content,
        })
    }

    fn bases(&self) -> &[Base] {
        match &self.content {
            Content::Lora(lora) => &lora.bases,
            Content::Embedding(embedding) => &embedding.bases,
            Content::Checkpoint(weights) => std::slice::from_ref(&weights.base),
        }
    }

    fn facts(
        &self,
        model: Option<&ModelWeights<'_>>,
        options: &InspectOptions,
        own: Option<&ModelLayers>,
    ) -> InspectedFile {
        // The hash reads the whole file once, the layers theirs: side by side.
        let (sha256, content): (Fingerprint, ContentFacts) = rayon::join(
            || Fingerprint::of_bytes(self.bytes),
            || match &self.content {
                Content::Lora(lora) => lora_facts(lora, model),
                Content::Embedding(embedding) => embedding_facts(embedding),
                Content::Checkpoint(weights) => checkpoint_facts(weights, model),
            },
        );
        let published = |base: &Base| ModelLayers::published(*base);
        let layers = own.or_else(|| self.bases().first().map(published));
        let mut facts = file_facts(content, &self.file, options.private, layers);
        facts.name = self.name.clone();
        facts.sha256 = sha256;
        facts.bytes = self.bytes.len() as u64;
        facts
    }
}
