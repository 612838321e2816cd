//! Ctrl-C and kill -9 in the middle of the work: nothing half-written, and the same command works
//! afterwards.
//!
//! The prompts are a named pipe: opening it for writing returns when the program has opened it for
//! reading, so that the signal comes at a known moment and the program still waits for them.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use crate::recipes::tiny_recipe;
use crate::sandbox::{EXPLAIN, Sandbox};
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[derive(Clone, Copy, PartialEq)]
enum Signal {
    Interrupt,
    Kill,
}

/// Starts a command with its output caught.
fn start(sandbox: &Sandbox, arguments: &str) -> Child {
    let mut command = sandbox.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Sends a signal and checks how the program ends.
fn end(mut child: Child, signal: Signal) {
    let name = match signal {
        Signal::Interrupt => "-INT",
        Signal::Kill => "-KILL",
    };
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([name, &id])
            .status()
            .unwrap()
            .success()
    );
    let status = child.wait().unwrap();
    let mut text = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    match signal {
        Signal::Interrupt => {
            assert_eq!(status.code(), Some(130), "{text}");
            assert!(text.contains("interrupted"), "{text}");
        }
        Signal::Kill => assert_eq!(status.signal(), Some(9), "{text}"),
    }
}

/// Replaces a file by a named pipe.
fn make_pipe(sandbox: &Sandbox, name: &str) {
    let path = sandbox.path(name);
    std::fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Waits until the program reads the pipe; it goes on waiting while the pipe is held.
fn until_read(sandbox: &Sandbox, name: &str) -> std::fs::File {
    let path = sandbox.path(name);
    std::fs::OpenOptions::new().write(true).open(path).unwrap()
}

fn explain_survives(signal: Signal) {
    const PROMPTS: &str = "a\nb\nc\nd\n";
    let sandbox = Sandbox::with_pairs(4);
    sandbox.write("prompts.txt", PROMPTS);
    let before = sandbox.files();
    make_pipe(&sandbox, "prompts.txt");
    let arguments =
        format!("{EXPLAIN} --prompts prompts.txt --json out.json --html out.html --card out.md");
    let child = start(&sandbox, &arguments);
    let pipe = until_read(&sandbox, "prompts.txt");
    end(child, signal);
    drop(pipe);
    std::fs::remove_file(sandbox.path("prompts.txt")).unwrap();
    sandbox.write("prompts.txt", PROMPTS);
    assert_eq!(sandbox.files(), before);
    sandbox.succeeds(&arguments);
    assert_eq!(sandbox.json("out.json")["pairs"], 4);
    assert!(sandbox.path("out.html").is_file() && sandbox.path("out.md").is_file());
}

#[test]
fn explain_survives_ctrl_c() {
    explain_survives(Signal::Interrupt);
}

#[test]
fn explain_survives_kill() {
    explain_survives(Signal::Kill);
}

/// Waits until the program has begun to make files aside.
fn until_begun(sandbox: &Sandbox, child: &mut Child, folder: &str) {
    let begin = Instant::now();
    let begun = || {
        let mut entries = std::fs::read_dir(sandbox.path(folder)).ok()?;
        entries.next()
    };
    while begun().is_none() {
        assert!(child.try_wait().unwrap().is_none(), "ended early");
        assert!(begin.elapsed() < Duration::from_secs(100), "nothing began");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn stylize_survives(signal: Signal) {
    // Enough of them to be at work for a while after the first.
    const PAIRS: usize = 60;
    let sandbox = Sandbox::with_pairs(PAIRS);
    let before = sandbox.files();
    let arguments = "data stylize base out --aspect pixelated=0.6";
    let mut child = start(&sandbox, arguments);
    until_begun(&sandbox, &mut child, "out");
    end(child, signal);
    assert!(
        sandbox
            .names("out")
            .iter()
            .all(|name| name.starts_with('.'))
    );
    if signal == Signal::Interrupt {
        assert_eq!(sandbox.files(), before);
    }
    sandbox.succeeds(arguments);
    let names = sandbox.names("out");
    assert_eq!(names.len(), PAIRS + 1);
    assert!(names.iter().any(|name| name == "manifest.csv"));
    // No hidden leftovers either: the folder itself and its files.
    assert_eq!(sandbox.files().len(), before.len() + 1 + names.len());
}

#[test]
fn stylize_survives_ctrl_c() {
    stylize_survives(Signal::Interrupt);
}

#[test]
fn stylize_survives_kill() {
    stylize_survives(Signal::Kill);
}

fn train_survives(signal: Signal) {
    let sandbox = Sandbox::new();
    sandbox.write("tiny.toml", tiny_recipe());
    let arguments = "train tiny.toml --run-folder run";
    let mut child = start(&sandbox, arguments);
    let last = sandbox.path("run/checkpoint/scheduler-1.bpk");
    let begin = Instant::now();
    while !last.exists() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "ended before its first epoch"
        );
        assert!(
            begin.elapsed() < Duration::from_secs(100),
            "no checkpoint came"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    end(child, signal);
    assert!(!sandbox.path("tiny.safetensors").exists());
    // What a crash of the machine can leave is passed over: the whole epoch before it counts.
    sandbox.write("run/checkpoint/model-3.bpk", b"half");
    sandbox.write("run/checkpoint/optim-3.bpk", b"half");
    sandbox.write("run/checkpoint/scheduler-3.bpk", b"half");

    let outcome = sandbox.succeeds(arguments);
    let resumed = ["epochs 1 to 3", "epochs 2 to 3"];
    let told = resumed.iter().any(|text| outcome.stdout.contains(text));
    assert!(told, "{}", outcome.stdout);
    assert!(outcome.stdout.contains("epoch 3/3"), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("epoch 4/"), "{}", outcome.stdout);
    assert!(
        outcome.stdout.contains("wrote tiny.safetensors"),
        "{}",
        outcome.stdout
    );
    sandbox.succeeds("zoo info tiny.safetensors");

    // A finished training has nothing left to do, and writes the same weights.
    let finished = std::fs::read(sandbox.path("tiny.safetensors")).unwrap();
    sandbox.succeeds(arguments);
    assert!(std::fs::read(sandbox.path("tiny.safetensors")).unwrap() == finished);
}

#[test]
fn train_survives_ctrl_c() {
    train_survives(Signal::Interrupt);
}

#[test]
fn train_survives_kill() {
    train_survives(Signal::Kill);
}
