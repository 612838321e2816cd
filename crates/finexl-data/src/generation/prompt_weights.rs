//! Brackets of a prompt: attention, schedules and choices, in any nesting.

use super::prompt_text::{ends_word, number_length, without_weight};

/// Brackets that are nested deeper than this stay as they are.
const DEEPEST: usize = 100;

/// An open bracket and what has been read behind it.
struct Frame {
    open: char,
    parts: Vec<String>,
    separators: Vec<char>,
}

impl Frame {
    fn new(open: char) -> Self {
        Self {
            open,
            parts: vec![String::new()],
            separators: Vec::new(),
        }
    }

    fn push(&mut self, character: char) {
        if let Some(part) = self.parts.last_mut() {
            part.push(character);
        }
    }

    /// What the bracket gives out when it closes.
    fn close(self) -> String {
        match self.open {
            '(' => {
                let text = self.parts.concat();
                match without_weight(&text) {
                    Some(words) => words.to_string(),
                    None => text,
                }
            }
            '[' if self.separators.contains(&'|') => self.choices(" and "),
            '[' => self.scheduled(),
            _ if self.separators.contains(&'|') => self.choices(" or "),
            _ => self.together(),
        }
    }

    /// The parts with the characters that separate them, as they stood.
    fn together(&self) -> String {
        let mut text = String::new();
        for (index, part) in self.parts.iter().enumerate() {
            text.push_str(part);
            text.extend(self.separators.get(index));
        }
        text
    }

    /// `[from:to:when]`, `[to:when]`, `[from::when]`: the last that is not empty.
    fn scheduled(&self) -> String {
        let when = self.parts.last().map(|part| part.trim());
        match when {
            Some(number) if self.parts.len() > 1 && number.parse::<f32>().is_ok() => {
                let words = &self.parts[..self.parts.len() - 1];
                let last = words.iter().rev().find(|part| !part.trim().is_empty());
                last.cloned().unwrap_or_default()
            }
            _ => self.together(),
        }
    }

    /// Options, without how many are drawn (`2$$`).
    fn choices(&self, between: &str) -> String {
        let text = self.together();
        let text = match text.split_once("$$") {
            Some((count, rest)) if count.chars().all(|c| c.is_ascii_digit() || c == '-') => rest,
            _ => &text,
        };
        let options: Vec<&str> = text
            .split('|')
            .map(str::trim)
            .filter(|o| !o.is_empty())
            .collect();
        options.join(between)
    }
}

/// Takes brackets that have a partner off their words, with the weights in and behind them.
pub(super) fn without_brackets(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let matched = matched(&characters);
    let mut frames = vec![Frame::new(' ')];
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let Some(frame) = frames.last_mut() else {
            break;
        };
        at += 1;
        match character {
            '\\' if characters.get(at).is_some_and(|c| "()[]{}".contains(*c)) => {
                frame.push(characters[at]);
                at += 1;
            }
            '(' | '[' | '{' if matched[at - 1] => frames.push(Frame::new(character)),
            ')' | ']' | '}' if matched[at - 1] => {
                let closed = frames.pop().map(Frame::close).unwrap_or_default();
                if let Some(outer) = frames.last_mut().and_then(|f| f.parts.last_mut()) {
                    append(outer, &closed);
                }
                if character == ')' {
                    at += suffix_length(&characters[at..]);
                }
                // A word that follows directly is another one.
                if closed.chars().count() > 2
                    && closed.ends_with(char::is_alphanumeric)
                    && characters.get(at).is_some_and(|c| c.is_alphanumeric())
                    && let Some(outer) = frames.last_mut()
                {
                    outer.push(' ');
                }
            }
            ':' | '|' if frame.open == '[' => split(frame, character),
            '|' if frame.open == '{' => split(frame, character),
            _ => frame.push(character),
        }
    }
    // Only brackets with a partner opened a frame, so one is left.
    frames.iter().map(Frame::together).collect()
}

fn split(frame: &mut Frame, separator: char) {
    frame.separators.push(separator);
    frame.parts.push(String::new());
}

/// Adds the words of a bracket; those that stood against another word are a word of their own, but for
/// endings such as "(s)".
fn append(text: &mut String, words: &str) {
    let letters = |c: char| c.is_alphanumeric();
    if text.ends_with(letters) && words.starts_with(letters) && words.chars().count() > 2 {
        text.push(' ');
    }
    text.push_str(words);
}

/// Characters of a weight behind a closing parenthesis: `++`, `--`, `1.3`.
fn suffix_length(after: &[char]) -> usize {
    let Some(&first) = after.first() else {
        return 0;
    };
    match first {
        '+' | '-' => {
            let run = after.iter().take_while(|c| **c == first).count();
            if ends_word(after.get(run)) { run } else { 0 }
        }
        _ => number_length(after),
    }
}

/// Which characters are brackets with a partner: neither escaped, nor part of a smiley, nor too deep.
fn matched(characters: &[char]) -> Vec<bool> {
    let mut matched = vec![false; characters.len()];
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        match characters[at] {
            '\\' => at += 1,
            '(' | '[' | '{' if !in_smiley(characters, at) => open.push(at),
            close @ (')' | ']' | '}') if !in_smiley(characters, at) => {
                let partner = match close {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                // Brackets that were opened since and not closed have no partner.
                if let Some(depth) = open.iter().rposition(|o| characters[*o] == partner) {
                    if depth < DEEPEST {
                        matched[open[depth]] = true;
                        matched[at] = true;
                    }
                    open.truncate(depth);
                }
            }
            _ => (),
        }
        at += 1;
    }
    matched
}

/// True for the mouth of `:)`, `;-)` and the like, standing alone.
fn in_smiley(characters: &[char], at: usize) -> bool {
    let nose = usize::from(at > 0 && characters[at - 1] == '-');
    let Some(eyes) = at.checked_sub(1 + nose) else {
        return false;
    };
    let before = eyes.checked_sub(1).map(|b| characters[b]);
    ":;=".contains(characters[eyes])
        && before.is_none_or(|c| c.is_whitespace() || c == '>')
        && ends_word(characters.get(at + 1))
}
