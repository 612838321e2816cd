//! Forms of English words: plurals, comparatives, participles, and both spellings of colour and grey.

/// Spellings that mean the same, as they end or stand.
const SPELLINGS: [(&str, &str); 8] = [
    ("color", "colour"),
    ("gray", "grey"),
    ("ized", "ised"),
    ("izing", "ising"),
    ("blurrier", "blurry"),
    ("blurriest", "blurry"),
    ("center", "centre"),
    ("mould", "mold"),
];

/// The words of a text in lower case, without punctuation; one spelling of what has two.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(spelt)
        .collect()
}

/// A word in one spelling.
pub(crate) fn spelt(word: &str) -> String {
    SPELLINGS
        .iter()
        .fold(word.to_string(), |word, (from, to)| word.replace(from, to))
}

/// The word and what it may be a form of. Two words are forms of one where these have something in common; some of them are
/// no words, which does no harm.
pub(crate) fn forms(word: &str) -> Vec<String> {
    let mut found = vec![word.to_string()];
    // An ending may stand behind another: outlines, outlined, outline.
    for _ in 0..2 {
        for known in found.clone() {
            for form in shorter(&known) {
                if form.chars().count() >= 3 && !found.contains(&form) {
                    found.push(form);
                }
            }
        }
    }
    found
}

fn shorter(word: &str) -> Vec<String> {
    let mut found = Vec::new();
    let endings = ["iest", "ier", "iness", "ies"];
    for ending in endings {
        if let Some(stem) = word.strip_suffix(ending) {
            found.push(format!("{stem}y"));
        }
    }
    let endings = [
        "s", "es", "er", "est", "ed", "ing", "ness", "ly", "y", "ion", "ish",
    ];
    for ending in endings {
        let Some(stem) = word.strip_suffix(ending) else {
            continue;
        };
        if ending == "s" && stem.ends_with(['s', 'u']) {
            continue;
        }
        found.push(stem.to_string());
        if ending == "s" {
            continue;
        }
        found.push(format!("{stem}e"));
        let mut letters = stem.chars().rev();
        if let (Some(last), Some(before)) = (letters.next(), letters.next())
            && last == before
        {
            found.push(stem[..stem.len() - last.len_utf8()].to_string());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_have_something_in_common() {
        for (one, other) in [
            ("darker", "dark"),
            ("flatter", "flat"),
            ("paler", "pale"),
            ("grain", "grainy"),
            ("outlines", "outlined"),
            ("blur", "blurry"),
            ("waves", "wavy"),
            ("glow", "glowing"),
            ("brightness", "bright"),
            ("pixelation", "pixelated"),
            ("saturation", "saturated"),
            ("grainiest", "grainy"),
            ("colors", "colour"),
            ("grays", "grey"),
            ("bluish", "blue"),
        ] {
            let [a, b] = [one, other].map(|word| forms(&spelt(word)));
            assert!(
                a.iter().any(|form| b.contains(form)),
                "{one} {a:?}, {other} {b:?}"
            );
        }
        for (one, other) in [("warm", "dark"), ("glass", "gla"), ("cool", "colour")] {
            let [a, b] = [one, other].map(|word| forms(&spelt(word)));
            assert!(
                !a.iter().any(|form| b.contains(form)),
                "{one} {a:?}, {other} {b:?}"
            );
        }
    }
}
