//! The recipes of generators, made tiny: autoencoder, network, images.

#![allow(clippy::unwrap_used)]

use crate::recipes::tiny;
use crate::sandbox::Sandbox;
use std::time::{Duration, Instant};

/// A sandbox with the recipe of a tiny autoencoder.
pub fn with_autoencoder() -> Sandbox {
    let sandbox = Sandbox::new();
    let autoencoder = [
        ("output", "\"mini-autoencoder.safetensors\""),
        ("images-per-step", "4"),
        ("latent-channels", "4"),
        ("width", "8"),
        ("deep-width", "8"),
        ("artists", "[\"twemoji\"]"),
        ("epochs", "1"),
        ("steps-per-epoch", "2"),
        ("warmup-steps", "1"),
    ];
    sandbox.write(
        "autoencoder.toml",
        tiny("experiments/zoo/mini-autoencoder.toml", &autoencoder),
    );
    sandbox
}

fn sandbox() -> Sandbox {
    let sandbox = with_autoencoder();
    let denoiser = [
        ("output", "\"model.safetensors\""),
        ("autoencoder", "\"mini-autoencoder.safetensors\""),
        ("images-per-step", "4"),
        ("width", "16"),
        ("layers", "3"),
        ("heads", "2"),
        ("hidden", "24"),
        ("time-width", "8"),
        ("epochs", "3"),
        ("steps-per-epoch", "1"),
        ("warmup-steps", "1"),
    ];
    sandbox.write(
        "model.toml",
        tiny("experiments/zoo/mini-diffusion.toml", &denoiser),
    );
    sandbox
}

#[test]
fn a_generator_is_trained_from_recipes_and_goes_on_after_kill() {
    let sandbox = sandbox();
    sandbox.refuses(
        "train model.toml --run-folder runs",
        &["mini-autoencoder.safetensors"],
    );
    sandbox.succeeds("train autoencoder.toml");

    let arguments = "train model.toml --run-folder run";
    let mut child = sandbox.command(arguments).spawn().unwrap();
    let begin = Instant::now();
    while !sandbox.path("run/checkpoint/scheduler-1.bpk").exists() {
        assert!(child.try_wait().unwrap().is_none(), "ended early");
        assert!(
            begin.elapsed() < Duration::from_secs(100),
            "no checkpoint came"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let outcome = sandbox.succeeds(arguments);
    assert!(outcome.stdout.contains("epoch 3/3"), "{}", outcome.stdout);
    assert!(
        outcome.stdout.contains("wrote model.safetensors"),
        "{}",
        outcome.stdout
    );
    assert!(sandbox.path("run/samples/epoch-003.png").is_file());

    sandbox.write(
        "prompts.txt",
        "red apple on a teal background, at the left\n",
    );
    sandbox
        .succeeds("generate --model model.safetensors --prompts prompts.txt --steps 2 --out out");
    let about = sandbox.succeeds("zoo info model.safetensors").stdout;
    assert!(
        about.contains("red apple") && about.contains("64 x 64"),
        "{about}"
    );
    // A model that is tried before its training ends.
    sandbox.succeeds(
        "generate --model run/samples/last.safetensors --prompts prompts.txt --steps 2 --out early",
    );
}

/// A tiny LoRA of `model.safetensors`.
pub const LORA: &str = r#"
[personalize]
name = "tiny"
output = "tiny"
model = "model.safetensors"
seed = 1
art-folder = "nowhere"
images = 4
images-per-step = 2
learning-rate = 1e-3
snapshots = [1, 2]
mechanism = { lora = { rank = 2, alpha = 2.0, targets = ["to_q", "fc1"] } }

[[personalize.styles]]
aspects = { pixelated = 0.7 }
"#;

fn autoregressive() -> Sandbox {
    let sandbox = Sandbox::new();
    let tokenizer = [
        ("output", "\"mini-tokenizer.safetensors\""),
        ("images-per-step", "4"),
        ("latent-channels", "4"),
        ("width", "8"),
        ("deep-width", "8"),
        ("artists", "[\"twemoji\"]"),
        ("epochs", "1"),
        ("steps-per-epoch", "2"),
        ("warmup-steps", "1"),
    ];
    sandbox.write(
        "tokenizer.toml",
        tiny("experiments/zoo/mini-tokenizer.toml", &tokenizer),
    );
    let transformer = [
        ("output", "\"model.safetensors\""),
        ("autoencoder", "\"mini-tokenizer.safetensors\""),
        ("images-per-step", "4"),
        ("width", "16"),
        ("layers", "3"),
        ("heads", "2"),
        ("hidden", "24"),
        ("head-width", "8"),
        ("epochs", "2"),
        ("steps-per-epoch", "1"),
        ("warmup-steps", "1"),
    ];
    sandbox.write(
        "model.toml",
        tiny("experiments/zoo/mini-autoregressive.toml", &transformer),
    );
    sandbox.write("lora.toml", LORA);
    sandbox.write(
        "prompts.txt",
        "red apple on a teal background, at the left\nlarge pizza on a white background, at the top\n",
    );
    sandbox
}

#[test]
fn an_autoregressive_model_is_trained_personalized_and_explained() {
    let sandbox = autoregressive();
    sandbox.succeeds("train tokenizer.toml");
    sandbox.succeeds("train model.toml --run-folder run");
    assert!(sandbox.path("run/samples/epoch-002.png").is_file());
    let about = sandbox.succeeds("zoo info model.safetensors").stdout;
    assert!(
        about.contains("transformer") && about.contains("5 levels"),
        "{about}"
    );

    let generate = "generate --model model.safetensors --prompts prompts.txt";
    sandbox.succeeds(&format!("{generate} --out out --temperature 0.9 --top-k 3"));
    let record = sandbox.json("out/generation.json");
    assert_eq!(record["settings"]["tokens"]["top-k"], 3);
    sandbox.succeeds(
        "generate --model run/samples/last.safetensors --prompts prompts.txt --out early",
    );
    sandbox.refuses(
        &format!("{generate} --out no --steps 5"),
        &["sampling steps"],
    );
    sandbox.refuses(&format!("{generate} --out no --top-k 0"), &["top-k"]);
    sandbox.refuses(
        "generate --prompts prompts.txt --out no --temperature 1",
        &["temperature", "diffusion"],
    );

    sandbox.succeeds("personalize lora.toml");
    sandbox.succeeds(&format!(
        "{generate} --out scaled --adapter tiny/step-0002 --scale 2"
    ));
    sandbox.succeeds(
        "explain --model model.safetensors --adapter tiny/step-0002 --prompts prompts.txt \
         --json out.json",
    );
    assert_eq!(sandbox.json("out.json")["pairs"], 2);
    sandbox.write("full.toml", {
        let lora = LORA.lines().find(|l| l.starts_with("mechanism")).unwrap();
        let full = LORA.replace(lora, "mechanism = { full = {} }");
        full.replace("\"tiny\"", "\"whole\"")
    });
    sandbox.succeeds("personalize full.toml");
    sandbox.succeeds(&format!("{generate} --out full --adapter whole/step-0002"));
}

#[test]
fn a_tokenizer_is_either_quantised_or_variational() {
    let sandbox = autoregressive();
    let recipe = std::fs::read_to_string(sandbox.path("tokenizer.toml")).unwrap();
    let both = recipe.replace("stylized-share", "divergence-weight = 1e-3\nstylized-share");
    sandbox.write("both.toml", both);
    sandbox.refuses(
        "train both.toml --run-folder no",
        &["mini-tokenizer", "divergence-weight", "levels"],
    );
    sandbox.write("one.toml", recipe.replace("levels = 5", "levels = 1"));
    sandbox.refuses("train one.toml --run-folder no", &["levels", "2 to 256"]);
}
