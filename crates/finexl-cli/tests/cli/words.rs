//! Vocabularies and texts that the encoder cannot use.

use crate::sandbox::{EXPLAIN, Sandbox};

#[test]
fn a_vocabulary_without_a_phrase_is_refused() {
    let sandbox = Sandbox::with_pairs(1);
    for text in ["", "# only a comment\n\n", " | \n"] {
        sandbox.write("words.txt", text);
        sandbox.refuses(EXPLAIN, &["words.txt", "no phrase", "write one per line"]);
    }
    sandbox.write("words.txt", b"caf\xe9\n");
    sandbox.refuses(EXPLAIN, &["words.txt", "save it as UTF-8"]);
    let other = EXPLAIN.replace("words.txt", "gone.txt");
    sandbox.refuses(&other, &["cannot read gone.txt", "check that it exists"]);
}

#[test]
fn a_phrase_that_stands_twice_is_shown_with_both_lines() {
    let sandbox = Sandbox::with_pairs(1);
    sandbox.write("words.txt", "warm\n# cold\ndark | Warm\n");
    let words = [
        "words.txt, line 3",
        "\"Warm\" stands on line 1 already",
        "remove one",
    ];
    sandbox.refuses(EXPLAIN, &words);
}

#[test]
fn unknown_words_are_refused_before_any_image_is_read() {
    let sandbox = Sandbox::with_pairs(1);
    sandbox.write("base/00.png", "no image");
    sandbox.write("words.txt", "warm\nzyzzyvan brushwork\n");
    let outcome = sandbox.refuses(EXPLAIN, &["words.txt", "zyzzyvan", "finexl zoo words"]);
    assert!(!outcome.stderr.contains("00.png"), "{}", outcome.stderr);
    sandbox.write("texts.txt", "red apple\nzyzzyvan\n");
    sandbox.refuses(
        "embed --texts texts.txt --out e.safetensors",
        &["texts.txt", "zyzzyvan"],
    );
}

#[test]
fn a_prompt_with_an_unknown_word_is_left_out_with_a_note() {
    let sandbox = Sandbox::with_pairs(2);
    sandbox.write("prompts.txt", "red apple on a teal background\nzyzzyvan\n");
    sandbox.succeeds(&format!("{EXPLAIN} --prompts prompts.txt --json out.json"));
    let notes = sandbox.json("out.json")["notes"].to_string();
    assert!(
        notes.contains("zyzzyvan") && notes.contains("1 of 2 prompts were left out"),
        "{notes}"
    );
}
