//! What rebuilds a head from its weights file.

use super::KnownAspects;
use crate::calibrated_space::CalibratedSpace;
use crate::statistics::MonotoneMap;
use crate::views::Views;
use finexl_core::experiment::HeadArchitecture;
use finexl_core::fingerprint::Fingerprint;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Half-width where too few validation sets have aspects for an interval of levels: nothing is left out.
pub(crate) const NO_INTERVAL: f64 = f64::MAX;

/// Everything but the network's weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HeadConfig {
    /// Name of the head.
    pub name: String,
    /// Name of the encoder that it was trained with.
    pub encoder: String,
    /// Fingerprint of that encoder; with another one a head means nothing.
    pub encoder_fingerprint: Fingerprint,
    /// Dimension of the encoder's features.
    pub dimension: usize,
    /// Layers and widths of the network.
    pub architecture: HeadArchitecture,
    /// Phrases of the concepts that it was trained to tell from each other, aspects first.
    pub vocabulary: Vec<Vec<String>>,
    /// What sets differ in beside their aspects counts for little here.
    pub space: CalibratedSpace,
    /// Mean length of a text direction in that space.
    pub scale: f64,
    /// The aspects that it was trained on.
    pub aspects: KnownAspects,
    /// How what the network sees is read.
    pub learned: Reading,
    /// How ridge weights with directions of images are read.
    pub calibrated: Reading,
    /// What of a picture it has learned to read.
    #[serde(default)]
    pub views: Views,
    /// Half-width of a level's 95% interval in units of the network's own spread; `NO_INTERVAL` where none can be
    /// promised.
    pub interval: f64,
}

/// From weights to levels, and how large they have to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reading {
    /// Weight -> level of an aspect; what has none takes the shared one.
    pub maps: BTreeMap<String, MonotoneMap>,
    /// The same for all other concepts.
    pub shared: MonotoneMap,
    /// Level that the interval of a significant aspect has to lie beyond.
    pub effect: f64,
    /// Share of the highest level that a significant aspect has to reach.
    pub spill: f64,
}

impl Reading {
    /// The level that a concept's weight stands for.
    pub fn level(&self, concept: &str, weight: f64) -> f64 {
        let map = self.maps.get(concept).unwrap_or(&self.shared);
        map.apply(weight.max(0.0))
    }

    /// The weight of a concept that stands for level 1, by the end of its map; 0 where no weight does.
    pub(super) fn weight_of_level_1(&self, concept: &str) -> f64 {
        let map = self.maps.get(concept).unwrap_or(&self.shared);
        let end = map.knots().last().filter(|knot| knot.y > 0.0);
        end.map_or(0.0, |knot| knot.x / knot.y)
    }
}
