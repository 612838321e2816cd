#![allow(clippy::unwrap_used)]

use super::*;

fn with_base(text: &str) -> String {
    filled(text, Some("artist/base"), "\n").unwrap()
}

#[test]
fn yaml_scalars_stay_on_one_line() {
    assert_eq!(
        quoted("a\"b\\c\nlicense: x | ü\u{85}\u{1f34e}"),
        r#""a\"b\\c\nlicense: x | ü\U00000085\U0001F34E""#
    );
}

#[test]
fn tags_are_added_in_the_way_they_are_written() {
    for (old, new) in [
        (
            "tags:\n- a\n",
            "tags:\n- a\n- finexl\n- personalization\n- explainability\n",
        ),
        (
            "tags:\n  - a # mine\n  - finexl\nlicense: mit\n",
            "tags:\n  - a # mine\n  - finexl\n  - personalization\n  - explainability\nlicense: mit\n",
        ),
        (
            "tags: [a, 'b']\n",
            "tags: [a, 'b', finexl, personalization, explainability]\n",
        ),
        (
            "tags: [\n  a,\n  b\n]\n",
            "tags: [\n  a,\n  b, finexl, personalization, explainability\n]\n",
        ),
        (
            "tags: []\n",
            "tags: [finexl, personalization, explainability]\n",
        ),
        (
            "tags: a\n",
            "tags: [a, finexl, personalization, explainability]\n",
        ),
        (
            "tags: \"a, b\" # two\n",
            "tags: [\"a, b\", finexl, personalization, explainability] # two\n",
        ),
        (
            "tags:\nlicense: mit\n",
            "tags: [finexl, personalization, explainability]\nlicense: mit\n",
        ),
        (
            "license: mit\n",
            "license: mit\ntags:\n- finexl\n- personalization\n- explainability\n",
        ),
        ("", "tags:\n- finexl\n- personalization\n- explainability\n"),
        (
            "# only this\n",
            "# only this\ntags:\n- finexl\n- personalization\n- explainability\n",
        ),
        (
            "text: |\n  ---\n  tags: x\n",
            "text: |\n  ---\n  tags: x\ntags:\n- finexl\n- personalization\n- explainability\n",
        ),
    ] {
        let found = filled(old, None, "\n");
        assert_eq!(found.as_deref(), Ok(new), "{old:?}");
        assert_eq!(filled(new, None, "\n").as_deref(), Ok(new), "{old:?} twice");
    }
}

#[test]
fn lines_keep_their_ends() {
    let old = "license: mit\r\ntags:\r\n- ä\r\n";
    let new =
        "license: mit\r\ntags:\r\n- ä\r\n- finexl\r\n- personalization\r\n- explainability\r\n";
    assert_eq!(filled(old, None, "\r\n").as_deref(), Ok(new));
}

#[test]
fn a_base_model_is_filled_where_there_is_none() {
    let tags = "tags:\n- finexl\n- personalization\n- explainability\n";
    for (old, line) in [
        ("", "base_model: \"artist/base\"\n"),
        (
            "base_model: some/base # this\n",
            "base_model: some/base # this\n",
        ),
        ("base_model: [a, b]\n", "base_model: [a, b]\n"),
        (
            "base_model: # soon\n",
            "base_model: \"artist/base\" # soon\n",
        ),
    ] {
        let new = with_base(&format!("{tags}{old}"));
        assert_eq!(new, format!("{tags}{line}"), "{old:?}");
        assert!(has_base_model(&new));
    }
    assert!(!has_base_model("base_model:\n") && !has_base_model("license: mit\n"));
}

#[test]
fn what_cannot_be_added_to_is_left() {
    for (old, word) in [
        ("{license: mit}\n", "key per line"),
        ("- a\n", "key per line"),
        ("tags: {a: b}\n", "no list"),
        ("tags: a, b\n", "no list"),
        ("a: &x [b]\ntags: *x\n", "no list"),
        ("license: 'mit\n", "line"),
        ("tags: null\n", "null"),
        ("a: b\n---\nc: d\n", "second document"),
    ] {
        let found = filled(old, None, "\n");
        assert!(
            found.as_ref().is_err_and(|why| why.contains(word)),
            "{old:?}: {found:?}"
        );
    }
    let deep = format!("a: {}\n", "[".repeat(100_000));
    assert!(filled(&deep, None, "\n").is_err());
}
