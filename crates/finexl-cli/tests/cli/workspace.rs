//! The house rules that a compiler does not check: arrows between crates, names of modules, and that
//! ARCHITECTURE.md knows every room.

#![allow(clippy::unwrap_used)]

use cargo_metadata::{Metadata, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Who may import whom; a crate that is missing here may not exist.
const ARROWS: [(&str, &[&str]); 8] = [
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
    (
        "finexl",
        &[
            "finexl-core",
            "finexl-data",
            "finexl-zoo",
            "finexl-explain",
            "finexl-eval",
            "finexl-plot",
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
        ],
    ),
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
