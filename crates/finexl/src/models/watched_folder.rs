//! Adapters in a folder that others copy files into.

use crate::Error;
use finexl_core::CoreError;
use finexl_core::fingerprint::Fingerprint;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{DirEntry, File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Ends of names of files that may be adapters.
const FILES: [&str; 4] = ["safetensors", "pt", "bin", "ckpt"];
/// Files by which the folder of an adapter, or of a whole model, is known.
const MARKS: [&str; 6] = [
    "adapter_config.json",
    "adapter_model.safetensors",
    "adapter_model.bin",
    "pytorch_lora_weights.safetensors",
    "personalization.json",
    "model_index.json",
];
/// Folders inside of folders that are looked into.
const DEPTH: usize = 8;
/// Headers of safetensors files are shorter, by the format.
const LONGEST_HEADER: u64 = 100_000_000;
/// A file that lacks its end is given up after as many times the pause after which one counts as whole.
const PATIENCE: u32 = 6;

/// What is seen of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenFile {
    /// Its length in bytes.
    pub length: u64,
    /// When it was last changed, in nanoseconds since 1970.
    pub modified: u64,
}

/// An adapter in a watched folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedAdapter {
    /// Its file or folder.
    pub path: PathBuf,
    /// The same from the watched folder on.
    pub name: PathBuf,
    /// Its files, by their names inside of it; that of a single file is empty.
    pub files: BTreeMap<String, SeenFile>,
}

/// How far an adapter is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Nothing has changed for a while, and nothing is missing.
    Whole,
    /// It is still being copied, as far as can be seen.
    Arriving,
    /// Nothing has changed for long, and it lacks its end; what is said of it.
    Cut(String),
}

/// All adapters below a folder, by their paths; hidden files and `others` (whole paths) are passed over.
///
/// # Errors
/// [`CoreError::Read`] for a folder that cannot be read. What vanishes meanwhile is passed over.
pub fn adapters_in(folder: &Path, others: &[PathBuf]) -> Result<Vec<WatchedAdapter>, Error> {
    let mut found = Vec::new();
    look_into(folder, Path::new(""), others, DEPTH, &mut found).map_err(|source| {
        CoreError::Read {
            path: folder.to_path_buf(),
            source,
        }
    })?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn look_into(
    folder: &Path,
    name: &Path,
    others: &[PathBuf],
    depth: usize,
    found: &mut Vec<WatchedAdapter>,
) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)?.flatten() {
        let (path, file) = (entry.path(), entry.file_name());
        let hidden = file.to_string_lossy().starts_with('.');
        if hidden || others.iter().any(|other| is_same(&path, other)) {
            continue;
        }
        let name = name.join(&file);
        let Ok(metadata) = std::fs::metadata(&path) else {
            continue;
        };
        if metadata.is_dir() {
            let files = files_of(&path);
            if MARKS.iter().any(|mark| files.contains_key(*mark)) {
                found.push(WatchedAdapter { path, name, files });
            } else if depth > 0 && !is_link(&entry) {
                // One that vanishes, or may not be read, is not what was asked for.
                let _ = look_into(&path, &name, others, depth - 1, found);
            }
        } else if metadata.is_file() && is_adapter_file(&path) {
            let files = BTreeMap::from([(String::new(), seen(&metadata))]);
            found.push(WatchedAdapter { path, name, files });
        }
    }
    Ok(())
}

fn is_same(path: &Path, other: &Path) -> bool {
    path == other || path.canonicalize().is_ok_and(|whole| whole == other)
}

/// Whether a folder is a link, which might lead in a circle.
fn is_link(entry: &DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_symlink())
}

fn is_adapter_file(path: &Path) -> bool {
    let end = path.extension().map(|end| end.to_ascii_lowercase());
    FILES
        .iter()
        .any(|known| end.as_deref().is_some_and(|end| end == *known))
}

fn seen(metadata: &Metadata) -> SeenFile {
    let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
    let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    SeenFile {
        length: metadata.len(),
        modified: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX),
    }
}

/// The files of a folder; hidden ones are those of programs that copy.
fn files_of(folder: &Path) -> BTreeMap<String, SeenFile> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Ok(metadata) = std::fs::metadata(entry.path())
            && metadata.is_file()
            && !name.starts_with('.')
        {
            files.insert(name, seen(&metadata));
        }
    }
    files
}

impl WatchedAdapter {
    /// How far it is at `now`, when nothing of it has changed since it was first seen so at `since`.
    ///
    /// It is whole when its files were last changed at least `pause` ago, by their own times or by ours, and those that say
    /// how long they are have that length.
    pub fn arrival(&self, since: SystemTime, now: SystemTime, pause: Duration) -> Arrival {
        let last = self.files.values().map(|file| file.modified).max();
        let last = UNIX_EPOCH + Duration::from_nanos(last.unwrap_or(0));
        // A clock elsewhere may be ahead, so what we have seen ourselves counts as well.
        let by_files = now.duration_since(last).unwrap_or_default();
        let quiet = by_files.max(now.duration_since(since).unwrap_or_default());
        if quiet < pause {
            return Arrival::Arriving;
        }
        match self.lacking() {
            None => Arrival::Whole,
            Some(_) if quiet < pause * PATIENCE => Arrival::Arriving,
            Some(said) => Arrival::Cut(said),
        }
    }

    /// What one of its files lacks by its own header.
    fn lacking(&self) -> Option<String> {
        self.files.iter().find_map(|(name, file)| {
            let path = match name.is_empty() {
                true => self.path.clone(),
                false => self.path.join(name),
            };
            let is_tensors = path
                .extension()
                .is_some_and(|end| end.eq_ignore_ascii_case("safetensors"));
            let whole = if is_tensors { said_length(&path) } else { None };
            whole.filter(|whole| *whole > file.length).map(|whole| {
                format!(
                    "{} is cut: it has {} bytes of at least {whole}; copy it again",
                    path.display(),
                    file.length
                )
            })
        })
    }

    /// SHA-256 of the content of all its files.
    ///
    /// # Errors
    /// [`CoreError::Read`].
    pub fn content(&self) -> Result<Fingerprint, CoreError> {
        let mut all = Fingerprint::of("watched adapter");
        for name in self.files.keys() {
            let path = match name.is_empty() {
                true => self.path.clone(),
                false => self.path.join(name),
            };
            all = all.nested(name, &Fingerprint::of_file(&path)?);
        }
        Ok(all.finish())
    }

    /// Whether its files are as they were seen.
    pub fn is_unchanged(&self) -> bool {
        match self.path.is_dir() {
            true => files_of(&self.path) == self.files,
            false => std::fs::metadata(&self.path)
                .is_ok_and(|metadata| self.files.get("") == Some(&seen(&metadata))),
        }
    }
}

/// The length that the header of a safetensors file gives it, as far as the file has one; nothing for what is none.
fn said_length(path: &Path) -> Option<u64> {
    let mut file = File::open(path).ok()?;
    let mut head = Vec::new();
    (&mut file).take(8).read_to_end(&mut head).ok()?;
    let Ok(bytes) = <[u8; 8]>::try_from(head.as_slice()) else {
        return Some(8);
    };
    let length = u64::from_le_bytes(bytes);
    if length > LONGEST_HEADER {
        return None;
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header).ok()?;
    if (header.len() as u64) < length {
        return Some(8 + length);
    }
    let header: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&header).ok()?;
    let ends = header
        .values()
        .filter_map(|tensor| tensor.get("data_offsets")?.get(1)?.as_u64());
    Some((8 + length).saturating_add(ends.max().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A safetensors file of one tensor of four numbers.
    fn tensors() -> Vec<u8> {
        let header = br#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        bytes.extend([0; 16]);
        bytes
    }

    fn written(folder: &Path, name: &str, bytes: &[u8]) {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    #[test]
    fn files_and_folders_of_adapters_are_found_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "a.safetensors",
            "B.PT",
            "notes.txt",
            ".a.safetensors.XyZ12",
            "a.safetensors.part",
            "more/c.ckpt",
            "more/peft/adapter_config.json",
            "more/peft/adapter_model.safetensors",
            "index/group.safetensors",
        ] {
            written(folder.path(), name, b"x");
        }
        let own = folder.path().join("index").canonicalize().unwrap();
        let found = adapters_in(folder.path(), &[own]).unwrap();
        let names: Vec<&str> = found.iter().map(|a| a.name.to_str().unwrap()).collect();
        assert_eq!(names, ["B.PT", "a.safetensors", "more/c.ckpt", "more/peft"]);
        assert_eq!(found[3].files.len(), 2);
        assert!(adapters_in(&folder.path().join("none"), &[]).is_err());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path(), folder.path().join("more/up")).unwrap();
            assert_eq!(adapters_in(folder.path(), &[]).unwrap().len(), 5);
        }
    }

    #[test]
    fn what_is_being_copied_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let whole = tensors();
        let pause = Duration::from_secs(5);
        let look = |bytes: &[u8], seconds: u64| {
            written(folder.path(), "a.safetensors", bytes);
            let found = adapters_in(folder.path(), &[]).unwrap().remove(0);
            assert!(found.is_unchanged());
            let since = SystemTime::now();
            found.arrival(since, since + Duration::from_secs(seconds), pause)
        };
        assert_eq!(look(&whole, 0), Arrival::Arriving);
        assert_eq!(look(&whole, 6), Arrival::Whole);
        for cut in [3, 20, whole.len() - 1] {
            assert_eq!(look(&whole[..cut], 6), Arrival::Arriving, "{cut}");
            let late = look(&whole[..cut], 40);
            assert!(
                matches!(&late, Arrival::Cut(said) if said.contains("is cut")),
                "{late:?}"
            );
        }
        // What is no safetensors file says nothing of its length; whoever reads it says what it is.
        assert_eq!(look(b"<!DOCTYPE html>not a model", 6), Arrival::Whole);
    }

    #[test]
    fn content_tells_a_touched_file_from_another_one() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path(), "a.safetensors", &tensors());
        let first = adapters_in(folder.path(), &[]).unwrap().remove(0);
        let file = File::options()
            .append(true)
            .open(folder.path().join("a.safetensors"))
            .unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(100))
            .unwrap();
        assert!(!first.is_unchanged());
        let touched = adapters_in(folder.path(), &[]).unwrap().remove(0);
        assert_ne!(first, touched);
        assert_eq!(first.content().unwrap(), touched.content().unwrap());
    }
}
