//! Results into links, devices, pipes and standard output; permissions; a full disk.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use crate::sandbox::{EXPLAIN, Outcome, Sandbox};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::process::{Command, Stdio};

#[test]
fn standard_output_holds_the_result_alone() {
    let sandbox = Sandbox::with_pairs(4);
    for json in ["--json -", "--json /dev/stdout"] {
        let outcome = sandbox.succeeds(&format!("{EXPLAIN} {json} --html page.html"));
        let record: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(record["pairs"], 4);
        for note in record["notes"].as_array().unwrap() {
            assert!(
                outcome.stderr.contains(note.as_str().unwrap()),
                "{}",
                outcome.stderr
            );
        }
    }
    let page = sandbox.succeeds(&format!("{EXPLAIN} --html -")).stdout;
    assert!(
        page.starts_with("<!") && page.trim_end().ends_with("</html>"),
        "{page}"
    );
    let card = sandbox.succeeds(&format!("{EXPLAIN} --card -")).stdout;
    assert!(card.starts_with("---\n"), "{card}");
    let quiet = sandbox.succeeds(&format!("{EXPLAIN} --json - --quiet"));
    assert_eq!(quiet.stderr, "");
    for two in ["--json - --html -", "--json - --card /dev/stdout"] {
        let words = ["--json and", "standard output"];
        sandbox.refuses(&format!("{EXPLAIN} {two}"), &words);
    }
}

#[test]
fn devices_links_and_pipes_stay_what_they_are() {
    let sandbox = Sandbox::with_pairs(4);
    let outcome = sandbox.succeeds(&format!("{EXPLAIN} --json /dev/null"));
    assert!(outcome.stdout.contains("pairs"), "{}", outcome.stdout);
    let null = std::fs::metadata("/dev/null").unwrap();
    assert!(null.file_type().is_char_device());

    std::fs::create_dir(sandbox.path("far")).unwrap();
    symlink("far/real.json", sandbox.path("link.json")).unwrap();
    for _ in 0..2 {
        sandbox.succeeds(&format!("{EXPLAIN} --json link.json"));
        let link = std::fs::symlink_metadata(sandbox.path("link.json")).unwrap();
        assert!(link.is_symlink());
        assert_eq!(sandbox.json("far/real.json")["pairs"], 4);
    }

    let pipe = sandbox.path("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).unwrap()
    });
    sandbox.succeeds(&format!("{EXPLAIN} --json pipe"));
    let record: serde_json::Value = serde_json::from_slice(&reader.join().unwrap()).unwrap();
    assert_eq!(record["pairs"], 4);
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn new_files_follow_the_umask_and_old_ones_keep_their_permissions() {
    let sandbox = Sandbox::with_pairs(4);
    let mode = |name: &str| std::fs::metadata(sandbox.path(name)).unwrap().mode() & 0o777;
    for (umask, expected) in [("077", 0o600), ("002", 0o664)] {
        // Only a shell of its own has another umask.
        let binary = sandbox.command(EXPLAIN);
        let line = format!("umask {umask}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &line]).arg(binary.get_program());
        command.args(binary.get_args());
        command.args(["--json", "out.json"]);
        command.current_dir(sandbox.path(""));
        for (key, value) in binary.get_envs() {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            };
        }
        let outcome = Outcome::of(command);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert_eq!(mode("out.json"), expected);
        std::fs::remove_file(sandbox.path("out.json")).unwrap();
    }
    sandbox.write("out.json", "{}");
    let private = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(sandbox.path("out.json"), private).unwrap();
    sandbox.succeeds(&format!("{EXPLAIN} --json out.json"));
    assert_eq!(mode("out.json"), 0o640);
    let read_only = std::fs::Permissions::from_mode(0o444);
    std::fs::set_permissions(sandbox.path("out.json"), read_only).unwrap();
    sandbox.refuses(
        &format!("{EXPLAIN} --json out.json"),
        &["cannot write out.json"],
    );
}

/// A file system of two pages, where the system lets one be made without being its administrator.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_old_file() {
    let sandbox = Sandbox::with_pairs(2);
    let script = "mkdir small && mount -t tmpfs -o size=8k none small || exit 77
                  echo old > small/out.json
                  \"$0\" \"$@\" --json small/out.json; code=$?
                  test \"$(cat small/out.json)\" = old || exit 78
                  test \"$(ls -A small)\" = out.json || exit 79
                  exit $code";
    let binary = sandbox.command(EXPLAIN);
    let mut command = Command::new("unshare");
    command
        .args(["-rm", "sh", "-c", script])
        .arg(binary.get_program());
    command.args(binary.get_args());
    command
        .current_dir(sandbox.path(""))
        .env("FINEXL_CACHE", sandbox.path("cache"));
    command.stdin(Stdio::null());
    let Ok(output) = command.output() else { return };
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("unshare") || output.status.code() == Some(77) {
        return;
    }
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write small/out.json"), "{said}");
}
