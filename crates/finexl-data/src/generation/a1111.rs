//! The text that AUTOMATIC1111's web interface writes, and what follows it.
//!
//! ```text
//! the prompt, over any
//! number of lines
//! Negative prompt: the same
//! Steps: 20, Sampler: Euler a, Seed: 7, Hires prompt: "a, b", Size: 512x512
//! ```

use super::settings;
use super::types::{Generation, Tool};

const NEGATIVE: &str = "Negative prompt:";
/// Settings that tell the last line from one of the prompt.
const SETTINGS: [&str; 14] = [
    "steps",
    "sampler",
    "schedule type",
    "cfg scale",
    "distilled cfg scale",
    "seed",
    "size",
    "model",
    "model hash",
    "clip skip",
    "denoising strength",
    "version",
    "vae",
    "module 1",
];

/// Reads the text that lies beside an image, where it is of this form.
pub fn read_parameters(text: &str) -> Option<Generation> {
    let mut generation = parse(text, false)?;
    let loras = generation.prompt.as_deref().map(settings::loras_in_prompt);
    generation.loras.extend(loras.unwrap_or_default());
    Some(generation)
}

/// Reads the text; `None` where nothing in it is of this form and `certain` does not say it is.
pub(super) fn parse(text: &str, certain: bool) -> Option<Generation> {
    let broken;
    let mut lines: Vec<&str> = text.lines().map(|l| l.trim_end_matches('\r')).collect();
    if !lines.iter().any(|line| is_settings(line))
        && let Some(text) = with_line_ends(text)
    {
        // Some programs put all on one line.
        broken = text;
        lines = broken.lines().collect();
    }
    let settings = lines.iter().rposition(|line| is_settings(line));
    let negative_at = lines[..settings.unwrap_or(lines.len())]
        .iter()
        .position(|line| line.trim_start().starts_with(NEGATIVE));
    if settings.is_none() && negative_at.is_none() && !certain {
        return None;
    }
    let end = settings.unwrap_or(lines.len());
    let joined = |part: &[&str]| part.join("\n").trim().to_string();
    let mut generation = Generation::empty(Tool::A1111);
    generation.prompt = Some(joined(&lines[..negative_at.unwrap_or(end)]));
    generation.negative = negative_at.map(|at| {
        let text = joined(&lines[at..end]);
        text[NEGATIVE.len()..].trim().to_string()
    });
    let told = settings.map_or_else(Vec::new, |at| pairs(lines[at]));
    generation.seed = (told.iter())
        .find(|(key, _)| key.eq_ignore_ascii_case("seed"))
        .and_then(|(_, value)| value.trim().parse().ok());
    generation.settings = settings::of_words(&told);
    // Those of weight 0 are listed as well, so a prompt that names some knows better.
    let tagged = |prompt: &String| prompt.contains("<lora:") || prompt.contains("<lyco:");
    if !generation.prompt.as_ref().is_some_and(tagged) {
        generation.loras = settings::loras_in_words(&told);
    }
    Some(generation)
}

/// The text with line ends before its settings and its negative prompt; `None` where it has no settings.
fn with_line_ends(text: &str) -> Option<String> {
    let at = text.rfind(" Steps: ")?;
    let (words, settings) = text.split_at(at);
    is_settings(settings.trim()).then(|| {
        let words = words.replacen(&format!(" {NEGATIVE}"), &format!("\n{NEGATIVE}"), 1);
        format!("{words}\n{}", settings.trim())
    })
}

/// True for a line of settings: it begins with one, and holds at least three (two with the steps).
///
/// A prompt may speak of "Steps: 20" or hold colons; only the last such line counts.
fn is_settings(line: &str) -> bool {
    let found = pairs(line);
    let known = |key: &str| SETTINGS.iter().any(|name| key.eq_ignore_ascii_case(name));
    let Some((first, value)) = found.first() else {
        return false;
    };
    if !known(first) {
        return false;
    }
    let count = found.iter().filter(|(key, _)| known(key)).count();
    let steps = first.eq_ignore_ascii_case("steps") && value.trim().parse::<f64>().is_ok();
    count >= 3 || (steps && count >= 2) || (steps && found.len() == 1 && line.trim().len() < 16)
}

/// The pairs `key: value` between commas; a value in quotes or brackets may hold commas and colons.
fn pairs(line: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let Some(colon) = rest.find([':', ',']) else {
            break;
        };
        if rest[colon..].starts_with(',') {
            rest = rest[colon + 1..].trim_start();
            continue;
        }
        let key = rest[..colon].trim();
        let value = rest[colon + 1..].trim_start();
        let length = value_length(value);
        found.push((key, &value[..length]));
        rest = value[length..].trim_start_matches([',', ' ']).trim_start();
    }
    found
}

/// Bytes of the value that a text begins with.
fn value_length(text: &str) -> usize {
    let to_comma = |from: usize| text[from..].find(',').map_or(text.len(), |at| from + at);
    let nested = match text.as_bytes().first() {
        Some(b'"' | b'{' | b'[') => balanced(text),
        _ => None,
    };
    to_comma(nested.unwrap_or(0))
}

/// The end of a text in quotes or brackets that begins at the first byte; `None` where it has none.
fn balanced(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => (),
            }
        } else {
            match byte {
                b'"' => quoted = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => (),
            }
        }
        if depth == 0 && !quoted {
            return Some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> (String, Option<String>, Option<u64>) {
        let g = parse(text, true).unwrap();
        (g.prompt.unwrap(), g.negative, g.seed)
    }

    #[test]
    fn prompts_over_lines_with_settings_in_their_words() {
        let text = "a door\nSteps: 20 of them, Seed: none\nNegative prompt: blurry,\nlow\n\
            Steps: 20, Sampler: Euler a, Hires prompt: \"x, Seed: 5\", Variation seed: 6, Seed: 7, Size: 8x8";
        let (prompt, negative, seed) = read(text);
        assert_eq!(prompt, "a door\nSteps: 20 of them, Seed: none");
        assert_eq!(negative.unwrap(), "blurry,\nlow");
        assert_eq!(seed, Some(7));
    }

    #[test]
    fn what_is_missing_is_not_made_up() {
        assert_eq!(read("a cat"), ("a cat".into(), None, None));
        assert_eq!(
            read("a cat\r\nSteps: 4, Seed: 18446744073709551615"),
            ("a cat".into(), None, Some(u64::MAX))
        );
        assert_eq!(
            read("Steps: 4, Sampler: x, Size: 8x8"),
            (String::new(), None, None)
        );
        assert_eq!(
            read("a\nNegative prompt:\nSteps: 4, Seed: 1").1.unwrap(),
            ""
        );
        assert!(parse("just a comment", false).is_none());
        assert_eq!(
            read("a cat Negative prompt: bad Steps: 4, Sampler: x, Seed: 6, Size: 8x8"),
            ("a cat".into(), Some("bad".into()), Some(6))
        );
        assert_eq!(read("a\nSteps: 4, Sampler: x, Seed: -1, Size: 1x1").2, None);
    }

    #[test]
    fn lines_after_the_settings_and_values_in_brackets() {
        let text = "a cat\nSteps: 4, Civitai resources: [{\"Seed\":1,\"x\":\", Seed: 3\"}], Seed: 9\n\
            Template: a {cat|dog}";
        assert_eq!(read(text), ("a cat".into(), None, Some(9)));
    }
}
