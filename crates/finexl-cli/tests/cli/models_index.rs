//! `finexl index` and `finexl search`.

#![allow(clippy::unwrap_used)]

use crate::sandbox::{Outcome, Sandbox};
use finexl_explain::vocabulary::Vocabulary;
use serde_json::{Value, json};

/// Pairs of a record.
const PAIRS: usize = 4;

/// A record of a model with the scores of some aspects, of the default vocabulary.
pub(super) fn record(model: &str, scores: &[(&str, f64)]) -> Value {
    let same = "0".repeat(64);
    let vocabulary = Vocabulary::default_phrases().unwrap();
    let aspects: Vec<Value> = (vocabulary.concepts().iter().enumerate())
        .map(|(place, concept)| {
            let known = scores.iter().find(|(name, _)| *name == concept.name);
            let score = known.map_or(0.0, |(_, score)| *score);
            let profile: Vec<f64> = (0..PAIRS)
                .map(|pair| score + 0.01 * ((place * 7 + pair * 3 + model.len()) % 11) as f64)
                .collect();
            let decision = json!({ "verdict": "significant", "threshold": 0.05, "threshold_from": "effect", "because": "" });
            json!({ "concept": concept.name, "wording": "", "family": concept.family, "weight": score,
                "profile": profile, "score": score, "low": (score - 0.1).max(0.0), "high": score + 0.1,
                "level": null, "p_adjusted": 0.01, "view": "whole", "significant": score > 0.2,
                "decision": decision, "most": [], "least": [] })
        })
        .collect();
    let images: Vec<String> = (0..PAIRS).map(|pair| format!("{pair:064x}")).collect();
    json!({ "schema": finexl_core::explanation::SCHEMA, "summary": format!("{model} is something"), "base": "base",
        "personalized": model, "generated": { "base": null, "personalized": null }, "pairs": PAIRS,
        "pair_names": images, "pair_fingerprints": images, "method": "learned", "encoder": "mini-clip",
        "views": ["whole"], "change": { "kind": "named", "p": 0.01, "size": 0.4, "resaved": null, "steadiness": null,
        "diversity": null }, "divergence": 0.3, "residual": 0.5, "residual_fitted": 0.5, "unexplained": 0.25,
        "calibrated": true, "testable": true, "aspects": aspects, "notes": [], "provenance": { "version": "0",
        "encoder": same, "images": same, "base_images": same, "vocabulary": vocabulary.fingerprint().as_str(),
        "settings": same, "head": null, "references": null, "calibration": null, "device": "cpu", "code": {}, "seed": 0 } })
}

pub(super) fn write(sandbox: &Sandbox, name: &str, record: &Value) {
    sandbox.write(name, serde_json::to_vec(record).unwrap());
}

/// Three models: flat and outlined, the same and dark, only dark.
pub(super) fn three_models() -> Sandbox {
    let sandbox = Sandbox::new();
    let poster = [("flat colour", 0.8), ("outlined", 0.6)];
    let night_poster = [("flat colour", 0.9), ("outlined", 0.7), ("dark", 0.7)];
    write(&sandbox, "records/a.json", &record("poster", &poster));
    write(
        &sandbox,
        "records/b.json",
        &record("night poster", &night_poster),
    );
    write(
        &sandbox,
        "records/c.json",
        &record("night", &[("dark", 0.9)]),
    );
    sandbox.succeeds("index records --out models.finexl --tag mine");
    sandbox
}

fn search(sandbox: &Sandbox, words: &str, options: &str) -> Outcome {
    let mut command = sandbox.command("search models.finexl");
    command.arg(words).args(options.split_whitespace());
    Outcome::of(command)
}

/// Titles of what was found, best first.
fn titles(sandbox: &Sandbox, words: &str, options: &str) -> Vec<String> {
    let outcome = search(sandbox, words, &format!("{options} --json -"));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let found: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let models = found["found"].as_array().unwrap().iter();
    models
        .map(|model| model["title"].as_str().unwrap().to_string())
        .collect()
}

#[test]
fn models_are_found_by_words() {
    let sandbox = three_models();
    let words = "flat colours and bold outlines, not darker";
    assert_eq!(
        titles(&sandbox, words, ""),
        ["poster", "night poster", "night"]
    );
    assert_eq!(
        titles(&sandbox, words, "--significant --min 0.3"),
        ["poster"]
    );
    assert_eq!(titles(&sandbox, "gloomy", "--top 1"), ["night"]);
    assert_eq!(
        titles(&sandbox, "dark", "--tag Mine --base bas --min 0.8"),
        ["night"]
    );
    assert!(titles(&sandbox, "dark", "--tag theirs").is_empty());
    let table = search(&sandbox, words, "").stdout;
    assert!(
        table.contains("Looked for: flat colour; outlined; not dark."),
        "{table}"
    );
    assert!(
        table.find("night poster").unwrap() > table.find("  poster").unwrap(),
        "{table}"
    );
    let listed = sandbox.succeeds("search models.finexl --words").stdout;
    assert!(listed.contains("flat colour: posterized") && listed.contains("flatter in colour"));
}

#[test]
fn words_that_are_not_understood_are_refused() {
    let sandbox = three_models();
    for (words, said) in [
        (
            "flat colours and quixotic",
            "\"quixotic\" is not in the vocabulary",
        ),
        ("dark or bright", "search once for each"),
        ("flat", "\"flat colour\""),
        ("pictures", "nothing is asked for"),
    ] {
        let outcome = search(&sandbox, words, "");
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (Some(2), ""),
            "{outcome:?}"
        );
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    }
    sandbox.refuses(
        "search nothing.finexl dark",
        &["is not there", "finexl index"],
    );
    sandbox.refuses("search words.txt dark", &["is a file"]);
    sandbox.refuses("search records dark", &["no index"]);
    sandbox.refuses(
        "search models.finexl dark --vocabulary words.txt",
        &["another vocabulary"],
    );
}

#[test]
fn records_join_are_replaced_and_leave() {
    let sandbox = three_models();
    let again = sandbox
        .succeeds("index records --out models.finexl --tag mine")
        .stdout;
    assert!(
        again.contains("0 added, 0 replaced, 0 removed; 3 were there"),
        "{again}"
    );
    write(
        &sandbox,
        "records/a.json",
        &record("poster", &[("flat colour", 0.1)]),
    );
    sandbox.write("records/d.json", "{\"what\": 1}");
    let outcome = sandbox.succeeds("index records --out models.finexl --tag mine");
    assert!(
        outcome.stdout.contains("0 added, 1 replaced"),
        "{outcome:?}"
    );
    assert!(
        outcome.stderr.contains("d.json") && outcome.stderr.contains("no record"),
        "{outcome:?}"
    );
    sandbox.refuses(
        "index records/d.json --out models.finexl",
        &["d.json", "no record"],
    );
    sandbox.refuses("index words.txt --out models.finexl", &["words.txt"]);
    sandbox.refuses("index records --out records", &["is no index"]);
    sandbox.refuses(
        "index --forget records/d.json --out models.finexl",
        &["is not in the index"],
    );
    let gone = sandbox
        .succeeds("index --forget records/c.json --out models.finexl")
        .stdout;
    assert!(
        gone.contains("2 models (0 added, 0 replaced, 1 removed"),
        "{gone}"
    );
    // What a process left that was killed is no part of the index, and goes with the next change.
    sandbox.write("models.finexl/data-000099/models.parquet", "cut");
    assert_eq!(titles(&sandbox, "dark", "").len(), 2);
    sandbox.succeeds("index records --out models.finexl --tag mine");
    let folders = sandbox.names("models.finexl");
    assert_eq!(folders, ["data-000100", "index.json"]);
}

#[test]
fn records_that_contradict_themselves_stay_out_and_copies_are_named() {
    let sandbox = three_models();
    let poster = record("poster", &[("flat colour", 0.8)]);
    let changed = |key: &str, value: f64| {
        let mut record = poster.clone();
        record["aspects"][0][key] = value.into();
        record
    };
    write(&sandbox, "more/level.json", &changed("score", 7.5));
    let mut beyond = changed("score", 7.5);
    beyond["aspects"][0]["high"] = 8.0.into();
    write(&sandbox, "more/beyond.json", &beyond);
    write(&sandbox, "more/low.json", &changed("low", 0.95));
    for name in ["level", "low"] {
        let command = format!("index more/{name}.json --out models.finexl");
        sandbox.refuses(&command, &[name, "outside its interval"]);
    }
    sandbox.refuses(
        "index more/beyond.json --out models.finexl",
        &["beyond.json", "is a level and cannot be 7.5"],
    );
    write(&sandbox, "copies/one.json", &poster);
    write(&sandbox, "copies/two.json", &poster);
    let notes = sandbox.succeeds("index copies --out models.finexl").stderr;
    assert!(notes.contains("two.json is the same record as "), "{notes}");
}

#[test]
fn an_index_of_another_form_or_a_cut_one_is_refused_by_name() {
    let sandbox = three_models();
    let manifest = sandbox.path("models.finexl/index.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let former = text.replace("finexl-index-2", "finexl-index-1");
    sandbox.write("models.finexl/index.json", former);
    for command in [
        "search models.finexl dark",
        "gallery models.finexl --out site",
        "index records --out models.finexl",
    ] {
        sandbox.refuses(
            command,
            &["the form finexl-index-1", "finexl index RECORDS"],
        );
    }
    sandbox.write("models.finexl/index.json", &text);
    let group = sandbox.names("models.finexl/data-000001");
    let group = group.iter().find(|name| name.starts_with("group")).unwrap();
    for name in ["models.parquet", group.as_str()] {
        let path = format!("models.finexl/data-000001/{name}");
        let whole = std::fs::read(sandbox.path(&path)).unwrap();
        sandbox.write(&path, &whole[..whole.len() / 2]);
        sandbox.refuses(
            "search models.finexl dark",
            &[name, "is cut or was changed"],
        );
        sandbox.write(&path, whole);
    }
    assert_eq!(titles(&sandbox, "dark", "--top 1"), ["night"]);
}

#[test]
fn groups_are_never_mixed_in_a_ranking() {
    let sandbox = three_models();
    let mut other = record("else", &[("dark", 0.5)]);
    other["provenance"]["base_images"] = json!("1".repeat(64));
    write(&sandbox, "other.json", &other);
    sandbox.succeeds("index other.json --out models.finexl");
    let refused = sandbox.refuses(
        "search models.finexl dark",
        &["--group", "base images 111111111111"],
    );
    let line = refused
        .stderr
        .lines()
        .find(|line| line.contains("111111111111"))
        .unwrap();
    let id = line.trim().split(':').next().unwrap();
    assert_eq!(titles(&sandbox, "dark", &format!("--group {id}")), ["else"]);
    // Unless somebody says that the prompts are the same.
    sandbox.succeeds("index records other.json --out joint.finexl --same-prompts faces");
    sandbox.succeeds("search joint.finexl dark --min 0.4");
}

#[test]
fn likeness_is_that_of_similar() {
    let sandbox = three_models();
    let found: Value = serde_json::from_str(
        &sandbox
            .succeeds("search models.finexl --like records/a.json --json -")
            .stdout,
    )
    .unwrap();
    let known: Value = serde_json::from_str(
        &sandbox
            .succeeds("similar records/a.json records --json -")
            .stdout,
    )
    .unwrap();
    let (found, known) = (
        found["found"].as_array().unwrap(),
        known.as_array().unwrap(),
    );
    assert_eq!(found.len(), 2);
    for (found, known) in found.iter().zip(known) {
        assert_eq!(found["model"], known["model"]);
        // Half precision may move an end to the next resample.
        for (a, b, room) in [
            ("value", "similarity", 1e-3),
            ("low", "low", 5e-3),
            ("high", "high", 5e-3),
        ] {
            let [a, b] = [&found[a], &known[b]].map(|value| value.as_f64().unwrap());
            assert!((a - b).abs() < room, "{found} {known}");
        }
    }
    let by_title = sandbox
        .succeeds("search models.finexl --like poster")
        .stdout;
    assert!(by_title.contains("night poster"), "{by_title}");
    sandbox.succeeds("search models.finexl --like records/a.json --by mean");
    sandbox.refuses(
        "search models.finexl --like nobody",
        &["neither a file nobody nor a model"],
    );
}
