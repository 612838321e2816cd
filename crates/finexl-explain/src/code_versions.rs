//! Versions of the code that a result came from.

use crate::decompose::Method;
use crate::{analysis, change, image_features, phrase_features, places, profile};
use std::collections::BTreeMap;

/// Versions of everything between images and a record, for its provenance.
pub(crate) fn code_versions(method: &Method) -> BTreeMap<String, u32> {
    [
        (method.name(), method.version()),
        ("analysis", analysis::VERSION),
        ("change", change::VERSION),
        ("maps", places::VERSION),
        ("profile", profile::VERSION),
        ("image features", image_features::VERSION),
        ("image decoding", finexl_data::decode::VERSION),
        ("phrase features", phrase_features::VERSION),
    ]
    .map(|(name, version)| (name.to_string(), version))
    .into()
}
