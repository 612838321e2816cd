//! What the nodes of a graph that work with texts give out, as far as their inputs tell.

use super::comfyui_graph::Node;
use super::comfyui_text::{Found, Walk};
use serde_json::Value;

/// Longest text that is put together.
pub(super) const LONGEST: usize = 1 << 20;

/// Inputs that hold a node's text, most telling first.
const TEXTS: [&str; 17] = [
    "populated_text",
    "text",
    "Text",
    "string",
    "String",
    "value",
    "prompt",
    "text_positive",
    "positive",
    "positive_prompt",
    "STRING",
    "input",
    "input_text",
    "content",
    "multiline_text",
    "any",
    "anything",
];
/// Inputs of a node that joins texts which are no part of them.
const SWITCHES: [&str; 10] = [
    "delimiter",
    "separator",
    "sep",
    "clean_whitespace",
    "linebreak_addition",
    "tidy_tags",
    "action",
    "inputcount",
    "mode",
    "strip_newlines",
];

/// The text that output `slot` of a node gives; `None` where its inputs do not tell.
pub(super) fn output<'g>(walk: &mut Walk<'g>, node: &'g Node<'g>, slot: u64) -> Found<String> {
    let class = node.class.to_ascii_lowercase();
    let is = |words: &[&str]| words.iter().any(|word| class.contains(word));
    if let Some(value) = selected(node) {
        return walk.string(value);
    }
    let action = node.input("action").and_then(Value::as_str);
    if is(&["replace"]) || action == Some("replace") {
        return replaced(walk, node);
    }
    if is(&["concat", "join", "combine", "append", "merge"]) || action == Some("append") {
        return concatenated(walk, node);
    }
    // Of a styler or a loader the second output is the negative text.
    if slot == 1
        && let Some(value) = ["text_negative", "negative_prompt"]
            .iter()
            .find_map(|name| node.input(name))
    {
        return walk.string(value);
    }
    if is(&["random", "wildcard", "dynamic"]) && node.input("populated_text").is_none() {
        return Ok(None);
    }
    for name in TEXTS {
        if let Some(value) = node.input(name).filter(|v| v.is_string() || v.is_array()) {
            return walk.string(value);
        }
    }
    // A node with a single input passes it on; of more nothing is known.
    let mut inputs = node.inputs();
    match (inputs.next(), inputs.next()) {
        (Some((_, value)), None) => walk.string(value),
        _ => Ok(None),
    }
}

/// All texts of a node that joins them, in the order of their inputs' names.
fn concatenated<'g>(walk: &mut Walk<'g>, node: &'g Node<'g>) -> Found<String> {
    let setting = |names: &[&str]| {
        let value = names.iter().find_map(|name| node.input(name))?;
        value.as_str()
    };
    let tidy = setting(&["tidy_tags"]) == Some("yes");
    let between = match setting(&["delimiter", "separator", "sep"]) {
        Some(text) => text.replace("\\n", "\n"),
        None if tidy => ", ".to_string(),
        None => String::new(),
    };
    let clean = match node.input("clean_whitespace") {
        Some(Value::Bool(clean)) => *clean,
        Some(other) => other.as_str() == Some("true"),
        None => tidy,
    };
    let mut names: Vec<(&str, &Value)> = node
        .inputs()
        .filter(|(name, value)| !SWITCHES.contains(name) && (value.is_string() || value.is_array()))
        .collect();
    names.sort_by(|a, b| {
        place(a.0)
            .cmp(&place(b.0))
            .then(crate::natural_order::compare(a.0, b.0))
    });
    let mut parts = Vec::new();
    let mut length = 0;
    for (_, value) in names {
        let Some(part) = walk.string(value)? else {
            return Ok(None);
        };
        length += part.len() + between.len();
        if length > LONGEST {
            return Ok(None);
        }
        match clean {
            true => parts.push(part.trim().to_string()),
            false => parts.push(part),
        }
    }
    if clean {
        parts.retain(|part| !part.is_empty());
    }
    Ok((!parts.is_empty()).then(|| parts.join(&between)))
}

/// Where a text stands among those that are joined, where its name says so.
fn place(name: &str) -> u8 {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        _ if name.starts_with("pre") => 0,
        _ if name.starts_with("suf") || name.starts_with("append") || name.starts_with("post") => 2,
        _ => 1,
    }
}

/// A text in which another one is replaced.
fn replaced<'g>(walk: &mut Walk<'g>, node: &'g Node<'g>) -> Found<String> {
    let mut of = |names: &[&str]| match names.iter().find_map(|name| node.input(name)) {
        Some(value) => walk.string(value),
        None => Ok(None),
    };
    let text = of(&["text", "string", "text_a", "input"])?;
    let find = of(&["find", "old", "search", "text_b"])?;
    let with = of(&["replace", "replace_with", "new", "text_c"])?;
    Ok(match (text, find, with) {
        (Some(text), Some(find), Some(with)) if !find.is_empty() => {
            let longest = (text.len() / find.len() + 1) * with.len() + text.len();
            (longest <= LONGEST).then(|| text.replace(&find, &with))
        }
        (Some(text), Some(_), Some(_)) => Some(text),
        _ => None,
    })
}

/// The input that a switch passes on; `None` where a node is none or its choice is not known.
pub(super) fn selected<'g>(node: &'g Node<'g>) -> Option<&'g Value> {
    let class = node.class.to_ascii_lowercase();
    if !["switch", "select", "any "]
        .iter()
        .any(|word| class.contains(word))
    {
        return None;
    }
    let first = |names: &[String]| names.iter().find_map(|name| node.input(name));
    let choice = ["switch", "boolean", "select", "index", "Input", "condition"]
        .iter()
        .find_map(|name| node.input(name));
    match choice {
        Some(Value::Bool(yes)) => {
            let names = ["on", "if"].map(|prefix| format!("{prefix}_{yes}"));
            first(&names)
        }
        Some(Value::Number(number)) => {
            let names = [
                "input", "text", "value", "string", "any_0", "any_", "input_",
            ]
            .map(|prefix| format!("{prefix}{number}"));
            first(&names)
        }
        // The first input that is connected.
        None => node
            .inputs()
            .find(|(name, value)| name.starts_with("any_") && value.is_array())
            .map(|(_, value)| value),
        Some(_) => None,
    }
}
