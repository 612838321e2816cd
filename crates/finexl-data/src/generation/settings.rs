//! How a picture was sampled, and with which LoRAs, as far as files tell.

use super::comfyui_graph::Node;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A setting, as notes call it, and the names that programs have for it, in lower case with blanks for `_`.
const SETTINGS: [(&str, &[&str]); 9] = [
    ("steps", &["steps"]),
    (
        "CFG scale",
        &["cfg scale", "cfg", "cfgscale", "guidance scale", "scale"],
    ),
    ("sampler", &["sampler", "sampler name"]),
    ("schedule", &["schedule type", "scheduler"]),
    ("denoising", &["denoising strength", "denoise"]),
    ("clip skip", &["clip skip", "clipskip"]),
    ("hires upscale", &["hires upscale"]),
    ("variation seed", &["variation seed"]),
    ("variation strength", &["variation seed strength"]),
];

/// Settings that programs write only where they are in use: a file that says others and not these has none.
pub(crate) const WRITTEN_IN_USE: [&str; 4] = [
    "clip skip",
    "denoising",
    "hires upscale",
    "variation strength",
];

type Settings = BTreeMap<&'static str, String>;

/// The settings among pairs of a name and a value.
pub(super) fn of_words(pairs: &[(&str, &str)]) -> Settings {
    let told = pairs.iter().rev();
    told.filter_map(|(name, value)| Some((setting(name)?, plain(value)?)))
        .collect()
}

/// The settings among the members of an object.
pub(super) fn of_json(object: &Value) -> Settings {
    let members = object.as_object().into_iter().flatten();
    members
        .filter_map(|(name, value)| Some((setting(name)?, literal(value)?)))
        .collect()
}

/// The settings that a sampler of ComfyUI is given in so many words, and not by links.
pub(super) fn of_node(node: &Node) -> Settings {
    node.inputs()
        .filter_map(|(name, value)| Some((setting(name)?, literal(value)?)))
        .collect()
}

/// Names of the LoRAs that A1111 lists beside the settings, as `Lora hashes: "NAME: HASH, ..."`.
pub(super) fn loras_in_words(pairs: &[(&str, &str)]) -> BTreeSet<String> {
    let listed = pairs
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("lora hashes"));
    let names = listed.flat_map(|(_, value)| value.trim_matches('"').split(','));
    names
        .filter_map(|entry| Some(entry.split_once(':')?.0.trim().to_string()))
        .filter(|name| !name.is_empty())
        .collect()
}

/// Names of the LoRAs that a prompt asks for, as `<lora:NAME:0.8>`, but for those of weight 0.
pub(super) fn loras_in_prompt(prompt: &str) -> BTreeSet<String> {
    let tags = prompt.split('<').skip(1).filter_map(|rest| {
        let (tag, _) = rest.split_once('>')?;
        let (kind, rest) = tag.split_once(':')?;
        let kind = kind.trim().to_ascii_lowercase();
        let (name, weight) = rest.split_once(':').unwrap_or((rest, ""));
        let name = name.trim();
        let weight = weight.split(':').next().unwrap_or_default().trim();
        let idle = weight.parse::<f64>().is_ok_and(|weight| weight == 0.0);
        (!idle && matches!(kind.as_str(), "lora" | "lyco" | "locon") && !name.is_empty())
            .then(|| name.to_string())
    });
    tags.collect()
}

fn setting(name: &str) -> Option<&'static str> {
    let name = name.trim().to_lowercase().replace('_', " ");
    let known = SETTINGS
        .iter()
        .find(|(_, names)| names.contains(&name.as_str()));
    known.map(|(setting, _)| *setting)
}

fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => plain(&number.to_string()),
        Value::String(text) => plain(text),
        _ => None,
    }
}

/// A value as it is compared: "7" and "7.0" are one number.
fn plain(value: &str) -> Option<String> {
    let value = value.trim();
    match value.parse::<f64>() {
        Ok(number) if number.is_finite() => Some(number.to_string()),
        _ => (!value.is_empty() && value.len() <= 60).then(|| value.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_told_under_many_names() {
        let words = of_words(&[("Steps", "20"), ("CFG scale", "7"), ("Seed", "3")]);
        let object = serde_json::json!({"steps": 20, "cfg_scale": 7.0, "seed": 3, "model": "x"});
        assert_eq!(words, of_json(&object));
        assert_eq!(words.len(), 2);
        let loras = loras_in_words(&[("Seed", "3"), ("Lora hashes", "\"cosy: 12ab, b c: 9\"")]);
        assert_eq!(loras.into_iter().collect::<Vec<_>>(), ["b c", "cosy"]);
        let loras =
            loras_in_prompt("<lora:none:0> a <lora:cosy:0.8> b <hypernet:x:1> <lora:> <LORA:z>");
        assert_eq!(loras.into_iter().collect::<Vec<_>>(), ["cosy", "z"]);
    }
}
