//! Model cards that are there already: our part is replaced, all else stays.

use crate::sample;
use finexl_plot::{CardOptions, check_card, merged_card, model_card};
use proptest::prelude::*;

const OURS: [&str; 3] = ["finexl", "personalization", "explainability"];

fn options() -> CardOptions {
    CardOptions {
        base_model: Some("artist/base".into()),
        top: 6,
        ..CardOptions::default()
    }
}

fn merged(card: &str) -> String {
    merged_card(card.as_bytes(), &sample::explanation(), &options())
        .unwrap()
        .text
}

/// The lines between our marks, marks included, and all others.
fn parted(card: &str) -> (Vec<&str>, Vec<&str>) {
    let mut inside = false;
    let mut ours = Vec::new();
    let mut others = Vec::new();
    for line in card.split_inclusive('\n') {
        inside |= line.starts_with("<!-- finexl: begin");
        if inside { &mut ours } else { &mut others }.push(line);
        inside &= !line.starts_with("<!-- finexl: end");
    }
    (ours, others)
}

#[test]
fn a_card_with_front_matter_and_text_of_ones_own() {
    let card =
        "---\nlicense: mit # mine\nbase_model: some/base\n---\n\n# My LoRA\n\nText of mine.\n";
    let new = merged(card);
    let tags = OURS.map(|tag| format!("- {tag}\n")).concat();
    let head = "---\nlicense: mit # mine\nbase_model: some/base\n";
    let text = "---\n\n# My LoRA\n\nText of mine.\n\n<!-- finexl: begin";
    assert!(
        new.starts_with(&format!("{head}tags:\n{tags}{text}")),
        "{new}"
    );
    assert!(new.ends_with("\n\n<!-- finexl: end -->\n"), "{new}");
    assert_eq!(
        new.matches("## What this personalization changes").count(),
        1
    );
}

#[test]
fn only_our_section_is_written_anew() {
    let new = model_card(&sample::explanation(), &options());
    assert_eq!(merged(&new), new);
    let mine = new.replace("# ", "# My own ").replace(
        "<!-- finexl: end -->\n",
        "<!-- finexl: end -->\n\nMore of mine.\n",
    );
    let (_, before) = parted(&mine);
    let again = merged(&mine);
    let (ours, after) = parted(&again);
    assert_eq!(before, after);
    assert_eq!(ours, parted(&new).0);
}

#[test]
fn line_ends_of_windows_stay() {
    let card = "\u{feff}---\r\nlicense: mit\r\n---\r\nText.\r\n";
    let new = merged(card);
    assert_eq!(new.matches('\n').count(), new.matches("\r\n").count());
    assert!(
        new.starts_with(
            "\u{feff}---\r\nlicense: mit\r\nbase_model: \"artist/base\"\r\ntags:\r\n- finexl\r\n"
        ),
        "{new}"
    );
    assert!(
        new.contains("- explainability\r\n---\r\nText.\r\n"),
        "{new}"
    );
    assert_eq!(merged(&new), new);
}

#[test]
fn a_card_without_front_matter_gets_one_and_keeps_its_text() {
    for card in [
        "Text",
        "# Mine\n\nText.\n",
        "---\nno end\n",
        " ---\nlicense: mit\n---\n",
    ] {
        let new = merged(card);
        assert!(
            new.starts_with("---\nbase_model: \"artist/base\"\ntags:\n- finexl\n"),
            "{new}"
        );
        assert!(new.contains(&format!("---\n\n{card}")), "{new}");
        assert_eq!(merged(&new), new);
    }
    for empty in ["", "\n", "\u{feff}"] {
        assert_eq!(
            merged(empty),
            model_card(&sample::explanation(), &options())
        );
    }
}

#[test]
fn front_matter_that_cannot_be_filled_is_left_with_a_note() {
    for front in ["{license: mit}\n", "license: 'mit\n", "tags: {a: b}\n"] {
        let card = format!("---\n{front}---\nText.\n");
        let explanation = sample::explanation();
        let found = merged_card(card.as_bytes(), &explanation, &options()).unwrap();
        assert!(found.text.starts_with(&card), "{}", found.text);
        assert_eq!(found.notes.len(), 1);
        assert!(found.notes[0].contains("as it is"), "{:?}", found.notes);
    }
}

#[test]
fn what_is_no_card_is_refused() {
    for (card, word) in [
        (&b"caf\xe9"[..], "byte 3"),
        (b"\x89PNG\x00\x00", "UTF-8"),
        (b"a\0b", "no text"),
        (b"a\n<!-- finexl: begin -->\nb\n", "line 2"),
        (b"a\n<!-- finexl: end -->\n", "line 2"),
        (b"<!-- finexl: begin -->\n<!-- finexl: begin -->\n<!-- finexl: end -->\n", "line 2"),
        (
            b"<!-- finexl: begin -->\n<!-- finexl: end -->\n<!-- finexl: begin -->\n<!-- finexl: end -->\n",
            "line 3",
        ),
    ] {
        let error = check_card(card).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
        assert!(merged_card(card, &sample::explanation(), &options()).is_err());
    }
}

/// Lines that front matter may have, none of them ours.
fn front_line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{3,8}: [A-Za-z0-9/ ]{0,12}",
        "# [ -~]{0,20}",
        Just("datasets:\n- one\n- \"two: three\"".to_string()),
        Just("widget:\n  - text: 'a # b'\n    output:\n      url: x.png".to_string()),
        Just("model-index:\n- name: a\n  results: [{task: {type: b}}]".to_string()),
        Just("prompt: >\n  folded\n\n  text".to_string()),
        Just(String::new()),
    ]
}

fn tags() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("tags:\n- lora\n- finexl\n".to_string()),
        Just("tags:\n    - lora   # mine\n".to_string()),
        Just("tags: [lora, \"a, b\"]\n".to_string()),
        Just("tags: lora\n".to_string()),
        Just("tags:\n".to_string()),
    ]
}

proptest! {
    #[test]
    fn all_text_outside_our_section_stays(body in "(?s)[^\u{0}]{0,200}", ends in "\n|\r\n") {
        let body = body.replace('\n', &ends);
        prop_assume!(!body.trim_matches(['\u{feff}', ' ', '\n', '\r', '\t']).is_empty());
        prop_assume!(!body.starts_with("---"));
        let new = merged(&body);
        let plain = body.trim_start_matches('\u{feff}');
        prop_assert!(new.contains(plain), "{new:?}");
        let again = merged(&new);
        prop_assert_eq!(again, new);
    }

    #[test]
    fn all_of_front_matter_stays_but_what_is_added(
        lines in prop::collection::vec(front_line(), 0..6),
        tags in tags(),
        at in 0..6usize,
        windows in any::<bool>(),
    ) {
        let mut named = std::collections::BTreeSet::new();
        let mut lines: Vec<String> = lines
            .into_iter()
            .filter(|line| match line.split_once(':') {
                Some((key, _)) if !key.starts_with('#') => named.insert(key.to_string()),
                _ => true,
            })
            .map(|line| line + "\n")
            .collect();
        prop_assume!(!named.contains("tags"));
        lines.insert(at.min(lines.len()), tags);
        let mut card = format!("---\n{}---\n\n# Mine\n", lines.concat());
        if windows {
            card = card.replace('\n', "\r\n");
        }
        let found = merged_card(card.as_bytes(), &sample::explanation(), &options()).unwrap();
        // What was there is there in the same order, and only our words are between.
        let mut rest = found.text.as_str();
        for line in card.lines() {
            let start = line.trim_end_matches(']');
            let place = rest.find(start.trim_start_matches("tags: lora"));
            prop_assert!(place.is_some(), "{line:?} is missing in {:?}", found.text);
            rest = &rest[place.unwrap_or(0)..];
        }
        if found.notes.is_empty() {
            for tag in OURS {
                prop_assert!(found.text.contains(tag), "{:?}", found.text);
            }
        }
        prop_assert_eq!(merged(&found.text), found.text);
    }
}
