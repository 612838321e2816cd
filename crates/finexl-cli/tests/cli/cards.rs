//! `--card` on a card that is there already.

#![allow(clippy::unwrap_used)]

use crate::sandbox::{EXPLAIN, Sandbox};

fn card(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(sandbox.path("README.md")).unwrap()
}

#[test]
fn text_and_licence_stay_and_our_section_is_written_anew() {
    let sandbox = Sandbox::with_pairs(4);
    let head = "---\nlicense: mit\nbase_model: some/base\n";
    let text = "---\n\n# My LoRA\n\nText of mine.\n";
    sandbox.write("README.md", format!("{head}{text}"));
    let arguments = format!("{EXPLAIN} --card README.md");
    sandbox.succeeds(&arguments);
    let new = card(&sandbox);
    assert!(
        new.starts_with(&format!("{head}tags:\n- finexl\n")),
        "{new}"
    );
    assert!(new.contains(text), "{new}");
    assert_eq!(new.matches("What this personalization changes").count(), 1);
    sandbox.succeeds(&arguments);
    assert_eq!(card(&sandbox), new);
    // Another explanation takes the place of this one; text behind it stays.
    sandbox.write("README.md", format!("{new}\nMore of mine.\n"));
    sandbox.succeeds(&format!("{arguments} --top 2"));
    let other = card(&sandbox);
    assert!(other != new && other.contains(text) && other.ends_with("\nMore of mine.\n"));
    assert_eq!(
        other.matches("What this personalization changes").count(),
        1
    );
}

#[test]
fn a_base_model_is_named_where_it_is_known() {
    let sandbox = Sandbox::with_pairs(4);
    sandbox.write("README.md", "---\nlicense: mit\n---\n");
    let arguments = format!("{EXPLAIN} --card README.md");
    let outcome = sandbox.succeeds(&arguments);
    assert!(
        outcome.stderr.contains("--base-model"),
        "{}",
        outcome.stderr
    );
    assert!(!card(&sandbox).contains("base_model"));
    let outcome = sandbox.succeeds(&format!("{arguments} --base-model artist/base"));
    assert!(
        !outcome.stderr.contains("--base-model"),
        "{}",
        outcome.stderr
    );
    let named = "license: mit\n";
    let new = card(&sandbox);
    assert!(new.starts_with(&format!("---\n{named}")), "{new}");
    assert!(new.contains("base_model: \"artist/base\"\n"), "{new}");
}

#[test]
fn what_is_no_card_is_refused_before_the_work_and_stays() {
    let sandbox = Sandbox::new();
    let unseen = "explain --base nowhere --personalized nowhere --card README.md";
    for (content, word) in [
        (&b"\x89PNG\r\n\x1a\n\0\0"[..], "UTF-8"),
        (b"text\n<!-- finexl: begin -->\n", "line 2"),
    ] {
        sandbox.write("README.md", content);
        sandbox.refuses(unseen, &["README.md", word]);
        assert_eq!(std::fs::read(sandbox.path("README.md")).unwrap(), content);
    }
}
