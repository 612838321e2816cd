//! The result record of `finexl explain`: what changed, by how much, how sure.
//!
//! The JSON form is versioned by `schema` and described by `datasets/explanation.schema.json`.

use crate::aspect_map::AspectMap;
use crate::change::Change;
use crate::fingerprint::Fingerprint;
use crate::{CoreError, atomic};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The value of [`Explanation::schema`] that this version writes.
pub const SCHEMA: &str = "finexl-explanation-6";

/// How a personalized generator differs from its base.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// One sentence for a person.
    pub summary: String,
    /// What the base is called: a folder, a file or a generator by its name.
    pub base: String,
    /// What the personalized side is called, with the scale at which it is applied, or the strength or distance of
    /// what was done, where there is one.
    pub personalized: String,
    /// How the images of either side were generated, where that is known.
    pub generated: Generated,
    /// Number of image pairs used.
    pub pairs: usize,
    /// Their names (file stems or prompts), in the order of [`AspectScore::profile`].
    pub pair_names: Vec<String>,
    /// What the base gave in every pair, in the same order: the content of its image and what concepts were measured
    /// on there. Models are compared by the pairs that have this in common.
    pub pair_fingerprints: Vec<Fingerprint>,
    /// Decomposition, e.g. `nnls`.
    pub method: String,
    /// Encoder name.
    pub encoder: String,
    /// What of the pictures was looked at: the whole, or also tiles at native scale.
    pub views: Vec<ShownIn>,
    /// The change as a whole.
    pub change: Change,
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
    /// Whether anything can pass the significance test with this number of pairs.
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
    /// version, or one that contradicts itself: profiles or fingerprints of other pairs than it names, a score outside
    /// its interval, a level beyond 1.
    pub fn read(path: &Path) -> Result<Self, CoreError> {
        Self::parse(path, &atomic::read(path)?)
    }

    /// As [`Explanation::read`], from bytes; `path` stands in messages.
    ///
    /// # Errors
    /// As [`Explanation::read`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, CoreError> {
        let damaged = |source| CoreError::Json {
            what: path.display().to_string(),
            source,
        };
        // Records come by the ten thousand, so nothing is made of the rest of one of another version.
        let found = named_schema(bytes).map_err(damaged)?;
        if found.as_deref() != Some(SCHEMA) {
            let problem = match found {
                Some(found) => format!(
                    "its schema is {found}, not {SCHEMA}; explain the model anew with this version"
                ),
                None => "it is no record of `finexl explain --json`".to_string(),
            };
            return Err(damaged(serde::de::Error::custom(problem)));
        }
        let record: Self = serde_json::from_slice(bytes).map_err(damaged)?;
        match record.contradiction() {
            Some(problem) => Err(damaged(serde::de::Error::custom(problem))),
            None => Ok(record),
        }
    }

    /// What in it cannot be, were it written by this program and not changed since.
    fn contradiction(&self) -> Option<String> {
        let pairs = self.pair_names.len();
        if self.pairs != pairs {
            return Some(format!("it counts {} pairs and names {pairs}", self.pairs));
        }
        let found = self.pair_fingerprints.len();
        if found != pairs {
            return Some(format!(
                "it names {pairs} pairs, but has the fingerprints of {found}"
            ));
        }
        self.aspects.iter().find_map(|aspect| {
            let (concept, found) = (&aspect.concept, aspect.profile.len());
            // Single precision has no room for some numbers of JSON.
            if aspect.profile.iter().any(|v| !v.is_finite()) {
                return Some(format!("the profile of \"{concept}\" is not finite"));
            }
            if found != pairs {
                return Some(format!(
                    "it names {pairs} pairs, but the profile of \"{concept}\" has {found}"
                ));
            }
            if aspect.map.as_ref().is_some_and(|map| !map.is_whole()) {
                return Some(format!("the map of \"{concept}\" is no grid"));
            }
            let (score, low, high) = (aspect.score, aspect.low, aspect.high);
            if score < low || score > high {
                return Some(format!(
                    "the score {score} of \"{concept}\" lies outside its interval, {low} to {high}"
                ));
            }
            (self.calibrated && score.abs() > 1.0)
                .then(|| format!("the score of \"{concept}\" is a level and cannot be {score}"))
        })
    }
}

/// The schema that JSON names, the rest of which is only looked through.
fn named_schema(bytes: &[u8]) -> Result<Option<String>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Object {
        schema: Option<serde_json::Value>,
    }
    let is_object = bytes.trim_ascii_start().first() == Some(&b'{');
    if !is_object {
        return serde_json::from_slice(bytes).map(|serde::de::IgnoredAny| None);
    }
    let Object { schema } = serde_json::from_slice(bytes)?;
    Ok(schema.and_then(|schema| schema.as_str().map(str::to_string)))
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
    /// Lower end of the 95% interval of `score`, at most `score`; minus infinity where nothing bounds it, which JSON
    /// has no number for: null there.
    #[serde(deserialize_with = "unbounded_below")]
    pub low: f64,
    /// Upper end of the 95% interval of `score`, at least `score`; infinity, in JSON null, where nothing bounds it.
    #[serde(deserialize_with = "unbounded_above")]
    pub high: f64,
    /// 95% interval of the level at which an operator would have been applied, from methods that know how far
    /// off they are; `low` and `high` say only what other pairs of the same model might give.
    #[serde(default)]
    pub level: Option<[f64; 2]>,
    /// p-value of the sign-flip test, adjusted for all aspects and views (step-down maxima).
    pub p_adjusted: f64,
    /// Where it shows more strongly.
    pub view: ShownIn,
    /// Adjusted p at most 0.05 and the interval outside the effect threshold.
    pub significant: bool,
    /// What decided that.
    pub decision: Decision,
    /// Where in the pictures it shows, of significant aspects where pictures are large enough to be looked at in parts.
    #[serde(default)]
    pub map: Option<AspectMap>,
    /// Where the aspect shows most: per-pair scores, largest first.
    pub most: Vec<PairScore>,
    /// Where it shows least, smallest first.
    pub least: Vec<PairScore>,
}

fn unbounded_below<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NEG_INFINITY))
}

fn unbounded_above<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
}

/// A view of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShownIn {
    /// The whole picture, as small as the encoder sees it.
    #[default]
    Whole,
    /// Tiles of it at native scale.
    Tiles,
}

/// Why an aspect is significant, or is not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What it came to.
    pub verdict: Verdict,
    /// The interval of a significant aspect lies beyond this size, in the units of `score`.
    pub threshold: f64,
    /// What the threshold is.
    pub threshold_from: ThresholdSource,
    /// The reason in words.
    pub because: String,
}

/// Outcomes of the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Neither chance nor too small.
    Significant,
    /// The aspect has no score at all.
    NoScore,
    /// With so few pairs nothing can be significant.
    TooFewPairs,
    /// The adjusted p is above 0.05.
    Chance,
    /// The interval reaches within the threshold of zero.
    Size,
    /// Both.
    ChanceAndSize,
}

/// Where a threshold comes from: the larger of the two decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThresholdSource {
    /// Nothing was calibrated: an interval has to lie beyond zero.
    Zero,
    /// The effect threshold: what pairs without a change stay below.
    Effect,
    /// A share of the strongest aspect: what it spills over to others.
    Spill,
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

/// How the images of the two sides were generated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// The base's, where it is known.
    pub base: Option<GeneratedImages>,
    /// The personalized side's, where it is known.
    pub personalized: Option<GeneratedImages>,
}

/// How a side's images were generated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneratedImages {
    /// Name of the generator.
    pub generator: String,
    /// Everything that its images depend on beside prompts, seeds and settings.
    pub fingerprint: Fingerprint,
    /// SHA-256 of the network's weights of the base, where it is known: what adapters and reference models are of.
    pub weights: Option<Fingerprint>,
    /// What personalizes it, in the order in which it was given, which does not matter; nothing of a base, and of what
    /// is steered by settings alone.
    pub personalization: Vec<Applied>,
    /// Sampler, steps, guidance, a concept with its strength, a walk with its distance.
    pub settings: BTreeMap<String, String>,
}

/// A personalization with the scale at which it was applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    /// Its file.
    pub file: String,
    /// SHA-256 of that file, where it was there to read.
    pub fingerprint: Option<Fingerprint>,
    /// The scale; none of a model that is fine-tuned as a whole.
    pub scale: Option<f64>,
    /// The base that it says it was made for.
    pub base: Option<String>,
    /// SHA-256 of that base's weights, where it says that too.
    #[serde(default)]
    pub base_fingerprint: Option<Fingerprint>,
}

/// Something that was read from a file or is inside the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Its content.
    pub fingerprint: Fingerprint,
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
    /// The base's images and the prompts that concepts were measured on.
    pub base_images: Fingerprint,
    /// Vocabulary.
    pub vocabulary: Fingerprint,
    /// Method and its settings, with the content of what it reads by.
    pub settings: Fingerprint,
    /// The head that aspects are read by, of methods that have one.
    pub head: Option<Source>,
    /// The reference models that the head was fitted to.
    pub references: Option<Source>,
    /// What turned weights into levels.
    pub calibration: Option<Source>,
    /// Where tensors were computed: devices differ in the last digits.
    pub device: String,
    /// Versions of the code behind the numbers: where one differs, so may the numbers.
    pub code: BTreeMap<String, u32>,
    /// Seed of resampling.
    pub seed: u64,
}
