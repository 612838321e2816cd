//! Every key of experiment files as Markdown, made from their schema.

use super::schema::{resolved, schema};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;

const HEAD: &str = "# Keys of experiment files

<!-- Made by `finexl schema --markdown`, from the types that read these files; a test compares. -->

A file is one table, whose name says what is run: `finexl run FILE`. Here is every key. What is not marked as optional has
to be there. `finexl run FILE --check` says what is wrong with a file, `--set KEY=VALUE` sets a key without editing it
(`--set pairs=8`, `--set trained.0.seeds=[1, 2]`), and `--output DIR` puts the results elsewhere. What was set stands in
`resolved.toml` beside the results. With `finexl schema > experiment.schema.json` an editor completes and checks keys: for
example with `#:schema experiment.schema.json` in the first line of a file.

A `[sweep]` runs one experiment for many values of its keys: [sweeps.md](sweeps.md).
";

/// All kinds, their keys, and the tables and choices in these.
pub fn reference() -> String {
    let mut text = HEAD.to_string();
    let mut named = Named::default();
    if let Some(kinds) = schema()["properties"].as_object() {
        for (kind, node) in kinds {
            let _ = write!(text, "\n## [{kind}]\n");
            table(resolved(node), &mut text, &mut named);
        }
    }
    text.push_str("\n# Tables and choices inside\n");
    let mut told = BTreeSet::new();
    while let Some(name) = named
        .open
        .iter()
        .find(|name| !told.contains(*name))
        .copied()
    {
        told.insert(name);
        let _ = write!(text, "\n## {}\n", title(name));
        table(&schema()["$defs"][name], &mut text, &mut named);
    }
    text
}

/// Definitions that something refers to.
#[derive(Default)]
struct Named {
    open: BTreeSet<&'static str>,
}

fn title(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars().filter(|c| *c != '_') {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

fn table(node: &'static Value, text: &mut String, named: &mut Named) {
    if let Some(description) = node["description"].as_str() {
        let _ = write!(text, "\n{}\n", one_line(description));
    }
    keys(node, text, named);
    let choices = node["oneOf"].as_array().or(node["anyOf"].as_array());
    let choices: Vec<&Value> = choices.into_iter().flatten().collect();
    if !choices.is_empty() {
        text.push_str("\nOne of:\n\n");
    }
    for choice in choices {
        match &choice["const"] {
            Value::String(name) => {
                let _ = writeln!(text, "- `\"{name}\"`: {}", said(choice));
            }
            _ => choice_of_tables(choice, text, named),
        }
    }
    if let Some(names) = node["enum"].as_array() {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let _ = write!(text, "\nOne of {}.\n", names.join(", "));
    }
}

fn choice_of_tables(choice: &'static Value, text: &mut String, named: &mut Named) {
    let Some(properties) = choice["properties"].as_object() else {
        let _ = writeln!(text, "- {}: {}", kind_of(choice, named), said(choice));
        return;
    };
    for (name, inner) in properties {
        let _ = writeln!(text, "- `{name}`: {}", said(choice));
        let inner_keys = inner["properties"].as_object();
        match inner_keys {
            Some(keys) => {
                for (key, node) in keys {
                    let _ = writeln!(text, "  - {}", entry(inner, key, node, named));
                }
            }
            None => {
                let _ = writeln!(text, "  - {}", kind_of(inner, named));
            }
        }
    }
}

fn keys(node: &'static Value, text: &mut String, named: &mut Named) {
    let Some(properties) = node["properties"].as_object() else {
        return;
    };
    text.push('\n');
    for (key, of_key) in properties {
        let _ = writeln!(text, "- {}", entry(node, key, of_key, named));
    }
}

fn entry(table: &'static Value, key: &str, node: &'static Value, named: &mut Named) -> String {
    let required = table["required"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|name| name == key);
    let mut kind = kind_of(node, named);
    if !required {
        kind.push_str(", optional");
    }
    if let Some(default) = node.get("default").filter(|default| !is_empty(default)) {
        let _ = write!(kind, ", {default} if left out");
    }
    format!("`{key}` ({kind}): {}", said(node))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Null => true,
        _ => false,
    }
}

fn said(node: &'static Value) -> String {
    let own = node["description"].as_str();
    let text = own
        .or_else(|| resolved(node)["description"].as_str())
        .unwrap_or_default();
    one_line(text)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The type of a value in words.
fn kind_of(node: &'static Value, named: &mut Named) -> String {
    if let Some(reference) = node["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        named.open.insert(name);
        let title = title(name);
        return format!("[{title}](#{})", title.replace(' ', "-"));
    }
    let bounds = bounds(node);
    match node["type"].as_str() {
        Some("array") => format!("list of {}", kind_of(&node["items"], named)),
        Some("object") if node["additionalProperties"].is_object() => {
            format!(
                "table of {} by name",
                kind_of(&node["additionalProperties"], named)
            )
        }
        Some("object") => "table".to_string(),
        Some("integer") => format!("whole number{bounds}"),
        Some("number") => format!("number{bounds}"),
        Some("string") => "text".to_string(),
        Some("boolean") => "true or false".to_string(),
        _ => "any value".to_string(),
    }
}

fn bounds(node: &Value) -> String {
    let of = |key: &str| node[key].as_f64();
    let least = of("minimum").map(|n| format!(" from {n}"));
    let above = of("exclusiveMinimum").map(|n| format!(" above {n}"));
    let most = of("maximum").map(|n| format!(" to {n}"));
    let below = of("exclusiveMaximum").map(|n| format!(" to below {n}"));
    [least, above, most, below].into_iter().flatten().collect()
}
