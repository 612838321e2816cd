//! The result record of `finexl explain`: what changed, by how much, how sure.
//!
//! The JSON form is versioned by `schema` and described by `datasets/explanation.schema.json`.

use crate::fingerprint::Fingerprint;
use crate::{CoreError, atomic};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The value of [`Explanation::schema`] that this version writes.
pub const SCHEMA: &str = "finexl-explanation-4";

/// How a personalized generator differs from its base.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// One sentence for a person.
    pub summary: String,
    /// Names of the two sides, as given by the user (folder or file names).
    pub base: String,
    /// The personalized side.
    pub personalized: String,
    /// Number of image pairs used.
    pub pairs: usize,
    /// Their names (file stems or prompts), in the order of [`AspectScore::profile`].
    pub pair_names: Vec<String>,
    /// Decomposition, e.g. `nnls`.
    pub method: String,
    /// Encoder name.
    pub encoder: String,
    /// Norm of the mean divergence of normalised embeddings, in [0, 2].
    pub divergence: f64,
    /// Raw relative residual `|V - F^T w| / |V|`; 0 where there is no divergence.
    pub residual: f64,
    /// The same in the space that the method fits in.
    pub residual_fitted: f64,
    /// Share of the change that the vocabulary cannot say, in [0, 1], as stated in the summary.
    pub unexplained: f64,
    /// Whether `score` is on the operators' level scale (else it repeats the raw weight).
    pub calibrated: bool,
    /// Whether single findings can pass the significance test with this number of pairs.
    pub testable: bool,
    /// Aspects, sorted by falling score.
    pub aspects: Vec<AspectScore>,
    /// Remarks for the reader: fallbacks, warnings, skipped files.
    pub notes: Vec<String>,
    /// What went into the result.
    pub provenance: Provenance,
}

impl Explanation {
    /// Reads a record that `finexl explain --json` wrote.
    ///
    /// # Errors
    /// [`CoreError::Read`], or [`CoreError::Json`] naming the file where it is no such record, one of another
    /// version, or one whose profiles have other pairs than it names.
    pub fn read(path: &Path) -> Result<Self, CoreError> {
        let damaged = |source| CoreError::Json {
            what: path.display().to_string(),
            source,
        };
        let bytes = atomic::read(path)?;
        let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(damaged)?;
        let found = value.get("schema").and_then(serde_json::Value::as_str);
        if found != Some(SCHEMA) {
            let problem = match found {
                Some(found) => format!(
                    "its schema is {found}, not {SCHEMA}; explain the model anew with this version"
                ),
                None => "it is no record of `finexl explain --json`".to_string(),
            };
            return Err(damaged(serde::de::Error::custom(problem)));
        }
        let record: Self = serde_json::from_value(value).map_err(damaged)?;
        let pairs = record.pair_names.len();
        let odd = (record.aspects.iter()).find(|aspect| aspect.profile.len() != pairs);
        if let Some(AspectScore {
            concept, profile, ..
        }) = odd
        {
            let found = profile.len();
            let problem =
                format!("it names {pairs} pairs, but the profile of \"{concept}\" has {found}");
            return Err(damaged(serde::de::Error::custom(problem)));
        }
        Ok(record)
    }
}

/// One aspect with its score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AspectScore {
    /// A phrase of the vocabulary, never a negation.
    pub concept: String,
    /// How a person would say it, e.g. "much more pixelated" or "less vivid".
    pub wording: String,
    /// Family of the vocabulary ("colour", "texture", ...), where it names one.
    pub family: Option<String>,
    /// Raw weight of the decomposition.
    pub weight: f64,
    /// How far every pair moved along the concept, in either direction: to compare models by, not to read.
    pub profile: Vec<f32>,
    /// Level on the operators' scale in [0, 1] if calibrated, else the raw weight.
    pub score: f64,
    /// Lower end of the 95% interval of `score`.
    pub low: f64,
    /// Upper end of the 95% interval of `score`.
    pub high: f64,
    /// 95% interval of the level at which an operator would have been applied, from methods that know how far
    /// off they are; `low` and `high` say only what other pairs of the same model might give.
    #[serde(default)]
    pub level: Option<[f64; 2]>,
    /// Benjamini-Hochberg adjusted p-value of the sign-flip test.
    pub p_adjusted: f64,
    /// Adjusted p at most 0.05 and the interval outside the effect threshold.
    pub significant: bool,
    /// Where the aspect shows most: per-pair scores, largest first.
    pub most: Vec<PairScore>,
    /// Where it shows least, smallest first.
    pub least: Vec<PairScore>,
}

/// How strongly one pair shows an aspect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairScore {
    /// Name of the pair (file stem or prompt).
    pub pair: String,
    /// Contribution of this pair, in the units of `weight`.
    pub contribution: f64,
}

/// What went into a result: enough to make it again or to see that it cannot be the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Version of finexl.
    pub version: String,
    /// Weights, architecture and preprocessing of the encoder.
    pub encoder: Fingerprint,
    /// Pixels and prompts of all pairs.
    pub images: Fingerprint,
    /// The base's images and the prompts that concepts were measured on: models can be compared where these are
    /// the same.
    pub base_images: Fingerprint,
    /// Vocabulary.
    pub vocabulary: Fingerprint,
    /// Method and its settings.
    pub settings: Fingerprint,
    /// Seed of resampling.
    pub seed: u64,
}
