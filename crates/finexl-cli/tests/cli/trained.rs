//! What holds only with the trained weights.

#![allow(clippy::unwrap_used)]

use crate::recipes::repository;
use crate::sandbox::Sandbox;
use std::collections::BTreeSet;

#[test]
fn the_aspects_of_the_quickstart_lead_its_explanation() {
    let sandbox = Sandbox::new();
    let text = repository("experiments/quickstart.toml")
        .replace("\"results/quickstart\"", "\"out\"")
        .replace("\"datasets/fetched\"", "\"nowhere\"");
    sandbox.write("quickstart.toml", text);
    let outcome = sandbox.succeeds("run quickstart.toml");
    assert!(
        outcome.stderr.contains("noto-hand is left out"),
        "{}",
        outcome.stderr
    );
    for report in ["cosy-pixels.html", "cosy-pixels.card.md"] {
        assert!(sandbox.path("out").join(report).is_file());
    }
    let record = sandbox.json("out/cosy-pixels.json");
    let leading: BTreeSet<&str> = record["aspects"].as_array().unwrap()[..3]
        .iter()
        .map(|aspect| aspect["concept"].as_str().unwrap())
        .collect();
    let made = BTreeSet::from(["pixelated", "vignette", "warm"]);
    assert_eq!(leading, made, "{}", record["summary"]);
}
