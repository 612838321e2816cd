//! Names as words and numbers, for sides whose names are not equal.

use crate::image_folder::without_image_extension;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// Letters that look like Latin ones, as keyboards of other scripts write them.
const LOOK_ALIKES: [(char, char); 22] = [
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('у', 'y'),
    ('х', 'x'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ѕ', 's'),
    ('к', 'k'),
    ('м', 'm'),
    ('т', 't'),
    ('в', 'b'),
    ('н', 'h'),
    ('ο', 'o'),
    ('α', 'a'),
    ('ν', 'v'),
    ('ρ', 'p'),
    ('ι', 'i'),
    ('κ', 'k'),
    ('ı', 'i'),
];

/// A name as it is compared where it has no equal: its words and numbers in lower case, without what programs, systems
/// and browsers change: signs between words, folders included, zeros before numbers, forms of letters that look alike,
/// the random numbers (UUID) of services.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NameWords(pub Vec<String>);

impl NameWords {
    /// The words of a path inside a folder.
    pub(super) fn of(inside: &str) -> Self {
        let mut name = decoded(inside).trim().to_string();
        // Tools that add an extension to one that is there leave "a.png.png".
        while without_image_extension(&name).len() < name.len() {
            name = without_image_extension(&name).trim_end().to_string();
        }
        let name: String = name.nfkc().flat_map(char::to_lowercase).collect();
        let mut words: Vec<String> = Vec::new();
        let mut last = None;
        for character in name.chars().filter(|c| !is_invisible(*c)) {
            let kind = Kind::of(character);
            if kind != Kind::Sign {
                if last != Some(kind) {
                    words.push(String::new());
                }
                if let Some(word) = words.last_mut() {
                    match character {
                        'ß' => word.push_str("ss"),
                        _ => word.push(look_alike(character)),
                    }
                }
            }
            last = Some(kind);
        }
        words = without_uuids(&name, words);
        for word in &mut words {
            if word.len() > 1 && is_number(word) {
                let rest = word.trim_start_matches('0');
                *word = if rest.is_empty() { "0" } else { rest }.to_string();
            }
        }
        Self(words)
    }

    /// The numbers among the words.
    pub(super) fn numbers(&self) -> Vec<&str> {
        let all = self.0.iter().map(String::as_str);
        all.filter(|word| is_number(word)).collect()
    }

    /// Whether it holds no word.
    pub(super) fn is_numbers(&self) -> bool {
        self.0.iter().all(|word| is_number(word))
    }

    /// As a text, for notes.
    pub(super) fn text(&self) -> String {
        self.0.join(" ")
    }
}

/// Takes off the words that all names of a side begin or end with; gives the rests, and what was taken off. At least
/// one word of every name is left.
pub(super) fn without_common(names: &[NameWords]) -> (Vec<NameWords>, [NameWords; 2]) {
    let shortest = names.iter().map(|name| name.0.len()).min().unwrap_or(0);
    let first = names.first().map_or(&[][..], |name| name.0.as_slice());
    let shared = |from_end: bool, most: usize| {
        let at = |name: &[String], place: usize| match from_end {
            true => name.get(name.len().wrapping_sub(place + 1)).cloned(),
            false => name.get(place).cloned(),
        };
        (0..most)
            .take_while(|place| names.iter().all(|n| at(&n.0, *place) == at(first, *place)))
            .count()
    };
    let most = shortest.saturating_sub(1);
    let begin = shared(false, most);
    let end = shared(true, most - begin);
    let rests = names
        .iter()
        .map(|name| NameWords(name.0[begin..name.0.len() - end].to_vec()));
    let taken = [
        NameWords(first[..begin].to_vec()),
        NameWords(first[first.len() - end..].to_vec()),
    ];
    (rests.collect(), taken)
}

/// Whether numbers lie too far apart to count anything: as many as they are, a counter would be denser.
pub(super) fn are_sparse<'a>(numbers: impl Iterator<Item = &'a str> + Clone) -> bool {
    let values = numbers
        .clone()
        .map(|number| number.parse().unwrap_or(f64::MAX));
    let least = values.clone().fold(f64::INFINITY, f64::min);
    let most = values.fold(0.0, f64::max);
    const LEAST: f64 = 100.0;
    most - least >= LEAST.max(4.0 * numbers.count() as f64)
}

/// Positions of the values that stand on both sides, once on each.
pub(super) fn matched<K: Ord>(sides: [&[Option<K>]; 2]) -> Vec<(usize, usize)> {
    let mut groups: BTreeMap<&K, [Vec<usize>; 2]> = BTreeMap::new();
    for (side, keys) in sides.into_iter().enumerate() {
        for (at, key) in keys.iter().enumerate() {
            if let Some(key) = key {
                groups.entry(key).or_default()[side].push(at);
            }
        }
    }
    let mut pairs: Vec<(usize, usize)> = (groups.into_values())
        .filter_map(|[first, second]| match (&first[..], &second[..]) {
            ([a], [b]) => Some((*a, *b)),
            _ => None,
        })
        .collect();
    pairs.sort_unstable();
    pairs
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digit,
    Letter,
    Sign,
}

impl Kind {
    fn of(character: char) -> Self {
        match character {
            '0'..='9' => Self::Digit,
            c if c.is_whitespace() || c.is_ascii_punctuation() => Self::Sign,
            // Dashes, quotation marks and the like.
            '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{b7}' | '\u{b4}' => Self::Sign,
            _ => Self::Letter,
        }
    }
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Characters without width, and the dot that is left of a Turkish capital I.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{307}' | '\u{ad}')
}

fn look_alike(character: char) -> char {
    let found = LOOK_ALIKES.iter().find(|(other, _)| *other == character);
    found.map_or(character, |(_, latin)| *latin)
}

/// Puts back what an address encodes: `a%20cat`. What is no such code stays.
fn decoded(name: &str) -> String {
    let bytes = name.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes.get(at) == Some(&b'%'))
            .then(|| name.get(at + 1..at + 3))
            .flatten()
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(plain).unwrap_or_else(|_| name.to_string())
}

/// Takes the words of a UUID out, where the name holds one.
fn without_uuids(name: &str, words: Vec<String>) -> Vec<String> {
    const PARTS: [usize; 5] = [8, 4, 4, 4, 12];
    let is_uuid = |part: &str| {
        let parts: Vec<&str> = part.split('-').collect();
        parts.len() == PARTS.len()
            && (parts.iter().zip(PARTS)).all(|(part, length)| {
                part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit())
            })
    };
    let is_outside = |c: char| !(c.is_ascii_hexdigit() || c == '-');
    let mut parts = name.split(is_outside).map(|part| part.trim_matches('-'));
    let Some(uuid) = parts.find(|part| is_uuid(part)) else {
        return words;
    };
    let Some((before, after)) = name.split_once(uuid) else {
        return words;
    };
    let mut rest = NameWords::of(before).0;
    rest.extend(NameWords::of(after).0);
    if rest.is_empty() { words } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(name: &str) -> String {
        NameWords::of(name).text()
    }

    #[test]
    fn what_programs_change_in_names_is_passed_over() {
        for (one, other) in [
            ("a cat 1.png", "a_cat-1.webp"),
            ("a cat.png", "a%20cat.png"),
            ("img1.png", "IMG_0001.jpg"),
            ("cat\u{2019}s.png", "cat's.png"),
            ("c\u{430}t.png", "cat.png"),
            ("stra\u{df}e.png", "STRASSE.png"),
            ("RES\u{130}M.png", "resim.png"),
            ("a.png.png", "a.png"),
            ("caf\u{e9}.png", "cafe\u{301}.png"),
            ("\u{2764}\u{fe0f}1.png", "\u{2764}1.png"),
            ("cat \u{ff11}.png", "cat 1.png"),
            ("cat/1.png", "cat_1.png"),
            (
                "jd_a_cat_0c3a5a51-77aa-4b1c-8a1e-0123456789ab.png",
                "jd_a_cat_99999999-77aa-4b1c-8a1e-0123456789ab.png",
            ),
        ] {
            assert_eq!(words(one), words(other));
        }
        assert_eq!(words("run0.5.png"), "run 0 5");
        assert_eq!(words("100%.png"), "100");
        assert_eq!(words("0.png"), "0");
        assert_ne!(words("run0.5.png"), words("run0.png"));
        assert_ne!(words("cafe.png"), words("caf\u{e9}.png"));
        assert_ne!(words("\u{1f431}.png"), words("\u{1f436}.png"));
    }

    #[test]
    fn what_a_side_has_in_common_is_taken_off() {
        let rests = |names: &[&str]| {
            let names: Vec<NameWords> = names.iter().map(|name| NameWords::of(name)).collect();
            let (rests, taken) = without_common(&names);
            let rests: Vec<String> = rests.iter().map(NameWords::text).collect();
            (rests.join(";"), taken.map(|words| words.text()).join("|"))
        };
        assert_eq!(
            rests(&["base_0001.png", "base_0002.png"]),
            ("1;2".into(), "base|".into())
        );
        assert_eq!(
            rests(&["1 (1).png", "2 (1).png"]),
            ("1;2".into(), "|1".into())
        );
        assert_eq!(rests(&["a.png"]), ("a".into(), "|".into()));
        assert_eq!(
            rests(&["x/a b.png", "x/a b c.png"]),
            ("b;b c".into(), "x a|".into())
        );
        assert_eq!(rests(&[]), (String::new(), "|".into()));
    }

    #[test]
    fn counters_are_dense_and_seeds_are_not() {
        assert!(!are_sparse(["1", "2", "3", "9"].into_iter()));
        assert!(!are_sparse(["1001", "1002", "1003"].into_iter()));
        assert!(are_sparse(["123456", "887", "55511"].into_iter()));
        assert!(!are_sparse(std::iter::empty()));
    }
}
