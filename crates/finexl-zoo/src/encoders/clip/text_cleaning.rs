//! What open_clip does to a text before it looks for tokens.
//!
//! Reference: `basic_clean` and its relatives in open_clip 3.3, `tokenizer.py`: ftfy 6.3 with its
//! settings as they are, HTML references replaced twice, then white space, letters and punctuation.
//!
//! ftfy's repair of texts that were read in a wrong encoding (`cafÃ©` for `café`) is not built: the
//! one crate that has it is not kept. Such a text is read as it stands.

use super::character_references::{of_windows_1252, unescape, unescape_certain};
use tokenizers::normalizers::{NFC, NFKC};
use tokenizers::{NormalizedString, Normalizer};

/// How a text is cleaned, by open_clip's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cleaning {
    /// Single spaces, small letters; with it goes open_clip's own tokenizer.
    Lower,
    /// Single spaces.
    Whitespace,
    /// No ASCII punctuation, small letters, single spaces (SigLIP).
    Canonicalize,
}

impl Cleaning {
    /// The cleaning of a name in `tokenizer_kwargs`, for a tokenizer of transformers.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "whitespace" => Some(Self::Whitespace),
            "canonicalize" => Some(Self::Canonicalize),
            _ => None,
        }
    }

    /// Cleans a text.
    pub fn apply(self, text: &str) -> String {
        let fixed = fixed(text);
        let once = unescape(&fixed);
        let text = unescape(&once);
        match self {
            Self::Whitespace => single_spaces(&text),
            Self::Lower => single_spaces(&text).to_lowercase(),
            Self::Canonicalize => canonicalised(&text.replace('_', " ")),
        }
    }
}

/// Without ASCII punctuation, in small letters, with single spaces.
pub(super) fn canonicalised(text: &str) -> String {
    let kept: String = text
        .to_lowercase()
        .chars()
        .filter(|c| !c.is_ascii_punctuation())
        .collect();
    single_spaces(&kept)
}

fn single_spaces(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// ftfy's `fix_text`, line by line. From the first line with a `<` on, the text counts as HTML and
/// its references stay.
fn fixed(text: &str) -> String {
    let mut unescapes = true;
    let mut output = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        unescapes &= !line.contains('<');
        output.push_str(&fixed_line(line, unescapes));
    }
    output
}

fn fixed_line(line: &str, unescapes: bool) -> String {
    let mut text = line.to_string();
    loop {
        let before = text;
        let unescaped = if unescapes {
            unescape_certain(&before)
        } else {
            before.as_str().into()
        };
        let mut plain = String::with_capacity(unescaped.len());
        for c in unescaped.chars().map(of_windows_1252) {
            match ligature(c) {
                Some(letters) => plain.push_str(letters),
                None if is_wide(c) => plain.push_str(&composed(&NFKC, c.to_string())),
                None => plain.push(c),
            }
        }
        let straight: String = plain.chars().map(straight).collect();
        let lines = straight
            .replace("\r\n", "\n")
            .replace(['\r', '\u{2028}', '\u{2029}', '\u{85}'], "\n");
        let mut kept = without_terminal_escapes(&lines);
        kept.retain(|c| !is_control(c));
        text = composed(&NFC, kept);
        if text == before {
            return text;
        }
    }
}

/// Unicode normalisation; a text that cannot be normalised stays as it is.
fn composed(form: &impl Normalizer, text: String) -> String {
    if text.is_ascii() {
        return text;
    }
    let mut normalized = NormalizedString::from(text.as_str());
    match form.normalize(&mut normalized) {
        Ok(()) => normalized.get().to_string(),
        Err(_) => text,
    }
}

/// Letters of one Latin ligature.
fn ligature(c: char) -> Option<&'static str> {
    Some(match c {
        'Ĳ' => "IJ",
        'ĳ' => "ij",
        'ŉ' => "ʼn",
        'Ǳ' => "DZ",
        'ǲ' => "Dz",
        'ǳ' => "dz",
        'Ǆ' => "DŽ",
        'ǅ' => "Dž",
        'ǆ' => "dž",
        'Ǉ' => "LJ",
        'ǈ' => "Lj",
        'ǉ' => "lj",
        'Ǌ' => "NJ",
        'ǋ' => "Nj",
        'ǌ' => "nj",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' => "ſt",
        'ﬆ' => "st",
        _ => return None,
    })
}

/// Halfwidth and fullwidth forms, and the ideographic space.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{3000}' | '\u{FF01}'..='\u{FFEF}')
}

/// Quotation marks without their curls.
fn straight(c: char) -> char {
    match c {
        '\u{2BC}' | '\u{2018}'..='\u{201B}' => '\'',
        '\u{201C}'..='\u{201F}' => '"',
        other => other,
    }
}

/// Control characters that are no white space, and marks that a text should not hold.
fn is_control(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{B}' | '\u{E}'..='\u{1F}' | '\u{7F}'
        | '\u{206A}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFC}')
}

/// Without ANSI sequences such as those of colours: escape, `[`, numbers with semicolons, a letter.
fn without_terminal_escapes(text: &str) -> String {
    const START: &str = "\u{1b}[";
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find(START) {
        let inside = &rest[place + START.len()..];
        let end = inside.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        if end.starts_with(|c: char| c.is_ascii_alphabetic()) {
            output.push_str(&rest[..place]);
            rest = &end[1..];
        } else {
            output.push_str(&rest[..place + START.len()]);
            rest = inside;
        }
    }
    output.push_str(rest);
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_out_as_from_open_clip() {
        let cases = [
            ("  A\u{a0}Photo,\r\nof  it ", "a photo, of it"),
            ("“Ｌｏｕｄ” ﬁne ‘quote’", "\"loud\" fine 'quote'"),
            ("&amp;lt;b&amp;gt; R&amp;D", "<b> r&d"),
            ("<i> &lt;b&gt;", "<i> <b>"),
            ("\u{1b}[36;44mred\u{1b}[0m\u{7} \u{1b}[x", "red "),
            ("e\u{301} \u{85}next", "é …next"),
        ];
        for (text, expected) in cases {
            assert_eq!(Cleaning::Lower.apply(text), expected.trim(), "{text:?}");
        }
        assert_eq!(Cleaning::Whitespace.apply(" A  b_c! "), "A b_c!");
        assert_eq!(Cleaning::Canonicalize.apply(" A  b_c!&amp;"), "a b c");
    }
}
