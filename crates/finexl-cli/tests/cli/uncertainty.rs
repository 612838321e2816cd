//! Intervals and tests as a user sees them: few pairs, many pairs, weights of any size.

#![allow(clippy::unwrap_used)]

use crate::sandbox::Sandbox;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use serde_json::Value;

const FEATURES: &str = "explain --base-features a.safetensors --personalized-features b.safetensors \
                        --concept-features c.safetensors --json -";
const DIMENSION: usize = 6;

/// Features from outside: pairs that move along the first of three concepts so many times, a little unevenly.
fn moved(pairs: usize, times: f32, noise: f32) -> Sandbox {
    let sandbox = Sandbox::new();
    let base: Vec<f32> = (0..pairs * DIMENSION)
        .map(|i| (i as f32 * 1.7).sin())
        .collect();
    let mut personalized = base.clone();
    for (row, values) in personalized.chunks_exact_mut(DIMENSION).enumerate() {
        values[0] += times;
        let uneven = |column: usize| noise * ((row * 7 + column * 3) as f32 * 12.9898).sin();
        (0..DIMENSION).for_each(|column| values[column] += uneven(column));
    }
    let directions: Vec<f32> = (0..3 * DIMENSION)
        .map(|i| f32::from(i % (DIMENSION + 1) == 0))
        .collect();
    for (file, rows, values) in [
        ("a", pairs, &base),
        ("b", pairs, &personalized),
        ("c", 3, &directions),
    ] {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let view = TensorView::new(Dtype::F32, vec![rows, DIMENSION], &bytes).unwrap();
        let names = r#"["alpha", "beta", "gamma"]"#.to_string();
        let metadata = (file == "c").then(|| [("names".to_string(), names)].into());
        let stored = serialize([("rows", view)], metadata).unwrap();
        sandbox.write(&format!("{file}.safetensors"), stored);
    }
    sandbox
}

fn aspect(record: &Value, concept: &str) -> Value {
    let aspects = record["aspects"].as_array().unwrap();
    let found = aspects.iter().find(|aspect| aspect["concept"] == concept);
    found.unwrap().clone()
}

fn explained(sandbox: &Sandbox, options: &str) -> Value {
    serde_json::from_str(&sandbox.succeeds(&format!("{FEATURES} {options}")).stdout).unwrap()
}

#[test]
fn an_interval_holds_a_weight_of_any_size() {
    for times in [50.5, 3e4] {
        let sandbox = moved(16, times, 0.2);
        for method in ["nnls", "ridge", "lsq"] {
            let record = explained(&sandbox, &format!("--method {method}"));
            let alpha = aspect(&record, "alpha");
            let [low, score, high] =
                ["low", "score", "high"].map(|key| alpha[key].as_f64().unwrap());
            assert!(low < score && score < high, "{method}: {alpha}");
            let least = if method == "ridge" { 0.8 } else { 0.99 };
            assert!(
                low > least * f64::from(times) && high < 1.01 * f64::from(times),
                "{method}: {alpha}"
            );
            assert_eq!(alpha["significant"], true, "{method}: {alpha}");
        }
    }
}

#[test]
fn one_pair_has_an_interval_without_ends() {
    let sandbox = moved(1, 2.0, 0.1);
    let record = explained(&sandbox, "--method lsq");
    let alpha = aspect(&record, "alpha");
    assert!(alpha["low"].is_null() && alpha["high"].is_null(), "{alpha}");
    assert_eq!(alpha["significant"], false);
    // Weights of this method are never below 0.
    sandbox
        .succeeds(&FEATURES.replace("--json -", "--method nnls --json one.json --html one.html"));
    let alpha = aspect(&sandbox.json("one.json"), "alpha");
    assert!(alpha["low"] == 0.0 && alpha["high"].is_null(), "{alpha}");
    let page = std::fs::read_to_string(sandbox.path("one.html")).unwrap();
    assert!(page.contains("0.00 to \u{221e}"), "{page}");
}

#[test]
fn what_pairs_speak_against_is_not_significant() {
    let record = explained(&moved(30, 1.0, 0.3), "");
    for concept in ["beta", "gamma"] {
        let other = aspect(&record, concept);
        assert_eq!(other["significant"], false, "{other}");
    }
    assert_eq!(aspect(&record, "alpha")["significant"], true);
}
