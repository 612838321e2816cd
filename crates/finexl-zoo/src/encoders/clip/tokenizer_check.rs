//! What a `tokenizer.json` may hold before it is handed to the crate `tokenizers`, which stops the program at some of
//! what is refused here, makes texts longer without end at other things, and at yet others gives other tokens each time.

use super::precompiled_map::check_map;
use serde_json::{Value, json};

/// Steps of all normalizers, and of all pre-tokenizers.
const MOST_STEPS: usize = 32;
/// So many times longer normalizers may make a text.
const MOST_GROWTH: usize = 4096;
/// Bytes of a regular expression.
const LONGEST_PATTERN: usize = 4096;

/// Checks a tokenizer, and takes off what plays no part in reading a text.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn checked(mut tokenizer: Value) -> Result<Value, String> {
    let root = tokenizer
        .as_object_mut()
        .ok_or("it is no table of settings")?;
    for unread in ["decoder", "padding", "truncation"] {
        root.insert(unread.to_string(), Value::Null);
    }
    let part = |name: &str| root.get(name).unwrap_or(&Value::Null);
    let mut growth = 1;
    let (mut steps, mut maps) = (0, 0);
    each_step(part("normalizer"), "normalizers", &mut |kind, step| {
        steps += 1;
        let by = match kind {
            "Replace" => pattern(step)?.max(1) * text(step, "content")?.len().max(1),
            "Prepend" => 1 + text(step, "prepend")?.len(),
            // Canonical and compatible decompositions make a character into at most 18.
            "NFD" | "NFKD" | "NFKC" | "NFC" => 1,
            "Precompiled" => {
                maps += 1;
                check_map(text(step, "precompiled_charsmap")?)?;
                1
            }
            _ => 1,
        };
        growth = by.saturating_mul(growth);
        if steps > MOST_STEPS || growth > MOST_GROWTH || maps > 1 {
            return Err("its normalizers make texts longer without end".to_string());
        }
        Ok(())
    })?;
    steps = 0;
    each_step(part("pre_tokenizer"), "pretokenizers", &mut |kind, step| {
        steps += 1;
        if steps > MOST_STEPS {
            return Err(format!("it has more than {MOST_STEPS} pre-tokenizers"));
        }
        match kind {
            "Split" => pattern(step).map(|_| ()),
            "FixedLength" if step.get("length").and_then(Value::as_u64) == Some(0) => {
                Err("it cuts texts into pieces of length 0".to_string())
            }
            _ => Ok(()),
        }
    })?;
    check_model(part("model"))?;
    Ok(tokenizer)
}

/// Calls with the type and the settings of every step of a part, which may be none, one, or a sequence.
fn each_step(
    part: &Value,
    list: &str,
    check: &mut dyn FnMut(&str, &Value) -> Result<(), String>,
) -> Result<(), String> {
    if part.is_null() {
        return Ok(());
    }
    let kind = text(part, "type")?;
    if kind != "Sequence" {
        return check(kind, part);
    }
    let steps = part.get(list).and_then(Value::as_array);
    let steps = steps.ok_or_else(|| format!("a sequence of it has no {list}"))?;
    steps
        .iter()
        .filter(|step| !step.is_null())
        .try_for_each(|step| each_step(step, list, check))
}

/// A setting that is a text.
fn text<'a>(part: &'a Value, key: &str) -> Result<&'a str, String> {
    let found = part.get(key).and_then(Value::as_str);
    found.ok_or_else(|| format!("a part of it has no {key}"))
}

/// How often a pattern may fit between two characters (once, but an empty one everywhere).
fn pattern(step: &Value) -> Result<usize, String> {
    let pattern = step.get("pattern").unwrap_or(&Value::Null);
    let text = ["String", "Regex"]
        .iter()
        .find_map(|kind| pattern.get(*kind).and_then(Value::as_str))
        .ok_or("a pattern of it is neither a String nor a Regex")?;
    if text.len() > LONGEST_PATTERN {
        return Err(format!(
            "a pattern of it has {} bytes; at most {LONGEST_PATTERN} are read",
            text.len()
        ));
    }
    Ok(1)
}

fn check_model(model: &Value) -> Result<(), String> {
    // Older files, OpenAI's among them, do not name the type.
    let kind = match (model.get("type"), model.get("vocab")) {
        (None, Some(Value::Object(_))) if model.get("merges").is_some() => "BPE",
        (None, Some(Value::Array(_))) => "Unigram",
        _ => text(model, "type")?,
    };
    let is_set = |key: &str| {
        let value = model.get(key).unwrap_or(&Value::Null);
        !value.is_null() && *value != json!("") && value.as_f64() != Some(0.0)
    };
    match kind {
        "BPE" => {
            if is_set("dropout") {
                return Err("it has a dropout, so it reads a text otherwise each time".to_string());
            }
            if is_set("continuing_subword_prefix") {
                return Err("it has a continuing_subword_prefix, which is not built".to_string());
            }
            Ok(())
        }
        "Unigram" => {
            let pieces = model.get("vocab").and_then(Value::as_array);
            let pieces = pieces.ok_or("it has no list of pieces (vocab)")?;
            let is_sound = |piece: &Value| {
                let text = piece.get(0).and_then(Value::as_str);
                let score = piece.get(1).and_then(Value::as_f64);
                text.is_some_and(|t| !t.is_empty()) && score.is_some_and(f64::is_finite)
            };
            let odd = pieces.iter().position(|piece| !is_sound(piece));
            odd.map_or(Ok(()), |place| {
                Err(format!(
                    "piece {place} of its vocab (counted from 0) is no text with a score"
                ))
            })
        }
        "WordPiece" | "WordLevel" => Ok(()),
        other => Err(format!("its model is of the unknown type {other}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn with(change: impl FnOnce(&mut Value)) -> Result<Value, String> {
        let mut tokenizer = json!({
            "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"},
                {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "}]},
            "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "a|b"}, "behavior": "Removed", "invert": true},
            "decoder": {"type": "ByteLevel"},
            "model": {"type": "BPE", "dropout": null, "continuing_subword_prefix": "", "vocab": {}, "merges": []},
        });
        change(&mut tokenizer);
        checked(tokenizer)
    }

    #[test]
    fn what_has_no_part_in_reading_is_taken_off() {
        assert_eq!(with(|_| ()).unwrap()["decoder"], Value::Null);
    }

    #[test]
    fn a_model_without_a_type_is_told_by_its_parts() {
        with(|tokenizer| tokenizer["model"] = json!({"vocab": {}, "merges": []})).unwrap();
        let pieces = json!({"unk_id": 0, "vocab": [["a", -1.5]]});
        with(|tokenizer| tokenizer["model"] = pieces).unwrap();
        let random = json!({"vocab": {}, "merges": [], "dropout": 0.5});
        with(|tokenizer| tokenizer["model"] = random).unwrap_err();
    }

    #[test]
    fn what_has_no_end_or_no_meaning_is_refused() {
        let double = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"});
        let many = json!({"type": "Sequence", "normalizers": vec![double; 13]});
        let split = |pattern: Value| json!({"type": "Split", "pattern": pattern});
        for (part, value, words) in [
            ("normalizer", many, "without end"),
            ("normalizer", json!({"type": "Sequence"}), "no normalizers"),
            ("normalizer", json!({"pattern": "a"}), "no type"),
            (
                "normalizer",
                json!({"type": "Replace", "pattern": 3}),
                "pattern",
            ),
            (
                "normalizer",
                json!({"type": "Precompiled", "precompiled_charsmap": "!"}),
                "base64",
            ),
            (
                "pre_tokenizer",
                split(json!({"Regex": "a".repeat(5000)})),
                "5000 bytes",
            ),
            (
                "pre_tokenizer",
                json!({"type": "FixedLength", "length": 0}),
                "length 0",
            ),
            ("model", json!({"type": "BPE", "dropout": 0.1}), "dropout"),
            (
                "model",
                json!({"type": "BPE", "continuing_subword_prefix": "##"}),
                "prefix",
            ),
            (
                "model",
                json!({"type": "Unigram", "vocab": [["a", 0.0], ["", 0.0]]}),
                "piece 1",
            ),
            (
                "model",
                json!({"type": "Unigram", "vocab": [["a"]]}),
                "piece 0",
            ),
            ("model", json!({"type": "Magic"}), "Magic"),
            ("model", Value::Null, "no type"),
        ] {
            let problem = with(|tokenizer| tokenizer[part] = value).unwrap_err();
            assert!(problem.contains(words), "{problem}");
        }
        checked(json!([])).unwrap_err();
    }
}
