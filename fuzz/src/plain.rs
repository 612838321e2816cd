//! Readers that need no network of any kind.

use finexl_core::experiment::Experiment;
use finexl_core::explanation::Explanation;
use finexl_core::json_file;
use finexl_core::personalization::PersonalizationRecord;
use finexl_core::pool::PoolRecord;
use finexl_core::toml_file;
use finexl_data::decode::decode_bytes;
use finexl_data::decode::limits::set_most_pixels;
use finexl_data::generation::{plain_prompt, read_generation_bytes};
use finexl_data::manifest::PromptFile;
use finexl_plot::check_card;
use std::fmt::Display;
use std::path::Path;

/// Stands for the file in messages.
pub const FILE: &str = "fuzzed";

/// A target: its name, which is that of its corpus, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const PLAIN: &[Target] = &[
    ("experiments", experiments),
    ("records", records),
    ("pools", pools),
    ("generations", generations),
    ("pictures", pictures),
    ("prompts", prompts),
    ("cards", cards),
];

/// A refusal has to be one in words.
pub fn refused<T, E: Display>(read: Result<T, E>) -> Option<T> {
    read.map_err(|error| assert!(!error.to_string().is_empty()))
        .ok()
}

/// Bytes that are text.
pub fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// The TOML file of an experiment.
pub fn experiments(data: &[u8]) {
    if let Some(text) = text(data) {
        refused(toml_file::parse::<Experiment>(Path::new(FILE), text));
    }
}

/// A record of `finexl explain --json`.
pub fn records(data: &[u8]) {
    refused(Explanation::parse(Path::new(FILE), data));
}

/// The list of a pool, and the record of a personalized model.
pub fn pools(data: &[u8]) {
    let file = Path::new(FILE);
    refused(PoolRecord::parse(file, data));
    let version = PersonalizationRecord::VERSION;
    refused(json_file::parse::<PersonalizationRecord>(
        file, data, version,
    ));
}

/// What a picture's file says of its generation.
pub fn generations(data: &[u8]) {
    if let Some(recorded) = refused(read_generation_bytes(data, "00012-100"))
        && let Some(generation) = recorded.generation()
        && let Some(prompt) = &generation.prompt
    {
        plain_prompt(prompt);
    }
    if let Some(text) = text(data) {
        plain_prompt(text);
    }
}

/// A picture, its colour profile with it; small ones only, for the sake of speed.
pub fn pictures(data: &[u8]) {
    set_most_pixels(1 << 16);
    refused(decode_bytes(Path::new(FILE), data));
}

/// Lists of prompts and manifests, by their content and as if their names said what they are.
pub fn prompts(data: &[u8]) {
    for name in ["prompts.txt", "pairs.csv", "metadata.jsonl"] {
        refused(PromptFile::parse(Path::new(name), data.to_vec()));
    }
}

/// A model card that an explanation is to be put into.
pub fn cards(data: &[u8]) {
    refused(check_card(data));
}
