//! The model that an adapter was trained on, where it is known by its weights.

use finexl_core::fingerprint::Fingerprint;
use std::collections::BTreeMap;

/// Header entry with the name of the model that FineXL trained an adapter on.
pub(crate) const TRAINED_ON: &str = "finexl.trained-on";
/// Header entry with the SHA-256 of that model's weights.
pub(crate) const TRAINED_ON_SHA256: &str = "finexl.trained-on-sha256";

/// A model that an adapter was trained on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainedModel {
    /// Its name.
    pub name: String,
    /// SHA-256 of its weights.
    pub fingerprint: Fingerprint,
}

/// The model that the header of an adapter names. Only FineXL's trainings do: the hashes that other tools write are of
/// other bytes.
pub(super) fn trained_model(metadata: &BTreeMap<String, String>) -> Option<TrainedModel> {
    Some(TrainedModel {
        fingerprint: Fingerprint::of_digits(metadata.get(TRAINED_ON_SHA256)?)?,
        name: metadata.get(TRAINED_ON).cloned().unwrap_or_default(),
    })
}
