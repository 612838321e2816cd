//! Sweeps through the binary.

#![allow(clippy::unwrap_used)]

use crate::sandbox::{Outcome, Sandbox};
use std::time::Duration;

const SWEEP: &str = "[sweep]
name = \"small\"
output = \"out\"
figures = [\"score\"]
columns = { methods = \"method\", \"personalizations.0.aspects.warm\" = \"level\" }

[sweep.grid]
\"personalizations.0.aspects.warm\" = [0.4, 0.8]
methods = [[\"nnls\"], [\"ridge\"]]

[explain-scenes]
output = \"unused\"
split = \"test\"
scenes = 2
size = 64
seed = 1
artist = \"twemoji\"
art-folder = \"none\"

[[explain-scenes.personalizations]]
name = \"warm\"
aspects = { warm = 0.8 }
";

fn small() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("sweep.toml", SWEEP);
    sandbox
}

#[test]
fn a_sweep_is_planned_run_and_collected() {
    let sandbox = small();
    let planned = sandbox.succeeds("sweep plan sweep.toml").stdout;
    for words in [
        "small: 4 cells of [explain-scenes]",
        "level (2): 0.4, 0.8",
        "method (2): nnls, ridge",
        "nothing is known of time",
    ] {
        assert!(planned.contains(words), "{words}: {planned}");
    }
    let commands = sandbox
        .succeeds("sweep plan sweep.toml --print-commands")
        .stdout;
    assert_eq!(commands.lines().count(), 4, "{commands}");
    // One cell as another scheduler would start it, a half of the others, then the rest.
    let first = commands
        .lines()
        .next()
        .unwrap()
        .strip_prefix("finexl ")
        .unwrap();
    let done = sandbox.succeeds(first).stdout;
    assert!(
        done.contains("done in") && done.contains("level=0.4, method=nnls"),
        "{done}"
    );
    sandbox.succeeds("sweep work sweep.toml --shard 2/2");
    let status = sandbox.succeeds("sweep status sweep.toml").stdout;
    assert_eq!(status, "3 of 4 done\n");
    let planned = sandbox.succeeds("sweep plan sweep.toml").stdout;
    assert!(planned.contains("1 wait: about"), "{planned}");
    let run = sandbox.succeeds("sweep run sweep.toml --jobs 2");
    assert!(run.stdout.contains("4 of 4 done"), "{run:?}");
    sandbox.succeeds("sweep collect sweep.toml");
    let table = std::fs::read_to_string(sandbox.path("out/table.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert!(
        lines[0].starts_with("level,method,model,aspects,score,score low,score high,named,"),
        "{table}"
    );
    assert!(
        lines[1].starts_with("0.4,nnls,warm,warm,") && lines[4].starts_with("0.8,ridge,warm,warm,"),
        "{table}"
    );
    assert_eq!(
        sandbox.names("out/figures"),
        ["score-by-method.svg", "score-over-level.svg"]
    );
    let page = std::fs::read_to_string(sandbox.path("out/report.html")).unwrap();
    assert!(page.contains("4 rows of 4 cells"), "{page}");
    // A wider axis leaves what is done as it is.
    sandbox.write("sweep.toml", SWEEP.replace("[0.4, 0.8]", "[0.4, 0.8, 1.0]"));
    let status = sandbox.succeeds("sweep status sweep.toml").stdout;
    assert_eq!(status, "4 of 6 done\n");
}

#[test]
fn a_cell_that_fails_is_named_and_the_others_go_on() {
    let sandbox = small();
    sandbox.write(
        "sweep.toml",
        SWEEP
            .replace("[0.4, 0.8]", "[0.4, 1.8]")
            .replace(", [\"ridge\"]", ""),
    );
    let failed = |outcome: &Outcome| {
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(
            outcome.stdout.contains("1 of 2 done, 1 failed"),
            "{outcome:?}"
        );
        for words in ["level=1.8", "is 1.8", "log.txt"] {
            assert!(outcome.stdout.contains(words), "{outcome:?}");
        }
    };
    failed(&sandbox.run("sweep run sweep.toml"));
    failed(&sandbox.run("sweep status sweep.toml"));
    let collected = sandbox.succeeds("sweep collect sweep.toml");
    assert!(
        collected
            .stderr
            .contains("1 of 2 cells are missing: 1 failed"),
        "{collected:?}"
    );
    let retried = sandbox.succeeds("sweep retry sweep.toml").stdout;
    assert!(retried.contains("1 cells wait again"), "{retried}");
    assert_eq!(
        sandbox.succeeds("sweep status sweep.toml").stdout,
        "1 of 2 done\n"
    );
}

#[test]
fn what_is_wrong_with_a_sweep_is_shown_with_its_line() {
    let sandbox = small();
    for (right, wrong, words) in [
        (
            "methods = [[\"nnls\"]",
            "method = [[\"nnls\"]",
            vec![
                "line 9",
                "[explain-scenes] has no key `method`",
                "`methods`? There are",
            ],
        ),
        (
            "[\"ridge\"]]",
            "[\"rigde\"]]",
            vec!["line 9", "`methods`", "no choice `rigde`", "`ridge`"],
        ),
        ("scenes = 2", "scenes = 0", vec!["scenes", "at least 1"]),
        ("[0.4, 0.8]", "[]", vec!["line 8", "has no value"]),
        ("figures", "figurs", vec!["line 4", "no key `figurs`"]),
        (
            "[sweep.grid]",
            "[[sweep.leave-out]]\nmethodes = \"nnls\"\n[sweep.grid]",
            vec!["line 8", "`methodes` is no axis; there are"],
        ),
        (
            "[sweep.grid]",
            "repeats = 2\nseed-key = \"sed\"\n[sweep.grid]",
            vec!["has no key `sed`"],
        ),
        (
            "output = \"out\"",
            "output = \"out\"\ntemplate = \"none.toml\"",
            vec!["`template` names a file"],
        ),
    ] {
        let text = SWEEP.replace(right, wrong);
        assert!(text != SWEEP, "{right}");
        sandbox.write("wrong.toml", text);
        sandbox.refuses("sweep run wrong.toml", &words);
    }
    sandbox.write(
        "template.toml",
        "[sweep]\nname = \"a\"\noutput = \"out\"\ntemplate = \"none.toml\"\nrepeats = 2\n",
    );
    sandbox.refuses("sweep plan template.toml", &["line 4", "none.toml"]);
    sandbox.refuses("run sweep.toml", &["[sweep]", "runs it"]);
    sandbox.write("plain.toml", "[explain-scenes]\n");
    sandbox.refuses("sweep plan plain.toml", &["no [sweep]", "`finexl run`"]);
    sandbox.refuses("sweep work sweep.toml --shard 3/2", &["i from 1 to n"]);
    sandbox.refuses("sweep work sweep.toml --cell 12", &["has no cell 12"]);
}

#[test]
fn a_folder_of_another_version_is_refused_by_name() {
    let sandbox = small();
    let commands = sandbox
        .succeeds("sweep plan sweep.toml --print-commands")
        .stdout;
    let cell = commands.lines().next().unwrap().rsplit(' ').next().unwrap();
    sandbox.write(
        &format!("out/cells/{cell}/cell.json"),
        "{\"version\": 0, \"program\": \"0.0.9\"}",
    );
    for verb in ["run", "work", "status", "collect"] {
        let words = [cell, "version 0 of finexl 0.0.9", "another output"];
        sandbox.refuses(&format!("sweep {verb} sweep.toml"), &words);
    }
}

#[cfg(unix)]
#[test]
fn a_killed_worker_loses_its_cell_and_nothing_else() {
    let sandbox = small();
    sandbox.succeeds("sweep run sweep.toml");
    sandbox.succeeds("sweep collect sweep.toml");
    let whole = std::fs::read(sandbox.path("out/table.csv")).unwrap();
    std::fs::remove_dir_all(sandbox.path("out")).unwrap();
    let mut worker = sandbox
        .command("sweep work sweep.toml --quiet")
        .spawn()
        .unwrap();
    // Until the second cell is begun.
    let begun = || sandbox.names("out/cells").len() == 2;
    for _ in 0..1500 {
        if begun() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(begun());
    worker.kill().unwrap();
    worker.wait().unwrap();
    sandbox.succeeds("sweep run sweep.toml --jobs 2");
    sandbox.succeeds("sweep collect sweep.toml");
    assert!(std::fs::read(sandbox.path("out/table.csv")).unwrap() == whole);
}
