//! `finexl similar`.

#![allow(clippy::unwrap_used)]

use crate::sandbox::Sandbox;
use serde_json::Value;

/// Thirteen scenes, and three models of them: two that are dark by different means, one that is pixelated.
fn three_models() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.succeeds("data render base --scenes 13 --size 64");
    std::fs::create_dir(sandbox.path("records")).unwrap();
    for (model, aspect) in [
        ("dusk", "dark=0.7 --seed 1"),
        ("night", "dark=0.9 --seed 2"),
        ("blocks", "pixelated=0.7 --seed 1"),
    ] {
        sandbox.succeeds(&format!("data stylize base {model} --aspect {aspect}"));
        explain(&sandbox, ["base", model], "words.txt");
    }
    sandbox
}

/// Explains a model beside a base with the words of a file, into a record of its name.
fn explain(sandbox: &Sandbox, [base, model]: [&str; 2], words: &str) {
    sandbox.succeeds(&format!(
        "explain --base {base} --personalized {model} --prompts {base}/manifest.csv --vocabulary {words} --json \
         records/{model}.json"
    ));
}

#[test]
fn models_that_change_pictures_alike_come_first() {
    let sandbox = three_models();
    // The target is passed over in the folder of all.
    let table = sandbox
        .succeeds("similar records/dusk.json records --json ranking.json")
        .stdout;
    let ranking: Value = sandbox.json("ranking.json");
    let models = ranking.as_array().unwrap();
    let names: Vec<&str> = (models.iter())
        .map(|model| model["model"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["night", "blocks"]);
    for model in models {
        let [low, found, high] = ["low", "similarity", "high"].map(|k| model[k].as_f64().unwrap());
        assert!(
            -1.0 <= low && low <= found && found <= high && high <= 1.0,
            "{model}"
        );
        assert_eq!(model["pairs"], 13);
    }
    assert!(
        models[0]["low"].as_f64() > models[1]["high"].as_f64(),
        "{ranking}"
    );
    let night = table.find("night").unwrap();
    assert!(night < table.find("blocks").unwrap(), "{table}");
    let one = sandbox
        .succeeds("similar records/dusk.json records --top 1")
        .stdout;
    assert!(
        !one.contains("blocks") && one.contains("2 compared"),
        "{one}"
    );
}

#[test]
fn a_model_is_like_itself() {
    let sandbox = three_models();
    std::fs::copy(sandbox.path("records/dusk.json"), sandbox.path("copy.json")).unwrap();
    let found = sandbox
        .succeeds("similar records/dusk.json copy.json --json -")
        .stdout;
    let ranking: Value = serde_json::from_str(&found).unwrap();
    let similarity = ranking[0]["similarity"].as_f64().unwrap();
    assert!((similarity - 1.0).abs() < 1e-9, "{ranking}");
}

#[test]
fn what_cannot_be_compared_is_refused_by_name() {
    let sandbox = three_models();
    sandbox.write("few.txt", "warm\nvivid\n");
    sandbox.succeeds("data stylize base evening --aspect dark=0.8");
    explain(&sandbox, ["base", "evening"], "few.txt");
    sandbox.refuses(
        "similar records/dusk.json records/evening.json",
        &["records/evening.json", "--vocabulary"],
    );
    sandbox.succeeds("data render another --scenes 13 --size 64 --seed 5");
    sandbox.succeeds("data stylize another dim --aspect dark=0.7");
    explain(&sandbox, ["another", "dim"], "words.txt");
    sandbox.refuses(
        "similar records/dusk.json records/dim.json",
        &["records/dim.json", "images of the base"],
    );
    let mut old = sandbox.json("records/night.json");
    old["schema"] = "finexl-explanation-3".into();
    sandbox.write("old.json", old.to_string());
    sandbox.refuses("similar records/dusk.json old.json", &["old.json", "anew"]);
    let mut cut = sandbox.json("records/night.json");
    cut["aspects"][0]["profile"] = serde_json::json!([0.5]);
    sandbox.write("cut.json", cut.to_string());
    sandbox.refuses(
        "similar records/dusk.json cut.json",
        &["cut.json", "13 pairs"],
    );
    let mut unmarked = sandbox.json("records/night.json");
    unmarked["pair_fingerprints"] = serde_json::json!([]);
    sandbox.write("unmarked.json", unmarked.to_string());
    sandbox.refuses(
        "similar records/dusk.json unmarked.json",
        &["unmarked.json", "13 pairs"],
    );
    sandbox.write("list.json", "[1, 2]");
    sandbox.refuses(
        "similar records/dusk.json list.json",
        &["list.json", "no record"],
    );
    sandbox.refuses("similar records/dusk.json gone.json", &["gone.json"]);
    sandbox.refuses(
        "similar records/dusk.json records/dusk.json",
        &["no record but the target's"],
    );
}

#[test]
fn what_both_have_is_compared_and_what_is_foreign_is_noted() {
    let sandbox = three_models();
    // A model that lacks an image, whose others have other names beside a base of its own folder.
    sandbox.succeeds("data stylize base renamed --aspect dark=0.8 --seed 3");
    for (index, name) in sandbox.names("renamed").iter().enumerate() {
        let copied = |from: &str, to: String| {
            let image = std::fs::read(sandbox.path(from).join(name)).unwrap();
            sandbox.write(&to, image);
        };
        if name.ends_with(".png") && index != 4 {
            copied("base", format!("fewer/base/picture {index}.png"));
            copied("renamed", format!("fewer/renamed/picture {index}.png"));
        }
    }
    // Prompts of the pairs are part of what is compared, so all go without.
    let record = |base: &str, model: &str, to: &str| {
        sandbox.succeeds(&format!(
            "explain --base {base} --personalized {model} --vocabulary words.txt --json {to}"
        ));
    };
    std::fs::create_dir(sandbox.path("plain")).unwrap();
    std::fs::remove_file(sandbox.path("base/manifest.csv")).unwrap();
    for model in ["dusk", "night"] {
        // Where the folder has prompts of its own they would be taken.
        let _ = std::fs::remove_file(sandbox.path(model).join("manifest.csv"));
    }
    record("base", "dusk", "plain/dusk.json");
    record("base", "night", "plain/night.json");
    record("fewer/base", "fewer/renamed", "plain/renamed.json");
    sandbox.write("plain/package.json", "{\"name\": \"foreign\"}");
    sandbox.write("plain/notes.json", "no json at all");
    let outcome = sandbox.succeeds("similar plain/dusk.json plain --json ranking.json");
    for file in ["package.json", "notes.json"] {
        assert_eq!(outcome.stderr.matches(file).count(), 1, "{outcome:?}");
    }
    assert!(
        outcome.stdout.contains("on the pairs that both have"),
        "{outcome:?}"
    );
    let ranking = sandbox.json("ranking.json");
    let pairs = |model: &str| {
        let all = ranking.as_array().unwrap();
        all.iter().find(|m| m["model"] == model).unwrap()["pairs"].clone()
    };
    assert_eq!((pairs("night"), pairs("renamed")), (13.into(), 12.into()));
    let quiet = sandbox.succeeds("similar plain/dusk.json plain --quiet");
    assert_eq!(quiet.stderr, "");
    // What is named itself has to be a record.
    sandbox.refuses(
        "similar plain/dusk.json plain/night.json plain/package.json",
        &["package.json", "no record"],
    );
    std::fs::remove_file(sandbox.path("plain/night.json")).unwrap();
    std::fs::remove_file(sandbox.path("plain/renamed.json")).unwrap();
    sandbox.refuses(
        "similar plain/dusk.json plain",
        &["no record could be compared"],
    );
}
