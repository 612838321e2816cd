//! Character references of HTML (`&amp;`, `&#233;`) to the characters that they stand for.
//!
//! Reference: the HTML standard, section 13.5 (names) and 13.2.5.80 (numbers), with what Python's
//! `html.unescape` adds: references to control characters and to what is no character give nothing.

use htmlize::ENTITIES;
use std::borrow::Cow;

/// Longest name that is looked for, in characters.
const LONGEST_NAME: usize = 32;

/// What 0x80 to 0x9F mean, by Windows-1252; 0 where that says nothing.
const WINDOWS_1252: [u16; 32] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC,
    0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
];

/// A character from 0x80 to 0x9F as Windows-1252 means it, any other as it is.
pub(super) fn of_windows_1252(c: char) -> char {
    let place = (c as usize).wrapping_sub(0x80);
    match WINDOWS_1252.get(place) {
        Some(meant) if *meant != 0 => char::from_u32(u32::from(*meant)).unwrap_or(c),
        _ => c,
    }
}

/// Replaces all references, those without a semicolon where the standard knows them so.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    replace(text, |rest| match rest.strip_prefix("&#") {
        Some(number) => numeric(number).map(|(length, c)| (length + 2, c.map(Cow::from))),
        None => named(rest).map(|(length, c)| (length, Some(Cow::from(c)))),
    })
}

/// Replaces only what cannot mean anything else: references with their semicolon, and names that were
/// written in capitals throughout. So does ftfy's `unescape_html`.
pub(super) fn unescape_certain(text: &str) -> Cow<'_, str> {
    replace(text, |rest| {
        let end = rest.find(';')? + 1;
        let reference = &rest[..end];
        let name = reference[1..end - 1].trim_start_matches('#');
        if name.is_empty() || name.len() > 24 || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        if let Some(number) = reference.strip_prefix("&#") {
            let (length, c) = numeric(number).filter(|(length, _)| length + 2 == end)?;
            return Some((length + 2, c.map(Cow::from)));
        }
        if let Some(known) = entity(reference) {
            return Some((end, Some(Cow::from(known))));
        }
        let small = name.to_ascii_lowercase();
        let known = entity(&format!("&{small};"))?;
        let capitals = name.to_ascii_uppercase() == name && named(reference).is_none();
        capitals.then(|| (end, Some(Cow::from(known.to_uppercase()))))
    })
}

/// Goes through all places with an `&`; `find` is given the text from there on and says how many
/// bytes are replaced by what.
fn replace<'a>(
    text: &'a str,
    find: impl Fn(&'a str) -> Option<(usize, Option<Cow<'a, str>>)>,
) -> Cow<'a, str> {
    let mut output = String::new();
    let mut rest = text;
    while let Some(place) = rest.find('&') {
        output.push_str(&rest[..place]);
        rest = &rest[place..];
        let (length, replacement) = find(rest).unwrap_or((1, Some(Cow::from("&"))));
        output.push_str(replacement.as_deref().unwrap_or_default());
        rest = &rest[length..];
    }
    if output.is_empty() && rest.len() == text.len() {
        return Cow::from(text);
    }
    output.push_str(rest);
    Cow::from(output)
}

fn entity(reference: &str) -> Option<&'static str> {
    let bytes = ENTITIES.get(reference.as_bytes())?;
    std::str::from_utf8(bytes).ok()
}

/// The longest known name at the beginning of a text that begins with `&`.
fn named(text: &str) -> Option<(usize, &'static str)> {
    let inside = |c: &char| !"\t\n\u{c} <&#;".contains(*c);
    let name: usize = text[1..]
        .chars()
        .take(LONGEST_NAME)
        .take_while(inside)
        .map(char::len_utf8)
        .sum();
    let end = 1 + name;
    if name > 0
        && text[end..].starts_with(';')
        && let Some(known) = entity(&text[..=end])
    {
        return Some((end + 1, known));
    }
    (3..=end)
        .rev()
        .filter(|end| text.is_char_boundary(*end))
        .find_map(|end| entity(&text[..end]).map(|known| (end, known)))
}

/// A number behind `&#`: the bytes that it takes with its semicolon, and its character if it has one.
fn numeric(text: &str) -> Option<(usize, Option<String>)> {
    let (radix, digits) = match text.strip_prefix(['x', 'X']) {
        Some(digits) => (16, digits),
        None => (10, text),
    };
    let inside = |b: &u8| char::from(*b).is_digit(radix);
    let length = digits.bytes().take_while(inside).count();
    if length == 0 {
        return None;
    }
    let number = u32::from_str_radix(&digits[..length], radix).unwrap_or(u32::MAX);
    let mut taken = text.len() - digits.len() + length;
    if text[taken..].starts_with(';') {
        taken += 1;
    }
    Some((taken, character(number).map(String::from)))
}

fn character(number: u32) -> Option<char> {
    match number {
        0 => Some(char::REPLACEMENT_CHARACTER),
        0x80..=0x9F => char::from_u32(number).map(of_windows_1252),
        0x01..=0x08 | 0x0B | 0x0E..=0x1F | 0x7F | 0xFDD0..=0xFDEF => None,
        0..=0x10_FFFF if number & 0xFFFE == 0xFFFE => None,
        _ => Some(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_give_what_python_gives() {
        let cases = [
            ("plain & simple", "plain & simple"),
            ("&lt;b&gt; &amp;amp; &eacute;", "<b> &amp; é"),
            ("&notit; &notin; &ampx &am &;", "¬it; ∉ &x &am &;"),
            ("&#233;&#xE9&#XE9;&#128;&#129;", "ééé€\u{81}"),
            (
                "a&#1;b&#0;c&#xD800;d&#99999999999;e",
                "ab\u{fffd}c\u{fffd}d\u{fffd}e",
            ),
            ("&#; &#x; &#xZ;", "&#; &#x; &#xZ;"),
            ("&NotEqualTilde;", "≂\u{338}"),
            ("&é;&", "&é;&"),
        ];
        for (text, expected) in cases {
            assert_eq!(unescape(text), expected, "{text}");
        }
    }

    #[test]
    fn certain_references_end_with_a_semicolon() {
        let cases = [
            ("this&not that &amp that", "this&not that &amp that"),
            (
                "P&EACUTE;REZ &SZLIG; &nTILDE; &NTILDE;",
                "PÉREZ SS &nTILDE; Ñ",
            ),
            ("&#8217; &#xZZ; &#1234; &LTIMES;", "’ &#xZZ; Ӓ &LTIMES;"),
        ];
        for (text, expected) in cases {
            assert_eq!(unescape_certain(text), expected, "{text}");
        }
    }
}
