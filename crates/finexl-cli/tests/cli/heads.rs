//! Explainer heads: trained on a folder of images with aspects of one's own, and read by.

#![allow(clippy::unwrap_used)]

use crate::recipes::{repository, tiny};
use crate::sandbox::Sandbox;
use serde_json::Value;

const WORDS: &str = "experiments/heads/my-words.txt";
const EXPLAIN: &str = "explain --base images --personalized styled --vocabulary own-words.txt";

fn recipe(changes: &[(&str, &str)]) -> String {
    let mut all = vec![
        ("output", "\"head.safetensors\""),
        ("aspects", "\"aspects.toml\""),
        ("images", "\"images\""),
        ("side", "32"),
        ("training", "64"),
        ("validation", "32"),
        ("pairs", "4"),
        ("width", "8"),
        ("layers", "1"),
        ("heads", "2"),
        ("hidden", "12"),
        ("episodes-per-step", "4"),
        ("epochs", "1"),
        ("steps-per-epoch", "2"),
        ("warmup-steps", "1"),
    ];
    all.retain(|(key, _)| changes.iter().all(|(changed, _)| changed != key));
    all.extend(changes);
    tiny("experiments/heads/my-domain.toml", &all)
}

/// The aspects of the example with some text replaced.
fn aspects(from: &str, to: &str) -> String {
    let text = repository("experiments/heads/my-aspects.toml");
    assert!(text.contains(from), "{from}");
    text.replace(from, to)
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("head.toml", recipe(&[]));
    sandbox.write("aspects.toml", aspects("", ""));
    sandbox.write("own-words.txt", repository(WORDS));
    sandbox
}

#[test]
fn a_head_of_ones_own_is_trained_and_read_by() {
    let sandbox = sandbox();
    sandbox.succeeds("data render images --scenes 20 --size 32 --split train");
    sandbox.succeeds("data stylize images styled --aspect sepia=0.8 --aspect grainy=0.4");
    let outcome = sandbox.succeeds("train head.toml --run-folder run");
    let wrote = "wrote head.safetensors";
    assert!(outcome.stdout.contains(wrote), "{}", outcome.stdout);
    let weights = std::fs::read(sandbox.path("head.safetensors")).unwrap();

    // All epochs are done: the same command only writes the same weights again, and draws no set.
    let again = sandbox.succeeds("train head.toml --run-folder run");
    assert!(again.stdout.contains(wrote), "{}", again.stdout);
    assert!(std::fs::read(sandbox.path("head.safetensors")).unwrap() == weights);
    let drawn = sandbox.names("cache/episodes");
    assert_eq!(drawn.len(), 2, "one folder per split: {drawn:?}");

    // Readings are fitted anew for the network as it is in the file, again and again the same.
    let network = |bytes: &[u8]| -> Vec<u8> {
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap());
        bytes[8 + usize::try_from(header).unwrap()..].to_vec()
    };
    let readings = "train head.toml --run-folder run --readings";
    let [once, twice] = [(); 2].map(|()| {
        let outcome = sandbox.succeeds(readings);
        assert!(outcome.stdout.contains(wrote), "{}", outcome.stdout);
        std::fs::read(sandbox.path("head.safetensors")).unwrap()
    });
    assert!(once == twice && network(&once) == network(&weights));
    sandbox.write("wide.toml", recipe(&[("hidden", "16")]));
    sandbox.refuses("train wide.toml --readings", &["architecture", "anew"]);
    sandbox.write(
        "gone.toml",
        recipe(&[("output", "\"gone/head.safetensors\"")]),
    );
    let gone = ["cannot read gone/head.safetensors"];
    sandbox.refuses("train gone.toml --readings", &gone);
    sandbox.write("other.toml", repository("experiments/heads/breadth.toml"));
    sandbox.refuses("train other.toml --readings", &["explainer head"]);

    for (method, name) in [
        ("", "learned"),
        ("--method learned", "learned"),
        ("--method calibrated", "calibrated"),
    ] {
        let explain = format!("{EXPLAIN} {method} --head head.safetensors --json -");
        let record: Value = serde_json::from_str(&sandbox.succeeds(&explain).stdout).unwrap();
        assert_eq!(record["method"], name);
        assert_eq!(record["calibrated"], true);
        let aspects = record["aspects"].as_array().unwrap();
        assert_eq!(aspects.len(), 8);
        for aspect in aspects {
            assert!(aspect["score"].as_f64().unwrap().is_finite(), "{aspect}");
            let level = aspect.get("level").and_then(Value::as_array);
            assert_eq!(level.is_some(), name == "learned", "{aspect}");
            let ends: Vec<f64> = level
                .into_iter()
                .flatten()
                .flat_map(Value::as_f64)
                .collect();
            assert!(ends.is_sorted(), "{aspect}");
            assert!(ends.iter().all(|end| (0.0..=1.0).contains(end)), "{aspect}");
        }
    }

    // A head brings its words; what another vocabulary lacks of them is said.
    let brought = "explain --base images --personalized styled --head head.safetensors --json -";
    let record: Value = serde_json::from_str(&sandbox.succeeds(brought).stdout).unwrap();
    let names: Vec<&str> = (record["aspects"].as_array().unwrap().iter())
        .map(|aspect| aspect["concept"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"old print") && names.contains(&"computer game"),
        "{names:?}"
    );
    assert_eq!(record["provenance"]["head"]["name"], "my-domain");
    let few = brought.replace("--head", "--vocabulary words.txt --head");
    let record: Value = serde_json::from_str(&sandbox.succeeds(&few).stdout).unwrap();
    let notes = record["notes"].to_string();
    assert!(
        notes.contains("old print") && notes.contains("the vocabulary has no phrase"),
        "{notes}"
    );

    let own = format!("{EXPLAIN} --method learned --head head.safetensors");
    let words = ["my-domain", "mini-clip", "judge", "[train-head]"];
    sandbox.refuses(&format!("{own} --encoder judge"), &words);
    let other = format!("{EXPLAIN} --method nnls --head head.safetensors");
    sandbox.refuses(&other, &["nnls", "--head", "calibrated"]);
    let gone = format!("{EXPLAIN} --head gone.safetensors");
    sandbox.refuses(&gone, &["cannot read gone.safetensors"]);
    sandbox.write("cut.safetensors", &weights[..weights.len() / 2]);
    let cut = format!("{EXPLAIN} --head cut.safetensors");
    sandbox.refuses(&cut, &["cut.safetensors", "safetensors file"]);
}

#[test]
fn recipes_of_heads_that_cannot_work_are_refused() {
    let sandbox = sandbox();
    for (key, value, word) in [
        ("averaging-decay", "1.0", "averaging-decay"),
        ("heads", "3", "heads"),
        ("layers", "0", "architecture"),
        ("validation", "0", "episodes.validation"),
        ("pairs", "0", "episodes.pairs"),
        ("most-aspects", "0", "most-aspects"),
        ("episodes-per-step", "0", "episodes-per-step"),
        ("encoder", "\"no-such-encoder\"", "no-such-encoder"),
        ("images", "\"no-such-folder\"", "no-such-folder"),
        ("aspects", "\"no-such-file.toml\"", "no-such-file.toml"),
    ] {
        sandbox.write("head.toml", recipe(&[(key, value)]));
        sandbox.refuses("train head.toml --run-folder run", &[word]);
    }
    sandbox.write("head.toml", recipe(&[]));
    sandbox.succeeds("data render images --scenes 3 --size 32");
    sandbox.refuses("train head.toml --run-folder run", &["images", "dozens"]);
}

#[test]
fn aspects_files_that_cannot_work_are_refused() {
    let sandbox = sandbox();
    for (from, to, words) in [
        (
            "pixelated =",
            "pixellated =",
            ["computer game", "pixellated"],
        ),
        ("\"comic book\"", "\"old print\"", ["old print", "twice"]),
        ("sepia = 0.9", "sepia = 1.9", ["old print", "1.9"]),
        (
            "[\"old print\"]",
            "[\"moon light\"]",
            ["candle light", "moon light"],
        ),
        ("operators", "opperators", ["opperators", "line"]),
    ] {
        sandbox.write("aspects.toml", aspects(from, to));
        let words = [&words[..], &["aspects.toml"]].concat();
        sandbox.refuses("train head.toml --run-folder run", &words);
    }
    sandbox.write("aspects.toml", "[[aspects]]\nname = \"sepia\"\n");
    let words = ["aspects.toml", "fewer than two"];
    sandbox.refuses("train head.toml --run-folder run", &words);
    // Words are checked before any picture is touched: there is no folder of images here.
    sandbox.write("aspects.toml", aspects("comic drawing", "zorkian"));
    sandbox.refuses("train head.toml --run-folder run", &["zorkian"]);
}
