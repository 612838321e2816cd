//! JSON as Python writes it, and values of it as other programs write them.

use serde_json::Value;

/// Parses JSON in which the numbers that JSON lacks may stand (`NaN`, `Infinity`), as `null`.
///
/// ComfyUI writes them where a node's cache must not hit.
pub(super) fn parse(text: &str) -> Option<Value> {
    let text = text.trim_matches(['\0', '\u{feff}', ' ', '\n', '\r', '\t']);
    if !text.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(text)
        .or_else(|_| serde_json::from_str(&without_nan(text)))
        .ok()
}

/// Puts `null` for `NaN` and infinities outside of strings.
fn without_nan(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if !in_string
            && let Some(name) = ["NaN", "Infinity", "-Infinity"]
                .iter()
                .find(|name| rest.starts_with(**name))
        {
            clean.push_str("null");
            rest = &rest[name.len()..];
            continue;
        }
        match character {
            '"' if !escaped => in_string = !in_string,
            _ => (),
        }
        escaped = in_string && character == '\\' && !escaped;
        clean.push(character);
        rest = &rest[character.len_utf8()..];
    }
    clean
}

/// A seed: a number, or one written as text. A negative one stands for "drawn at random".
pub(super) fn seed(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            // Python's floats: whole and small enough to be exact.
            number
                .as_f64()
                .filter(|v| v.fract() == 0.0 && (0.0..9.0e15).contains(v))
                .map(|v| v as u64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The first of some names that is there as text.
pub(super) fn text(object: &Value, names: &[&str]) -> Option<String> {
    names
        .iter()
        .find_map(|name| object.get(*name)?.as_str())
        .map(str::to_string)
}

/// The first of some names that is there as a seed.
pub(super) fn seed_of(object: &Value, names: &[&str]) -> Option<u64> {
    names.iter().find_map(|name| seed(object.get(*name)?))
}
