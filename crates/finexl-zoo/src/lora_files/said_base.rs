//! What metadata say of the base.

use crate::stable_diffusion::Base;
use std::collections::BTreeMap;

/// A word of the metadata on the base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidBase {
    /// The entry.
    pub key: &'static str,
    /// What it says.
    pub value: String,
    /// The family that is meant; `None` for another model.
    pub base: Option<Base>,
}

/// Entries that name the base, the surest first.
const KEYS: [&str; 3] = [
    "ss_base_model_version",
    "modelspec.architecture",
    "baseModel",
];

/// Everything that metadata say of the base.
pub fn said_bases(metadata: &BTreeMap<String, String>) -> Vec<SaidBase> {
    let mut said = Vec::new();
    for key in KEYS {
        let Some(value) = metadata.get(key).filter(|value| !value.is_empty()) else {
            continue;
        };
        said.push(SaidBase {
            key,
            value: value.clone(),
            base: family(value),
        });
    }
    if let Some(value) = metadata.get("ss_v2")
        && said.is_empty()
        && value.eq_ignore_ascii_case("true")
    {
        said.push(SaidBase {
            key: "ss_v2",
            value: value.clone(),
            base: Some(Base::Sd2),
        });
    }
    said
}

/// The family behind a name such as `sd_v1`, `sdxl_base_v1-0` or `stable-diffusion-v2-768-v/lora`.
fn family(name: &str) -> Option<Base> {
    let name = name.to_lowercase().replace(['_', ' '], "-");
    let is = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    if is(&[
        "sdxl",
        "stable-diffusion-xl",
        "sd-xl",
        "pony",
        "illustrious",
        "noobai",
    ]) {
        Some(Base::Xl)
    } else if is(&["sd-v1", "stable-diffusion-v1", "sd-1", "sd1"]) {
        Some(Base::Sd1)
    } else if is(&["sd-v2", "stable-diffusion-v2", "sd-2", "sd2"]) {
        Some(Base::Sd2)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_common_tools_are_known() {
        for (name, base) in [
            ("sd_v1", Some(Base::Sd1)),
            ("sd_v2_v", Some(Base::Sd2)),
            ("sdxl_base_v1-0", Some(Base::Xl)),
            ("stable-diffusion-xl-v1-base/lora", Some(Base::Xl)),
            ("stable-diffusion-v2-768-v/lora", Some(Base::Sd2)),
            ("SD 1.5", Some(Base::Sd1)),
            ("flux-1-dev/lora", None),
        ] {
            assert_eq!(family(name), base, "{name}");
        }
    }
}
