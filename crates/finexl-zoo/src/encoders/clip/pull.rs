//! Fetching an encoder from the hub into its cache: the only thing that touches the network.

use super::hub::{Described, Hub, HubFault, without};
use super::hub_cache::{cached_snapshot, hub_cache, model_folder, repository};
use crate::ZooError;
use crate::checkpoint::{ShardIndex, read_json};
use finexl_core::atomic;
use finexl_core::{CoreError, fingerprint::Fingerprint};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

/// Variable of the hub's tools that forbids the network.
const OFFLINE: &str = "HF_HUB_OFFLINE";
/// Attempts after the first for a download that breaks off.
const RETRIES: usize = 3;

/// What a pull left in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// The snapshot's folder.
    pub folder: PathBuf,
    /// Names, SHA-256, and whether the hub had said that this is the right one.
    pub files: Vec<(String, Fingerprint, bool)>,
}

/// Fetches the files of `ORG/NAME` or `ORG/NAME@REVISION` into the hub's cache and checks their
/// SHA-256; `progress` is told the file, bytes done and in all.
///
/// # Errors
/// [`ZooError::Pull`] offline, for a repository without a usable model, for answers of the hub that cannot be used, and
/// for a file that is not what the hub said (it is removed); [`ZooError::Core`] where the disk does not take it. A
/// download that broke off goes on where it stopped.
pub fn pull(name: &str, progress: &dyn Fn(&str, usize, usize)) -> Result<Pulled, ZooError> {
    let Some((id, revision)) = repository(name) else {
        return Err(ZooError::Unknown {
            kind: "repository",
            name: name.to_string(),
            known: "the form is ORG/NAME or ORG/NAME@REVISION; see `finexl zoo list`".to_string(),
        });
    };
    let cache = hub_cache().ok_or_else(|| ZooError::Pull {
        name: name.to_string(),
        problem: "there is no home folder for the cache".to_string(),
        remedy: "set HF_HOME to a folder".to_string(),
    })?;
    let pull = Pull {
        hub: Hub::from_env(),
        model: model_folder(&cache, id),
        name,
        id,
        revision,
        cache: &cache,
        progress,
    };
    if is_offline() {
        return Err(pull.failed(format!("{OFFLINE} forbids the network")));
    }
    pull.run()
}

fn is_offline() -> bool {
    std::env::var(OFFLINE)
        .is_ok_and(|v| ["1", "true", "yes", "on"].contains(&v.to_lowercase().as_str()))
}

/// Of all files of a repository those that make a model: one set of weights, safetensors first.
fn wanted<'a>(names: &[&'a str]) -> Option<Vec<&'a str>> {
    let has = |name: &str| names.iter().find(|n| **n == name).copied();
    let choices = [
        ("config.json", "model.safetensors"),
        ("config.json", "model.safetensors.index.json"),
        ("open_clip_config.json", "open_clip_model.safetensors"),
        ("config.json", "model.fp16.safetensors"),
        ("config.json", "pytorch_model.bin"),
        ("open_clip_config.json", "open_clip_pytorch_model.bin"),
    ];
    let (description, weights) = choices
        .iter()
        .find_map(|(description, weights)| Some((has(description)?, has(weights)?)))?;
    let mut wanted = vec![description];
    let small = [
        "preprocessor_config.json",
        "processor_config.json",
        "tokenizer_config.json",
        "tokenizer.json",
    ];
    wanted.extend(small.iter().filter_map(|name| has(name)));
    if has("tokenizer.json").is_none() {
        wanted.extend(
            ["vocab.json", "merges.txt"]
                .iter()
                .filter_map(|name| has(name)),
        );
    }
    wanted.push(weights);
    Some(wanted)
}

/// One pull.
struct Pull<'a> {
    hub: Hub,
    /// Where the cache keeps the repository.
    model: PathBuf,
    name: &'a str,
    id: &'a str,
    revision: &'a str,
    cache: &'a Path,
    progress: &'a dyn Fn(&str, usize, usize),
}

impl Pull<'_> {
    fn run(&self) -> Result<Pulled, ZooError> {
        let names = self
            .hub
            .files(self.id, self.revision)
            .map_err(|fault| self.wrong(fault, self.cache))?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let wanted = wanted(&names).ok_or_else(|| ZooError::Pull {
            name: self.name.to_string(),
            problem: "the repository holds no CLIP, SigLIP or open_clip model".to_string(),
            remedy: "see `finexl zoo list` for models that fit".to_string(),
        })?;
        let mut files = Vec::new();
        let mut folder = self.cache.to_path_buf();
        for file in wanted {
            let (path, hash, checked) = self.fetch(file)?;
            folder = path.parent().map_or(folder, Path::to_path_buf);
            files.push((file.to_string(), hash, checked));
            if file.ends_with(".index.json") {
                let index = ShardIndex::parse(&read_json(&path)?)
                    .map_err(|problem| self.failed(format!("{file}: {problem}")))?;
                for part in index.parts() {
                    let (_, hash, checked) = self.fetch(part)?;
                    files.push((part.to_string(), hash, checked));
                }
            }
        }
        Ok(Pulled {
            folder: cached_snapshot(self.cache, self.id, self.revision).unwrap_or(folder),
            files,
        })
    }

    /// Brings one file into the cache, if it is not there; `file` is a plain name.
    fn fetch(&self, file: &str) -> Result<(PathBuf, Fingerprint, bool), ZooError> {
        let address = self.hub.address(self.id, self.revision, file);
        let mut described = self.hub.describe(&address);
        for attempt in 0..RETRIES {
            if !matches!(described, Err(HubFault::MayPass(_))) {
                break;
            }
            wait(attempt);
            described = self.hub.describe(&address);
        }
        let described = described.map_err(|fault| self.wrong(fault, self.cache))?;
        let snapshot = self.model.join("snapshots").join(&described.commit);
        let present = snapshot.join(file);
        let expected = Some(described.etag.as_str()).filter(|etag| is_sha256(etag));
        let is_right = |hash: &Fingerprint| {
            expected.is_none_or(|expected| expected.eq_ignore_ascii_case(hash.as_str()))
        };
        if present.is_file() {
            let hash = Fingerprint::of_file(&present)?;
            if is_right(&hash) {
                self.remember(&described.commit)?;
                return Ok((present, hash, expected.is_some()));
            }
            remove(&present);
        }
        let blob = self.model.join("blobs").join(&described.etag);
        if !blob.is_file() || !is_right(&Fingerprint::of_file(&blob)?) {
            remove(&blob);
            self.download(&address, &described, file, &blob)?;
        }
        let hash = Fingerprint::of_file(&blob)?;
        if !is_right(&hash) {
            remove(&blob);
            let said = expected.unwrap_or_default();
            return Err(self.failed(format!(
                "{file} has the SHA-256 {hash}, the hub says {said}; it was removed"
            )));
        }
        atomic::create_folder(&snapshot)?;
        if present.symlink_metadata().is_ok() {
            // A link whose target is gone.
            remove(&present);
        }
        link(&blob, &described.etag, &present)?;
        self.remember(&described.commit)?;
        Ok((present, hash, expected.is_some()))
    }

    /// Downloads into a part beside the blob, which goes on where it stopped, and makes it the blob.
    fn download(
        &self,
        address: &str,
        described: &Described,
        file: &str,
        blob: &Path,
    ) -> Result<(), ZooError> {
        let folder = self.model.join("blobs");
        atomic::create_folder(&folder)?;
        let part = folder.join(format!("{}.part", described.etag));
        let unwritable = |source| CoreError::Write {
            path: part.clone(),
            source,
        };
        let mut to = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&part)
            .map_err(unwritable)?;
        // Another pull of the same file waits here until this one is done.
        to.lock().map_err(unwritable)?;
        if blob.is_file() {
            return Ok(());
        }
        let length = |to: &File| to.metadata().map(|metadata| metadata.len());
        if length(&to).map_err(unwritable)? > described.size {
            to.set_len(0).map_err(unwritable)?;
        }
        let mut attempt = 0;
        loop {
            let start = length(&to).map_err(unwritable)?;
            let mut done = start;
            let shown = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
            let mut count = |bytes| {
                done += bytes;
                (self.progress)(file, shown(done), shown(described.size));
            };
            if start == described.size {
                break;
            }
            match self
                .hub
                .download(address, [start, described.size], &mut to, &mut count)
            {
                Ok(()) => break,
                Err(HubFault::MayPass(_)) if attempt < RETRIES => {
                    wait(attempt);
                    attempt += 1;
                }
                Err(fault) => return Err(self.wrong(fault, &part)),
            }
        }
        to.sync_all().map_err(unwritable)?;
        std::fs::rename(&part, blob).map_err(unwritable)?;
        Ok(())
    }

    /// Notes the commit that the revision stands for.
    fn remember(&self, commit: &str) -> Result<(), ZooError> {
        let reference = self.model.join("refs").join(self.revision);
        if let Some(folder) = reference.parent() {
            atomic::create_folder(folder)?;
        }
        Ok(atomic::write(&reference, commit.as_bytes())?)
    }

    /// Says what to do without the network.
    fn failed(&self, problem: String) -> ZooError {
        ZooError::Pull {
            name: self.name.to_string(),
            problem,
            remedy: without(self.id, self.cache),
        }
    }

    fn wrong(&self, fault: HubFault, path: &Path) -> ZooError {
        match fault {
            HubFault::MayPass(problem) | HubFault::Final(problem) => self.failed(problem),
            HubFault::Disk(source) => ZooError::Core(CoreError::Write {
                path: path.to_path_buf(),
                source,
            }),
        }
    }
}

/// Before the next attempt, longer each time.
fn wait(attempt: usize) {
    const FIRST_MILLISECONDS: u64 = 300;
    let milliseconds = FIRST_MILLISECONDS << attempt.min(5);
    std::thread::sleep(std::time::Duration::from_millis(milliseconds));
}

/// Makes the name in a snapshot a link to the content, as the hub's tools do.
fn link(blob: &Path, etag: &str, name: &Path) -> Result<(), CoreError> {
    let unwritable = |source| CoreError::Write {
        path: name.to_path_buf(),
        source,
    };
    #[cfg(unix)]
    {
        let _ = blob;
        let target = Path::new("../../blobs").join(etag);
        std::os::unix::fs::symlink(target, name).map_err(unwritable)
    }
    #[cfg(not(unix))]
    {
        let _ = etag;
        std::fs::copy(blob, name).map(|_| ()).map_err(unwritable)
    }
}

/// Removes a file of a snapshot and what its link points to.
fn remove(path: &Path) {
    if let Ok(target) = path.canonicalize() {
        // Whatever cannot be removed is found wrong again next time.
        let _ = std::fs::remove_file(target);
    }
    let _ = std::fs::remove_file(path);
}

/// The hub names large files by their SHA-256, small ones by something else.
pub(super) fn is_sha256(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_set_of_weights_is_wanted() {
        let names = [
            "README.md",
            "config.json",
            "flax_model.msgpack",
            "merges.txt",
            "preprocessor_config.json",
            "pytorch_model.bin",
            "tokenizer.json",
            "vocab.json",
        ];
        let expected = [
            "config.json",
            "preprocessor_config.json",
            "tokenizer.json",
            "pytorch_model.bin",
        ];
        assert_eq!(wanted(&names).unwrap(), expected);
        assert_eq!(wanted(&["README.md", "config.json"]), None);
    }
}
