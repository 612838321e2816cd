//! The YAML front matter of a model card: what is known is added, and all else stays as it was written.

use crate::yaml_places::{Place, Value, parse};
use std::fmt::Write;

const TAGS: &str = "tags";
const BASE_MODEL: &str = "base_model";
/// The tags of a card of ours.
const OUR_TAGS: [&str; 3] = ["finexl", "personalization", "explainability"];

/// Front matter of a new card; line ends are `\n`.
pub(crate) fn fresh(base_model: Option<&str>) -> String {
    let mut yaml = String::from("language: en\n");
    if let Some(base) = base_model {
        let _ = writeln!(yaml, "{BASE_MODEL}: {}", quoted(base));
    }
    yaml + &tags_as_block("", "\n")
}

/// Front matter (what stands between its two lines of hyphens) with our tags and, where it says nothing of it,
/// the base model; `line_end` is what its lines end with.
///
/// # Errors
/// Why it is left as it is.
pub(crate) fn filled(
    text: &str,
    base_model: Option<&str>,
    line_end: &str,
) -> Result<String, String> {
    let old = entries(text)?;
    let mut new = text.to_string();
    // From the end to the start, so that places before stay where they are.
    let mut changes = Vec::new();
    let indent = old.first().map_or("", |(key, _)| indentation(text, key));
    match find(&old, TAGS) {
        Some((key, value)) => changes.extend(tags_change(text, key, value, line_end)?),
        None => changes.push((text.len(), tags_as_block(indent, line_end))),
    }
    if let Some(base) = base_model {
        match find(&old, BASE_MODEL) {
            Some((key, value)) if value.is_null() => {
                changes.push(into_null(text, key, value, &quoted(base))?);
            }
            Some(_) => {}
            None => {
                let line = format!("{indent}{BASE_MODEL}: {}{line_end}", quoted(base));
                changes.push((text.len(), line));
            }
        }
    }
    changes.sort_by_key(|change| std::cmp::Reverse(change.0));
    for (at, addition) in changes {
        let at_end_of_line = new[..at].is_empty() || new[..at].ends_with('\n');
        if at == text.len() && !at_end_of_line {
            new.insert_str(at, line_end);
            new.insert_str(at + line_end.len(), &addition);
        } else {
            new.insert_str(at, &addition);
        }
    }
    check(&old, &entries(&new)?)?;
    Ok(new)
}

/// Whether front matter says what the base model is; one that cannot be read may.
pub(crate) fn has_base_model(text: &str) -> bool {
    entries(text).map_or(true, |entries| {
        find(&entries, BASE_MODEL).is_some_and(|(_, value)| !value.is_null())
    })
}

type Entry = (Place, Place);

/// Keys and values, where lines can be added to them.
fn entries(text: &str) -> Result<Vec<Entry>, String> {
    match parse(text)? {
        None => Ok(Vec::new()),
        Some(root) => match root.value {
            Value::Map(entries) if !text[root.bytes.start..].starts_with('{') => Ok(entries),
            Value::Text(ref text, true) if text.is_empty() => Ok(Vec::new()),
            _ => Err("it is not written as a key per line".to_string()),
        },
    }
}

fn find<'a>(entries: &'a [Entry], name: &str) -> Option<(&'a Place, &'a Place)> {
    let found = entries.iter().find(|(key, _)| key.text() == Some(name));
    found.map(|(key, value)| (key, value))
}

/// What stands before a place in its line, if that is only space.
fn indentation<'a>(text: &'a str, place: &Place) -> &'a str {
    let start = text[..place.bytes.start].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[start..place.bytes.start];
    if before.trim().is_empty() { before } else { "" }
}

fn tags_as_block(indent: &str, line_end: &str) -> String {
    let mut lines = format!("{indent}{TAGS}:{line_end}");
    for tag in OUR_TAGS {
        let _ = write!(lines, "{indent}- {tag}{line_end}");
    }
    lines
}

/// What is to be inserted so that tags have ours too, and where.
fn tags_change(
    text: &str,
    key: &Place,
    value: &Place,
    line_end: &str,
) -> Result<Vec<(usize, String)>, String> {
    let listed = |items: &[Place], tag: &&str| items.iter().any(|item| item.text() == Some(tag));
    match &value.value {
        _ if value.is_null() => {
            let all = format!("[{}]", OUR_TAGS.join(", "));
            Ok(vec![into_null(text, key, value, &all)?])
        }
        Value::List(items) => {
            let missing: Vec<&str> = OUR_TAGS
                .into_iter()
                .filter(|tag| !listed(items, tag))
                .collect();
            if missing.is_empty() {
                return Ok(Vec::new());
            }
            let flow = text[value.bytes.start..].starts_with('[');
            match items.last() {
                None => {
                    let inside = value.bytes.start + 1;
                    Ok(vec![(inside, missing.join(", "))])
                }
                Some(last) if flow => {
                    Ok(vec![(last.bytes.end, format!(", {}", missing.join(", ")))])
                }
                Some(last) => Ok(vec![after_item(text, last, &missing, line_end)?]),
            }
        }
        // A single tag without brackets becomes a list of one, and ours.
        Value::Text(tag, plain) => {
            if *plain && tag.contains([',', '[', ']', '{', '}']) {
                return Err("its tags are no list".to_string());
            }
            let missing: Vec<&str> = OUR_TAGS.into_iter().filter(|ours| ours != tag).collect();
            Ok(vec![
                (value.bytes.start, "[".to_string()),
                (value.bytes.end, format!(", {}]", missing.join(", "))),
            ])
        }
        Value::Map(_) | Value::Alias => Err("its tags are no list".to_string()),
    }
}

/// Lines behind the last item of a list with a hyphen per item.
fn after_item(
    text: &str,
    last: &Place,
    tags: &[&str],
    line_end: &str,
) -> Result<(usize, String), String> {
    let start = text[..last.bytes.start].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[start..last.bytes.start];
    let Some(indent) = before.find('-').map(|at| &before[..at]) else {
        return Err("its tags are written over several lines".to_string());
    };
    let end = match text[last.bytes.end..].find('\n') {
        Some(at) => last.bytes.end + at + 1,
        None => text.len(),
    };
    let lines = tags.iter().map(|tag| format!("{indent}- {tag}{line_end}"));
    Ok((end, lines.collect()))
}

/// A value behind a key that has none.
fn into_null(
    text: &str,
    key: &Place,
    value: &Place,
    filling: &str,
) -> Result<(usize, String), String> {
    let colon = text[key.bytes.end..]
        .find(':')
        .map(|at| key.bytes.end + at + 1);
    match (colon, value.text()) {
        (Some(colon), Some("")) => Ok((colon, format!(" {filling}"))),
        _ => Err("a key of it is written as null; give it a value or remove it".to_string()),
    }
}

/// Refuses a change that has changed anything but our keys.
fn check(old: &[Entry], new: &[Entry]) -> Result<(), String> {
    let others = |entries: &[Entry]| -> Vec<Entry> {
        let is_ours = |key: &Place| matches!(key.text(), Some(TAGS | BASE_MODEL));
        let kept = entries.iter().filter(|(key, _)| !is_ours(key));
        kept.cloned().collect()
    };
    let tags = |entries: &[Entry]| match find(entries, TAGS).map(|(_, value)| &value.value) {
        Some(Value::List(items)) => items.clone(),
        _ => Vec::new(),
    };
    let [before, after] = [tags(old), tags(new)];
    let kept = after.starts_with(&before);
    let ours = OUR_TAGS
        .iter()
        .all(|tag| after.iter().any(|item| item.text() == Some(tag)));
    if others(old) == others(new) && kept && ours {
        return Ok(());
    }
    Err("it is written in a way that cannot be added to".to_string())
}

/// A double-quoted YAML scalar.
fn quoted(words: &str) -> String {
    let mut quoted = String::from("\"");
    for c in words.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            ' '..='~' | '\u{a1}'..='\u{1fff}' | '\u{2030}'..='\u{205f}' => quoted.push(c),
            '\u{2070}'..='\u{d7ff}' => quoted.push(c),
            c => {
                let _ = write!(quoted, "\\U{:08X}", c as u32);
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
#[path = "front_matter_tests.rs"]
mod tests;
