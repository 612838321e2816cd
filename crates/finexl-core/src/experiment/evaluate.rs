//! Measurements of the explainer on scenes with known answers.

use crate::names::{ArtistName, Implementation, IntervalName, MethodName, Split};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Measures an encoder and the explainer built on it, on one split of the scenes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Evaluate {
    /// Name of the run.
    pub name: String,
    /// Folder for the figures; absent: `results/NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<PathBuf>,
    /// Scenes to measure on; choices are made on validation scenes, test scenes are for reports.
    pub split: Split,
    /// Seed of scenes, styles, probes and trials.
    pub seed: u64,
    /// Artists and implementations; validation runs may use neither test artists nor held-out
    /// implementations.
    pub material: Material,
    /// Pairs per explanation.
    pub pairs: usize,
    /// Level at which aspects are applied where a measurement does not vary it.
    pub level: f32,
    /// Probes that trials draw their pairs from.
    pub probes: usize,
    /// How divergences are analysed.
    #[serde(default)]
    pub analysis: AnalysisChoice,
    /// What to measure, in this order.
    pub measures: Vec<MeasureChoice>,
}

impl Evaluate {
    /// Folder for the figures.
    pub fn folder(&self) -> PathBuf {
        let named = || Path::new("results").join(&self.name);
        self.output.clone().unwrap_or_else(named)
    }
}

/// Which drawings and operators are used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Material {
    /// Folder that `scripts/fetch_art.py` filled.
    pub folder: PathBuf,
    /// Artists by name; those not fetched are left out with a note.
    pub artists: Vec<ArtistName>,
    /// Implementations of the aspects.
    pub implementations: Vec<Implementation>,
    /// Sides in pixels at which scenes are drawn, in turn.
    pub sides: Vec<usize>,
}

/// How divergences are analysed; see the explainer for what each name means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AnalysisChoice {
    /// Decomposition by name; absent: the explainer's default.
    pub method: Option<MethodName>,
    /// Interval by name; absent: the explainer's default.
    pub interval: Option<IntervalName>,
    /// Bootstrap resamples.
    pub resamples: usize,
    /// Random sign flips of the significance test.
    pub flips: usize,
    /// Seed of resampling and flips.
    pub seed: u64,
}

impl Default for AnalysisChoice {
    fn default() -> Self {
        Self {
            method: None,
            interval: None,
            resamples: 1000,
            flips: 100_000,
            seed: 0,
        }
    }
}

/// One measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum MeasureChoice {
    /// Aspects and prompts recognised in single images.
    SingleImages {
        /// Images per (aspect, implementation, artist) cell.
        images: usize,
        /// Sets of 100 prompts among which the right one has to be found.
        prompt_sets: usize,
    },
    /// One aspect in every (aspect, implementation, artist) cell.
    OneAspect {
        /// Personalized models (style seeds) per cell.
        repeats: usize,
    },
    /// Two aspects at once.
    TwoAspects {
        /// Random pairs of aspects.
        trials: usize,
        /// Whether pairs that conflict may be drawn.
        conflicts: bool,
    },
    /// Rank correlation of score and true level, per aspect and implementation.
    Levels {
        /// Levels, evenly spaced up to 1.
        levels: usize,
    },
    /// A base against itself, disturbed below visibility and copied exactly.
    Nulls {
        /// Disturbed trials.
        trials: usize,
        /// Trials with exact copies.
        copies: usize,
    },
    /// How often the interval holds what the same estimator gives on many other probes.
    Coverage(Coverage),
    /// The same with few pairs, beside probes that are theirs and probes that are not, and false alarms.
    FewPairs(FewPairs),
    /// Unexplained share of reserved against known aspects.
    Reserved {
        /// Personalized models per reserved aspect and artist.
        repeats: usize,
    },
    /// Photographs instead of scenes.
    Photographs {
        /// Folder of photographs; where it is absent the measurement is left out with a note.
        folder: PathBuf,
        /// Crops taken from them; as many pairs.
        crops: usize,
        /// Side of a crop in pixels.
        side: usize,
    },
    /// All methods and intervals side by side, for choosing the default on validation scenes.
    Methods {
        /// Decompositions by name; empty: all.
        #[serde(default)]
        methods: Vec<MethodName>,
        /// Intervals by name.
        intervals: Vec<IntervalName>,
        /// Trials with one and with two aspects each.
        trials: usize,
        /// How coverage is measured for every method and interval.
        coverage: Coverage,
    },
}

/// How interval coverage is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Coverage {
    /// Numbers of pairs.
    pub pairs: Vec<usize>,
    /// Probes whose estimate, less those of a trial, is the truth: at least `pairs` + 1,000 for a
    /// report.
    pub probes: usize,
    /// Personalized models: with one and with two aspects in turn.
    pub scenarios: usize,
    /// Trials per number of pairs, over all scenarios.
    pub trials: usize,
    /// Bootstrap resamples.
    pub resamples: usize,
}

/// How intervals and tests with few pairs are measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FewPairs {
    /// Numbers of pairs.
    pub pairs: Vec<usize>,
    /// Decompositions by name, as a user has them.
    pub methods: Vec<MethodName>,
    /// Decompositions by name, as they are for features from outside: without a calibration.
    #[serde(default)]
    pub own_features: Vec<MethodName>,
    /// Intervals by name; empty: the explainer's default.
    #[serde(default)]
    pub intervals: Vec<IntervalName>,
    /// Probes whose estimate, less those of a trial, is the truth.
    pub probes: usize,
    /// Personalized models: with one and with two aspects in turn.
    pub scenarios: usize,
    /// Trials per number of pairs, over all scenarios.
    pub trials: usize,
    /// Trials per number of pairs in which there is nothing to find.
    pub nulls: usize,
    /// Bootstrap resamples.
    pub resamples: usize,
    /// Sign flips of the trials in which there is nothing to find.
    pub flips: usize,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn measures_are_written_as_inline_tables() {
        let text = "measures = [\n  { one-aspect = { repeats = 1 } },\n  { nulls = { trials = 9, copies = 1 } },\n]\n";
        #[derive(Deserialize)]
        struct File {
            measures: Vec<MeasureChoice>,
        }
        let file: File = toml::from_str(text).unwrap();
        assert_eq!(file.measures[0], MeasureChoice::OneAspect { repeats: 1 });
        let misspelt = text.replace("repeats", "repeets");
        assert!(toml::from_str::<File>(&misspelt).is_err());
    }
}
