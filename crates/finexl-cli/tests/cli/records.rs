//! What decides, whose words are used, and what the numbers were made with: in record, table, page and card.

#![allow(clippy::unwrap_used)]

use crate::sandbox::{EXPLAIN, Sandbox};
use serde_json::Value;

/// Scenes, and the same a little warmer and clearly pixelated.
fn scenes() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.succeeds("data render images --scenes 16 --size 64");
    sandbox.succeeds("data stylize images styled --aspect pixelated=0.7 --aspect warm=0.15");
    sandbox
}

fn read(sandbox: &Sandbox, name: &str) -> String {
    std::fs::read_to_string(sandbox.path(name)).unwrap()
}

#[test]
fn what_decides_stands_beside_what_was_decided() {
    let sandbox = scenes();
    let explain = "explain --base images --personalized styled --prompts images/manifest.csv";
    let outcome = sandbox.succeeds(&format!(
        "{explain} --json out.json --html out.html --card out.md"
    ));
    let record = sandbox.json("out.json");
    let mut verdicts = std::collections::BTreeSet::new();
    for aspect in record["aspects"].as_array().unwrap() {
        let decision = &aspect["decision"];
        let verdict = decision["verdict"].as_str().unwrap();
        verdicts.insert(verdict);
        assert_eq!(aspect["significant"], verdict == "significant", "{aspect}");
        let number = |key: &str| aspect[key].as_f64().unwrap();
        let threshold = decision["threshold"].as_f64().unwrap();
        let beyond = number("low") > threshold || number("high") < -threshold;
        let because = decision["because"].as_str().unwrap();
        match verdict {
            "size" => {
                assert!(number("p_adjusted") <= 0.05 && !beyond, "{aspect}");
                assert!(
                    because.contains(&format!("within {threshold:.2} of zero")),
                    "{because}"
                );
            }
            "chance" => assert!(number("p_adjusted") > 0.05 && beyond, "{aspect}"),
            "chance-and-size" => assert!(number("p_adjusted") > 0.05 && !beyond, "{aspect}"),
            "no-score" => assert_eq!(number("score"), 0.0),
            "significant" => assert!(beyond, "{aspect}"),
            other => assert_eq!(other, "too-few-pairs"),
        }
    }
    assert!(verdicts.contains("significant"), "{verdicts:?}");
    let threshold = record["aspects"][0]["decision"]["threshold"]
        .as_f64()
        .unwrap();
    assert!(threshold > 0.0);
    let rule = format!("lies beyond {threshold:.2} (size)");
    let table = outcome.stdout.replace('\n', " ");
    for text in [table, read(&sandbox, "out.html"), read(&sandbox, "out.md")] {
        assert!(text.contains(&rule), "{rule}\n{text}");
        assert!(text.contains("mini-head"), "the head is named: {text}");
    }
    let from = &record["provenance"];
    assert_eq!(from["head"]["name"], "mini-head");
    assert_eq!(from["device"], "cpu");
    assert!(from["code"]["analysis"].as_u64().is_some(), "{from}");
    assert!(from["references"].is_null());
}

#[test]
fn a_vocabulary_file_is_said_in_its_own_words() {
    let sandbox = Sandbox::with_pairs(13);
    // Synonyms that the catalogue has for other names.
    sandbox.write("own.txt", "poster\nink drawing\ngloomy | dim\nwarm\n");
    let own = EXPLAIN.replace("words.txt", "own.txt");
    sandbox.succeeds(&format!("{own} --json out.json"));
    let record = sandbox.json("out.json");
    for aspect in record["aspects"].as_array().unwrap() {
        let name = aspect["concept"].as_str().unwrap();
        let wording = aspect["wording"].as_str().unwrap();
        assert!(wording.ends_with(name), "{wording}");
        assert!(aspect["family"].is_null(), "{aspect}");
    }
}

#[test]
fn the_same_folder_twice_is_said() {
    let sandbox = Sandbox::with_pairs(3);
    let twice = "explain --base base --personalized ./base --vocabulary words.txt";
    let outcome = sandbox.succeeds(twice);
    assert!(
        outcome.stdout.contains("the same folder"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn quiet_leaves_notes_to_the_record() {
    let sandbox = Sandbox::with_pairs(2);
    let outcome = sandbox.succeeds(&format!("{EXPLAIN} --quiet --json out.json"));
    assert!(!outcome.stdout.contains("note:"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("left out"), "{}", outcome.stdout);
    let notes = sandbox.json("out.json")["notes"].as_array().unwrap().len();
    assert!(notes > 0);
    let told = sandbox.succeeds(EXPLAIN).stdout;
    assert_eq!(told.matches("note:").count(), notes, "{told}");
}

#[test]
fn results_are_not_written_under_a_name_of_another_format() {
    let sandbox = Sandbox::with_pairs(1);
    sandbox.refuses(
        "embed --images base --out e.npy",
        &["e.npy", "safetensors", "e.safetensors"],
    );
    sandbox.refuses(
        &format!("{EXPLAIN} --json runs/new/out.json"),
        &["runs/new/out.json", "no folder runs/new", "make it"],
    );
}

#[test]
fn numbers_that_mean_nothing_are_refused() {
    let sandbox = Sandbox::with_pairs(1);
    for (arguments, words) in [
        (format!("{EXPLAIN} --top 0"), ["--top", "at least 1"]),
        (
            "explain --adapter gone --scale nan".to_string(),
            ["--scale", "finite"],
        ),
        (
            "explain --concept warm=inf".to_string(),
            ["--concept", "finite"],
        ),
        (
            "data render out --scenes 0".to_string(),
            ["--scenes", "at least 1"],
        ),
        (
            "similar a.json b.json --top 0".to_string(),
            ["--top", "at least 1"],
        ),
    ] {
        sandbox.refuses(&arguments, &words);
    }
}

#[test]
fn raw_weights_are_said_to_be_no_levels() {
    let sandbox = Sandbox::with_pairs(3);
    sandbox.succeeds(&format!("{EXPLAIN} --method omp --json out.json"));
    let record: Value = sandbox.json("out.json");
    assert_eq!(record["calibrated"], false);
    assert!(
        record["notes"].to_string().contains("raw weights"),
        "{}",
        record["notes"]
    );
}
