//! Texts beyond what an encoder reads, and empty ones.

#![allow(clippy::unwrap_used)]

use crate::clip_models::with_model;
use crate::sandbox::{EXPLAIN, Sandbox};
use safetensors::SafeTensors;
use serde_json::Value;

/// A prompt of so many words that any encoder reads.
fn long(words: usize) -> String {
    let words: Vec<String> = (0..words).map(|i| format!("a red apple {i}")).collect();
    words.join(", ")
}

fn notes(sandbox: &Sandbox, arguments: &str) -> (Vec<String>, Value) {
    sandbox.succeeds(&format!("{arguments} --json record.json"));
    let record = sandbox.json("record.json");
    let notes = record["notes"].as_array().unwrap();
    let notes = notes.iter().map(|n| n.as_str().unwrap().to_string());
    (notes.collect(), record)
}

#[test]
fn prompts_beyond_the_context_are_cut_with_one_note() {
    for model in ["clip", "siglip", "open-clip"] {
        let sandbox = with_model(model);
        // Two of these models read 16 and 20 tokens, and letters are tokens to them.
        sandbox.write("words.txt", "warm\ndark\n");
        let prompts = [long(3), long(300), format!("{} .", long(500))];
        sandbox.write("prompts.txt", prompts.join("\n") + "\n");
        let arguments = format!("{EXPLAIN} --encoder model --prompts prompts.txt");
        let (notes, record) = notes(&sandbox, &arguments);
        let cut: Vec<&String> = notes.iter().filter(|n| n.contains("longer than")).collect();
        assert_eq!(cut.len(), 1, "{model}: {notes:?}");
        assert!(
            cut[0].contains("2 of 3") || cut[0].contains("3 of 3"),
            "{cut:?}"
        );
        assert!(
            !notes.iter().any(|n| n.contains("default prompts")),
            "{notes:?}"
        );
        // Directions are there: something is explained.
        let aspects = record["aspects"].as_array().unwrap();
        let profiles = aspects
            .iter()
            .flat_map(|a| a["profile"].as_array().unwrap());
        assert!(profiles.clone().any(|v| v.as_f64() != Some(0.0)));
    }
}

#[test]
fn the_end_mark_in_a_prompt_does_not_hide_the_concept() {
    let sandbox = with_model("clip");
    sandbox.write("prompts.txt", "a red <|endoftext|> apple\na cat\na dog\n");
    let arguments = format!("{EXPLAIN} --encoder model --prompts prompts.txt");
    let (notes, _) = notes(&sandbox, &arguments);
    assert!(notes.iter().any(|n| n.contains("1 of 3")), "{notes:?}");
}

#[test]
fn a_concept_that_leaves_no_room_is_refused_by_name() {
    let sandbox = with_model("clip");
    sandbox.write("words.txt", format!("warm\n{}\n", long(200)));
    sandbox.refuses(
        &format!("{EXPLAIN} --encoder model"),
        &["a red apple 199", "tokens"],
    );
}

#[test]
fn prompts_beyond_the_context_of_mini_clip_are_cut_too() {
    let sandbox = Sandbox::with_pairs(3);
    let beginning = "a red apple on a blue background in the middle";
    let long = [beginning; 10].join(", ");
    sandbox.write("prompts.txt", format!("{long}\n{long}\n{beginning}\n"));
    let words = sandbox.succeeds("zoo words").stdout;
    if !["red", "apple", "middle"]
        .iter()
        .all(|w| words.lines().any(|l| l == *w))
    {
        sandbox.write(
            "prompts.txt",
            format!("{}\n{}\n{}\n", "dog ".repeat(90), "dog ".repeat(90), "dog"),
        );
    }
    let (notes, _) = notes(&sandbox, &format!("{EXPLAIN} --prompts prompts.txt"));
    assert!(
        notes
            .iter()
            .any(|n| n.contains("2 of 3 prompts are longer than mini-clip")),
        "{notes:?}"
    );
}

#[test]
fn an_empty_line_is_an_empty_text() {
    let sandbox = with_model("clip");
    sandbox.write(
        "texts.txt",
        format!("a red apple\n\na cat\n{}\n", long(300)),
    );
    let run = sandbox.succeeds("embed --encoder model --texts texts.txt --out x.safetensors");
    assert!(
        run.stderr
            .contains("line 4 of texts.txt is longer than model reads"),
        "{run:?}"
    );
    let bytes = std::fs::read(sandbox.path("x.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("features").unwrap().shape()[0], 4);
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let names = &header.metadata().as_ref().unwrap()["names"];
    let names: Vec<String> = serde_json::from_str(names).unwrap();
    assert_eq!(names[..3], ["a red apple", "", "a cat"]);
    sandbox.write("empty.txt", "");
    sandbox.refuses(
        "embed --encoder model --texts empty.txt --out y.safetensors",
        &["holds no text"],
    );
    // Our own encoder reads an empty text too.
    sandbox.write("own.txt", "\ndog\n\n");
    sandbox.succeeds("embed --texts own.txt --out z.safetensors");
    let bytes = std::fs::read(sandbox.path("z.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("features").unwrap().shape()[0], 3);
}
