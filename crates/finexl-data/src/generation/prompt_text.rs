//! A prompt without what only its program reads.

use super::prompt_weights::without_brackets;

/// The words of a prompt, without weights and commands of the programs that generate pictures.
///
/// - Taken out with all they hold: `<lora:name:0.8>` and other commands in angle brackets that have a
///   colon, `__wildcards__`, `embedding:name`.
/// - Taken off the words that they stand around: `(word:1.2)`, `((word))`, `[word]`, `{word}`,
///   `word++`, `(some words)1.3`, `1.5::word::`, and the weights of parts that `AND` joins. `\(` is a
///   parenthesis of the text.
/// - Of `[a:b:0.5]` stays `b`, with which the picture ends; of `[a:0.5]` and `[a::0.5]` stays `a`; of
///   `[a|b]` both, as "a and b"; of `{a|b}`, of which one was drawn, "a or b".
/// - `BREAK` and `AND` become commas. Line ends become blanks.
///
/// Brackets without a partner, smileys and everything else stay. The result may be empty.
pub fn plain_prompt(prompt: &str) -> String {
    let text = without_commands(prompt);
    let text = without_keywords(&text);
    let text = without_brackets(&text);
    let text = without_suffixes(&text);
    tidy(&text)
}

/// True at the end of a word.
pub(super) fn ends_word(next: Option<&char>) -> bool {
    next.is_none_or(|c| c.is_whitespace() || ",.;:!?)]}|".contains(*c))
}

/// Takes out `<name:...>`, `__name__` and `embedding:name`.
fn without_commands(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = match character {
            '<' => command_length(rest),
            '_' => wildcard_length(rest),
            'e' | 'E' if !kept.ends_with(char::is_alphanumeric) => embedding_length(rest),
            _ => None,
        };
        match length {
            Some(length) => rest = &rest[length..],
            None => {
                kept.push(character);
                rest = &rest[character.len_utf8()..];
            }
        }
    }
    kept
}

/// Bytes of a command in angle brackets: a name, perhaps a setting in square brackets, a colon.
fn command_length(text: &str) -> Option<usize> {
    let end = text.find('>')?;
    let inside = &text[1..end];
    let name_end = inside
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
        .unwrap_or(inside.len());
    let (name, after) = inside.split_at(name_end);
    let command = match after.chars().next() {
        Some(':') => true,
        Some('[') => after.contains("]:"),
        None => matches!(name, "break" | "base" | "refiner" | "video" | "trigger"),
        _ => false,
    };
    (command && name.starts_with(char::is_alphabetic) && !inside.contains(['<', '\n']))
        .then_some(end + 1)
}

/// Bytes of a wildcard that was not filled in.
fn wildcard_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("__")?;
    let end = inside.find("__")?;
    let name = &inside[..end];
    let part = |c: char| c.is_alphanumeric() || "_-/*.".contains(c);
    (!name.is_empty() && name.chars().all(part)).then_some(end + 4)
}

/// Bytes of the name of a learned word, and of the weight behind it.
fn embedding_length(text: &str) -> Option<usize> {
    let start = "embedding:";
    if !text.get(..start.len())?.eq_ignore_ascii_case(start) {
        return None;
    }
    let name = &text[start.len()..];
    let end = name
        .find(|c: char| c.is_whitespace() || ",()[]{}|:".contains(c))
        .unwrap_or(name.len());
    if end == 0 {
        return None;
    }
    // Inside of parentheses the weight is theirs; without it belongs to nothing else.
    Some(start.len() + end)
}

/// Puts commas for `BREAK` and `AND`, and takes the weights off the parts between.
fn without_keywords(text: &str) -> String {
    // In a prompt all in capitals they are words.
    if !text.contains(char::is_lowercase) {
        return text.to_string();
    }
    let mut parts: Vec<(String, bool)> = Vec::new();
    let mut part = String::new();
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let keyword = bare.trim_matches(',');
        match keyword {
            "AND" => parts.push((std::mem::take(&mut part), true)),
            "BREAK" | "ADDCOMM" | "ADDBASE" | "ADDCOL" | "ADDROW" => {
                parts.push((std::mem::take(&mut part), false));
            }
            _ => part.push_str(word),
        }
    }
    let composed = parts.iter().any(|(_, and)| *and);
    parts.push((part, false));
    let parts: Vec<&str> = parts
        .iter()
        .map(|(part, _)| {
            let part = part.trim();
            match composed {
                true => without_weight(part).unwrap_or(part),
                false => part,
            }
        })
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(", ")
}

/// The text before `:number` at its end; `None` where it does not end so.
pub(super) fn without_weight(text: &str) -> Option<&str> {
    let (words, number) = text.rsplit_once(':')?;
    let weight: f32 = number.trim().parse().ok()?;
    // Neither a time nor a ratio.
    let digits = words.trim().chars().all(|c| c.is_ascii_digit());
    (weight.abs() <= 20.0 && (!digits || words.trim().is_empty())).then(|| words.trim_end())
}

/// Takes off `word++`, `word--`, `1.5::` and `::`.
fn without_suffixes(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut kept: Vec<char> = Vec::with_capacity(characters.len());
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let run = characters[at..]
            .iter()
            .take_while(|c| **c == character)
            .count();
        let skipped = match character {
            '+' | '-' if is_weight(&kept, character, run, characters.get(at + run)) => run,
            ':' if run == 2 && !joins_letters(&kept, characters.get(at + 2)) => {
                kept.push(' ');
                2 + number_length(&characters[at + 2..])
            }
            '0'..='9' | '.' | '-' if kept.last().is_none_or(|c| !c.is_alphanumeric()) => {
                let length = number_length(&characters[at..]);
                let doubled = characters[at + length..].starts_with(&[':', ':']);
                if length > 0 && doubled { length + 2 } else { 0 }
            }
            _ => 0,
        };
        if skipped == 0 {
            kept.push(character);
            at += 1;
        } else {
            at += skipped;
        }
    }
    kept.into_iter().collect()
}

/// True where signs behind a word are its weight: not in "C++", "A+", "18+" or "left-handed".
fn is_weight(before: &[char], sign: char, run: usize, next: Option<&char>) -> bool {
    let letters = before
        .iter()
        .rev()
        .take_while(|c| c.is_alphabetic())
        .count();
    let enough = match sign {
        '+' => letters >= 2,
        _ => letters >= 2 && run >= 2,
    };
    enough && ends_word(next)
}

fn joins_letters(before: &[char], next: Option<&char>) -> bool {
    before.last().is_some_and(|c| c.is_alphabetic()) && next.is_some_and(|c| c.is_alphabetic())
}

/// Characters of the number that a text begins with and that ends a word or stands before `::`.
pub(super) fn number_length(characters: &[char]) -> usize {
    let sign = usize::from(characters.first() == Some(&'-'));
    let length = characters[sign..]
        .iter()
        .take_while(|c| c.is_ascii_digit() || **c == '.')
        .count();
    let number: String = characters[..sign + length].iter().collect();
    match number.parse::<f32>() {
        Ok(_) if ends_word(characters.get(sign + length)) => sign + length,
        _ => 0,
    }
}

/// One blank between words, none before a comma, no comma without words.
fn tidy(text: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in text.split(',') {
        let words: Vec<&str> = part.split_whitespace().collect();
        parts.push(words.join(" "));
    }
    let mut tidied = String::with_capacity(text.len());
    let blank_after: Vec<bool> = text
        .split(',')
        .skip(1)
        .map(|part| part.starts_with(char::is_whitespace))
        .collect();
    let mut blank = false;
    for (index, part) in parts.iter().enumerate() {
        if !part.is_empty() {
            if !tidied.is_empty() {
                tidied.push_str(if blank { ", " } else { "," });
            }
            tidied.push_str(part);
            blank = false;
        }
        blank |= blank_after.get(index).copied().unwrap_or(false);
    }
    tidied
}
