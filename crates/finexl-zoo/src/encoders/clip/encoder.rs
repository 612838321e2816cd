//! A CLIP as an [`Encoder`].

use super::config::ClipConfig;
use super::image_tower::ImageTower;
use super::prefix_tree::tree_batches;
use super::preprocessing::Preprocessing;
use super::text_tower::TextTower;
use super::tokenizer::Tokenizer;
use crate::ZooError;
use crate::encoders::{Encoder, Features, TextLength};
use crate::transformer::Rows;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::image::Image;
use rayon::prelude::*;
use std::collections::HashMap;
use std::time::Instant;

/// Images of one forward pass.
const IMAGE_BATCH: usize = 32;
/// Rows of one forward pass of padded texts.
const PADDED_ROWS: usize = 2048;

/// CLIP, SigLIP or EVA-CLIP with published (or any other) weights.
pub struct Clip {
    pub(super) name: String,
    pub(super) config: ClipConfig,
    pub(super) preprocessing: Preprocessing,
    pub(super) tokenizer: Tokenizer,
    pub(super) image: ImageTower,
    pub(super) text: TextTower,
    pub(super) fingerprint: Fingerprint,
    pub(super) device: &'static str,
    pub(super) weights: Vec<(String, Fingerprint)>,
    pub(super) notes: Vec<String>,
}

impl Clip {
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

    fn notes(&self) -> &[String] {
        &self.notes
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

    fn text_length(&self, text: &str) -> Result<TextLength, ZooError> {
        self.tokenizer.length(text)
    }

    fn check_text(&self, text: &str) -> Result<(), ZooError> {
        self.tokens(text).map(|_| ())
    }
}
