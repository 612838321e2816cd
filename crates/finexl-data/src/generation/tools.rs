//! The JSON and the plain texts of InvokeAI, Fooocus, SwarmUI, NovelAI, Draw Things and others.

use super::comfyui;
use super::interpret::Reading;
use super::json::{parse, seed, seed_of, text};
use super::read::{Text, Texts};
use super::settings;
use super::types::{Generation, Tool};
use serde_json::Value;

/// A JSON object that says prompt and seed in so many words.
///
/// SwarmUI puts its own under `sui_image_params`; NovelAI in WebP puts a text of JSON under `Comment`;
/// Draw Things names its fields `c` and `uc`.
pub(super) fn object(value: &Value) -> Option<Generation> {
    if let Some(parameters) = value.get("sui_image_params") {
        return Some(Generation {
            prompt: text(parameters, &["prompt"]),
            negative: text(parameters, &["negativeprompt"]),
            seed: seed_of(parameters, &["seed"]),
            settings: settings::of_json(parameters),
            ..Generation::empty(Tool::SwarmUi)
        });
    }
    if let Some(comment) = value.get("Comment").and_then(Value::as_str) {
        return novelai_comment(&parse(comment)?, text(value, &["Description"]));
    }
    if value.get("c").is_some_and(Value::is_string) && value.get("seed").is_some() {
        return Some(Generation {
            prompt: text(value, &["c"]),
            negative: text(value, &["uc"]),
            seed: seed_of(value, &["seed"]),
            settings: settings::of_json(value),
            ..Generation::empty(Tool::DrawThings)
        });
    }
    let tool = if [
        "fooocus_scheme",
        "metadata_scheme",
        "full_prompt",
        "base_model",
    ]
    .iter()
    .any(|key| value.get(*key).is_some())
        || text(value, &["software", "version"]).is_some_and(|s| s.contains("ooocus"))
    {
        Tool::Fooocus
    } else {
        Tool::Plain
    };
    let generation = Generation {
        prompt: text(value, &["prompt", "Prompt", "positive_prompt", "positive"]),
        negative: text(
            value,
            &[
                "negative_prompt",
                "Negative",
                "Negative Prompt",
                "negativePrompt",
                "negative",
            ],
        ),
        seed: seed_of(value, &["seed", "Seed"]),
        settings: settings::of_json(value),
        ..Generation::empty(tool)
    };
    (!generation.says_nothing()).then_some(generation)
}

/// InvokeAI: `invokeai_metadata`, before that `sd-metadata`, before that a command line `Dream`.
pub(super) fn invokeai(entry: &Text) -> Reading {
    let unclear = || Reading::Unclear(Tool::InvokeAi, "its JSON is damaged".to_string());
    match entry.key.to_ascii_lowercase().as_str() {
        "invokeai_metadata" => match parse(&entry.value) {
            Some(value) => Some(invokeai_metadata(&value)).into(),
            None => unclear(),
        },
        "sd-metadata" => match parse(&entry.value) {
            Some(value) => Some(sd_metadata(&value)).into(),
            None => unclear(),
        },
        "dream" => dream(&entry.value).into(),
        _ => Reading::Foreign,
    }
}

fn invokeai_metadata(value: &Value) -> Generation {
    // Early versions of 3 wrote the sampling node instead.
    let value = value
        .get("node")
        .filter(|node| node.is_object())
        .unwrap_or(value);
    Generation {
        prompt: text(
            value,
            &["positive_prompt", "positive_conditioning", "prompt"],
        ),
        negative: text(value, &["negative_prompt", "negative_conditioning"]),
        seed: seed_of(value, &["seed", "noise_seed"]),
        settings: settings::of_json(value),
        ..Generation::empty(Tool::InvokeAi)
    }
}

fn sd_metadata(value: &Value) -> Generation {
    let image = value
        .get("image")
        .or_else(|| value.get("images")?.get(0))
        .unwrap_or(value);
    let prompt = match image.get("prompt") {
        Some(Value::Array(parts)) => {
            let parts: Vec<String> = parts
                .iter()
                .filter_map(|part| match part {
                    Value::String(text) => Some(text.clone()),
                    _ => text(part, &["prompt"]),
                })
                .collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        }
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    bracketed(prompt, seed_of(image, &["seed"]))
}

/// Before version 3 InvokeAI took what stood in square brackets as the negative prompt.
fn bracketed(prompt: Option<String>, seed: Option<u64>) -> Generation {
    let mut generation = Generation::empty(Tool::InvokeAi);
    generation.seed = seed;
    let Some(prompt) = prompt else {
        return generation;
    };
    let (mut positive, mut negative) = (String::new(), Vec::new());
    let mut rest = prompt.as_str();
    while let Some((before, inside)) = rest.split_once('[') {
        let Some((inside, after)) = inside.split_once(']') else {
            break;
        };
        positive.push_str(before);
        negative.push(inside.trim());
        rest = after;
    }
    positive.push_str(rest);
    generation.prompt = Some(positive.trim().to_string());
    generation.negative = (!negative.is_empty()).then(|| negative.join(" "));
    generation
}

/// A command line: the prompt in quotes, then `-S` and the seed among other switches.
fn dream(line: &str) -> Option<Generation> {
    let line = line.trim();
    let quoted = line.strip_prefix('"').and_then(|rest| {
        let end = rest
            .rfind("\" -")
            .or_else(|| rest.strip_suffix('"').map(str::len))?;
        Some((&rest[..end], &rest[end + 1..]))
    });
    let (prompt, switches) = quoted.or_else(|| {
        let at = line.find(" -")?;
        Some((&line[..at], &line[at..]))
    })?;
    let mut seed = None;
    let mut words = switches.split_whitespace();
    while let Some(word) = words.next() {
        if word == "-S" || word == "--seed" {
            seed = words.next().and_then(|number| number.parse().ok());
        } else if let Some(number) = word.strip_prefix("-S").or(word.strip_prefix("--seed=")) {
            seed = number.parse().ok().or(seed);
        }
    }
    Some(bracketed(Some(prompt.replace("\\\"", "\"")), seed))
}

/// NovelAI in PNG: `Comment` is JSON, `Description` the prompt of versions whose JSON lacks it.
pub(super) fn novelai(texts: &Texts) -> Reading {
    let named = |name: &str| texts.all.iter().find(|text| text.key == name);
    let software = named("Software").is_some_and(|text| text.value.contains("NovelAI"));
    let Some(value) = named("Comment").and_then(|text| parse(&text.value)) else {
        return Reading::Foreign;
    };
    if !software && value.get("uc").is_none() {
        return Reading::Foreign;
    }
    let description = named("Description").map(|text| text.value.clone());
    novelai_comment(&value, description).into()
}

fn novelai_comment(value: &Value, description: Option<String>) -> Option<Generation> {
    let caption = |key: &str| {
        let caption = value.get(key)?.get("caption")?;
        text(caption, &["base_caption"])
    };
    let generation = Generation {
        prompt: text(value, &["prompt"])
            .or_else(|| caption("v4_prompt"))
            .or(description),
        negative: text(value, &["uc"]).or_else(|| caption("v4_negative_prompt")),
        seed: seed_of(value, &["seed"]),
        settings: settings::of_json(value),
        ..Generation::empty(Tool::NovelAi)
    };
    (!generation.says_nothing()).then_some(generation)
}

/// Texts under plain names, as scripts and Easy Diffusion write them. A `prompt` that is JSON is a
/// graph of ComfyUI and none of these.
pub(super) fn plain(texts: &Texts) -> Option<Generation> {
    let named = |names: &[&str]| {
        names.iter().find_map(|name| {
            let same = |key: &str| key.replace([' ', '-'], "_").eq_ignore_ascii_case(name);
            let text = texts.all.iter().find(|text| same(&text.key))?;
            Some(text.value.trim().to_string())
        })
    };
    let prompt = named(&["prompt", "positive_prompt"]).filter(|text| !comfyui::is_graph(text));
    let seed = named(&["seed", "noise_seed"]).and_then(|text| seed(&Value::String(text)));
    // A seed alone, without any word of a prompt, may be that of anything; it is still one.
    let generation = Generation {
        prompt,
        negative: named(&["negative_prompt"]),
        seed,
        ..Generation::empty(Tool::Plain)
    };
    (!generation.says_nothing()).then_some(generation)
}
