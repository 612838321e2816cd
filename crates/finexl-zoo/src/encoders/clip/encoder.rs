//! A CLIP as an [`Encoder`].

use super::checkpoint::Checkpoint;
use super::config::ClipConfig;
use super::fingerprint::fingerprint;
use super::huggingface_config::{self, Fault};
use super::image_tower::ImageTower;
use super::model_files::{Description, ModelFiles, WeightsFiles, read_json};
use super::open_clip_config;
use super::prefix_tree::tree_batches;
use super::preprocessing::Preprocessing;
use super::published::known_activation;
use super::text_tower::TextTower;
use super::tokenizer::Tokenizer;
use crate::ZooError;
use crate::encoders::{Encoder, Features};
use crate::transformer::Rows;
use burn::tensor::Device;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::image::Image;
use rayon::prelude::*;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

/// Images of one forward pass.
const IMAGE_BATCH: usize = 32;
/// Rows of one forward pass of padded texts.
const PADDED_ROWS: usize = 2048;

/// Buffers and logit parameters, which take no part in embedding.
const NOT_EMBEDDING: [&str; 8] = [
    "logit_scale",
    "logit_bias",
    "attn_mask",
    "text.attn_mask",
    "text_model.embeddings.position_ids",
    "vision_model.embeddings.position_ids",
    "visual.trunk.rope.bands",
    "visual.trunk.rope.pos_embed",
];

/// CLIP, SigLIP or EVA-CLIP with published (or any other) weights.
pub struct Clip {
    name: String,
    config: ClipConfig,
    preprocessing: Preprocessing,
    tokenizer: Tokenizer,
    image: ImageTower,
    text: TextTower,
    fingerprint: Fingerprint,
    device: &'static str,
    weights: Vec<(String, Fingerprint)>,
}

impl Clip {
    /// Loads a model from a folder or a weights file with its config beside it; `name` is what it is
    /// called in results.
    ///
    /// # Errors
    /// [`ZooError::EncoderFiles`] for missing or unfit files, [`ZooError::Weights`] for weights that
    /// do not fit the config, [`ZooError::Core`] for files that cannot be read.
    pub fn load(name: &str, path: &Path, device: &Device) -> Result<Self, ZooError> {
        let files = ModelFiles::find(path)?;
        // Hashing and reading the weights take about as long; each has a processor of its own.
        std::thread::scope(|scope| {
            let hashes = scope.spawn(|| hashes(&files.weights.paths()));
            Self::load_files(name, &files, device, || {
                hashes.join().unwrap_or_else(|_| {
                    Err(ZooError::Backend {
                        what: "hashing the weights",
                        message: "its thread died".to_string(),
                    })
                })
            })
        })
    }

    fn load_files(
        name: &str,
        files: &ModelFiles,
        device: &Device,
        hashes: impl FnOnce() -> Result<Vec<(String, Fingerprint)>, ZooError>,
    ) -> Result<Self, ZooError> {
        let json = read_json(files.description.path())?;
        let mut hashes = Some(hashes);
        let mut weights = None;
        let config = match parse(files, &json, None) {
            Err(Fault::NoActivation) => {
                let found = hashes.take().map_or(Ok(Vec::new()), |wait| wait())?;
                let known = found.iter().find_map(|(_, h)| known_activation(h.as_str()));
                weights = Some(found);
                match known {
                    Some(known) => parse(files, &json, Some(known)),
                    None => Err(Fault::NoActivation),
                }
            }
            parsed => parsed,
        };
        let config = config.map_err(|fault| unfit_config(files, &fault))?;
        if let Some(problem) = config.problem() {
            return Err(unfit_config(files, &Fault::Unusable(problem)));
        }
        let preprocessing = preprocessing(files, &json, config.image.image_size)?;
        let tokenizer = tokenizer(files, &config)?;
        let mut checkpoint = match &files.weights {
            WeightsFiles::Safetensors(paths) => Checkpoint::open(paths)?,
            WeightsFiles::Pickle(path) => Checkpoint::open_pickle(path)?,
        };
        let image = ImageTower::load(&mut checkpoint, &config, device)?;
        let text = TextTower::load(&mut checkpoint, &config, device)?;
        for name in NOT_EMBEDDING {
            checkpoint.ignore(name);
        }
        checkpoint.finish()?;
        let weights = match (weights, hashes) {
            (Some(weights), _) => weights,
            (None, Some(wait)) => wait()?,
            (None, None) => Vec::new(),
        };
        Ok(Self {
            name: name.to_string(),
            fingerprint: fingerprint(files, &json, &preprocessing, &weights)?,
            config,
            preprocessing,
            tokenizer,
            image,
            text,
            device: crate::device::name(device),
            weights,
        })
    }

    /// The architecture.
    pub fn config(&self) -> &ClipConfig {
        &self.config
    }

    /// How images enter.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    /// Names and SHA-256 of the weights files.
    pub fn weights(&self) -> &[(String, Fingerprint)] {
        &self.weights
    }

    /// Tokens of a text, as [`Encoder::encode_texts`] reads them.
    ///
    /// # Errors
    /// Where the tokenizer fails, or gives a token that the weights do not have.
    pub fn tokens(&self, text: &str) -> Result<Vec<u32>, ZooError> {
        let tokens = self.tokenizer.encode(text)?;
        let vocabulary = self.config.text.vocabulary;
        match tokens.iter().find(|t| **t as usize >= vocabulary) {
            None => Ok(tokens),
            Some(token) => Err(ZooError::Config(format!(
                "the tokenizer of {} gives token {token}, its weights know {vocabulary}; take \
                 tokenizer and weights of one model",
                self.name
            ))),
        }
    }

    /// Embeddings of images before normalisation, `[n, d]`; `observer` is told the rows after the
    /// embedding and after each block.
    ///
    /// # Errors
    /// Where the backend fails.
    pub fn trace_images(
        &self,
        images: &[Image],
        observer: &mut dyn FnMut(&str, &Rows),
    ) -> Result<Rows, ZooError> {
        let patches = self.preprocessing.patches(images, self.config.image.patch);
        observer("patches", &patches);
        self.image.forward(patches, observer)
    }

    /// The embedding of one token sequence before normalisation, `[1, d]`, computed without sharing
    /// anything; `observer` is told the rows after the embedding and after each block.
    ///
    /// # Errors
    /// Where the backend fails.
    pub fn trace_tokens(
        &self,
        tokens: &[u32],
        observer: &mut dyn FnMut(&str, &Rows),
    ) -> Result<Rows, ZooError> {
        if self.config.text.bidirectional {
            let context = self.config.text.context;
            return self.text.forward_sequences(tokens, context, observer);
        }
        match tree_batches(&[tokens.to_vec()]).first() {
            Some(batch) => self.text.forward_tree(batch, observer),
            None => Ok(Rows::zeros(0, self.config.dimension)),
        }
    }

    /// Embeddings of token sequences before normalisation, `[n, d]`, one after the other.
    fn encode_tokens(&self, sequences: &[Vec<u32>]) -> Result<Vec<f32>, ZooError> {
        let d = self.config.dimension;
        let mut values = vec![0.0f32; sequences.len() * d];
        if self.config.text.bidirectional {
            let context = self.config.text.context;
            for (block, to) in sequences
                .chunks((PADDED_ROWS / context).max(1))
                .zip(values.chunks_mut((PADDED_ROWS / context).max(1) * d))
            {
                let rows = self
                    .text
                    .forward_sequences(&block.concat(), context, &mut |_, _| ())?;
                to.copy_from_slice(&rows.values);
            }
            return Ok(values);
        }
        for batch in tree_batches(sequences) {
            let rows = self.text.forward_tree(&batch, &mut |_, _| ())?;
            for ((text, _), row) in batch.ends.iter().zip(rows.values.chunks_exact(d)) {
                values[text * d..(text + 1) * d].copy_from_slice(row);
            }
        }
        Ok(values)
    }

    fn normalised(&self, mut values: Vec<f32>, what: &str) -> Result<Features, ZooError> {
        let dimension = self.config.dimension;
        for row in values.chunks_exact_mut(dimension) {
            let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
            row.iter_mut().for_each(|v| *v /= length);
        }
        if values.iter().all(|v| v.is_finite()) {
            Ok(Features { dimension, values })
        } else {
            Err(ZooError::NotFinite {
                encoder: self.name.clone(),
                what: what.to_string(),
            })
        }
    }
}

impl Encoder for Clip {
    fn name(&self) -> &str {
        &self.name
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn device(&self) -> &'static str {
        self.device
    }

    fn dimension(&self) -> usize {
        self.config.dimension
    }

    fn images_at_a_time(&self) -> usize {
        IMAGE_BATCH
    }

    fn prepare(&self, image: &Image) -> Image {
        self.preprocessing.prepare(image)
    }

    fn encode_images(&self, images: &[Image]) -> Result<Features, ZooError> {
        let begin = Instant::now();
        let mut values = Vec::with_capacity(images.len() * self.config.dimension);
        for batch in images.chunks(IMAGE_BATCH) {
            values.extend(self.trace_images(batch, &mut |_, _| ())?.values);
        }
        let seconds = begin.elapsed().as_secs_f64();
        tracing::info!(images = images.len(), seconds, "encoded images");
        self.normalised(values, "an image")
    }

    /// Texts that begin alike share the work of their common tokens, equal ones all of it.
    fn encode_texts(&self, texts: &[String]) -> Result<Features, ZooError> {
        let begin = Instant::now();
        let tokens: Vec<Vec<u32>> = texts
            .par_iter()
            .map(|text| self.tokens(text))
            .collect::<Result<_, _>>()?;
        let mut places: HashMap<&[u32], usize> = HashMap::new();
        let mut distinct: Vec<Vec<u32>> = Vec::new();
        let mut which = Vec::with_capacity(tokens.len());
        for sequence in &tokens {
            let place = *places.entry(sequence).or_insert_with(|| {
                distinct.push(sequence.clone());
                distinct.len() - 1
            });
            which.push(place);
        }
        let rows = self.encode_tokens(&distinct)?;
        let d = self.config.dimension;
        let mut values = Vec::with_capacity(texts.len() * d);
        for place in which {
            values.extend_from_slice(&rows[place * d..(place + 1) * d]);
        }
        let seconds = begin.elapsed().as_secs_f64();
        tracing::info!(texts = texts.len(), seconds, "encoded texts");
        self.normalised(values, "a text")
    }

    fn check_text(&self, text: &str) -> Result<(), ZooError> {
        self.tokens(text).map(|_| ())
    }
}

fn hashes(paths: &[&Path]) -> Result<Vec<(String, Fingerprint)>, ZooError> {
    paths
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            Ok((name.into_owned(), Fingerprint::of_file(path)?))
        })
        .collect()
}

fn parse(
    files: &ModelFiles,
    json: &Value,
    known: Option<crate::transformer::Activation>,
) -> Result<ClipConfig, Fault> {
    match files.description {
        Description::HuggingFace(_) => huggingface_config::parse(json, known),
        Description::OpenClip(_) => open_clip_config::parse(json).map_err(Fault::Unusable),
    }
}

fn unfit_config(files: &ModelFiles, fault: &Fault) -> ZooError {
    let (problem, remedy) = match fault {
        Fault::NoActivation => (
            "it does not name the activation (hidden_act), and the weights are not known by their \
             SHA-256",
            "add \"hidden_act\": \"quick_gelu\" (OpenAI's weights) or \"gelu\" to text_config and \
             vision_config, as the model's authors say",
        ),
        Fault::Unusable(problem) => (
            problem.as_str(),
            "give a CLIP, SigLIP or EVA-CLIP model that is built here (`finexl zoo list`)",
        ),
    };
    ZooError::EncoderFiles {
        path: files.description.path().to_path_buf(),
        problem: problem.to_string(),
        remedy: remedy.to_string(),
    }
}

fn preprocessing(files: &ModelFiles, json: &Value, size: usize) -> Result<Preprocessing, ZooError> {
    let (path, parsed) = match (&files.description, &files.preprocessing) {
        (Description::HuggingFace(_), Some(path)) => (
            path.as_path(),
            Preprocessing::of_huggingface(&read_json(path)?, size),
        ),
        (description, _) => (description.path(), Preprocessing::of_open_clip(json, size)),
    };
    parsed.map_err(|problem| ZooError::EncoderFiles {
        path: path.to_path_buf(),
        problem,
        remedy: "take the preprocessing of the same model".to_string(),
    })
}

fn tokenizer(files: &ModelFiles, config: &ClipConfig) -> Result<Tokenizer, ZooError> {
    let text = &config.text;
    if !text.bidirectional {
        return Tokenizer::causal(&files.tokenizer, text.context, text.end, text.cleaning);
    }
    let settings = files.folder.join("tokenizer_config.json");
    let settings = if settings.is_file() {
        read_json(&settings)?
    } else {
        Value::Null
    };
    Tokenizer::padded(&files.tokenizer, text.context, &settings)
}
