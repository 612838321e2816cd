//! Records into an index.

use super::beside::{BesideFiles, is_beside};
use crate::Error;
use finexl_core::explanation::Explanation;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::{CoreError, atomic};
use finexl_index::IndexError;
use finexl_index::additions::{IndexChange, Outcome};
use finexl_index::entry::{Beside, Entry, VERSION};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Notes of one kind that are told in full.
const TOLD: usize = 5;

/// What joins an index.
#[derive(Clone, Debug, Default)]
pub struct IndexOptions {
    /// Records, and folders of them, whose files that end in `.json` are all looked at.
    pub records: Vec<PathBuf>,
    /// The user's name for the prompts of these records, where they belong together and the base's images differ.
    pub prompts: Option<String>,
    /// Tags of these models.
    pub tags: Vec<String>,
    /// Records that leave the index.
    pub forget: Vec<PathBuf>,
}

/// What became of it.
#[derive(Clone, Debug, Default)]
pub struct Indexed {
    /// What changed.
    pub outcome: Outcome,
    /// Records that were in the index as they are.
    pub same: usize,
    /// Models that joined and have no page beside their record.
    pub without_page: usize,
    /// What there is to say of single files: what was left out and why, records that are there twice.
    pub notes: Vec<String>,
}

/// What became of a file.
enum File {
    Same,
    Joins {
        entry: Box<Entry>,
        /// Of the record alone, by which two of one content are known.
        content: Fingerprint,
        note: Option<String>,
        has_page: bool,
    },
    LeftOut(String),
}

/// Reads records and writes them into the index in the folder `index`, which is made where it is not there. A record that is
/// in it as it is stays; one that has changed, or has other tags now, is replaced.
///
/// `progress` hears how many files were read, of how many, from any thread.
///
/// # Errors
/// A record that was named and cannot be read; a folder that is no index; files that cannot be written.
pub fn index_records(
    index: &Path,
    options: &IndexOptions,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Indexed, Error> {
    let files = files(&options.records)?;
    let change = IndexChange::begin(index)?;
    let forget: BTreeSet<String> = options.forget.iter().map(|path| whole(path)).collect();
    for path in &options.forget {
        if change.known(&whole(path)).is_none() {
            return Err(Error::Records(format!(
                "{} is not in the index, so it cannot leave it; name a record as `finexl search --json` does",
                path.display()
            )));
        }
    }
    let done = AtomicUsize::new(0);
    let files: Vec<(&PathBuf, &bool)> = files.iter().collect();
    let read: Vec<Result<File, Error>> = (files.par_iter())
        .map(|(path, named)| {
            let file = read(path, **named, options, &change);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, files.len());
            file
        })
        .collect();
    let (mut indexed, entries, mut left_out) = gathered(&files, read)?;
    if entries.is_empty() && indexed.same == 0 && forget.is_empty() {
        return Err(Error::Records(format!(
            "there is no record to index; name records of `finexl explain --json`, or folders of them{}",
            left_out
                .first()
                .map(|note| format!("; {note}"))
                .unwrap_or_default()
        )));
    }
    if left_out.len() > TOLD {
        let more = left_out.len() - TOLD;
        left_out.truncate(TOLD);
        left_out.push(format!("{more} more remarks on files of these folders"));
    }
    indexed.notes = left_out;
    indexed.outcome = change.finish(&entries, &forget)?;
    Ok(indexed)
}

/// What became of all files: counts, the entries that join, and what there is to say.
fn gathered(
    files: &[(&PathBuf, &bool)],
    read: Vec<Result<File, Error>>,
) -> Result<(Indexed, Vec<Entry>, Vec<String>), Error> {
    let mut indexed = Indexed::default();
    let mut entries = Vec::new();
    let mut left_out = Vec::new();
    let mut contents: BTreeMap<String, &Path> = BTreeMap::new();
    for ((path, _), file) in files.iter().zip(read) {
        match file? {
            File::Same => indexed.same += 1,
            File::Joins {
                entry,
                content,
                note,
                has_page,
            } => {
                left_out.extend(note);
                let first = contents.entry(content.to_string()).or_insert(path);
                left_out.extend((*first != path.as_path()).then(|| {
                    let [one, other] = [*first, path.as_path()].map(Path::display);
                    format!("{other} is the same record as {one}; it counts as another model")
                }));
                indexed.without_page += usize::from(!has_page);
                entries.push(*entry);
            }
            File::LeftOut(note) => left_out.push(note),
        }
    }
    Ok((indexed, entries, left_out))
}

/// All files by their paths, and whether each was named itself, so that it has to be a record.
fn files(records: &[PathBuf]) -> Result<BTreeMap<PathBuf, bool>, Error> {
    let mut found = BTreeMap::new();
    for path in records {
        let failed = |source| CoreError::Read {
            path: path.clone(),
            source,
        };
        let whole = path.canonicalize().map_err(failed)?;
        if !whole.is_dir() {
            found.insert(whole, true);
            continue;
        }
        for entry in std::fs::read_dir(&whole).map_err(failed)? {
            let file = entry.map_err(failed)?.path();
            if file.extension().is_some_and(|end| end == "json") && !is_beside(&file) {
                found.entry(file).or_insert(false);
            }
        }
    }
    Ok(found)
}

/// A path as the index knows it; of a file that is gone too.
fn whole(path: &Path) -> String {
    let whole = path.canonicalize().or_else(|_| std::path::absolute(path));
    whole
        .unwrap_or_else(|_| path.to_path_buf())
        .to_string_lossy()
        .into_owned()
}

fn read(
    path: &Path,
    named: bool,
    options: &IndexOptions,
    change: &IndexChange,
) -> Result<File, Error> {
    let joins = || -> Result<File, Error> {
        let bytes = atomic::read(path)?;
        let beside_files = BesideFiles::of(path)?;
        let name = path.to_string_lossy().into_owned();
        let mut content = Fingerprint::of("model of an index")
            .number("version", VERSION)
            .bytes("record", &bytes)
            .text("prompts", options.prompts.as_deref().unwrap_or_default());
        for tag in &options.tags {
            content = content.text("tag", tag);
        }
        let content = beside_files.add_to(content).finish();
        if change.known(&name) == Some(content.as_str()) {
            return Ok(File::Same);
        }
        let record = Explanation::parse(path, &bytes)?;
        let (inspection, note) = beside_files.inspected();
        let beside = Beside {
            record: name,
            prompts: options.prompts.clone(),
            tags: options.tags.clone(),
            page: beside_files.page_path(),
            inspection,
            pictures: beside_files.pictures(),
        };
        let has_page = beside.page.is_some();
        let entry = Entry::of(&record, &beside, &content)?;
        Ok(File::Joins {
            entry: Box::new(entry),
            content: Fingerprint::of_bytes(&bytes),
            note,
            has_page,
        })
    };
    match joins() {
        Err(
            error @ (Error::Core(CoreError::Json { .. }) | Error::Index(IndexError::Record { .. })),
        ) if !named => Ok(File::LeftOut(format!("left out: {error}"))),
        done => done,
    }
}
