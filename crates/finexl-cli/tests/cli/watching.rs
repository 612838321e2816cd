//! `finexl watch`, with the embedded model and an adapter of it: few steps, few pictures.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::sandbox::Sandbox;
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const WATCH: &str = "watch loras --prompts prompts.txt --steps 3 --out models.finexl --settle 0.2";
const PROMPTS: &str = "small red apple on a teal background, at the left\n\
                       large pizza on a white background, at the top\n\
                       robot and rocket on a green background, at the bottom\n";
/// Longest that something of a watcher is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// A sandbox with the adapter of the repository as `loras/NAME`.
fn with_adapters(names: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("prompts.txt", PROMPTS);
    for name in names {
        add(&sandbox, name);
    }
    sandbox
}

fn add(sandbox: &Sandbox, name: &str) {
    let adapter =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/inputs/cosy-pixels");
    for file in std::fs::read_dir(adapter).unwrap() {
        let file = file.unwrap();
        let path = format!("loras/{name}/{}", file.file_name().to_str().unwrap());
        sandbox.write(&path, std::fs::read(file.path()).unwrap());
    }
}

/// When a record was made, to see whether it was made again.
fn time_of(sandbox: &Sandbox, name: &str) -> std::time::SystemTime {
    let path = sandbox.path(&format!("models.records/{name}"));
    path.metadata().unwrap().modified().unwrap()
}

fn titles(sandbox: &Sandbox) -> Vec<String> {
    let found = sandbox
        .succeeds("search models.finexl dark --json -")
        .stdout;
    let found: Value = serde_json::from_str(&found).unwrap();
    let models = found["found"].as_array().unwrap().iter();
    let mut titles: Vec<String> = models
        .map(|model| model["title"].as_str().unwrap().replace(" at scale 1", ""))
        .collect();
    titles.sort();
    titles
}

fn spawn(sandbox: &Sandbox, options: &str) -> Child {
    let mut command = sandbox.command(&format!("{WATCH} {options}"));
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn wait_for(what: &str, done: impl Fn() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn new_adapters_join_once_and_bad_ones_are_named_once() {
    let sandbox = with_adapters(&["cosy"]);
    sandbox.write("loras/page.safetensors", "<!DOCTYPE html><p>sign in");
    sandbox.write("loras/.cosy.safetensors.Xy12", "half");
    let first = sandbox.succeeds(&format!("{WATCH} --once --tag mine"));
    assert!(first.stdout.contains("cosy: "), "{first:?}");
    assert!(first.stdout.contains("1 models (1 added"), "{first:?}");
    assert!(first.stderr.contains("page.safetensors"), "{first:?}");
    assert_eq!(titles(&sandbox), ["cosy"]);
    let names = sandbox.names("models.records");
    assert!(names.contains(&"cosy.html".to_string()), "{names:?}");
    let made = time_of(&sandbox, "cosy.json");
    // Again: nothing is done and nothing said.
    let again = sandbox.succeeds(&format!("{WATCH} --once --tag mine"));
    assert_eq!((again.stdout.as_str(), again.stderr.as_str()), ("", ""));
    // One more, below; and the bad one is another now.
    add(&sandbox, "more/other");
    sandbox.write("loras/page.safetensors", "still none");
    let more = sandbox.succeeds(&format!("{WATCH} --once --tag mine"));
    assert!(
        more.stdout.contains("2 models (1 added, 0 replaced)"),
        "{more:?}"
    );
    assert!(more.stderr.contains("page.safetensors"), "{more:?}");
    assert_eq!(
        time_of(&sandbox, "cosy.json"),
        made,
        "it was explained again"
    );
    assert_eq!(titles(&sandbox), ["cosy", "other"]);
    let retried = sandbox.succeeds(&format!("{WATCH} --once --tag mine --retry"));
    assert!(retried.stderr.contains("page.safetensors"), "{retried:?}");
    sandbox.refuses(
        &WATCH.replace("--steps 3", "--steps 4 --once"),
        &["another choice of --steps"],
    );
    sandbox.refuses("watch gone --out new.finexl --once", &["gone"]);
    sandbox.refuses("watch loras --out loras --once", &["is no index"]);
}

#[test]
fn a_file_that_is_being_copied_is_waited_for() {
    let sandbox = with_adapters(&["cosy"]);
    let weights = "loras/cosy/adapter_model.safetensors";
    let whole = std::fs::read(sandbox.path(weights)).unwrap();
    sandbox.write(weights, &whole[..whole.len() / 2]);
    let mut watcher = spawn(&sandbox, "--every 0.1");
    // It waits: nothing is made, and the index is its own.
    wait_for("a lock", || {
        sandbox.path("models.finexl/.watch.finexl-lock").exists()
    });
    let other = sandbox.run(&format!("{WATCH} --once"));
    assert_eq!(other.code, Some(2), "{other:?}");
    assert!(other.stderr.contains("is at work in"), "{other:?}");
    assert!(!sandbox.path("models.records/cosy.json").exists());
    sandbox.write(weights, &whole);
    wait_for("the index", || {
        sandbox.path("models.finexl/index.json").exists()
    });
    // Ctrl-C ends it, and leaves nothing half-written.
    Command::new("kill")
        .args(["-INT", &watcher.id().to_string()])
        .status()
        .unwrap();
    assert_eq!(watcher.wait().unwrap().code(), Some(130));
    let hidden = |folder: &str| {
        let entries = std::fs::read_dir(sandbox.path(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with('.')).count()
    };
    assert_eq!(hidden("models.finexl") + hidden("models.records"), 0);
    assert_eq!(titles(&sandbox), ["cosy"]);
}

#[test]
fn a_watcher_that_is_killed_loses_nothing_and_explains_nothing_twice() {
    let names = ["a", "b", "c", "d"];
    let sandbox = with_adapters(&names);
    // The record comes last; what lies beside it may be made again.
    let records = || {
        let mut names = sandbox.names("models.records");
        names.retain(|name| {
            name.ends_with(".json") && !name.ends_with(".inspection.json") && name != "watch.json"
        });
        names
    };
    let mut made = std::collections::BTreeMap::new();
    for kills in 0..3 {
        let mut watcher = spawn(&sandbox, "--every 0.1");
        let before = records().len();
        wait_for("a record", || records().len() > before);
        watcher.kill().unwrap();
        watcher.wait().unwrap();
        for name in records() {
            let time = time_of(&sandbox, &name);
            assert_eq!(
                *made.entry(name).or_insert(time),
                time,
                "made twice, kill {kills}"
            );
        }
    }
    sandbox.succeeds(&format!("{WATCH} --once"));
    assert_eq!(titles(&sandbox), names);
    for (name, time) in made {
        assert_eq!(time_of(&sandbox, &name), time, "{name} was made twice");
    }
}
