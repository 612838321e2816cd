//! What PEFT's config says of alpha and rank, in a folder's `adapter_config.json` or in the header of a file
//! that diffusers wrote.

use super::scale::PeftAlpha;
use crate::stable_diffusion::Part;
use regex::Regex;
use serde_json::{Map, Value};

/// Header entry of diffusers' files, JSON with keys such as `unet.r`.
const HEADER: &str = "lora_adapter_metadata";
/// Ways to begin a training at which PEFT takes what it begins with off the weights of the model, so that factors belong to
/// weights that nobody else has.
const OWN_WEIGHTS: [&str; 5] = ["pissa", "olora", "loftq", "corda", "lora_ga"];
/// Marks a `revision` as the SHA-256 of a FineXL generator's weights.
const REVISION: &str = "sha256:";

/// Alphas and ranks by layer.
#[derive(Clone, Debug)]
pub(super) struct PeftSettings {
    /// The network they are for; `None` for the only one of a folder.
    part: Option<Part>,
    rank: Option<f64>,
    alpha: f64,
    root: bool,
    ranks: Vec<(Regex, f64)>,
    alphas: Vec<(Regex, f64)>,
    /// The kind, as PEFT writes it.
    pub kind: String,
    /// Whether every layer has lengths beside its factors.
    pub dora: bool,
    /// What it calls its base.
    pub base_name: Option<String>,
    /// SHA-256 of the FineXL generator it was trained on.
    pub own_base: Option<String>,
}

impl PeftSettings {
    /// Of a folder's config.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_folder(bytes: &[u8]) -> Result<Self, String> {
        let map: Map<String, Value> =
            serde_json::from_slice(bytes).map_err(|e| format!("it is no JSON object ({e})"))?;
        Self::of_map(&map, "", None)
            .map_err(|problem| format!("adapter_config.json: {problem}"))?
            .ok_or_else(|| "adapter_config.json has no alpha (lora_alpha)".to_string())
    }

    /// Of a file's header: one for every network that it names, or one for the only network of the file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_header(
        metadata: &std::collections::BTreeMap<String, String>,
    ) -> Result<Vec<Self>, String> {
        let Some(text) = metadata.get(HEADER) else {
            return Ok(Vec::new());
        };
        let map: Map<String, Value> = serde_json::from_str(text)
            .map_err(|e| format!("{HEADER} in its header is no JSON object ({e})"))?;
        let mut all = Vec::new();
        for part in Part::ALL {
            let prefix = format!("{}.", part.name());
            let settings = Self::of_map(&map, &prefix, Some(part))
                .map_err(|problem| format!("{HEADER} in its header: {problem}"))?;
            all.extend(settings);
        }
        if all.is_empty() {
            // A network alone, as `save_lora_adapter` of diffusers writes it.
            let settings = Self::of_map(&map, "", None)
                .map_err(|problem| format!("{HEADER} in its header: {problem}"))?;
            all.extend(settings);
        }
        Ok(all)
    }

    fn of_map(
        map: &Map<String, Value>,
        prefix: &str,
        part: Option<Part>,
    ) -> Result<Option<Self>, String> {
        let get = |key: &str| map.get(&format!("{prefix}{key}")).filter(|v| !v.is_null());
        let text = |key: &str| get(key).and_then(Value::as_str).map(ToString::to_string);
        let number = |key: &str| match get(key) {
            None => Ok(None),
            Some(value) => match value.as_f64() {
                Some(number) => Ok(Some(number)),
                None => Err(format!("{prefix}{key} is {value}, not a number")),
            },
        };
        // LoHa and LoKr call it alpha.
        let Some(alpha) = number("lora_alpha")?.map_or_else(|| number("alpha"), |a| Ok(Some(a)))?
        else {
            return Ok(None);
        };
        if let Some(begun) = text("init_lora_weights")
            && OWN_WEIGHTS.iter().any(|own| begun.starts_with(own))
        {
            return Err(format!(
                "{prefix}init_lora_weights is \"{begun}\", which changes the model too, so the factors alone are another \
                 change; save it converted to plain LoRA (path_initial_model_for_weight_conversion of PEFT)"
            ));
        }
        let revision = text("revision");
        Ok(Some(Self {
            part,
            rank: number("r")?,
            alpha,
            root: get("use_rslora") == Some(&Value::Bool(true)),
            dora: get("use_dora") == Some(&Value::Bool(true)),
            ranks: patterns(get("rank_pattern"))?,
            alphas: patterns(get("alpha_pattern"))?,
            kind: text("peft_type").unwrap_or_else(|| "LORA".to_string()),
            base_name: text("base_model_name_or_path"),
            own_base: revision.and_then(|r| r.strip_prefix(REVISION).map(ToString::to_string)),
        }))
    }

    /// Whether it speaks of a network.
    pub fn is_for(&self, part: Option<Part>) -> bool {
        self.part.is_none() || self.part == part
    }

    /// Alpha of a layer.
    ///
    /// # Errors
    /// Where patterns contradict each other.
    pub fn alpha_of(&self, path: &str) -> Result<PeftAlpha, String> {
        let special = special("alpha_pattern", &self.alphas, path)?;
        Ok(PeftAlpha {
            alpha: special.unwrap_or(self.alpha),
            root: self.root,
        })
    }

    /// Rank of a layer, where one is said.
    ///
    /// # Errors
    /// As [`PeftSettings::alpha_of`].
    pub fn rank_of(&self, path: &str) -> Result<Option<f64>, String> {
        let special = special("rank_pattern", &self.ranks, path)?;
        Ok(special.or(self.rank))
    }
}

/// A pattern means the end of a path, from a dot or the beginning on.
fn patterns(value: Option<&Value>) -> Result<Vec<(Regex, f64)>, String> {
    let entries = match value {
        None => return Ok(Vec::new()),
        Some(Value::Object(entries)) => entries,
        Some(other) => return Err(format!("a pattern is {other}, not an object")),
    };
    let entry = |(pattern, value): (&String, &Value)| {
        let number = value.as_f64();
        let number = number.ok_or_else(|| format!("\"{pattern}\" has the value {value}"))?;
        let regex = Regex::new(&format!("^(.*\\.)?(?:{pattern})$"))
            .map_err(|e| format!("\"{pattern}\" is no pattern that is understood ({e})"))?;
        Ok((regex, number))
    };
    entries.iter().map(entry).collect()
}

/// PEFT takes the first pattern that fits, in an order that a file need not keep; so all have to agree.
fn special(key: &str, patterns: &[(Regex, f64)], path: &str) -> Result<Option<f64>, String> {
    let fitting = patterns
        .iter()
        .filter(|(pattern, _)| pattern.is_match(path));
    let mut values = fitting.map(|(_, value)| *value);
    let first = values.next();
    match values.all(|value| Some(value) == first) {
        true => Ok(first),
        false => Err(format!("several entries of {key} fit {path} and differ")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_header_speaks_of_every_network() {
        let text = r#"{"unet.r": 4, "unet.lora_alpha": 8, "unet.rank_pattern": {"to_k": 2},
            "unet.alpha_pattern": {"mid_block.*to_q": 6}, "unet.use_rslora": true,
            "text_encoder.r": 3, "text_encoder.lora_alpha": 1}"#;
        let metadata = BTreeMap::from([(HEADER.to_string(), text.to_string())]);
        let all = PeftSettings::of_header(&metadata).unwrap();
        assert_eq!(all.len(), 2);
        let unet = all.iter().find(|s| s.is_for(Some(Part::Unet))).unwrap();
        let alpha = |path: &str| unet.alpha_of(path).unwrap();
        assert_eq!(
            alpha("a.to_k"),
            PeftAlpha {
                alpha: 8.0,
                root: true
            }
        );
        assert_eq!(alpha("mid_block.x.to_q").alpha, 6.0);
        assert_eq!(unet.rank_of("a.to_k").unwrap(), Some(2.0));
        assert_eq!(unet.rank_of("a.up_to_k").unwrap(), Some(4.0));
        assert!(
            PeftSettings::of_header(&BTreeMap::new())
                .unwrap()
                .is_empty()
        );
        let alone = r#"{"r": 4, "lora_alpha": 8, "peft_type": "LORA"}"#;
        let alone = BTreeMap::from([(HEADER.to_string(), alone.to_string())]);
        let alone = PeftSettings::of_header(&alone).unwrap();
        assert_eq!(alone.len(), 1);
        assert!(alone[0].is_for(Some(Part::Unet)) && alone[0].is_for(None));
        assert_eq!(alone[0].alpha_of("x").unwrap().alpha, 8.0);
        let broken = BTreeMap::from([(HEADER.to_string(), "[".to_string())]);
        assert!(PeftSettings::of_header(&broken).is_err());
    }

    #[test]
    fn a_folder_has_one_network() {
        let config = br#"{"peft_type": "LOHA", "r": 8, "alpha": 4, "revision": "sha256:ab"}"#;
        let settings = PeftSettings::of_folder(config).unwrap();
        assert_eq!(settings.alpha_of("x").unwrap().alpha, 4.0);
        assert_eq!(settings.own_base.as_deref(), Some("ab"));
        assert!(settings.is_for(Some(Part::TextEncoder)));
        assert!(PeftSettings::of_folder(b"{}").is_err());
        for begun in ["pissa_niter_16", "olora"] {
            let config = format!("{{\"lora_alpha\": 1, \"init_lora_weights\": \"{begun}\"}}");
            let problem = PeftSettings::of_folder(config.as_bytes()).unwrap_err();
            assert!(problem.contains("changes the model too"), "{problem}");
        }
        let plain = br#"{"lora_alpha": 1, "init_lora_weights": true, "use_dora": true}"#;
        assert!(PeftSettings::of_folder(plain).unwrap().dora);
        let both = br#"{"lora_alpha": 1, "alpha_pattern": {"a": 1, ".": 2}}"#;
        let settings = PeftSettings::of_folder(both).unwrap();
        assert!(settings.alpha_of("a").unwrap_err().contains("differ"));
    }
}
