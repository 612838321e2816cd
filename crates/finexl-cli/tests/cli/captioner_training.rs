//! The recipe of the captioner, made tiny.

#![allow(clippy::unwrap_used)]

use crate::recipes::tiny;
use crate::sandbox::Sandbox;
use finexl_data::image::Image;
use finexl_zoo::captioner::open_captioner;
use finexl_zoo::device;

fn recipe(changes: &[(&str, &str)]) -> String {
    let mut all = vec![
        ("output", "\"captioner.safetensors\""),
        ("images-per-step", "4"),
        ("width", "16"),
        ("layers", "1"),
        ("heads", "2"),
        ("hidden", "24"),
        ("artists", "[\"twemoji\"]"),
        ("epochs", "2"),
        ("steps-per-epoch", "1"),
        ("warmup-steps", "1"),
    ];
    all.retain(|(key, _)| changes.iter().all(|(changed, _)| changed != key));
    all.extend(changes);
    tiny("experiments/zoo/mini-captioner.toml", &all)
}

#[test]
fn a_captioner_is_trained_from_its_recipe() {
    let sandbox = Sandbox::new();
    sandbox.write("captioner.toml", recipe(&[]));
    let outcome = sandbox.succeeds("train captioner.toml");
    let wrote = "wrote captioner.safetensors";
    assert!(outcome.stdout.contains(wrote), "{}", outcome.stdout);
    // All epochs are done: the same command only writes the weights again.
    let again = sandbox.succeeds("train captioner.toml");
    assert!(again.stdout.contains(wrote), "{}", again.stdout);

    let weights = sandbox.path("captioner.safetensors");
    let device = device::by_name("cpu").unwrap();
    let captioner = open_captioner(&weights.display().to_string(), "mini-clip", &device).unwrap();
    let offer = ["vivid", "pixelated"].map(str::to_string);
    let image = Image::filled(64, 64, [0.2, 0.5, 0.4]);
    let seen = captioner
        .aspects(&[(&image, "large red apple")], &offer)
        .unwrap();
    let total = seen[0].none + seen[0].phrases.iter().sum::<f64>();
    assert!((total - 1.0).abs() < 1e-9, "{total}");
}

#[test]
fn recipes_that_cannot_work_are_refused() {
    let sandbox = Sandbox::new();
    for (key, value, word) in [
        ("averaging-decay", "1.0", "averaging-decay"),
        ("stylized-share", "1.5", "stylized-share"),
        ("most-aspects", "0", "most-aspects"),
        ("heads", "3", "heads"),
        ("encoder", "\"no-such-encoder\"", "no-such-encoder"),
    ] {
        sandbox.write("captioner.toml", recipe(&[(key, value)]));
        sandbox.refuses("train captioner.toml --run-folder run", &[word]);
    }
}
