//! Encoders with published weights, through the binary, on tiny random models.

#![allow(clippy::unwrap_used)]

use crate::sandbox::{EXPLAIN, Sandbox};
use std::path::{Path, PathBuf};

/// A tiny random model of the parity tests.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../finexl-zoo/tests/fixtures/clip")
        .join(name)
}

/// A sandbox with pairs and a model in the folder `model`.
pub fn with_model(name: &str) -> Sandbox {
    let sandbox = Sandbox::with_pairs(3);
    for entry in std::fs::read_dir(fixture(name)).unwrap() {
        let entry = entry.unwrap();
        let file = entry.file_name().into_string().unwrap();
        if file != "expected.safetensors" && file != "captions.safetensors" {
            sandbox.write(
                &format!("model/{file}"),
                std::fs::read(entry.path()).unwrap(),
            );
        }
    }
    sandbox
}

pub fn replace(sandbox: &Sandbox, file: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(sandbox.path(file)).unwrap();
    assert!(text.contains(from), "{text}");
    sandbox.write(file, text.replace(from, to));
}

#[test]
fn a_folder_embeds_explains_and_is_sound() {
    let sandbox = with_model("clip");
    let info = sandbox.succeeds("zoo info model").stdout;
    for word in ["CLIP (transformers)", "QuickGelu", "bicubic", "sha256"] {
        assert!(info.contains(word), "{info}");
    }
    assert!(
        sandbox
            .succeeds("zoo verify model")
            .stdout
            .contains("is sound")
    );
    sandbox.succeeds("embed --encoder model --images base --out images.safetensors");
    sandbox.write("texts.txt", "a red apple\na blue café, Ünïcode 🐶\n");
    sandbox.succeeds("embed --encoder model --texts texts.txt --out texts.safetensors");
    let explained = sandbox.succeeds(&format!("{EXPLAIN} --encoder model --json -"));
    let record: serde_json::Value = serde_json::from_str(&explained.stdout).unwrap();
    assert_eq!(record["calibrated"], false);
    assert_eq!(record["encoder"], "model");
    // The concept bank is kept for the next model that is explained.
    let again = sandbox.succeeds(&format!("{EXPLAIN} --encoder model --json -"));
    assert_eq!(again.stdout, explained.stdout);
    assert_eq!(sandbox.names("cache/banks").len(), 1);
}

#[test]
fn every_family_is_told_by_its_config() {
    let families = [
        ("siglip", "SigLIP"),
        ("open-clip", "open_clip"),
        ("eva-02", "EVA-CLIP"),
        ("clip-sharded-f16", "CLIP (transformers)"),
        ("clip-pickle", "CLIP (transformers)"),
    ];
    for (name, words) in families {
        let sandbox = with_model(name);
        let info = sandbox.succeeds("zoo info model").stdout;
        assert!(info.contains(words), "{name}: {info}");
    }
}

#[test]
fn an_encoder_is_scored() {
    let sandbox = with_model("clip");
    sandbox.write("prompts.txt", "a red apple\na cat on a sofa\n");
    let arguments = "zoo score model --vocabulary words.txt --prompts prompts.txt --pairs 5";
    let scores = sandbox.succeeds(arguments).stdout;
    for word in ["orthogonality", "linearity", "deviation", "5 pairs"] {
        assert!(scores.contains(word), "{scores}");
    }
    assert_eq!(sandbox.succeeds(arguments).stdout, scores);
}

#[test]
fn half_a_download_is_refused() {
    let sandbox = with_model("clip");
    let weights = std::fs::read(sandbox.path("model/model.safetensors")).unwrap();
    sandbox.write("model/model.safetensors", &weights[..weights.len() / 3]);
    for arguments in [
        "zoo info model",
        "zoo verify model",
        &format!("{EXPLAIN} --encoder model"),
        "embed --encoder model --images base --out x.safetensors",
    ] {
        sandbox.refuses(arguments, &["model.safetensors", "whole", "zoo pull"]);
    }
    let sharded = with_model("clip-sharded-f16");
    std::fs::remove_file(sharded.path("model/model-00002-of-00006.safetensors")).ok();
    let part = sharded
        .names("model")
        .into_iter()
        .find(|n| n.starts_with("model-0"))
        .unwrap();
    std::fs::remove_file(sharded.path(&format!("model/{part}"))).unwrap();
    sharded.refuses("zoo info model", &["missing", "finish the download"]);
}

#[test]
fn config_and_weights_that_disagree_are_refused() {
    let sandbox = with_model("clip");
    replace(
        &sandbox,
        "model/config.json",
        "\"intermediate_size\": 112",
        "\"intermediate_size\": 128",
    );
    sandbox.refuses(
        "zoo info model",
        &["mlp.fc1.weight", "[112, 48]", "[128, 48]", "of one model"],
    );
    let silent = with_model("clip");
    for text in [
        "\"hidden_act\": \"quick_gelu\",",
        "\"transformers_version\": \"5.23.0\",",
    ] {
        replace(&silent, "model/config.json", text, "");
    }
    silent.refuses("zoo info model", &["hidden_act", "config.json"]);
    let foreign = with_model("clip");
    replace(
        &foreign,
        "model/config.json",
        "\"model_type\": \"clip\"",
        "\"model_type\": \"bert\"",
    );
    foreign.refuses("zoo info model", &["bert", "config.json"]);
}

#[test]
fn folders_without_what_is_needed_are_refused() {
    let sandbox = with_model("clip");
    sandbox.refuses("zoo info base", &["base", "config.json", "give a folder"]);
    for (file, words) in [
        ("tokenizer.json", ["vocab.json", "tokenizer"]),
        (
            "preprocessor_config.json",
            ["preprocessor_config.json", "put that"],
        ),
        ("model.safetensors", ["no weights", "finish the download"]),
        ("config.json", ["config.json", "give a folder"]),
    ] {
        let sandbox = with_model("clip");
        std::fs::remove_file(sandbox.path(&format!("model/{file}"))).unwrap();
        if file == "tokenizer.json" {
            std::fs::remove_file(sandbox.path("model/vocab.json")).unwrap();
        }
        sandbox.refuses("zoo info model", &words);
    }
    sandbox.write("model/tokenizer.json", "{\"half\": ");
    sandbox.refuses("zoo info model", &["tokenizer.json", "fetch"]);
}

#[test]
fn the_planted_check_is_skipped_without_its_encoder() {
    let sandbox = Sandbox::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/paper");
    let text = std::fs::read_to_string(path.join("planted_concepts.toml")).unwrap();
    sandbox.write("planted.toml", &text);
    let mut command = sandbox.command("run planted.toml");
    command.env("HF_HUB_CACHE", sandbox.path("nothing"));
    let outcome = crate::sandbox::Outcome::of(command);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stdout.contains("skipped"), "{outcome:?}");
    // Scores of encoders of which none is there say how to fetch each.
    sandbox.write(
        "scores.toml",
        "[score-encoders]\noutput = \"o\"\nencoders = [\"a/b\", \"c/d\"]\nsplit = \"test\"\nprobes = 2\npairs = 2\n\
         seed = 0\n",
    );
    let outcome = sandbox.refuses("run scores.toml", &["scores.toml"]);
    // The message is broken into lines.
    let words: Vec<&str> = outcome.stderr.split(['│', '\n', ' ']).collect();
    let said = words.into_iter().filter(|word| !word.is_empty());
    let said = said.collect::<Vec<_>>().join(" ");
    assert!(said.contains("zoo pull a/b"), "{said}");
    assert!(said.contains("zoo pull c/d"), "{said}");
    // With an encoder it says what it finds.
    let sandbox = with_model("clip");
    let tiny = text.replace("openai/clip-vit-base-patch32", "model");
    sandbox.write("planted.toml", tiny);
    let found = sandbox.succeeds("run planted.toml").stdout;
    for word in ["paper, residual", "lsq, residual", "published", "vibrant"] {
        assert!(found.contains(word), "{found}");
    }
}
