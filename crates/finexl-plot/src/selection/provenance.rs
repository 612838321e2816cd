//! What a result was made from, whatever its record holds.

use crate::text::html;
use serde_json::Value;
use std::fmt::Write;

/// Every value of a JSON document with the keys that lead to it, as a list.
pub(super) fn provenance(document: &Value) -> String {
    let lines = values(document);
    let mut list = String::from("<div class=\"panel\"><dl>\n");
    for (name, value) in lines {
        let _ = writeln!(list, "<dt>{}</dt><dd>{}</dd>", html(&name), html(&value));
    }
    list + "</dl></div>\n"
}

/// Every value with the keys that lead to it, "experiment, columns, 1, single, levels".
pub(super) fn values(document: &Value) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    collect("", document, &mut lines);
    lines
}

/// Lists of plain values stay on one line.
fn collect(name: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    let below = |key: &str| match name {
        "" => key.to_string(),
        _ => format!("{name}, {key}"),
    };
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                collect(&below(key), value, lines);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (place, item) in items.iter().enumerate() {
                collect(&below(&(place + 1).to_string()), item, lines);
            }
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(plain).collect();
            lines.push((name.to_string(), items.join(", ")));
        }
        value => lines.push((name.to_string(), plain(value))),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "none".to_string(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_listed_under_its_keys() {
        let document = serde_json::json!({
            "version": "1",
            "lpips": null,
            "experiment": { "pools": ["a", "<b>"], "columns": [{ "single": { "levels": 8 } }] },
        });
        let list = provenance(&document);
        for line in [
            "<dt>experiment, columns, 1, single, levels</dt><dd>8</dd>",
            "<dt>experiment, pools</dt><dd>a, &lt;b&gt;</dd>",
            "<dt>lpips</dt><dd>none</dd>",
            "<dt>version</dt><dd>1</dd>",
        ] {
            assert!(list.contains(line), "{list}");
        }
    }
}
