//! A changed recipe does not go on with what another one made, and does not replace it unasked.

#![allow(clippy::unwrap_used)]

use crate::generator_trainings::{LORA, with_autoencoder};
use crate::recipes::{tiny, tiny_recipe};
use crate::sandbox::Sandbox;

#[test]
fn a_training_of_another_recipe_is_refused_by_key() {
    let sandbox = Sandbox::new();
    sandbox.write("train.toml", tiny_recipe());
    sandbox.succeeds("train train.toml --run-folder run");
    let network = std::fs::read(sandbox.path("tiny.safetensors")).unwrap();
    let changed = tiny_recipe()
        .replace("epochs = 3", "epochs = 4")
        .replace("name = \"mini-clip\"", "name = \"renamed\"");
    sandbox.write("train.toml", changed);
    let words = [
        "run was made from another recipe",
        "train-encoder.epochs was 3, is now 4",
        "train-encoder.name was \"mini-clip\", is now \"renamed\"",
        "another name",
        "delete run to train anew",
    ];
    sandbox.refuses("train train.toml --run-folder run", &words);
    assert!(std::fs::read(sandbox.path("tiny.safetensors")).unwrap() == network);
    // Where the weights go is no part of what they are.
    let moved = tiny_recipe().replace("tiny.safetensors", "moved.safetensors");
    sandbox.write("train.toml", moved);
    sandbox.succeeds("train train.toml --run-folder run");
    assert!(std::fs::read(sandbox.path("moved.safetensors")).unwrap() == network);
    // What nothing is known of is not gone on with.
    std::fs::remove_file(sandbox.path("run/resolved.toml")).unwrap();
    sandbox.refuses(
        "train train.toml --run-folder run",
        &["run", "resolved.toml"],
    );
}

#[test]
fn a_training_on_other_inputs_is_refused_by_file() {
    let sandbox = with_autoencoder();
    sandbox.succeeds("train autoencoder.toml");
    let denoiser = [
        ("output", "\"model.safetensors\""),
        ("autoencoder", "\"mini-autoencoder.safetensors\""),
        ("images-per-step", "4"),
        ("width", "16"),
        ("layers", "3"),
        ("heads", "2"),
        ("hidden", "24"),
        ("time-width", "8"),
        ("epochs", "1"),
        ("steps-per-epoch", "1"),
        ("warmup-steps", "1"),
    ];
    let recipe = tiny("experiments/zoo/mini-diffusion.toml", &denoiser);
    sandbox.write("model.toml", recipe);
    sandbox.succeeds("train model.toml --run-folder run");
    sandbox.write("lora.toml", LORA);
    sandbox.succeeds("personalize lora.toml");
    let text = std::fs::read_to_string(sandbox.path("autoencoder.toml")).unwrap();
    let seed = text.lines().find(|line| line.starts_with("seed")).unwrap();
    sandbox.write("autoencoder.toml", text.replace(seed, "seed = 99"));
    sandbox.succeeds("train autoencoder.toml --run-folder other");
    let words = ["mini-autoencoder.safetensors was SHA-256", "is now SHA-256"];
    sandbox.refuses("train model.toml --run-folder run", &words);

    // A personalization of the model is not gone on with after the model has changed.
    sandbox.succeeds("train model.toml --run-folder fresh");
    let words = ["base_fingerprint was", "another personalization"];
    sandbox.refuses("personalize lora.toml", &words);
}

const SCENES: &str = "[explain-scenes]\noutput = \"out\"\nsplit = \"test\"\nscenes = 3\nsize = 48\nseed = 1\n\
                      artist = \"twemoji\"\nart-folder = \"nowhere\"\n\
                      [[explain-scenes.personalizations]]\nname = \"warm\"\naspects = { warm = 0.6 }\n";

#[test]
fn results_of_an_experiment_are_replaced_when_it_is_asked_for() {
    let sandbox = Sandbox::new();
    sandbox.write("scenes.toml", SCENES);
    sandbox.succeeds("run scenes.toml");
    let record = std::fs::read(sandbox.path("out/warm.json")).unwrap();
    sandbox.succeeds("run scenes.toml");
    assert!(std::fs::read(sandbox.path("out/warm.json")).unwrap() == record);
    sandbox.write("scenes.toml", SCENES.replace("warm = 0.6", "warm = 0.9"));
    let words = [
        "out was made from another recipe",
        "explain-scenes.personalizations[0].aspects.warm was 0.6, is now 0.9",
        "--overwrite",
    ];
    sandbox.refuses("run scenes.toml", &words);
    sandbox.succeeds("run scenes.toml --overwrite");
    assert!(std::fs::read(sandbox.path("out/warm.json")).unwrap() != record);
    sandbox.succeeds("run scenes.toml");
    // Another encoder is another result.
    let words = ["command-line.encoder was not given, is now \"judge\""];
    sandbox.refuses("run scenes.toml --encoder judge", &words);
}

#[test]
fn a_training_is_not_overwritten() {
    let sandbox = Sandbox::new();
    sandbox.write("train.toml", tiny_recipe());
    sandbox.refuses("run train.toml --overwrite", &["--overwrite", "delete"]);
}

const POOL: &str = r#"
[make-pool]
name = "tiny"
output = "pool"
model = "mini-diffusion"
art-folder = "nowhere"
split = "validation"
pairs = 2
seed = 0
steps = 4
styles = {}

[[make-pool.guided]]
concepts = ["warm"]
strengths = [2.0]
"#;

#[test]
fn a_pool_of_another_recipe_is_refused_or_takes_over_what_is_the_same() {
    let sandbox = Sandbox::new();
    sandbox.write("pool.toml", POOL);
    sandbox.succeeds("run pool.toml");
    let larger = POOL.replace("[2.0]", "[2.0, 3.0]");
    sandbox.write("pool.toml", &larger);
    let words = [
        "pool was made from another recipe",
        "make-pool.guided[0].strengths was [2.0], is now [2.0, 3.0]",
    ];
    sandbox.refuses("run pool.toml", &words);
    let time = |name: &str| {
        let path = sandbox.path(&format!("pool/images/{name}/00001.png"));
        std::fs::metadata(path).unwrap().modified().unwrap()
    };
    let before = time("guidance-warm-2");
    sandbox.succeeds("run pool.toml --overwrite");
    assert_eq!(time("guidance-warm-2"), before);
    assert!(
        sandbox
            .path("pool/images/guidance-warm-3/00001.png")
            .is_file()
    );
    // What would be another picture is not replaced even so.
    sandbox.write("pool.toml", larger.replace("steps = 4", "steps = 5"));
    let outcome = sandbox.run("run pool.toml --overwrite");
    assert_eq!(outcome.code, Some(2));
    let said = "pool/images/base holds images of another model";
    assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
}
