//! Keys of experiments: their schema, their list in the documents, and `--set`.

#![allow(clippy::unwrap_used)]

use crate::recipes::repository;
use crate::sandbox::Sandbox;
use serde_json::Value;
use std::path::{Path, PathBuf};

const SCENES: &str = "[explain-scenes]\noutput = \"scenes\"\nsplit = \"test\"\nscenes = 9\nsize = 64\nseed = 1\n\
    artist = \"twemoji\"\nart-folder = \"none\"\n\
    [[explain-scenes.personalizations]]\nname = \"warm\"\naspects = { warm = 0.8 }\n";

fn schema() -> Value {
    let printed = Sandbox::new().succeeds("schema").stdout;
    serde_json::from_str(&printed).unwrap()
}

fn toml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            toml_files(&path, found);
        } else if path.extension().is_some_and(|end| end == "toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_experiment_fits_the_schema_and_a_misspelt_key_does_not() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let mut files = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    toml_files(&folder, &mut files);
    assert!(files.len() > 50, "{files:?}");
    for path in files {
        // What trainings are described by beside experiments has readers of its own.
        if path.ends_with("my-aspects.toml") || path.ends_with("my-domain.toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let file: Value = serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&file)
            .map(|e| format!("{} at {}", e, e.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
        let mut misspelt = file.clone();
        for (_, table) in misspelt.as_object_mut().unwrap() {
            table
                .as_object_mut()
                .unwrap()
                .insert("no-such-key".to_string(), Value::Bool(true));
        }
        assert!(!validator.is_valid(&misspelt), "{}", path.display());
    }
}

#[test]
fn published_experiments_pass_the_check_and_have_the_files_that_come_with_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("experiments/paper/published");
    let index = repository("experiments/paper/published/README.md");
    let mut files = Vec::new();
    toml_files(&folder, &mut files);
    assert!(files.len() >= 10, "{files:?}");
    let sandbox = Sandbox::new();
    for path in files {
        let said = sandbox.succeeds(&format!("run {} --check", path.display()));
        assert!(said.stdout.contains("as they have to be"), "{said:?}");
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(index.contains(&format!("`{name}`")), "{name} is not listed");
        let text = std::fs::read_to_string(&path).unwrap();
        for part in ["command:", "weights:", "expected:", "cost:"] {
            assert!(text.contains(&format!("# {part}")), "{name}: {part}");
        }
        // What is in the repository has to be where a recipe says.
        for named in text
            .split('"')
            .filter(|part| part.starts_with("experiments/"))
        {
            assert!(root.join(named).is_file(), "{name}: {named}");
        }
    }
}

#[test]
fn the_schema_knows_ranges_names_and_defaults() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let file = |text: &str| serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap();
    assert!(validator.is_valid(&file(SCENES)));
    for (right, wrong) in [
        ("scenes = 9", "scenes = 0"),
        ("\"test\"", "\"tests\""),
        ("\"twemoji\"", "\"nobody\""),
        ("seed = 1\n", ""),
    ] {
        assert!(
            !validator.is_valid(&file(&SCENES.replace(right, wrong))),
            "{wrong}"
        );
    }
}

#[test]
fn the_documents_list_every_key_as_it_is() {
    let printed = Sandbox::new().succeeds("schema --markdown").stdout;
    let kept = repository("docs/experiments.md");
    assert!(
        printed == kept,
        "docs/experiments.md is not what `finexl schema --markdown` prints; write it anew"
    );
}

#[test]
fn keys_are_set_and_kept_with_the_results() {
    let sandbox = Sandbox::new();
    sandbox.write("scenes.toml", SCENES);
    let set = "run scenes.toml --set scenes=3 --set personalizations.0.aspects.warm=0.5 --output elsewhere --set methods=[\"nnls\"]";
    sandbox.succeeds(set);
    let resolved = std::fs::read_to_string(sandbox.path("elsewhere/resolved.toml")).unwrap();
    let resolved: toml::Table = resolved.parse().unwrap();
    assert_eq!(resolved["explain-scenes"]["scenes"].as_integer(), Some(3));
    assert_eq!(resolved["set"]["scenes"].as_str(), Some("3"));
    assert_eq!(sandbox.json("elsewhere/warm.json")["pairs"], 3);
    assert_eq!(sandbox.json("elsewhere/warm.json")["method"], "nnls");
    let summary = std::fs::read_to_string(sandbox.path("elsewhere/summary.csv")).unwrap();
    assert!(
        summary.contains("warm,nnls,warm,0.5,level-error,"),
        "{summary}"
    );
    // What was set is not what counts, but what came of it.
    sandbox.write(
        "edited.toml",
        SCENES
            .replace("scenes = 9", "scenes = 3")
            .replace("warm = 0.8", "warm = 0.5"),
    );
    sandbox.succeeds("run edited.toml --output elsewhere --set methods=[\"nnls\"]");
    for (wrong, words) in [
        (
            "sceens=3",
            vec![
                "--set sceens=3",
                "[explain-scenes] has no key `sceens`",
                "did you mean `scenes`",
                "personalizations",
            ],
        ),
        ("scenes=0", vec!["`scenes` is 0", "at least 1"]),
        ("scenes=many", vec!["scenes", "expected a whole number"]),
        (
            "split=tests",
            vec!["no choice `tests`", "did you mean `test`"],
        ),
        (
            "personalizations.0.aspect=3",
            vec![
                "`personalizations.0` of [explain-scenes] has no key `aspect`",
                "did you mean `aspects`",
            ],
        ),
        ("scenes", vec!["key=value"]),
    ] {
        sandbox.refuses(&format!("run scenes.toml --set {wrong}"), &words);
    }
}

#[test]
fn an_adapter_names_its_base() {
    let sandbox = Sandbox::new();
    let adapter =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/inputs/cosy-pixels");
    sandbox.write(
        "prompts.txt",
        "small red apple on a teal background, at the left\n",
    );
    let generate = format!(
        "generate --prompts prompts.txt --steps 2 --adapter {} --out",
        adapter.display()
    );
    sandbox.succeeds(&format!("{generate} stated"));
    sandbox.succeeds(&format!("{generate} named --model mini-diffusion"));
    let picture =
        |folder: &str| std::fs::read(sandbox.path(&format!("{folder}/00001.png"))).unwrap();
    assert!(picture("stated") == picture("named"));
}

#[test]
fn verbs_that_compute_nothing_have_no_device() {
    let sandbox = Sandbox::new();
    sandbox.refuses("similar a.json b.json --device cpu", &["--device"]);
    sandbox.refuses("--device cpu schema", &["--device"]);
}
