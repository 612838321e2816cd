//! Embeddings from elsewhere, and embeddings for elsewhere.

#![allow(clippy::unwrap_used)]

use crate::sandbox::{Outcome, Sandbox};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use serde_json::Value;
use std::collections::HashMap;

/// All three files.
const FEATURES: &str = "explain --base-features a.safetensors --personalized-features b.safetensors \
                        --concept-features c.safetensors";
const PAIRS: usize = 24;
const DIMENSION: usize = 8;
const CONCEPTS: [&str; 3] = ["alpha", "beta", "gamma"];

/// A tensor before it is stored: name, shape, values.
type Table<'a> = (&'a str, Vec<usize>, Vec<f32>);

fn stored(tables: &[Table<'_>], names: Option<&[&str]>) -> Vec<u8> {
    let bytes: Vec<Vec<u8>> = tables
        .iter()
        .map(|t| t.2.iter().flat_map(|v| v.to_le_bytes()).collect())
        .collect();
    let views = tables.iter().zip(&bytes).map(|((name, shape, _), data)| {
        (
            *name,
            TensorView::new(Dtype::F32, shape.clone(), data).unwrap(),
        )
    });
    let metadata = names.map(|names| {
        let json = serde_json::to_string(names).unwrap();
        HashMap::from([("names".to_string(), json)])
    });
    serialize(views, metadata).unwrap()
}

/// A number that looks random, the same for the same index.
fn noise(index: usize) -> f32 {
    (index as f32 * 12.9898).sin() * 0.1
}

fn base() -> Vec<f32> {
    (0..PAIRS * DIMENSION).map(noise).collect()
}

/// Directions along the first axes.
fn concept(index: usize) -> Vec<f32> {
    (0..DIMENSION)
        .map(|d| f32::from(d == index) * 0.5)
        .collect()
}

/// The base moved along beta, a little unevenly.
fn personalized() -> Vec<f32> {
    let mut values = base();
    for (row, features) in values.chunks_exact_mut(DIMENSION).enumerate() {
        features[1] += 0.3 + noise(row + 1000);
        features[5] += noise(row + 2000);
    }
    values
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let shape = vec![PAIRS, DIMENSION];
    sandbox.write(
        "a.safetensors",
        stored(&[("features", shape.clone(), base())], None),
    );
    sandbox.write(
        "b.safetensors",
        stored(&[("images", shape, personalized())], None),
    );
    let each: Vec<Table<'_>> = CONCEPTS
        .iter()
        .enumerate()
        .map(|(k, name)| (*name, vec![DIMENSION], concept(k)))
        .collect();
    sandbox.write("c.safetensors", stored(&each, None));
    sandbox
}

fn one_table() -> Vec<Table<'static>> {
    let rows: Vec<f32> = (0..CONCEPTS.len()).flat_map(concept).collect();
    vec![("directions", vec![CONCEPTS.len(), DIMENSION], rows)]
}

fn record(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap()
}

#[test]
fn both_layouts_of_concepts_give_the_same_scores() {
    let sandbox = sandbox();
    let arguments = format!("{FEATURES} --json -");
    let each = record(&sandbox.succeeds(&arguments));
    assert_eq!(each["aspects"][0]["concept"], "beta");
    assert_eq!(each["aspects"][0]["significant"], true);
    assert_eq!(each["calibrated"], false);
    assert_eq!(each["pairs"], PAIRS);
    assert!(
        !sandbox.path("cache").exists(),
        "there is nothing to encode"
    );

    sandbox.write("c.safetensors", stored(&one_table(), Some(&CONCEPTS)));
    let table = record(&sandbox.succeeds(&arguments));
    assert_eq!(table["aspects"], each["aspects"]);

    sandbox.write("c.safetensors", stored(&one_table(), None));
    sandbox.refuses(&arguments, &["c.safetensors", "names", "--vocabulary"]);
    sandbox.write("names.txt", "alpha\nbeta\ngamma\n");
    let named = record(&sandbox.succeeds(&format!("{arguments} --vocabulary names.txt")));
    assert_eq!(named["aspects"], each["aspects"]);
    sandbox.write("names.txt", "alpha\nbeta\n");
    let words = ["c.safetensors", "3 rows for 2 names"];
    sandbox.refuses(&format!("{arguments} --vocabulary names.txt"), &words);
}

#[test]
fn features_that_do_not_fit_are_named() {
    let sandbox = sandbox();
    let narrow = base()[..PAIRS * 4].to_vec();
    let narrow = [("features", vec![PAIRS, 4], narrow)];
    sandbox.write("b.safetensors", stored(&narrow, None));
    sandbox.refuses(
        FEATURES,
        &["b.safetensors", "4 numbers", "c.safetensors", "one encoder"],
    );

    let short = personalized()[..5 * DIMENSION].to_vec();
    sandbox.write(
        "b.safetensors",
        stored(&[("f", vec![5, DIMENSION], short)], None),
    );
    sandbox.refuses(
        FEATURES,
        &["b.safetensors", "5 rows", "a.safetensors has 24"],
    );

    let mut poisoned = personalized();
    poisoned[9] = f32::NAN;
    let shape = vec![PAIRS, DIMENSION];
    sandbox.write("b.safetensors", stored(&[("f", shape, poisoned)], None));
    sandbox.refuses(FEATURES, &["b.safetensors", "row 1, column 1", "NaN"]);

    let flat = [("f", vec![PAIRS * DIMENSION], personalized())];
    sandbox.write("b.safetensors", stored(&flat, None));
    sandbox.refuses(FEATURES, &["b.safetensors", "expected [rows, dimension]"]);

    sandbox.write("b.safetensors", "no such thing");
    sandbox.refuses(FEATURES, &["b.safetensors", "whole safetensors file"]);
    std::fs::remove_file(sandbox.path("b.safetensors")).unwrap();
    sandbox.refuses(FEATURES, &["cannot read b.safetensors"]);
}

#[test]
fn concepts_that_do_not_fit_are_named() {
    let sandbox = sandbox();
    let uneven = [
        ("alpha", vec![DIMENSION], concept(0)),
        (
            "beta",
            vec![2, DIMENSION],
            [concept(1), concept(2)].concat(),
        ),
    ];
    sandbox.write("c.safetensors", stored(&uneven, None));
    sandbox.refuses(FEATURES, &["c.safetensors", "\"alpha\"", "\"beta\""]);
    let mut poisoned = concept(1);
    poisoned[0] = f32::NAN;
    let bad = [
        ("alpha", vec![DIMENSION], concept(0)),
        ("beta", vec![DIMENSION], poisoned),
    ];
    sandbox.write("c.safetensors", stored(&bad, None));
    sandbox.refuses(FEATURES, &["c.safetensors", "\"beta\"", "NaN"]);
    sandbox.write("c.safetensors", stored(&[], None));
    sandbox.refuses(FEATURES, &["c.safetensors"]);
}

#[test]
fn all_three_files_are_needed() {
    let sandbox = sandbox();
    sandbox.refuses(
        "explain --base-features a.safetensors --personalized-features b.safetensors",
        &["--concept-features"],
    );
    sandbox.refuses(
        "explain --base-features a.safetensors",
        &["--personalized-features"],
    );
    sandbox.refuses(&format!("{FEATURES} --base base"), &["--base"]);
    sandbox.refuses("explain", &["--base <DIR>"]);
}

#[test]
fn embeddings_make_a_round_trip() {
    let sandbox = Sandbox::with_pairs(13);
    sandbox.succeeds("embed --images base --out a.safetensors");
    sandbox.succeeds("embed --images personalized --out b.safetensors");
    sandbox.write(
        "texts.txt",
        "\u{feff}dark style\n\nwarm style\nred apple, blurry style\n",
    );
    sandbox.succeeds("embed --texts texts.txt --out c.safetensors");
    // An empty line is a text too.
    for (file, rows, first) in [("a", 13, "00"), ("c", 4, "dark style")] {
        let bytes = std::fs::read(sandbox.path(&format!("{file}.safetensors"))).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let view = tensors.tensor("features").unwrap();
        assert_eq!((view.shape()[0], view.dtype()), (rows, Dtype::F32));
        let values = view
            .data()
            .as_chunks::<4>()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b));
        let values: Vec<f32> = values.collect();
        for row in values.chunks_exact(view.shape()[1]) {
            let norm: f32 = row.iter().map(|v| v * v).sum();
            assert!((norm - 1.0).abs() < 1e-3, "{norm}");
        }
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = header.metadata().clone().unwrap();
        let names: Vec<String> = serde_json::from_str(&metadata["names"]).unwrap();
        assert_eq!((names.len(), names[0].as_str()), (rows, first));
        assert_eq!(metadata["encoder"], "mini-clip");
    }
    // Texts stand in for directions here: only the way through the files is at stake.
    let own = record(&sandbox.succeeds(&format!("{FEATURES} --json -")));
    let arguments =
        "explain --base base --personalized personalized --vocabulary words.txt --json -";
    let folders = record(&sandbox.succeeds(arguments));
    let [a, b] = [&own, &folders].map(|r| r["divergence"].as_f64().unwrap());
    assert!((a - b).abs() < 1e-6, "{a} against {b}");
    assert_eq!(
        own["aspects"][0]["most"][0]["pair"].as_str().map(str::len),
        Some(2)
    );
}

#[test]
fn embed_takes_either_images_or_texts() {
    let sandbox = Sandbox::with_pairs(1);
    sandbox.refuses("embed --out e.safetensors", &["--images", "--texts"]);
    let both = "embed --images base --texts words.txt --out e.safetensors";
    sandbox.refuses(both, &["cannot be used with"]);
}
