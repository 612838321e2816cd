//! Reference models of a base: gathered from folders, and read with.

#![allow(clippy::unwrap_used)]

use crate::sandbox::Sandbox;
use serde_json::Value;

const EXPLAIN: &str =
    "explain --base images --personalized models/warm-half --prompts images/manifest.csv";

/// A base, and models of it as if they were folders of images: stylized ones.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.succeeds("data render images --scenes 6 --size 64 --split train");
    for (folder, aspect) in [
        ("models/warm-half", "warm=0.4"),
        ("models/dark", "dark=0.7"),
        ("models/pixelated", "pixelated=0.6"),
        ("others/a", "sepia=0.6"),
        ("others/b", "grainy=0.6"),
        ("others/c", "bright=0.6"),
        ("others/d", "outlined=0.6"),
        ("others/e", "blurry=0.6"),
    ] {
        sandbox.succeeds(&format!("data stylize images {folder} --aspect {aspect}"));
    }
    sandbox
}

/// The experiment, with some text replaced.
fn experiment(from: &str, to: &str) -> String {
    let text = "[gather-references]\n\
                output = \"runs/own.safetensors\"\n\
                encoder = \"mini-clip\"\n\
                [gather-references.folders]\n\
                name = \"own base\"\n\
                base = \"images\"\n\
                unlabelled = \"others\"\n\
                [gather-references.folders.models.warm]\n\
                images = \"models/warm-half\"\n\
                aspects = { warm = 0.4 }\n\
                [gather-references.folders.models.dark]\n\
                images = \"models/dark\"\n\
                aspects = { dark = 0.7 }\n\
                [gather-references.folders.models.pixelated]\n\
                images = \"models/pixelated\"\n\
                aspects = { pixelated = 0.6 }\n";
    assert!(text.contains(from), "{from}");
    text.replace(from, to)
}

#[test]
fn a_base_is_known_by_its_models() {
    let sandbox = sandbox();
    sandbox.write("own.toml", experiment("own base", "own base"));
    let outcome = sandbox.succeeds("run own.toml");
    let said = "8 models of own base, 3 of them with known aspects";
    assert!(outcome.stdout.contains(said), "{}", outcome.stdout);
    let file = std::fs::read(sandbox.path("runs/own.safetensors")).unwrap();
    sandbox.succeeds("run own.toml");
    assert!(std::fs::read(sandbox.path("runs/own.safetensors")).unwrap() == file);

    for method in ["learned", "calibrated"] {
        let explain = format!("{EXPLAIN} --method {method} --references runs/own.safetensors");
        let outcome = sandbox.succeeds(&format!("{explain} --json -"));
        let record: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(record["method"], method);
        assert_eq!(record["aspects"][0]["concept"], "warm", "{method}");
        let notes = record["notes"].to_string();
        let note = "8 reference models of own base, 3 of them with known aspects";
        assert!(notes.contains(note), "{notes}");
    }
    let plain = sandbox.succeeds(&format!("{EXPLAIN} --json -"));
    assert!(!plain.stdout.contains("reference models"));

    // Models of which nothing is known tell what comes along with a tuning.
    let unlabelled = "[gather-references]\noutput = \"unlabelled.safetensors\"\nencoder = \"mini-clip\"\n\
                      [gather-references.folders]\nname = \"own base\"\nbase = \"images\"\nunlabelled = \"all\"\n";
    for folder in ["models", "others"] {
        for name in sandbox.names(folder) {
            let to = sandbox.path("all").join(&name);
            std::fs::create_dir_all(sandbox.path("all")).unwrap();
            std::fs::rename(sandbox.path(folder).join(&name), to).unwrap();
        }
    }
    sandbox.write("unlabelled.toml", unlabelled);
    sandbox.succeeds("run unlabelled.toml");
    let explain = EXPLAIN.replace("models/", "all/");
    let outcome = sandbox.succeeds(&format!(
        "{explain} --references unlabelled.safetensors --json -"
    ));
    assert!(
        outcome
            .stdout
            .contains("8 reference models of own base, 0 of them")
    );
}

#[test]
fn what_does_not_fit_is_named() {
    let sandbox = sandbox();
    for (from, to, parts) in [
        (
            "unlabelled = \"others\"\n",
            "",
            &["3 models", "at least 8"][..],
        ),
        ("warm = 0.4", "warm = 1.4", &["level", "1.4", "at most 1"]),
        ("models/dark", "models/gone", &["models/gone"]),
        ("\"others\"", "\"gone\"", &["gone"]),
        (
            "encoder = \"mini-clip\"",
            "encoder = \"mini-clip\"\npools = [\"runs/pool\"]",
            &["line 4", "give either pools or"],
        ),
    ] {
        sandbox.write("own.toml", experiment(from, to));
        sandbox.refuses("run own.toml", parts);
        assert!(!sandbox.path("runs/own.safetensors").exists());
    }
    sandbox.refuses(
        &format!("{EXPLAIN} --method nnls --references mini-gan"),
        &["nnls", "--references", "learned"],
    );
    sandbox.refuses(
        &format!("{EXPLAIN} --references gone.st"),
        &["gone.st", "mini-gan", "[gather-references]"],
    );
    sandbox.succeeds("embed --images images --out plain.safetensors");
    sandbox.refuses(
        &format!("{EXPLAIN} --references plain.safetensors"),
        &["plain.safetensors", "no reference models"],
    );
}
