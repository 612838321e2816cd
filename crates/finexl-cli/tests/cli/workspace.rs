//! The house rules that a compiler does not check: arrows between crates, names of modules, and that
//! ARCHITECTURE.md knows every room.

#![allow(clippy::unwrap_used)]

use cargo_metadata::{Metadata, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Who may import whom; a crate that is missing here may not exist.
const ARROWS: [(&str, &[&str]); 10] = [
    ("finexl-core", &[]),
    ("finexl-data", &["finexl-core"]),
    ("finexl-zoo", &["finexl-core", "finexl-data"]),
    (
        "finexl-explain",
        &["finexl-core", "finexl-data", "finexl-zoo"],
    ),
    (
        "finexl-eval",
        &["finexl-core", "finexl-data", "finexl-zoo", "finexl-explain"],
    ),
    ("finexl-plot", &["finexl-core"]),
    ("finexl-index", &["finexl-core"]),
    (
        "finexl",
        &[
            "finexl-core",
            "finexl-data",
            "finexl-zoo",
            "finexl-explain",
            "finexl-eval",
            "finexl-plot",
            "finexl-index",
        ],
    ),
    (
        "finexl-cli",
        &[
            "finexl",
            "finexl-core",
            "finexl-data",
            "finexl-zoo",
            "finexl-explain",
            "finexl-eval",
            "finexl-plot",
            "finexl-index",
        ],
    ),
    ("finexl-python", &["finexl", "finexl-cli"]),
];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] = [
    "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils",
];

/// The workspace as cargo sees it, without its dependencies.
fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap()
}

/// All `.rs` files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

/// What a line such as `mod NAME;` or `pub(crate) mod NAME {` declares.
fn declared_module(line: &str) -> Option<&str> {
    let (visibility, name) = line.trim().split_once("mod ")?;
    let declares = visibility.is_empty() || visibility.starts_with("pub");
    declares.then(|| name.trim_end_matches([' ', ';', '{']))
}

#[test]
fn crates_import_along_the_arrows_only() {
    let metadata = metadata();
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    let members: BTreeSet<&str> = metadata.packages.iter().map(|p| p.name.as_str()).collect();
    let expected: BTreeSet<&str> = arrows.keys().copied().collect();
    assert_eq!(members, expected, "give a new crate its arrows here");

    // Dependencies for tests and build scripts count as well.
    let forbidden: Vec<String> = metadata
        .packages
        .iter()
        .flat_map(|package| {
            let allowed = arrows[package.name.as_str()];
            package
                .dependencies
                .iter()
                .map(|dependency| dependency.name.as_str())
                .filter(|name| members.contains(name) && !allowed.contains(name))
                .map(move |name| format!("{} -> {name}", package.name))
        })
        .collect();
    assert!(
        forbidden.is_empty(),
        "these edges are not in ARCHITECTURE.md: {}",
        forbidden.join(", ")
    );
}

#[test]
fn no_module_has_an_empty_name() {
    let metadata = metadata();
    let crates = metadata.workspace_root.join("crates");
    let files = sources(crates.as_std_path());
    assert!(files.len() > metadata.packages.len());
    for file in files {
        let inside = file.strip_prefix(&crates).unwrap();
        for part in inside.with_extension("").iter() {
            assert!(
                !EMPTY_NAMES.iter().any(|name| part == *name),
                "{} says nothing about what is inside; name it after its main type",
                inside.display()
            );
        }
        let text = std::fs::read_to_string(&file).unwrap();
        for name in text.lines().filter_map(declared_module) {
            assert!(
                !EMPTY_NAMES.contains(&name),
                "{}: the module {name} says nothing about what is inside",
                inside.display()
            );
        }
    }
}

/// Lines that a file may have.
const MOST_LINES: usize = 400;
/// Lines that a function may have, its signature and last brace included.
const MOST_LINES_OF_FUNCTION: usize = 60;
/// Files that were longer when this was first checked. Nothing is added.
const LONG_FILES: &[&str] = &[
    "finexl-cli/tests/cli/generators.rs",
    "finexl-cli/tests/cli/hostile_models.rs",
    "finexl-cli/tests/cli/inspections.rs",
    "finexl-cli/tests/cli/pairing_cases.rs",
    "finexl-data/tests/files/pairing.rs",
    "finexl-data/src/error.rs",
    "finexl-eval/src/pool_levels.rs",
    "finexl-explain/src/calibrated_space.rs",
    "finexl-explain/tests/parity/decompositions.rs",
    "finexl-zoo/src/perceptual/inception.rs",
];
/// Functions that were longer when this was first checked, by file. Nothing is added.
const LONG_FUNCTIONS: &[(&str, &str)] = &[
    (
        "finexl-zoo/tests/parity/stable_diffusion_pictures.rs",
        "sd_settings_that_make_no_sense_are_refused",
    ),
    (
        "finexl-cli/tests/cli/generators.rs",
        "a_pool_survives_kill_without_losing_or_changing_a_model",
    ),
    (
        "finexl-cli/tests/cli/heads.rs",
        "a_head_of_ones_own_is_trained_and_read_by",
    ),
    (
        "finexl-cli/tests/cli/hostile_models.rs",
        "sizes_that_a_config_makes_up_are_refused",
    ),
    ("finexl-data/src/decode/jpeg.rs", "decode"),
    ("finexl-eval/src/calibrate/mod.rs", "calibrate"),
    ("finexl-eval/src/evaluate.rs", "evaluate"),
    ("finexl-eval/src/pool_figures.rs", "summary"),
    ("finexl-eval/src/pool_levels.rs", "evaluate_pool"),
    (
        "finexl-eval/src/probe_study/experiment.rs",
        "evaluate_probes",
    ),
    ("finexl-eval/src/selection/methods.rs", "named"),
    (
        "finexl-explain/src/concept_features.rs",
        "parse_concept_features",
    ),
    ("finexl-explain/src/explain.rs", "explain"),
    ("finexl-explain/src/feature_rows.rs", "by_names"),
    ("finexl-explain/src/features_file.rs", "parse"),
    ("finexl-explain/src/image_features.rs", "encode"),
    ("finexl-explain/src/similar.rs", "record"),
    ("finexl-plot/src/inspection/words.rs", "facts"),
    ("finexl-plot/tests/reading/sample.rs", "explanation"),
    (
        "finexl-zoo/src/encoders/clip/config.rs",
        "sizes_that_nothing_can_have_are_refused_before_anything_is_made",
    ),
    (
        "finexl-zoo/src/encoders/clip/huggingface_config.rs",
        "parse",
    ),
    (
        "finexl-zoo/src/encoders/clip/preprocessing.rs",
        "of_huggingface",
    ),
    (
        "finexl-zoo/src/generators/mini_gan/tests.rs",
        "settings_that_make_no_sense_are_refused",
    ),
    (
        "finexl-zoo/src/generators/stable_diffusion/schedulers/config_reading.rs",
        "config",
    ),
    ("finexl-zoo/src/lora_files/conversion.rs", "convert"),
    ("finexl-zoo/src/lora_files/reading.rs", "layer"),
    ("finexl-zoo/src/training/training_loop.rs", "launch"),
];

/// The functions of a source as rustfmt leaves it, with their lengths in lines.
fn functions(text: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let Some(name) = function_name(line.trim_start()) else {
            continue;
        };
        let end = lines[start..].iter().position(|line| {
            let depth = line.len() - line.trim_start().len();
            depth == indent
                && (line.trim_start().starts_with('}')
                    || line.ends_with(';')
                    || line.ends_with("{}"))
        });
        found.extend(end.map(|end| (name, end + 1)));
    }
    found
}

/// The name of the function that a line begins.
fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let words = ["pub", "const", "async", "unsafe", "extern"];
    let begins = before
        .split_whitespace()
        .all(|word| words.contains(&word) || word.starts_with("pub("));
    let end = after.find(['(', '<'])?;
    begins.then(|| &after[..end])
}

#[test]
fn files_and_functions_are_short() {
    let metadata = metadata();
    let crates = metadata.workspace_root.join("crates");
    let (mut long_files, mut long_functions) = (Vec::new(), Vec::new());
    for file in sources(crates.as_std_path()) {
        let text = std::fs::read_to_string(&file).unwrap();
        let inside = file.strip_prefix(&crates).unwrap().to_str().unwrap();
        let inside = inside.replace('\\', "/");
        if text.lines().count() > MOST_LINES {
            long_files.push(inside.clone());
        }
        for (name, lines) in functions(&text) {
            if lines > MOST_LINES_OF_FUNCTION {
                long_functions.push((inside.clone(), name.to_string()));
            }
        }
    }
    for file in &long_files {
        assert!(
            LONG_FILES.contains(&file.as_str()),
            "{file} has more than {MOST_LINES} lines; divide it"
        );
    }
    for (file, name) in &long_functions {
        assert!(
            LONG_FUNCTIONS.contains(&(file.as_str(), name.as_str())),
            "{name} in {file} has more than {MOST_LINES_OF_FUNCTION} lines; divide it"
        );
    }
}

#[test]
fn the_architecture_names_every_crate() {
    let metadata = metadata();
    let path = metadata.workspace_root.join("ARCHITECTURE.md");
    let text = std::fs::read_to_string(path).unwrap();
    for package in &metadata.packages {
        assert!(
            text.contains(&format!("`{}`", package.name)),
            "ARCHITECTURE.md does not name {}",
            package.name
        );
    }
}
