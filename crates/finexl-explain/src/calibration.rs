//! Raw weights -> levels, and how large an effect has to be: fitted on validation scenes.

use crate::decompose::Method;
use crate::error::ExplainError;
use crate::statistics::MonotoneMap;
use crate::vocabulary::Vocabulary;
use finexl_core::CoreError;
use finexl_core::fingerprint::Fingerprint;
use finexl_zoo::encoders::Encoder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The calibration of the embedded encoder with the default vocabulary.
const EMBEDDED: &str = include_str!("../calibration/mini-clip.json");

/// Valid for one encoder, vocabulary and method only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Calibration {
    /// Encoder that it was fitted with.
    pub encoder: Fingerprint,
    /// Vocabulary that it was fitted with.
    pub vocabulary: Fingerprint,
    /// Method that it was fitted with.
    pub method: Method,
    /// Weight -> level per concept.
    pub maps: BTreeMap<String, MonotoneMap>,
    /// The same for concepts without a map of their own, fitted on all aspects together.
    pub shared: MonotoneMap,
    /// Weight that the interval of a significant aspect has to lie beyond; nulls stay below it.
    pub effect: f64,
    /// Share of the strongest weight that a significant aspect has to reach; what one strong aspect
    /// spills over to others stays below it.
    pub spill: f64,
}

impl Calibration {
    /// The embedded calibration, if it was fitted for this encoder, vocabulary and method.
    ///
    /// # Errors
    /// Where the embedded file is damaged.
    pub fn embedded_for(
        encoder: &dyn Encoder,
        vocabulary: &Vocabulary,
        method: &Method,
    ) -> Result<Option<Self>, ExplainError> {
        let calibration = Self::parse(EMBEDDED, "the embedded calibration")?;
        Ok(calibration.filter(|c| {
            c.encoder == *encoder.fingerprint()
                && c.vocabulary == *vocabulary.fingerprint()
                && c.method == *method
        }))
    }

    fn parse(text: &str, what: &str) -> Result<Option<Self>, ExplainError> {
        serde_json::from_str(text).map_err(|source| {
            ExplainError::Core(CoreError::Json {
                what: what.to_string(),
                source,
            })
        })
    }

    /// Writes the calibration as JSON, atomically.
    ///
    /// # Errors
    /// [`CoreError::Write`] naming the file.
    pub fn write(&self, path: &Path) -> Result<(), ExplainError> {
        let json = serde_json::to_vec_pretty(self).map_err(|source| CoreError::Json {
            what: path.display().to_string(),
            source,
        })?;
        Ok(finexl_core::atomic::write(path, &json)?)
    }

    /// The level of a weight, in [-1, 1]; signs are kept.
    pub fn level(&self, concept: &str, weight: f64) -> f64 {
        let map = self.maps.get(concept).unwrap_or(&self.shared);
        map.apply(weight.abs()).clamp(0.0, 1.0)
            * weight.signum()
            * f64::from(u8::from(weight != 0.0))
    }

    /// The weight beyond which the interval of a significant aspect has to lie.
    pub fn threshold(&self, strongest: f64) -> f64 {
        self.effect.max(self.spill * strongest)
    }
}
