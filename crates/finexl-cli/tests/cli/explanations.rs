//! What `finexl explain` writes.

#![allow(clippy::unwrap_used)]

use crate::recipes::repository;
use crate::sandbox::{EXPLAIN, Sandbox};
use serde_json::Value;
use std::collections::BTreeMap;

#[track_caller]
fn check_schema(record: &Value) {
    let schema = serde_json::from_str(&repository("datasets/explanation.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(record)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn json_on_standard_output_is_valid_and_sorted() {
    let sandbox = Sandbox::with_pairs(13);
    let outcome = sandbox.succeeds(&format!("{EXPLAIN} --json -"));
    let record: Value = serde_json::from_str(&outcome.stdout).unwrap();
    check_schema(&record);
    let aspects = record["aspects"].as_array().unwrap();
    assert_eq!(aspects.len(), 6);
    let number = |aspect: &Value, key: &str| aspect[key].as_f64().unwrap();
    assert!(aspects.is_sorted_by(|a, b| number(a, "score") >= number(b, "score")));
    for aspect in aspects {
        let [low, score, high] = ["low", "score", "high"].map(|key| number(aspect, key));
        assert!(low <= score && score <= high, "{aspect}");
    }
}

#[test]
fn the_table_page_and_card_are_whole() {
    let sandbox = Sandbox::with_pairs(3);
    let outcome = sandbox.succeeds(&format!("{EXPLAIN} --html out.html --card out.md --top 2"));
    assert!(
        outcome
            .stdout
            .starts_with("Compared with base, personalized")
    );
    let page = std::fs::read_to_string(sandbox.path("out.html")).unwrap();
    assert!(page.contains("<html") && page.trim_end().ends_with("</html>"));
    for outside in ["src=\"http", "href=\"http", "@import", "<script src"] {
        assert!(!page.contains(outside), "the page needs {outside}");
    }
    let card = std::fs::read_to_string(sandbox.path("out.md")).unwrap();
    assert!(card.starts_with("---\n") && card.matches("\n---\n").count() >= 1);
}

#[test]
fn exact_copies_show_no_change() {
    let sandbox = Sandbox::with_pairs(13);
    let arguments = "explain --base base --personalized base --vocabulary words.txt --json -";
    let record: Value = serde_json::from_str(&sandbox.succeeds(arguments).stdout).unwrap();
    check_schema(&record);
    assert_eq!(record["divergence"], 0.0);
    assert_eq!(record["unexplained"], 0.0);
    let aspects = record["aspects"].as_array().unwrap();
    assert!(
        aspects
            .iter()
            .all(|a| a["significant"] == false && a["score"] == 0.0)
    );
    assert_eq!(
        record["summary"],
        "Compared with base, base makes exactly the same images."
    );
}

#[test]
fn too_few_pairs_say_how_many_are_needed() {
    let sandbox = Sandbox::with_pairs(4);
    sandbox.succeeds(&format!("{EXPLAIN} --json out.json"));
    let record = sandbox.json("out.json");
    assert_eq!(record["testable"], false);
    let notes = record["notes"].to_string();
    assert!(
        notes.contains("With 4 pairs") && notes.contains("pairs are needed"),
        "{notes}"
    );
    let aspects = record["aspects"].as_array().unwrap();
    assert!(aspects.iter().all(|a| a["significant"] == false));
    sandbox.succeeds(&format!("{EXPLAIN} --html out.html"));
}

#[test]
fn one_pair_is_enough_for_a_table() {
    let sandbox = Sandbox::with_pairs(1);
    let outcome = sandbox.succeeds(&format!("{EXPLAIN} --json -"));
    check_schema(&serde_json::from_str(&outcome.stdout).unwrap());
}

#[test]
fn quiet_leaves_results_only() {
    let sandbox = Sandbox::with_pairs(2);
    let outcome = sandbox.succeeds(&format!("{EXPLAIN} --quiet"));
    assert_eq!(outcome.stderr, "");
    assert!(!outcome.stdout.is_empty());
}

#[test]
fn every_method_works_and_others_are_refused() {
    let sandbox = Sandbox::with_pairs(3);
    for method in [
        "paper",
        "lsq",
        "centered",
        "nnls",
        "subspace-nnls",
        "omp",
        "ridge",
    ] {
        sandbox.succeeds(&format!("{EXPLAIN} --method {method} --json out.json"));
        assert_eq!(sandbox.json("out.json")["method"], method);
    }
    sandbox.refuses(
        &format!("{EXPLAIN} --method magic"),
        &["magic", "subspace-nnls"],
    );
}

/// Files of the cache with when they were written.
fn cached(sandbox: &Sandbox) -> BTreeMap<std::path::PathBuf, std::time::SystemTime> {
    ["pairs", "banks"]
        .iter()
        .flat_map(|kind| std::fs::read_dir(sandbox.path("cache").join(kind)).unwrap())
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.path(), entry.metadata().unwrap().modified().unwrap()))
        .collect()
}

#[test]
fn the_same_folders_are_encoded_once() {
    let sandbox = Sandbox::with_pairs(5);
    let arguments = format!("{EXPLAIN} --json -");
    let first = sandbox.succeeds(&arguments).stdout;
    let kept = cached(&sandbox);
    assert_eq!(kept.len(), 2);
    assert_eq!(sandbox.succeeds(&arguments).stdout, first);
    assert_eq!(cached(&sandbox), kept, "something was encoded again");

    // The features are taken from the cache: with those of no change in their place, none is found.
    let pairs = kept
        .keys()
        .find(|path| path.to_string_lossy().contains("pairs"))
        .unwrap();
    let sound = std::fs::read(pairs).unwrap();
    let head = 8 + u64::from_le_bytes(sound[..8].try_into().unwrap()) as usize;
    let half = (sound.len() - head) / 2;
    let mut still = sound.clone();
    still.copy_within(head..head + half, head + half);
    std::fs::write(pairs, still).unwrap();
    let record: Value = serde_json::from_str(&sandbox.succeeds(&arguments).stdout).unwrap();
    assert_eq!(record["divergence"], 0.0);

    // A damaged file is made anew, and no cache gives the same result.
    std::fs::write(pairs, &sound[..head + 7]).unwrap();
    let outcome = sandbox.succeeds(&arguments);
    assert_eq!(outcome.stdout, first);
    assert!(
        outcome.stderr.contains("damaged cache file"),
        "{}",
        outcome.stderr
    );
    assert_eq!(
        sandbox.succeeds(&format!("{arguments} --no-cache")).stdout,
        first
    );
}

#[test]
fn a_changed_image_is_encoded_again() {
    let sandbox = Sandbox::with_pairs(3);
    let arguments = format!("{EXPLAIN} --json -");
    let first = sandbox.succeeds(&arguments).stdout;
    std::fs::copy(
        sandbox.path("base/01.png"),
        sandbox.path("personalized/01.png"),
    )
    .unwrap();
    assert_ne!(sandbox.succeeds(&arguments).stdout, first);
}

#[test]
fn a_cache_that_cannot_be_used_stands_in_nobodys_way() {
    let sandbox = Sandbox::with_pairs(2);
    sandbox.write("cache", "a file where a folder should be");
    let outcome = sandbox.succeeds(EXPLAIN);
    assert!(
        outcome.stderr.contains("nothing is cached"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn an_aspect_of_one_half_is_placed_there() {
    let sandbox = Sandbox::new();
    sandbox.succeeds("data render base --scenes 12 --size 256");
    sandbox.succeeds("data stylize base whole --aspect warm=0.7");
    for file in std::fs::read_dir(sandbox.path("base")).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        if !file.ends_with(".png") {
            continue;
        }
        let open = |folder: &str| {
            let path = sandbox.path(&format!("{folder}/{file}"));
            image::open(path).unwrap().into_rgb8()
        };
        let (base, mut half) = (open("base"), open("whole"));
        for (x, y, pixel) in half.enumerate_pixels_mut() {
            if y >= 128 {
                *pixel = *base.get_pixel(x, y);
            }
        }
        sandbox.save(&format!("half/{file}"), &half);
    }
    let prompts = "--prompts base/manifest.csv";
    let explain = |folder: &str, rest: &str| {
        sandbox.succeeds(&format!(
            "explain --base base --personalized {folder} {prompts} {rest}"
        ))
    };
    explain("half", "--json half.json --html half.html");
    let record = sandbox.json("half.json");
    check_schema(&record);
    let aspects = record["aspects"].as_array().unwrap();
    let warm = aspects.iter().find(|a| a["concept"] == "warm").unwrap();
    assert_eq!(warm["map"]["region"], "upper", "{warm}");
    let summary = record["summary"].as_str().unwrap();
    assert!(summary.contains("warmer in the upper half"), "{summary}");
    let page = std::fs::read_to_string(sandbox.path("half.html")).unwrap();
    for part in ["Where in the pictures", "class=\"map\"", "All 12 pairs"] {
        assert!(page.contains(part), "{part}");
    }

    explain("whole", "--json whole.json");
    let record = sandbox.json("whole.json");
    let aspects = record["aspects"].as_array().unwrap();
    let warm = aspects.iter().find(|a| a["concept"] == "warm").unwrap();
    assert_eq!(warm["map"]["region"], Value::Null, "{warm}");
}
