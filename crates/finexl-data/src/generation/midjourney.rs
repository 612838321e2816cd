//! The description that Midjourney writes: the prompt, its switches, the number of the job.
//!
//! ```text
//! a cat in the snow --seed 7 --no dogs --ar 3:2 --v 6.1 Job ID: 0c3a5a51-...
//! ```

use super::interpret::Reading;
use super::read::Text;
use super::types::{Generation, Tool};

const JOB: &str = "Job ID:";
/// Switches that no other program has together with a description.
const SWITCHES: [&str; 10] = [
    "v", "version", "niji", "ar", "aspect", "stylize", "s", "chaos", "seed", "sref",
];
/// Switches that are told as settings, with the names of these.
const SETTINGS: [(&str, &[&str]); 4] = [
    ("version", &["v", "version"]),
    ("niji", &["niji"]),
    ("stylize", &["stylize", "s"]),
    ("chaos", &["chaos", "c"]),
];

/// Reads a description, of PNG, XMP or EXIF.
pub(super) fn read(text: &Text) -> Reading {
    match text.key.to_ascii_lowercase().ends_with("description") {
        true => parse(&text.value).into(),
        false => Reading::Foreign,
    }
}

fn parse(text: &str) -> Option<Generation> {
    let (told, job) = match text.rsplit_once(JOB) {
        Some((told, _)) => (told, true),
        None => (text, false),
    };
    let mut parts = split_switches(told);
    let prompt = parts.next().unwrap_or_default();
    let switches: Vec<(&str, &str)> = parts
        .map(|switch| {
            switch
                .split_once(char::is_whitespace)
                .unwrap_or((switch, ""))
        })
        .map(|(name, value)| (name, value.trim()))
        .collect();
    if !job && !switches.iter().any(|(name, _)| SWITCHES.contains(name)) {
        return None;
    }
    let of = |names: &[&str]| {
        let found = switches.iter().find(|(name, _)| names.contains(name));
        found.map(|(_, value)| (*value).to_string())
    };
    let told = SETTINGS.iter();
    Some(Generation {
        prompt: Some(without_addresses(prompt)),
        negative: of(&["no"]).filter(|text| !text.is_empty()),
        seed: of(&["seed", "sameseed"]).and_then(|seed| seed.parse().ok()),
        settings: told
            .filter_map(|(name, names)| Some((*name, of(names)?)))
            .collect(),
        ..Generation::empty(Tool::Midjourney)
    })
}

/// The prompt, then every switch without its dashes. Newer keyboards make one long dash of two.
fn split_switches(text: &str) -> impl Iterator<Item = &str> {
    let mut starts = vec![(0, 0)];
    let blank_before = |at: usize| text[..at].ends_with(char::is_whitespace);
    for (at, dash) in text.match_indices(['-', '\u{2014}']) {
        let length = match dash {
            "-" if text[at..].starts_with("--") => 2,
            "\u{2014}" => dash.len(),
            _ => continue,
        };
        let named = text[at + length..].starts_with(|c: char| c.is_ascii_lowercase());
        if named && (at == 0 || blank_before(at)) {
            starts.push((at, at + length));
        }
    }
    let ends: Vec<usize> = (starts.iter().skip(1).map(|(at, _)| *at))
        .chain([text.len()])
        .collect();
    (starts.into_iter().zip(ends)).map(|((_, begin), end)| text[begin..end].trim())
}

/// Without the addresses of pictures that the prompt begins with.
fn without_addresses(prompt: &str) -> String {
    let words = prompt.split_whitespace().skip_while(|word| {
        let word = word.trim_start_matches('<');
        word.starts_with("http://") || word.starts_with("https://")
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn prompts_end_at_the_first_switch() {
        let text = "https://s.mj.run/x a well-lit cat -- not a dog, 3:2 --seed 7 --no dogs, text \
                    --ar 3:2 --v 6.1 Job ID: 0c3a5a51-77aa";
        let read = parse(text).unwrap();
        assert_eq!(read.prompt.unwrap(), "a well-lit cat -- not a dog, 3:2");
        assert_eq!(read.negative.unwrap(), "dogs, text");
        assert_eq!(read.seed, Some(7));
        assert_eq!(read.settings["version"], "6.1");
        let read = parse("a cat Job ID: 1").unwrap();
        assert_eq!((read.prompt.unwrap().as_str(), read.seed), ("a cat", None));
        assert_eq!(
            parse("a cat \u{2014}ar 3:2").unwrap().prompt.unwrap(),
            "a cat"
        );
        for text in ["a cat", "run it with --help or --quiet", "", "a--v"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
