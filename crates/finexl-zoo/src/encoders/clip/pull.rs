//! Fetching an encoder from the hub: the only place that touches the network.

use super::model_files::{NEEDED, cached_snapshot, hub_cache, repository};
use crate::ZooError;
use finexl_core::CoreError;
use finexl_core::fingerprint::Fingerprint;
use hf_hub::api::Progress;
use hf_hub::api::sync::{Api, ApiBuilder, ApiError, ApiRepo};
use hf_hub::{Repo, RepoType};
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
/// [`ZooError::Pull`] offline, for a repository without a usable model, and for a file that is not
/// what the hub said (it is removed); [`ZooError::Core`] where the disk does not take it. A download
/// that broke off goes on where it stopped.
pub fn pull(name: &str, progress: &dyn Fn(&str, usize, usize)) -> Result<Pulled, ZooError> {
    let Some((id, revision)) = repository(name) else {
        return Err(ZooError::Unknown {
            kind: "repository",
            name: name.to_string(),
            known: "the form is ORG/NAME or ORG/NAME@REVISION; see `finexl zoo list`".to_string(),
        });
    };
    let cache = hub_cache().ok_or_else(|| {
        failed(
            name,
            "there is no home folder for the cache".to_string(),
            None,
        )
    })?;
    if is_offline() {
        let problem = format!("{OFFLINE} forbids the network");
        return Err(failed(name, problem, Some(&cache)));
    }
    finexl_core::atomic::create_folder(&cache)?;
    let wrong = |error: ApiError| match error {
        ApiError::IoError(source) => ZooError::Core(CoreError::Write {
            path: cache.clone(),
            source,
        }),
        other => failed(name, other.to_string(), Some(&cache)),
    };
    let api = ApiBuilder::from_env()
        .with_cache_dir(cache.clone())
        .with_progress(false)
        .with_retries(RETRIES)
        .build()
        .map_err(wrong)?;
    let repo = Repo::with_revision(id.to_string(), RepoType::Model, revision.to_string());
    let repo = api.repo(repo);
    let info = repo.info().map_err(wrong)?;
    let names: Vec<&str> = info.siblings.iter().map(|s| s.rfilename.as_str()).collect();
    let wanted = wanted(&names).ok_or_else(|| {
        let problem = "the repository holds no CLIP, SigLIP or open_clip model".to_string();
        failed(name, problem, None)
    })?;
    let mut files = Vec::new();
    let mut folder = cache.clone();
    for file in wanted {
        let (path, hash, checked) = fetch(&api, &repo, file, name, &cache, progress, &wrong)?;
        folder = path.parent().map_or(folder, Path::to_path_buf);
        files.push((file.to_string(), hash, checked));
        if file.ends_with(".index.json") {
            for part in parts(&path)? {
                let (_, hash, checked) = fetch(&api, &repo, &part, name, &cache, progress, &wrong)?;
                files.push((part, hash, checked));
            }
        }
    }
    Ok(Pulled {
        folder: cached_snapshot(&cache, id, revision).unwrap_or(folder),
        files,
    })
}

fn is_offline() -> bool {
    std::env::var(OFFLINE)
        .is_ok_and(|v| ["1", "true", "yes", "on"].contains(&v.to_lowercase().as_str()))
}

/// Says what to do without the network.
fn failed(name: &str, problem: String, cache: Option<&Path>) -> ZooError {
    let (id, _) = repository(name).unwrap_or((name, "main"));
    let remedy = match cache {
        None => "see `finexl zoo list` for models that fit".to_string(),
        Some(cache) => format!(
            "without the network put {NEEDED} of {id} into a folder and give it as --encoder \
             FOLDER, or copy models--{} from another machine's cache into {}",
            id.replace('/', "--"),
            cache.display()
        ),
    };
    ZooError::Pull {
        name: name.to_string(),
        problem,
        remedy,
    }
}

/// Of all files of a repository those that make a model: one set of weights, safetensors first.
fn wanted<'a>(names: &[&'a str]) -> Option<Vec<&'a str>> {
    let has = |name: &str| names.iter().find(|n| **n == name).copied();
    let choices = [
        ("config.json", "model.safetensors"),
        ("config.json", "model.safetensors.index.json"),
        ("open_clip_config.json", "open_clip_model.safetensors"),
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

/// The files that an index of shards names.
fn parts(index: &Path) -> Result<Vec<String>, ZooError> {
    let json = super::model_files::read_json(index)?;
    let map = json
        .get("weight_map")
        .and_then(serde_json::Value::as_object);
    let mut parts: Vec<String> = map
        .into_iter()
        .flat_map(|map| map.values())
        .filter_map(|v| v.as_str().map(str::to_string))
        .collect();
    parts.sort();
    parts.dedup();
    Ok(parts)
}

/// Reports a download.
struct Bar<'a> {
    name: String,
    done: usize,
    total: usize,
    report: &'a dyn Fn(&str, usize, usize),
}

impl Progress for Bar<'_> {
    fn init(&mut self, size: usize, _filename: &str) {
        (self.done, self.total) = (0, size);
    }

    fn update(&mut self, size: usize) {
        self.done += size;
        (self.report)(&self.name, self.done, self.total);
    }

    fn finish(&mut self) {
        (self.report)(&self.name, self.total, self.total);
    }
}

fn fetch(
    api: &Api,
    repo: &ApiRepo,
    file: &str,
    name: &str,
    cache: &Path,
    progress: &dyn Fn(&str, usize, usize),
    wrong: &dyn Fn(ApiError) -> ZooError,
) -> Result<(PathBuf, Fingerprint, bool), ZooError> {
    let metadata = api.metadata(&repo.url(file)).map_err(wrong)?;
    let id = repository(name).map_or(name, |(id, _)| id);
    let model = cache.join(format!("models--{}", id.replace('/', "--")));
    let present = model
        .join("snapshots")
        .join(metadata.commit_hash())
        .join(file);
    let expected = Some(metadata.etag()).filter(|etag| is_sha256(etag));
    if present.is_file() {
        let hash = Fingerprint::of_file(&present)?;
        if expected.is_none_or(|e| e == hash.as_str()) {
            return Ok((present, hash, expected.is_some()));
        }
        remove(&present);
    }
    let bar = Bar {
        name: file.to_string(),
        done: 0,
        total: metadata.size(),
        report: progress,
    };
    let path = repo.download_with_progress(file, bar).map_err(wrong)?;
    let hash = Fingerprint::of_file(&path)?;
    match expected {
        Some(expected) if expected != hash.as_str() => {
            remove(&path);
            Err(failed(
                name,
                format!("{file} has the SHA-256 {hash}, the hub says {expected}; it was removed"),
                Some(cache),
            ))
        }
        _ => Ok((path, hash, expected.is_some())),
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
