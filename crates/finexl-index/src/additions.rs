//! Records that join an index, replace what it knows of them, or leave it.

use crate::columns::Text;
use crate::entry::Entry;
use crate::error::IndexError;
use crate::group::Group;
use crate::group_file_writing;
use crate::manifest::{self, KnownGroup, Manifest, group_file};
use crate::models_index::ModelsIndex;
use crate::rows::Row;
use crate::tables::{self, GroupRows};
use crate::titles::titles;
use finexl_core::partial_folder::PartialFolder;
use finexl_core::work_lock::{WorkLock, WorkPlace};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How names of data folders begin.
const DATA: &str = "data-";

/// What became of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Models that were not there before.
    pub added: usize,
    /// Models whose entry was replaced by another.
    pub replaced: usize,
    /// Models that left.
    pub removed: usize,
    /// Models in all.
    pub models: usize,
}

/// The right to change an index.
#[derive(Debug)]
pub struct IndexChange {
    path: PathBuf,
    _lock: WorkLock,
    before: Option<ModelsIndex>,
}

impl IndexChange {
    /// Waits for other processes that change the index; one that is not there begins empty.
    ///
    /// # Errors
    /// A folder that holds something else than an index, or a damaged one; a folder that cannot be written to.
    pub fn begin(path: &Path) -> Result<Self, IndexError> {
        let has_other = || {
            let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
            let mut names = entries.map(|entry| entry.file_name());
            names.any(|name| {
                !name.to_string_lossy().starts_with('.') && !is_data(&name.to_string_lossy())
            })
        };
        let there = path.join(manifest::FILE).exists();
        if path.exists() && !there && (!path.is_dir() || has_other()) {
            let problem = "is there and is no index; give another --out, or remove it first";
            return Err(IndexError::file(path, problem));
        }
        let lock = WorkPlace::folder(path).wait()?;
        let before = match path.join(manifest::FILE).exists() {
            true => Some(ModelsIndex::open(path)?),
            false => None,
        };
        Ok(Self {
            path: path.to_path_buf(),
            _lock: lock,
            before,
        })
    }

    /// The fingerprint of what the entry of a record was made from, where the index knows it.
    pub fn known(&self, record: &str) -> Option<&str> {
        let (group, row) = self.before.as_ref()?.find(record)?;
        Some(group.text(Text::Content, row))
    }

    /// Adds entries, which replace those of the same records, removes `leaving` (paths of records), and writes the index if
    /// anything is another than before.
    ///
    /// # Errors
    /// Records of one group that name other concepts; files that cannot be written.
    pub fn finish(
        self,
        entries: &[Entry],
        leaving: &BTreeSet<String>,
    ) -> Result<Outcome, IndexError> {
        let new: BTreeMap<&[u8], &Entry> = (entries.iter())
            .map(|entry| (entry.text(Text::Record), entry))
            .collect();
        let mut outcome = Outcome::default();
        let mut groups: BTreeMap<String, (&Group, Vec<Row<'_>>)> = BTreeMap::new();
        for file in self.before.iter().flat_map(ModelsIndex::groups) {
            let rows = &mut groups
                .entry(file.group().id())
                .or_insert((file.group(), Vec::new()))
                .1;
            for row in 0..file.len() {
                let record = file.bytes(Text::Record, row);
                if new.contains_key(record) {
                    outcome.replaced += 1;
                } else if leaving.contains(file.text(Text::Record, row)) {
                    outcome.removed += 1;
                } else {
                    rows.push(Row::Kept(file, row));
                }
            }
        }
        outcome.added = new.len() - outcome.replaced;
        for entry in new.values() {
            let (group, rows) = groups
                .entry(entry.group.id())
                .or_insert((&entry.group, Vec::new()));
            if group.concepts != entry.group.concepts {
                return Err(IndexError::Record {
                    record: String::from_utf8_lossy(entry.text(Text::Record)).into_owned(),
                    problem: "it names other concepts than the records of the same vocabulary; explain the model anew"
                        .to_string(),
                });
            }
            rows.push(Row::New(entry));
        }
        groups.retain(|_, (_, rows)| !rows.is_empty());
        outcome.models = groups.values().map(|(_, rows)| rows.len()).sum();
        let changed = outcome.added + outcome.replaced + outcome.removed > 0;
        if changed || self.before.is_none() {
            write(&self.path, with_titles(groups))?;
        }
        Ok(outcome)
    }
}

/// Sorts the rows of all groups and gives them their titles.
fn with_titles<'a>(groups: BTreeMap<String, (&'a Group, Vec<Row<'a>>)>) -> Vec<GroupRows<'a>> {
    let mut all: Vec<GroupRows<'a>> = Vec::new();
    for (_, (group, mut rows)) in groups {
        rows.sort_by(|a, b| a.text(Text::Record).cmp(b.text(Text::Record)));
        all.push(GroupRows {
            group,
            rows,
            titles: Vec::new(),
        });
    }
    let text = |row: &Row<'a>, text: Text| std::str::from_utf8(row.text(text)).unwrap_or_default();
    let names: Vec<(&str, &str)> = (all.iter().flat_map(|group| &group.rows))
        .map(|row| (text(row, Text::Model), text(row, Text::Record)))
        .collect();
    let mut found = titles(&names).into_iter();
    for group in &mut all {
        group.titles = found.by_ref().take(group.rows.len()).collect();
    }
    all
}

/// Writes the data aside, shows them, names them, and removes the old ones.
fn write(path: &Path, groups: Vec<GroupRows<'_>>) -> Result<(), IndexError> {
    let data = format!("{DATA}{:06}", last_number(path) + 1);
    let partial = PartialFolder::start(path)?;
    let folder = partial.path().join(&data);
    finexl_core::atomic::create_folder(&folder)?;
    for group in &groups {
        let file = folder.join(group_file(&group.group.id()));
        group_file_writing::write(&file, group.group, &group.rows, &group.titles)?;
    }
    tables::write(&folder, &groups)?;
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let length = entry.metadata().map_or(0, |found| found.len());
        files.insert(entry.file_name().to_string_lossy().into_owned(), length);
    }
    let manifest = Manifest {
        schema: manifest::SCHEMA.to_string(),
        version: env!("CARGO_PKG_VERSION").to_string(),
        data: data.clone(),
        models: groups.iter().map(|group| group.rows.len()).sum(),
        groups: (groups.iter())
            .map(|group| KnownGroup {
                id: group.group.id(),
                models: group.rows.len(),
                group: group.group.clone(),
            })
            .collect(),
        files,
    };
    partial.finish(std::iter::once(data.as_str()))?;
    manifest.write(path)?;
    for name in data_folders(path).filter(|name| *name != data) {
        // What is left only takes room, and the next change removes it.
        let _ = std::fs::remove_dir_all(path.join(name));
    }
    Ok(())
}

fn is_data(name: &str) -> bool {
    let digits = name.strip_prefix(DATA).unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn data_folders(path: &Path) -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| is_data(name))
}

/// The highest number of a data folder that is there, whole or left behind.
fn last_number(path: &Path) -> u64 {
    let numbers = data_folders(path).filter_map(|name| name.strip_prefix(DATA)?.parse().ok());
    numbers.max().unwrap_or(0)
}
