//! Recipes and experiments: mistakes are shown with their line.

#![allow(clippy::unwrap_used)]

use crate::sandbox::Sandbox;
use std::path::Path;

/// A file of the repository.
pub fn repository(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(folder.join("../..").join(file)).unwrap()
}

/// A recipe of the repository with some keys set otherwise, wherever they stand.
pub fn tiny(file: &str, changes: &[(&str, &str)]) -> String {
    let mut lines: Vec<String> = repository(file).lines().map(str::to_string).collect();
    for (key, value) in changes {
        let mut found = false;
        for line in &mut lines {
            if line.split('=').next().unwrap().trim() == *key {
                *line = format!("{key} = {value}");
                found = true;
            }
        }
        assert!(found, "{file} has no {key}");
    }
    lines.join("\n") + "\n"
}

/// The recipe of the embedded encoder with some keys set otherwise.
pub fn recipe(changes: &[(&str, &str)]) -> String {
    let text = repository("experiments/zoo/mini-clip.toml");
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    for (key, value) in changes {
        let line = lines
            .iter_mut()
            .find(|line| line.split('=').next().unwrap().trim() == *key);
        *line.unwrap() = format!("{key} = {value}");
    }
    lines.join("\n") + "\n"
}

/// A training of three epochs of one step, done in seconds.
pub fn tiny_recipe() -> String {
    recipe(&[
        ("output", "\"tiny.safetensors\""),
        ("epochs", "3"),
        ("steps-per-epoch", "1"),
        ("scenes-per-step", "2"),
        ("procedural-per-step", "1"),
        ("warmup-steps", "1"),
        ("artists", "[\"twemoji\"]"),
    ])
}

#[test]
fn a_misspelt_key_is_shown_with_its_line() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "quick.toml",
        "[explain-scenes]\noutput = \"out\"\nsplit = \"test\"\nscnes = 25\n",
    );
    let words = [
        "quick.toml",
        "line 4",
        "scnes = 25",
        "did you mean `scenes`?",
    ];
    let outcome = sandbox.refuses("run quick.toml", &words);
    insta::assert_snapshot!(outcome.stderr, @r#"
      × quick.toml, line 4: there is no key `scnes`; did you mean `scenes`? There
      │ are output, split, scenes, size, seed, artist, art-folder, encoder,
      │ methods, head, vocabulary, personalizations
       ╭─[quick.toml:4:1]
     3 │ split = "test"
     4 │ scnes = 25
       · ──┬──
       ·   ╰── here
       ╰────
    "#);

    sandbox.write(
        "train.toml",
        tiny_recipe().replace("\nepochs =", "\nepoch ="),
    );
    let words = ["train.toml", "epoch = 3", "did you mean `epochs`?"];
    sandbox.refuses("train train.toml", &words);
    sandbox.refuses("run train.toml", &words);
}

#[test]
fn what_is_no_toml_is_shown_with_its_line() {
    let sandbox = Sandbox::new();
    sandbox.write("broken.toml", "# head\n[train-encoder\n");
    sandbox.refuses(
        "train broken.toml",
        &["broken.toml", "line 2", "[train-encoder"],
    );
    sandbox.write("other.toml", "[bake]\nhot = true\n");
    sandbox.refuses("run other.toml", &["other.toml", "bake", "train-encoder"]);
    sandbox.refuses("run gone.toml", &["cannot read gone.toml"]);
    sandbox.write("bytes.toml", b"name = \"caf\xe9\"\n");
    sandbox.refuses("run bytes.toml", &["bytes.toml", "save it as UTF-8"]);
}

#[test]
fn a_recipe_of_another_kind_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("quick.toml", repository("experiments/quickstart.toml"));
    sandbox.refuses("train quick.toml", &["quick.toml", "`finexl run`"]);
}

#[test]
fn art_that_is_not_there_is_refused_before_training() {
    let sandbox = Sandbox::new();
    let recipe = |artist: &str| {
        let artists = format!("artists = [\"{artist}\"]");
        tiny_recipe().replace("artists = [\"twemoji\"]", &artists)
    };
    sandbox.write("train.toml", recipe("noto"));
    sandbox.refuses(
        "train train.toml --run-folder runs",
        &["noto", "fetch_art.py"],
    );
    sandbox.write("train.toml", recipe("rembrandt"));
    sandbox.refuses(
        "train train.toml --run-folder runs",
        &["rembrandt", "twemoji"],
    );
}

#[test]
fn a_table_that_is_no_experiment_is_told_with_those_that_are() {
    let sandbox = Sandbox::new();
    for (text, words) in [
        (
            "[explain-scene]\nscenes = 25\n",
            ["[explain-scenes]?", "line 1"],
        ),
        ("[poster]\n", ["no experiment [poster]", "explain-scenes"]),
        ("", ["no table", "[explain-scenes]"]),
        (
            "[evaluate]\n[calibrate]\n",
            ["one file is one run", "line 2"],
        ),
        (
            "seed = 1\n[evaluate]\n",
            ["`seed` stands outside", "line 1"],
        ),
    ] {
        sandbox.write("run.toml", text);
        sandbox.refuses("run run.toml", &[&words[..], &["run.toml"]].concat());
    }
}

#[test]
fn numbers_that_no_run_can_have_are_shown_with_their_line() {
    let sandbox = Sandbox::new();
    let scenes = repository("experiments/scenes.toml");
    let line = scenes
        .lines()
        .position(|l| l.starts_with("scenes"))
        .unwrap()
        + 1;
    for (value, word) in [
        ("0", "at least 1"),
        ("-4", "at least 1"),
        ("nan", "give a number"),
    ] {
        let changed = tiny("experiments/scenes.toml", &[("scenes", value)]);
        sandbox.write("quick.toml", changed);
        let place = format!("quick.toml, line {line}");
        sandbox.refuses("run quick.toml", &[&place, word]);
    }
}

#[test]
fn an_experiment_is_checked_without_being_run() {
    let sandbox = Sandbox::new();
    let text = "[explain-scenes]\noutput = \"out\"\nsplit = \"test\"\nscenes = 2\nsize = 32\nseed = 1\n\
                artist = \"twemoji\"\nart-folder = \"none\"\npersonalizations = []\n";
    sandbox.write("run.toml", text);
    let outcome = sandbox.succeeds("run run.toml --check");
    assert!(
        outcome.stdout.contains("run.toml: keys and numbers"),
        "{}",
        outcome.stdout
    );
    assert!(!sandbox.path("out").exists());
    sandbox.succeeds("run run.toml --threads 1");
    assert!(sandbox.path("out").exists());
    sandbox.write("run.toml", text.replace("scenes = 2", "scenes = 0"));
    sandbox.refuses("run run.toml --check", &["line 4", "`scenes` is 0"]);
    sandbox.refuses("run run.toml --threads 0", &["--threads"]);
}
