//! The recipes of the embedded generator, made tiny: autoencoder, denoiser, images.

#![allow(clippy::unwrap_used)]

use crate::recipes::tiny;
use crate::sandbox::Sandbox;
use std::time::{Duration, Instant};

fn sandbox() -> Sandbox {
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
