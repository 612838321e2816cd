//! `finexl plot`, `finexl report` and `finexl compare` on made-up records.

#![allow(clippy::unwrap_used)]

use crate::sandbox::Sandbox;
use finexl_core::selection::{OTHER_RUNS, Role, SAME_STYLE, SelectionRecord};

const OURS: &str = "profile of explain";

/// What every method answers for two styles in three runs each, at two levels.
fn records() -> Vec<SelectionRecord> {
    let methods = [
        ("chance", Role::Reference),
        (OURS, Role::Ours),
        ("naive", Role::Baseline),
    ];
    let mut records = Vec::new();
    for (method, role) in methods {
        for (style, other) in [("warm", "dark"), ("dark", "warm")] {
            for (seed, level) in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)] {
                let right = match role {
                    Role::Reference => 0.4,
                    Role::Ours => 1.0,
                    _ => f64::from(u8::from(seed == 0)),
                };
                let selected = if right > 0.5 { style } else { other };
                records.push(SelectionRecord {
                    pool: "small".to_string(),
                    column: "single aspect, 3 levels".to_string(),
                    protocol: OTHER_RUNS.to_string(),
                    method: method.to_string(),
                    role,
                    seen: None,
                    target: format!("{style}-{seed}-{level}"),
                    run: format!("{style}-{seed}"),
                    aspects: vec![style.to_string()],
                    level,
                    selected: vec![format!("{selected}-{}-0", (seed + 1) % 3)],
                    selected_styles: vec![selected.to_string()],
                    figures: [(SAME_STYLE.to_string(), right)].into(),
                    ceilings: [(SAME_STYLE.to_string(), 1.0)].into(),
                    strength: None,
                    found: Vec::new(),
                    problem: None,
                });
            }
        }
    }
    records
}

/// A sandbox with a folder of results.
fn with_results(folder: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    write(&sandbox, folder, &records());
    sandbox
}

fn write(sandbox: &Sandbox, folder: &str, records: &[SelectionRecord]) {
    sandbox.write(
        &format!("{folder}/provenance.json"),
        r#"{"version": "made up"}"#,
    );
    let path = sandbox.path(folder).join("records.jsonl");
    SelectionRecord::write_all(&path, records).unwrap();
}

#[test]
fn a_report_is_the_same_however_often_it_is_written() {
    let sandbox = with_results("results");
    let outcome = sandbox.succeeds("report results");
    assert_eq!(outcome.stdout, "wrote results/report.html\n");
    let files = [
        "figures",
        "provenance.json",
        "records.jsonl",
        "report.html",
        "table.csv",
        "table.json",
        "table.md",
    ];
    assert_eq!(sandbox.names("results"), files);
    let bytes = || -> Vec<Vec<u8>> {
        let figures = sandbox.names("results/figures");
        let figures = figures.iter().map(|name| format!("figures/{name}"));
        let all = figures.chain(files[1..].iter().map(|name| name.to_string()));
        let read = |name| std::fs::read(sandbox.path("results").join(name)).unwrap();
        all.map(read).collect()
    };
    let first = bytes();
    sandbox.succeeds("report results --quiet");
    assert!(first == bytes());
    let page = std::fs::read_to_string(sandbox.path("results/report.html")).unwrap();
    for words in [
        "of the error of the best baseline, naive",
        "made up",
        "<svg ",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn figures_are_drawn_from_records_alone() {
    let sandbox = with_results("results");
    std::fs::remove_file(sandbox.path("results/provenance.json")).unwrap();
    let outcome = sandbox.succeeds("plot results");
    assert!(outcome.stdout.contains("4 figures"), "{}", outcome.stdout);
    assert_eq!(sandbox.names("results"), ["figures", "records.jsonl"]);
    let figures = sandbox.names("results/figures");
    assert_eq!(figures.len(), 8, "{figures:?}");
    for name in figures.iter().filter(|name| name.ends_with(".png")) {
        let picture = image::open(sandbox.path("results/figures").join(name)).unwrap();
        assert_eq!(picture.width(), 1760, "{name}");
    }
}

#[test]
fn a_changed_selection_is_found() {
    let sandbox = with_results("a");
    let mut changed = records();
    let ours = changed.iter_mut().find(|record| record.method == OURS);
    let ours = ours.unwrap();
    ours.selected = vec!["dark-1-0".to_string()];
    ours.figures.insert(SAME_STYLE.to_string(), 0.0);
    changed.retain(|record| record.method != "naive");
    write(&sandbox, "b", &changed);
    // Made with another encoder and of another base.
    let kept = sandbox.json("a/provenance.json").to_string();
    sandbox.write(
        "a/provenance.json",
        kept.replacen('{', "{\"judge\": \"x\",", 1),
    );
    sandbox.write(
        "b/provenance.json",
        kept.replacen('{', "{\"judge\": \"y\",", 1),
    );
    let before = sandbox.files();
    let text = sandbox.succeeds("compare a b").stdout;
    for words in [
        "Settings: 1 differ\n  judge: x -> y\n",
        "warm-0-0: warm-1-0 -> dark-1-0",
        "1.000",
        "0.917",
        "-0.083",
        "Selections: 1 of 24 differ",
        "Only in A\n  small: single aspect, 3 levels, other runs only, naive\n",
    ] {
        assert!(text.contains(words), "{words} is missing in\n{text}");
    }
    assert!(!text.contains("Only in B"), "{text}");
    assert_eq!(sandbox.files(), before);
    let same = sandbox.succeeds("compare a a").stdout;
    assert!(same.contains("Settings: the same"), "{same}");
    std::fs::remove_file(sandbox.path("b/provenance.json")).unwrap();
    let unknown = sandbox.succeeds("compare a b").stdout;
    assert!(unknown.contains("no provenance.json of B"), "{unknown}");
    assert!(same.contains("Figures: 0 differ, 3 are equal"), "{same}");
    assert!(same.contains("Selections: 0 of 36 differ"), "{same}");
}

#[test]
fn folders_without_whole_records_are_refused_by_name() {
    let sandbox = with_results("results");
    sandbox.write("empty/records.jsonl", "");
    let lines = std::fs::read_to_string(sandbox.path("results/records.jsonl")).unwrap();
    sandbox.write(
        "damaged/records.jsonl",
        lines.replacen("\"target\"", "\"goal\"", 1),
    );
    sandbox.write("provenance/records.jsonl", &lines);
    sandbox.write("provenance/provenance.json", "{");
    for verb in ["plot", "report", "compare results"] {
        let missing = ["nowhere/records.jsonl", "[select-models]"];
        sandbox.refuses(&format!("{verb} nowhere"), &missing);
        let empty = [
            "empty/records.jsonl holds no record",
            "run its experiment again",
        ];
        sandbox.refuses(&format!("{verb} empty"), &empty);
        let damaged = ["damaged/records.jsonl, line 1", "goal"];
        sandbox.refuses(&format!("{verb} damaged"), &damaged);
    }
    // Tables may be written before the page is found to be impossible, so only the words are checked.
    let outcome = sandbox.run("report provenance");
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome.stderr.contains("provenance.json is damaged"),
        "{}",
        outcome.stderr
    );
}
