//! The recipe of a calibration: weights to levels, and how large an effect has to be.

use super::evaluate::{AnalysisChoice, Material};
use crate::names::Split;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Fits a calibration; test scenes, test artists and held-out implementations are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Calibrate {
    /// Name of the run.
    pub name: String,
    /// Where the calibration goes (JSON).
    pub output: PathBuf,
    /// Where examples of the encoder's domain go (safetensors).
    pub domain: PathBuf,
    /// Folder for the curves that choices were made from (CSV).
    pub report: PathBuf,
    /// Scenes to fit on; train where a choice about the calibration is to be made on validation.
    #[serde(default = "validation")]
    pub split: Split,
    /// Seed of scenes, styles, probes and trials.
    pub seed: u64,
    /// Artists and implementations.
    pub material: Material,
    /// Pairs per explanation.
    pub pairs: usize,
    /// Level of the trials that the spill is fitted on.
    pub level: f32,
    /// Probes that trials draw their pairs from.
    pub probes: usize,
    /// How divergences are analysed; the calibration is valid for this method only.
    #[serde(default)]
    pub analysis: AnalysisChoice,
    /// Weight of an aspect's direction as measured on images beside that of its phrases, in [0, 1].
    pub image_share: f64,
    /// Multiple of the identity that is added to the covariance of the misfit, as a share of its mean
    /// variance; above 0.
    pub shrinkage: f64,
    /// What the trials without an aspect count together in its map, as a multiple of those with it.
    /// At 0 weak weights of an aspect that is easily mistaken for others get a level all the same.
    pub absent: f64,
    /// Levels of the trials with one aspect, evenly spaced up to 1.
    pub levels: usize,
    /// Personalized models (style seeds) per aspect; artists take turns.
    pub styles: usize,
    /// Trials with two aspects at random levels, for the misfit and the maps.
    pub mixtures: usize,
    /// Trials without personalization, for the effect threshold.
    pub nulls: usize,
    /// Share of them that may show an aspect all the same.
    pub false_alarms: f64,
    /// Trials with two aspects, for the recall beside the spill.
    pub doubles: usize,
    /// Largest mean number of significant concepts outside the true family.
    pub outside_family: f64,
    /// Smallest share of applied aspects that stay significant, where both can be had.
    pub recall: f64,
}

fn validation() -> Split {
    Split::Validation
}
