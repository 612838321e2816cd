//! What metadata say of what the base predicts.

use std::collections::BTreeMap;

/// A word of the metadata on what the base predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaidPrediction {
    /// The entry.
    pub key: &'static str,
    /// Whether it is v, and not the noise.
    pub is_v: bool,
}

impl SaidPrediction {
    /// As configs of diffusers call it.
    pub fn what(&self) -> &'static str {
        if self.is_v { "v_prediction" } else { "epsilon" }
    }
}

/// Everything that metadata say of what the base predicts.
pub fn said_predictions(metadata: &BTreeMap<String, String>) -> Vec<SaidPrediction> {
    let value = |key: &str| metadata.get(key).map(|value| value.trim().to_lowercase());
    let version = value("ss_base_model_version").filter(|v| v.starts_with("sd_v"));
    let architecture = value("modelspec.architecture").filter(|v| v.contains("-768-v"));
    let named = value("modelspec.prediction_type").and_then(|v| match v.as_str() {
        "v" | "v_prediction" | "v-prediction" | "vpred" => Some(true),
        "epsilon" | "eps" => Some(false),
        _ => None,
    });
    let flag = |key: &str| match value(key).as_deref() {
        Some("true" | "1") => Some(true),
        Some("false" | "0") => Some(false),
        _ => None,
    };
    let all = [
        ("ss_base_model_version", version.map(|v| v.ends_with("_v"))),
        ("modelspec.architecture", architecture.map(|_| true)),
        ("modelspec.prediction_type", named),
        ("ss_v_parameterization", flag("ss_v_parameterization")),
        ("ss_v_prediction", flag("ss_v_prediction")),
    ];
    let said = all.into_iter();
    said.filter_map(|(key, is_v)| Some(SaidPrediction { key, is_v: is_v? }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_the_common_tools_are_known() {
        for (key, value, is_v) in [
            ("modelspec.prediction_type", "v", Some(true)),
            ("modelspec.prediction_type", "Epsilon", Some(false)),
            ("ss_v_parameterization", "True", Some(true)),
            ("ss_base_model_version", "sd_v2_v", Some(true)),
            ("ss_base_model_version", "sd_v1", Some(false)),
            ("ss_base_model_version", "sdxl_base_v1-0", None),
            (
                "modelspec.architecture",
                "stable-diffusion-v2-768-v/lora",
                Some(true),
            ),
        ] {
            let metadata = BTreeMap::from([(key.to_string(), value.to_string())]);
            let said = said_predictions(&metadata);
            assert_eq!(said.first().map(|said| said.is_v), is_v, "{key} = {value}");
        }
    }
}
