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
use finexl_index::by_words::ranked;
use finexl_index::columns::{Number, Text};
use finexl_index::filters::Filters;
use finexl_index::group_file::GroupFile;
use finexl_index::likeness::{self, Profiles, alike};
use finexl_index::manifest::Manifest;
use finexl_index::query::{Query, Term, Want};
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
    ("indexes", indexes),
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

/// What an index consists of, and the file of a group with searches in it.
pub fn indexes(data: &[u8]) {
    let file = Path::new(FILE);
    refused(Manifest::parse(file, data));
    let Some(group) = refused(GroupFile::parse(file, data.to_vec())) else {
        return;
    };
    let filters = Filters {
        min: Some(0.1),
        significant: true,
        tags: vec!["mine".to_string()],
        ..Filters::default()
    };
    let [first, last] = [0, group.group().concepts.len().saturating_sub(1)];
    let terms = [(first, Want::Slightly), (last, Want::Less(first))];
    let query = Query {
        terms: terms.map(|(concept, want)| Term { concept, want }).to_vec(),
        notes: Vec::new(),
    };
    for filters in [&filters, &Filters::default()] {
        ranked(&group, &query, filters, 3);
    }
    // What a file says of many models is looked at of some.
    for row in 0..group.len().min(4) {
        for number in Number::ALL {
            let _ = group.numbers(number, row);
        }
        for text in Text::ALL {
            let _ = group.text(text, row);
        }
        let target = likeness::Target::row(&group, row);
        for profiles in [Profiles::Pairs, Profiles::Mean] {
            let found = alike(&group, &target, profiles, &Filters::default(), 3);
            for hit in found.hits {
                target.common(&group, hit.row);
            }
        }
    }
}
