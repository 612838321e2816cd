//! A trained head.

use super::base_space::Base;
use super::cues::{CUES, CueBank};
use super::head_config::{HeadConfig, NO_INTERVAL, Reading};
use super::head_methods::HeadReading;
use super::head_network::{HeadInput, HeadNetwork};
use super::levels::{Levels, OutputValues};
use crate::calibration::{Applicable, Calibration};
use crate::decompose::Method;
use crate::error::ExplainError;
use crate::references::References;
use crate::vocabulary::Vocabulary;
use burn::tensor::{Device, Tensor, TensorData};
use finexl_core::explanation::Source;
use finexl_core::fingerprint::Fingerprint;
use finexl_zoo::encoders::Encoder;
use finexl_zoo::weights::WeightsFile;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Name of the head inside the program.
pub const EMBEDDED_HEAD: &str = "mini-head";
static EMBEDDED: &[u8] = include_bytes!("../../weights/mini-head.safetensors");

/// Added to a network's own spread: where it is sure of something wrong, its spread says nothing.
pub(super) const LEAST_SPREAD: f64 = 0.1;

/// What reads aspects and their levels off divergences, for one encoder.
#[derive(Debug)]
pub struct Head {
    config: HeadConfig,
    network: HeadNetwork,
    /// Of the base that it is for, where it is for one.
    base: Option<Arc<Base>>,
    /// What a reader should know of how it was made to fit.
    remark: Option<String>,
    /// The same head without a base, and the reference models that it was fitted to; none where it is for no base.
    fitted: Option<[Source; 2]>,
    fingerprint: Fingerprint,
    device: Device,
}

impl Head {
    /// The head inside the program.
    ///
    /// # Errors
    /// Where it is damaged.
    pub fn embedded() -> Result<Arc<Self>, ExplainError> {
        static HEAD: OnceLock<Arc<Head>> = OnceLock::new();
        if let Some(head) = HEAD.get() {
            return Ok(head.clone());
        }
        let head = Self::from_weights(&WeightsFile::embedded(EMBEDDED_HEAD, EMBEDDED))?;
        Ok(HEAD.get_or_init(|| Arc::new(head)).clone())
    }

    /// A head by its name or its weights file.
    ///
    /// # Errors
    /// A file that is missing, damaged or no head.
    pub fn open(name: &Path) -> Result<Arc<Self>, ExplainError> {
        if name == Path::new(EMBEDDED_HEAD) {
            return Self::embedded();
        }
        Ok(Arc::new(Self::from_weights(&WeightsFile::read(name)?)?))
    }

    fn from_weights(weights: &WeightsFile) -> Result<Self, ExplainError> {
        let device = Device::flex();
        let config: HeadConfig = weights.config()?;
        let d = config.dimension;
        if !config.aspects.fits(d) || config.space.dimension() != d || config.scale <= 0.0 {
            return Err(ExplainError::Head {
                head: config.name,
                problem: "its directions do not fit its dimension; train it anew".to_string(),
            });
        }
        let network = HeadNetwork::new(&config.architecture, d, &device);
        let remark = (config.interval >= NO_INTERVAL).then(|| {
            "The head was validated on too few sets for an interval of levels.".to_string()
        });
        Ok(Self {
            network: weights.load_into(network)?,
            base: None,
            remark,
            fitted: None,
            fingerprint: weights.fingerprint(),
            config,
            device,
        })
    }

    /// A head whose network was just trained.
    pub(super) fn of_parts(config: HeadConfig, network: HeadNetwork) -> Self {
        Self {
            config,
            network,
            base: None,
            remark: None,
            fitted: None,
            fingerprint: Fingerprint::of("unsaved head").finish(),
            device: Device::flex(),
        }
    }

    /// The same network for one base, whose responses are the directions of images in `config`.
    pub(super) fn of_base(&self, config: HeadConfig, base: Base, references: &References) -> Self {
        Self {
            config,
            network: self.network.clone(),
            base: Some(Arc::new(base)),
            remark: Some(remark(references, &self.config.aspects.names)),
            fitted: Some([
                self.source(),
                Source {
                    name: references.base().to_string(),
                    fingerprint: references.fingerprint(),
                },
            ]),
            fingerprint: Fingerprint::of("head for a base 2")
                .nested("head", &self.fingerprint)
                .nested("references", &references.fingerprint())
                .finish(),
            device: self.device.clone(),
        }
    }

    /// How it is read, to be fitted.
    pub(super) fn config_mut(&mut self) -> &mut HeadConfig {
        &mut self.config
    }

    /// Adds a sentence to what a reader should know.
    pub(super) fn add_remark(&mut self, sentence: &str) {
        self.remark = Some(match self.remark.take() {
            Some(remark) => format!("{remark} {sentence}"),
            None => sentence.to_string(),
        });
    }

    /// What a reader of its explanations should know, where it is for one base.
    pub fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }

    /// The words that it was trained with. Concepts of the catalogue, recognised by all of their phrases, keep how they
    /// are said; what is the user's own is said by its own name.
    ///
    /// # Errors
    /// Where the embedded definitions are damaged.
    pub fn vocabulary(&self) -> Result<Vocabulary, ExplainError> {
        Vocabulary::of_phrases(&self.config.vocabulary)
    }

    /// What it was built from.
    pub fn config(&self) -> &HeadConfig {
        &self.config
    }

    /// Its network, in the precision of the file.
    pub(super) fn network(&self) -> &HeadNetwork {
        &self.network
    }

    /// SHA-256 of its weights file, with the reference models that it was fitted to.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Its name and the SHA-256 of its weights file, whatever base it was fitted to.
    pub fn source(&self) -> Source {
        match &self.fitted {
            Some([head, _]) => head.clone(),
            None => Source {
                name: self.config.name.clone(),
                fingerprint: self.fingerprint.clone(),
            },
        }
    }

    /// The reference models that it was fitted to, by the name of their base, where it was.
    pub fn references(&self) -> Option<&Source> {
        self.fitted.as_ref().map(|[_, references]| references)
    }

    /// Refuses another encoder than the one that it was trained with.
    ///
    /// # Errors
    /// [`ExplainError::Head`] that names both.
    pub fn check(&self, encoder: &dyn Encoder) -> Result<(), ExplainError> {
        if *encoder.fingerprint() == self.config.encoder_fingerprint {
            return Ok(());
        }
        Err(ExplainError::Head {
            head: self.config.name.clone(),
            problem: format!(
                "it was trained with the encoder {} ({}) and cannot read {} ({}); train one for that with a \
                 [train-head] recipe, or choose another --method",
                self.config.encoder,
                short(&self.config.encoder_fingerprint),
                encoder.name(),
                short(encoder.fingerprint())
            ),
        })
    }

    /// What goes with a method that reads by this head.
    pub(crate) fn applicable(&self, reading: HeadReading, vocabulary: &Vocabulary) -> Applicable {
        let found = match reading {
            HeadReading::Calibrated => &self.config.calibrated,
            HeadReading::Learned => &self.config.learned,
        };
        let Reading {
            maps,
            shared,
            effect,
            spill,
        } = found.clone();
        Applicable {
            space: Some(self.config.space.clone()),
            calibration: Some(Calibration {
                encoder: self.config.encoder_fingerprint.clone(),
                vocabulary: vocabulary.fingerprint().clone(),
                method: Method::ByHead(reading),
                space: None,
                maps,
                shared,
                effect,
                spill,
            }),
            ..Applicable::default()
        }
    }

    /// Concepts by their text directions in the head's space, `[N, d]`.
    pub(super) fn bank(&self, texts: Vec<f64>) -> Result<CueBank, ExplainError> {
        let config = &self.config;
        let (d, aspects) = (config.dimension, &config.aspects);
        CueBank::new(texts, d, aspects, config.scale, self.base.as_ref())
    }

    /// Reads a divergence in the head's space, `[d]`.
    pub(super) fn read(&self, bank: &CueBank, divergence: &[f64]) -> Result<Levels, ExplainError> {
        let levels = self.read_all(&[(bank, divergence)])?;
        Ok(Levels::merged(levels))
    }

    /// Reads divergences, `[d]` each, with banks of as many concepts, by one pass of the network.
    pub(super) fn read_all(
        &self,
        sets: &[(&CueBank, &[f64])],
    ) -> Result<Vec<Levels>, ExplainError> {
        let Some((first, _)) = sets.first() else {
            return Ok(Vec::new());
        };
        let (b, n, d) = (sets.len(), first.concepts(), self.config.dimension);
        let mut cues = Vec::with_capacity(b * n * CUES);
        for (bank, divergence) in sets {
            cues.extend(bank.cues(divergence, &bank.known)?);
        }
        let tensor = |values: Vec<f32>, shape: [usize; 3]| -> Tensor<3> {
            Tensor::from_data(TensorData::new(values, shape), &self.device)
        };
        let texts = sets.iter().flat_map(|(bank, _)| bank.scaled_texts());
        let known = sets.iter().flat_map(|(bank, _)| &bank.known);
        let scaled = sets.iter().flat_map(|(bank, v)| bank.scaled(v));
        let output = self.network.forward(HeadInput {
            cues: tensor(cues, [b, n, CUES]),
            texts: tensor(texts.collect(), [b, n, d]),
            known: tensor(known.map(|v| *v as f32).collect(), [b, n, 1]),
            divergence: tensor(scaled.collect(), [b, 1, d]).reshape([b, d]),
        });
        let output = OutputValues::of(output)?;
        let read = sets.iter().enumerate().map(|(set, (bank, divergence))| {
            // Of a base strengths are levels already, fitted to what it shows.
            let per_level = match self.base {
                Some(_) => None,
                None => Some(self.weights_per_level(bank)),
            };
            let (known, fitted) = (&bank.known, bank.strengths(divergence));
            output.levels(set, known, &fitted, per_level.as_deref())
        });
        Ok(read.collect())
    }

    /// Weight of the fit that stands for level 1 of every known concept, `[N]`; 0 for what is not known.
    fn weights_per_level(&self, bank: &CueBank) -> Vec<f64> {
        let names = &self.config.aspects.names;
        let aspects = bank.aspects.iter();
        let weight = |aspect: usize| self.config.learned.weight_of_level_1(&names[aspect]);
        aspects.map(|aspect| aspect.map_or(0.0, weight)).collect()
    }
}

/// How many models a head for a base was fitted by, and aspects of theirs that it does not know: a name that is
/// misspelt, perhaps.
fn remark(references: &References, names: &[String]) -> String {
    let models = references.models();
    let aspects = models.iter().flat_map(|model| model.aspects.keys());
    let unknown: BTreeSet<&str> = aspects
        .filter(|aspect| !names.contains(aspect))
        .map(String::as_str)
        .collect();
    let known = models.iter().filter(|model| {
        let mut aspects = model.aspects.keys();
        !model.aspects.is_empty() && aspects.all(|aspect| names.contains(aspect))
    });
    let mut text = format!(
        "Aspects are read with {} reference models of {}, {} of them with known aspects.",
        models.len(),
        references.base(),
        known.count()
    );
    if !unknown.is_empty() {
        let unknown: Vec<&str> = unknown.into_iter().collect();
        text.push_str(&format!(
            " The head does not know {}: models with such aspects count as unlabelled.",
            unknown.join(", ")
        ));
    }
    text
}

/// Enough of a fingerprint to tell two apart.
fn short(fingerprint: &Fingerprint) -> String {
    fingerprint.as_str().chars().take(8).collect()
}
