//! Explaining image pairs: features, bank and calibration put together.

use crate::analysis::AnalysisSettings;
use crate::bank::ConceptBank;
use crate::cache::Cache;
use crate::calibration::Applicable;
use crate::divergence::Divergences;
use crate::domain::Domain;
use crate::error::ExplainError;
use crate::explain::{Request, explain};
use crate::image_features::{PairFeatures, encode_pairs};
use crate::phrase_features::PhraseFeatures;
use crate::probes::Probes;
use crate::shuffled::shuffled_note;
use crate::vocabulary::Vocabulary;
use finexl_core::explanation::{Explanation, Generated};
use finexl_core::fingerprint::Fingerprint;
use finexl_data::pairs::{Pair, PairOptions, PairSet};
use finexl_zoo::encoders::Encoder;
use std::path::Path;

/// What to explain with.
pub struct Explainer<'a> {
    /// Embeds images and texts.
    pub encoder: &'a dyn Encoder,
    /// Concepts that may be named.
    pub vocabulary: &'a Vocabulary,
    /// What of a calibration applies to encoder, vocabulary and method.
    pub applicable: &'a Applicable,
    /// Method, resampling, seed.
    pub settings: &'a AnalysisSettings,
    /// Where features are kept.
    pub cache: &'a Cache,
    /// What to do with images that cannot be used.
    pub options: &'a PairOptions,
    /// How the images were generated, where that is known.
    pub generated: Generated,
    /// What there is to say beside what is found on the way.
    pub notes: Vec<String>,
}

/// An explanation with the pairs it is about.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The record.
    pub explanation: Explanation,
    /// The usable pairs, in the order of the features.
    pub pairs: Vec<Pair>,
    /// Whether no image had to be encoded.
    pub cached: bool,
}

impl Explainer<'_> {
    /// Explains the pairs of two folders or a manifest. `names` are those of base and personalized
    /// model; `progress` is told pairs done and in all.
    ///
    /// # Errors
    /// Images that cannot be used, phrases that the encoder cannot read, and all of [`explain()`].
    pub fn explain_pairs(
        &self,
        set: &PairSet,
        names: [&str; 2],
        progress: &dyn Fn(usize, usize),
    ) -> Result<Explained, ExplainError> {
        self.check_vocabulary()?;
        let features = encode_pairs(self.encoder, set, self.options, self.cache, progress)?;
        let prompts: Vec<Option<String>> =
            features.pairs.iter().map(|p| p.prompt.clone()).collect();
        let probes = Probes::choose(self.encoder, self.vocabulary, &prompts)?;
        let bank = self.bank(&probes)?;
        let mut notes = self.notes.clone();
        notes.extend(set.notes.clone());
        notes.extend(features.notes.clone());
        notes.extend_from_slice(self.encoder.notes());
        let pair_names: Vec<String> = features.pairs.iter().map(|p| p.name.clone()).collect();
        notes.extend(shuffled_note(
            &features.base,
            &features.personalized,
            &pair_names,
        ));
        notes.extend_from_slice(&probes.notes);
        notes.extend(self.distance_note(&features)?);
        if let Some(head) = self.settings.method.head()? {
            notes.extend(head.remark().map(str::to_string));
        }
        let divergences = Divergences::between(&features.base, &features.personalized)?
            .grouped_by(&grounds_of(&features.pairs))?;
        let explanation = explain(Request {
            base: names[0].to_string(),
            personalized: names[1].to_string(),
            pairs: pair_names,
            pair_fingerprints: pair_fingerprints(&features.base_contents, &probes),
            divergences: &divergences,
            bank: &bank,
            vocabulary: self.vocabulary,
            space: self.applicable.space.as_ref(),
            profile_space: self.applicable.profile_space.as_ref(),
            calibration: self.applicable.calibration.as_ref(),
            settings: self.settings,
            encoder: self.encoder.name().to_string(),
            encoder_fingerprint: self.encoder.fingerprint().clone(),
            device: self.encoder.device().to_string(),
            generated: self.generated.clone(),
            calibrated_by: self.applicable.source.clone(),
            images: shown(&features.fingerprint, &prompts),
            base_images: comparable(&features.base_fingerprint, &probes),
            notes,
        })?;
        Ok(Explained {
            explanation,
            pairs: features.pairs,
            cached: features.cached,
        })
    }

    /// A phrase with unknown words is an error before any image is touched.
    fn check_vocabulary(&self) -> Result<(), ExplainError> {
        for phrase in self.vocabulary.concepts().iter().flat_map(|c| &c.phrases) {
            self.encoder.check_text(phrase)?;
        }
        Ok(())
    }

    fn bank(&self, probes: &Probes) -> Result<ConceptBank, ExplainError> {
        let prompts = &probes.prompts;
        let key = PhraseFeatures::fingerprint(self.encoder, prompts);
        let kept = self.cache.phrases(&key).filter(|phrases| {
            phrases.probes() == prompts.len() && phrases.is_sound_for(self.vocabulary)
        });
        let phrases = match kept {
            Some(mut phrases) => {
                if phrases.extend(self.encoder, self.vocabulary, prompts)? {
                    self.cache.keep_phrases(&key, &phrases);
                }
                phrases
            }
            None => {
                let phrases = PhraseFeatures::encode(self.encoder, self.vocabulary, prompts)?;
                self.cache.keep_phrases(&key, &phrases);
                phrases
            }
        };
        let bank = ConceptBank::of_phrases(&phrases, self.vocabulary)?;
        match &probes.of_pairs {
            Some(of_pairs) => bank.of_pairs(of_pairs.clone()),
            None => Ok(bank),
        }
    }

    /// A warning where the base's images are far from everything the encoder was trained on.
    fn distance_note(&self, features: &PairFeatures) -> Result<Option<String>, ExplainError> {
        let Some(domain) = Domain::embedded_for(self.encoder)? else {
            return Ok(None);
        };
        let far = (0..features.base.len())
            .filter(|row| domain.is_far(features.base.row(*row)))
            .count();
        let share = far as f64 / features.base.len() as f64;
        Ok((share > 0.5).then(|| {
            format!(
                "{far} of {} base images are unlike anything that {} was trained on (drawn scenes); its scores are rough there.",
                features.base.len(),
                self.encoder.name()
            )
        }))
    }
}

/// Fingerprint of all images with their prompts.
fn shown(images: &Fingerprint, prompts: &[Option<String>]) -> Fingerprint {
    let key = Fingerprint::of("images and prompts").nested("images", images);
    let prompts = prompts.iter().map(|prompt| prompt.as_deref());
    (prompts.fold(key, |key, prompt| match prompt {
        Some(prompt) => key.text("prompt", prompt),
        None => key.number("no prompt", 0),
    }))
    .finish()
}

/// What pairs that are no independent draws have in common: the prompt where it is known, else the base's image.
fn grounds_of(pairs: &[Pair]) -> Vec<(Option<&str>, &Path)> {
    let grounds = pairs.iter().map(|pair| match pair.prompt.as_deref() {
        Some(prompt) => (Some(prompt), Path::new("")),
        None => (None, pair.base.as_path()),
    });
    grounds.collect()
}

/// What the base gave in every pair: its image, and the prompt that concepts are measured on there. Where the probes
/// are not those of the pairs, concepts are measured on all of them.
fn pair_fingerprints(contents: &[Fingerprint], probes: &Probes) -> Vec<Fingerprint> {
    let identity = |(pair, content): (usize, &Fingerprint)| {
        let measured_on = match probes.of_pairs.as_ref().and_then(|of| of.get(pair)) {
            Some(probe) => probes.prompts.get(*probe..=*probe).unwrap_or_default(),
            None => &probes.prompts,
        };
        let image = Fingerprint::of("base image and prompts").nested("image", content);
        (measured_on.iter())
            .fold(image, |builder, prompt| builder.text("prompt", prompt))
            .finish()
    };
    contents.iter().enumerate().map(identity).collect()
}

/// The base's images, and the prompts that concepts are measured on.
fn comparable(base: &Fingerprint, probes: &Probes) -> Fingerprint {
    let grounds = Fingerprint::of("base and prompts").nested("base", base);
    (probes.prompts.iter())
        .fold(grounds, |builder, prompt| builder.text("prompt", prompt))
        .finish()
}
