//! Two processes at the same work: nothing is lost, mixed or done twice, and locks that were left behind do not
//! stand in the way.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use crate::recipes::tiny_recipe;
use crate::sandbox::{Outcome, Sandbox};
use finexl_core::owner::Owner;
use finexl_core::work_lock::WorkPlace;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Two snapshots of a LoRA, trained on four images.
const LORA: &str = r#"
[personalize]
name = "tiny"
output = "tiny"
model = "mini-diffusion"
seed = 1
art-folder = "nowhere"
images = 4
images-per-step = 2
learning-rate = 1e-3
snapshots = [2, 4]
mechanism = { lora = { rank = 2, alpha = 2.0, targets = ["to_q"] } }

[[personalize.styles]]
aspects = { pixelated = 0.7 }
"#;

/// A pool of three trainings and a guided model.
const POOL: &str = r#"
[make-pool]
name = "tiny"
output = "pool"
model = "mini-diffusion"
art-folder = "nowhere"
split = "validation"
pairs = 2
seed = 0
steps = 6

[make-pool.styles]
blocks = [{ aspects = { pixelated = 0.7 } }]

[[make-pool.trained]]
styles = ["blocks"]
seeds = [1, 2, 3]
mechanism = { lora = { rank = 2, alpha = 2.0, targets = ["to_q"] } }
images = 4
images-per-step = 2
learning-rate = 1e-3
snapshots = [2]

[[make-pool.guided]]
concepts = ["warm"]
strengths = [2.0]
"#;

const LOCK: &str = ".finexl-lock";

/// A sandbox with one file.
fn with(name: &str, content: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(name, content);
    sandbox
}

/// All files below a folder, hidden ones included, with their contents.
fn contents(sandbox: &Sandbox, folder: &str) -> Vec<(String, Option<Vec<u8>>)> {
    let inside = |name: &Path| name.starts_with(folder);
    let files = sandbox.files().into_iter();
    files
        .filter(|(name, _)| inside(Path::new(name)))
        .map(|(name, _)| {
            let name = name.into_string().unwrap();
            let bytes = std::fs::read(sandbox.path(&name)).ok();
            (name, bytes)
        })
        .collect()
}

/// The numbers of a state of an optimiser, sorted: burn writes its tensors in another order in every process. Behind six
/// bytes stands the length of the names; zeros fill what they leave.
fn numbers(bytes: &Option<Vec<u8>>) -> Vec<[u8; 4]> {
    let bytes = bytes.as_ref().unwrap();
    let names = u32::from_le_bytes(bytes[6..10].try_into().unwrap()) as usize;
    let values = &bytes[(10 + names).next_multiple_of(4)..];
    let numbers = values.as_chunks().0.iter().copied();
    let mut numbers: Vec<[u8; 4]> = numbers.filter(|number| *number != [0; 4]).collect();
    numbers.sort_unstable();
    numbers
}

/// Runs a command twice at the same time.
fn twice(sandbox: &Sandbox, arguments: &str) -> [Outcome; 2] {
    std::thread::scope(|scope| {
        let other = scope.spawn(|| sandbox.run(arguments));
        [sandbox.run(arguments), other.join().unwrap()]
    })
}

/// Both end well, and leave what one alone leaves.
fn as_one(file: &str, content: &str, arguments: &str, parts: &[&str]) {
    let alone = with(file, content);
    alone.succeeds(arguments);
    let both = with(file, content);
    for outcome in twice(&both, arguments) {
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    }
    for part in parts {
        let found = contents(&both, part);
        assert!(!found.is_empty(), "{part}");
        let names = |all: &[(String, Option<Vec<u8>>)]| -> Vec<String> {
            all.iter().map(|(name, _)| name.clone()).collect()
        };
        let expected = contents(&alone, part);
        assert_eq!(names(&found), names(&expected));
        for ((name, bytes), (_, other)) in found.iter().zip(&expected) {
            let same = match name.contains("optim-") {
                true => numbers(bytes) == numbers(other),
                false => bytes == other,
            };
            assert!(same, "{name} differs");
        }
    }
}

#[test]
fn two_personalizations_are_one() {
    as_one("lora.toml", LORA, "personalize lora.toml", &["tiny"]);
}

#[test]
fn two_trainings_are_one() {
    let arguments = "train train.toml --run-folder run";
    as_one(
        "train.toml",
        &tiny_recipe(),
        arguments,
        &["run", "tiny.safetensors"],
    );
}

#[test]
fn two_runs_of_a_pool_share_its_work() {
    as_one("pool.toml", POOL, "run pool.toml", &["pool"]);
}

/// Starts a command and reads its standard error up to a line with these words.
fn until_said(sandbox: &Sandbox, arguments: &str, words: &str) -> Child {
    let mut command = sandbox.command(arguments);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.as_mut().unwrap()).lines();
    let said = lines.by_ref().any(|line| line.unwrap().contains(words));
    assert!(said, "{arguments} never said \"{words}\"");
    child
}

#[test]
fn who_waits_says_for_whom_and_finds_what_is_done() {
    let sandbox = with("lora.toml", LORA);
    let other = with("lora.toml", LORA);
    other.succeeds("personalize lora.toml");
    // This test is the process that is at work.
    let lock = WorkPlace::folder(sandbox.path("tiny")).claim().unwrap();
    let words = format!("waiting for process {} on ", std::process::id());
    let child = until_said(&sandbox, "personalize lora.toml", &words);
    for name in ["step-0002", "step-0004"] {
        std::fs::rename(
            other.path("tiny").join(name),
            sandbox.path("tiny").join(name),
        )
        .unwrap();
    }
    let before = contents(&sandbox, "tiny/step-0004");
    drop(lock);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let expected = "tiny/step-0002\ntiny/step-0004\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    assert!(before == contents(&sandbox, "tiny/step-0004"));
}

#[test]
fn who_waits_for_another_recipe_is_refused_then() {
    let sandbox = with("lora.toml", LORA);
    sandbox.write("other.toml", LORA.replace("1e-3", "2e-3"));
    let lock = WorkPlace::folder(sandbox.path("tiny")).claim().unwrap();
    let child = until_said(&sandbox, "personalize other.toml", "waiting for process");
    let other = with("lora.toml", LORA);
    other.succeeds("personalize lora.toml");
    std::fs::rename(other.path("tiny/step-0002"), sandbox.path("tiny/step-0002")).unwrap();
    drop(lock);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(2));
    assert_eq!(sandbox.names("tiny"), ["step-0002"]);
}

#[test]
fn a_folder_that_is_being_filled_is_refused() {
    let sandbox = with(
        "prompts.txt",
        "red apple on a teal background, at the left\n",
    );
    sandbox.succeeds("data render images --scenes 2 --size 32");
    let lock = WorkPlace::folder(sandbox.path("out")).claim().unwrap();
    let this = format!("process {}", std::process::id());
    for command in [
        "generate --prompts prompts.txt --steps 2 --out out",
        "data stylize images out --aspect warm=1",
        "data render out --scenes 2",
    ] {
        sandbox.refuses(command, &[&this, "at work in out", "another output folder"]);
    }
    drop(lock);
    sandbox.succeeds("data stylize images out --aspect warm=1");
}

#[test]
fn what_a_killed_process_left_does_not_stand_in_the_way() {
    let sandbox = with(
        "prompts.txt",
        "red apple on a teal background, at the left\n",
    );
    // This process's number, but one that began long ago.
    let dead = Owner {
        began: 1,
        ..Owner::this().clone()
    };
    let claim = serde_json::json!({ "owner": dead, "number": 0, "at": 0 });
    sandbox.write(&format!("out/{LOCK}"), claim.to_string());
    let partial = format!("out/.finexl-partial-{}.abc", dead.token());
    sandbox.write(&format!("{partial}/00001.png"), "half");
    sandbox.succeeds("generate --prompts prompts.txt --steps 2 --out out");
    let names: Vec<String> = contents(&sandbox, "out").into_iter().map(|f| f.0).collect();
    let expected = [
        "out",
        "out/00001.png",
        "out/generation.json",
        "out/manifest.csv",
    ];
    assert_eq!(names, expected);
}

/// Kills a personalization while it works, and gives it the signal's usual end.
fn after_signal(signal: &str) -> Sandbox {
    let sandbox = with("lora.toml", &LORA.replace("[2, 4]", "[2, 400]"));
    let mut child = sandbox.command("personalize lora.toml").spawn().unwrap();
    while !sandbox.path("tiny/step-0002/personalization.json").exists() {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(sandbox.path("tiny").join(LOCK).exists());
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([signal, &id])
            .status()
            .unwrap()
            .success()
    );
    child.wait().unwrap();
    sandbox
}

#[test]
fn ctrl_c_gives_the_work_back_and_kill_leaves_a_lock_that_counts_for_nothing() {
    let sandbox = after_signal("-INT");
    assert!(!sandbox.path("tiny").join(LOCK).exists());
    let sandbox = after_signal("-KILL");
    assert!(sandbox.path("tiny").join(LOCK).exists());
    sandbox.write("lora.toml", LORA);
    let outcome = sandbox.succeeds("personalize lora.toml");
    assert!(!outcome.stderr.contains("waiting"), "{}", outcome.stderr);
    assert_eq!(sandbox.names("tiny"), ["step-0002", "step-0004"]);
    assert!(!sandbox.path("tiny").join(LOCK).exists());
}
