//! What holds only with the trained weights.

#![allow(clippy::unwrap_used)]

use crate::recipes::repository;
use crate::sandbox::Sandbox;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn the_aspects_of_the_quickstart_lead_its_explanation() {
    let sandbox = Sandbox::new();
    let adapter =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/inputs/cosy-pixels");
    let text = repository("experiments/quickstart.toml")
        .replace("\"runs/quickstart\"", "\"out\"")
        .replace("experiments/inputs/cosy-pixels", adapter.to_str().unwrap());
    sandbox.write("quickstart.toml", text);
    sandbox.succeeds("run quickstart.toml");
    for report in ["cosy-pixels.html", "cosy-pixels.card.md"] {
        assert!(sandbox.path("out").join(report).is_file());
    }
    // Its warmth, the weakest of the three that it was trained on, comes behind.
    leads(&sandbox, BTreeSet::from(["pixelated", "vignette"]));
}

/// The picture of the README is of these commands.
#[test]
fn the_example_of_the_readme_is_answered_right() {
    let sandbox = Sandbox::new();
    sandbox.succeeds("data render base --scenes 25");
    sandbox.succeeds("data stylize base cosy --aspect pixelated=0.6 --aspect warm=0.4");
    sandbox.succeeds(
        "explain --base base --personalized cosy --prompts base/manifest.csv --json cosy.json",
    );
    let record = sandbox.json("cosy.json");
    let found: Vec<&str> = (record["aspects"].as_array().unwrap().iter())
        .filter(|aspect| aspect["significant"] == true)
        .map(|aspect| aspect["concept"].as_str().unwrap())
        .collect();
    assert_eq!(found, ["pixelated", "warm"], "{}", record["summary"]);
}

#[test]
fn the_aspects_of_stylized_scenes_lead_their_explanation() {
    let sandbox = Sandbox::new();
    let text = repository("experiments/scenes.toml")
        .replace("\"runs/scenes\"", "\"out\"")
        .replace("\"datasets/fetched\"", "\"nowhere\"");
    sandbox.write("scenes.toml", text);
    let outcome = sandbox.succeeds("run scenes.toml");
    assert!(
        outcome.stderr.contains("noto-hand is left out"),
        "{}",
        outcome.stderr
    );
    leads(&sandbox, BTreeSet::from(["pixelated", "vignette", "warm"]));
}

/// The first aspects of `cosy-pixels` are these.
fn leads(sandbox: &Sandbox, made: BTreeSet<&str>) {
    let record = sandbox.json("out/cosy-pixels.json");
    let leading: BTreeSet<&str> = record["aspects"].as_array().unwrap()[..made.len()]
        .iter()
        .map(|aspect| aspect["concept"].as_str().unwrap())
        .collect();
    assert_eq!(leading, made, "{}", record["summary"]);
}
