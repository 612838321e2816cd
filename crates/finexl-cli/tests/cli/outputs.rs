//! Results that cannot be written: refused before the work starts.

use crate::recipes::tiny_recipe;
use crate::sandbox::{EXPLAIN, Sandbox};

/// The input is missing as well: only a check before the work can find the output at fault.
const UNSEEN: &str = "explain --base nowhere --personalized nowhere";

#[test]
fn a_missing_folder_of_results_is_refused_first() {
    let sandbox = Sandbox::new();
    for option in ["--json", "--html", "--card"] {
        sandbox.refuses(
            &format!("{UNSEEN} {option} missing/out.file"),
            &[
                "cannot write missing/out.file",
                "choose a folder that exists",
            ],
        );
    }
    sandbox.refuses(
        "embed --images nowhere --out missing/e.safetensors",
        &["cannot write missing/e.safetensors"],
    );
    sandbox.write(
        "train.toml",
        tiny_recipe().replace("tiny.saf", "missing/tiny.saf"),
    );
    sandbox.refuses(
        "train train.toml",
        &["cannot write missing/tiny.safetensors"],
    );
}

#[test]
fn a_folder_in_place_of_a_result_is_refused_first() {
    let sandbox = Sandbox::new();
    sandbox.write("results/keep.txt", "mine");
    for option in ["--json", "--html", "--card"] {
        let arguments = format!("{UNSEEN} {option} results");
        sandbox.refuses(&arguments, &["cannot write results"]);
    }
    let arguments = "embed --images nowhere --out results";
    sandbox.refuses(arguments, &["cannot write results"]);
}

#[test]
fn a_file_in_place_of_a_folder_is_refused() {
    let sandbox = Sandbox::with_pairs(1);
    sandbox.write("taken", "mine");
    sandbox.refuses(
        &format!("{EXPLAIN} --json taken/out.json"),
        &["taken/out.json"],
    );
    let stylize = "data stylize base taken --aspect warm=1";
    sandbox.refuses(stylize, &["cannot write", "taken"]);
    sandbox.refuses("data render taken --scenes 1", &["cannot write", "taken"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure_and_no_mistake() {
    // Standard output is the one place whose writes a test can make fail.
    let sandbox = Sandbox::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let mut command = sandbox.command("zoo words");
    if let Ok(full) = full {
        let status = command.stdout(full).status();
        assert_eq!(status.ok().and_then(|s| s.code()), Some(1));
    }
}
