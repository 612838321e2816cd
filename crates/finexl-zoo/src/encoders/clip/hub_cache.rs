//! The cache of the hub on this machine. Nothing here touches the network.
//!
//! Its place and layout are those of huggingface_hub 1.x (`constants.py`, `file_download.py`):
//! `models--ORG--NAME/refs/REVISION` holds a commit, `snapshots/COMMIT` its files.

use super::model_files::NEEDED;
use crate::ZooError;
use crate::checkpoint::is_plain_name;
use std::path::{Path, PathBuf};

/// The folder of the hub's cache: `$HF_HUB_CACHE`, else `$HUGGINGFACE_HUB_CACHE`, else `hub` in `$HF_HOME`, else
/// `huggingface/hub` in `$XDG_CACHE_HOME` or `~/.cache`. A `~` at the beginning and variables (`$NAME`, `${NAME}`)
/// are filled in, as the hub's own tools do.
pub fn hub_cache() -> Option<PathBuf> {
    hub_cache_by(&|name| std::env::var(name).ok())
}

/// The folder of the hub's settings, in which a token may lie: `$HF_HOME`, else `huggingface` in the caches.
pub(super) fn hub_home() -> Option<PathBuf> {
    hub_home_by(&|name| std::env::var(name).ok())
}

type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

fn hub_cache_by(variables: Variables<'_>) -> Option<PathBuf> {
    path_in("HF_HUB_CACHE", variables)
        .or_else(|| path_in("HUGGINGFACE_HUB_CACHE", variables))
        .or_else(|| hub_home_by(variables).map(|home| home.join("hub")))
}

fn hub_home_by(variables: Variables<'_>) -> Option<PathBuf> {
    let caches = || {
        path_in("XDG_CACHE_HOME", variables)
            .or_else(|| path_in("HOME", variables).map(|home| home.join(".cache")))
    };
    path_in("HF_HOME", variables).or_else(|| caches().map(|caches| caches.join("huggingface")))
}

/// A path in a variable that is set and not empty.
fn path_in(name: &str, variables: Variables<'_>) -> Option<PathBuf> {
    let value = variables(name).filter(|value| !value.is_empty())?;
    Some(PathBuf::from(expanded(&value, variables)))
}

/// `~` and variables filled in; what is not set stays as it is.
fn expanded(text: &str, variables: Variables<'_>) -> String {
    let set = |name: &str| variables(name).filter(|value| !value.is_empty());
    let mut full = String::new();
    let mut rest = text;
    if let Some(below) = text.strip_prefix('~')
        && (below.is_empty() || below.starts_with(['/', std::path::MAIN_SEPARATOR]))
        && let Some(home) = set("HOME")
    {
        full.push_str(home.trim_end_matches('/'));
        rest = below;
    }
    while let Some(place) = rest.find('$') {
        let (before, after) = rest.split_at(place);
        full.push_str(before);
        let (name, whole) = variable(after);
        match set(name) {
            Some(value) => full.push_str(&value),
            None => full.push_str(&after[..whole]),
        }
        rest = &after[whole..];
    }
    full + rest
}

/// The name behind a `$`, and how long it is with its signs.
fn variable(text: &str) -> (&str, usize) {
    let behind = &text[1..];
    if let Some((name, _)) = behind.strip_prefix('{').and_then(|t| t.split_once('}')) {
        return (name, name.len() + 3);
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let length = behind.find(|c| !is_part(c)).unwrap_or(behind.len());
    (&behind[..length], length + 1)
}

/// Splits `ORG/NAME` or `ORG/NAME@REVISION`; nothing for what cannot be a repository of the hub.
pub fn repository(name: &str) -> Option<(&str, &str)> {
    let (repository, revision) = name.split_once('@').unwrap_or((name, "main"));
    let (owner, model) = repository.split_once('/')?;
    let is_sign = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let plain = |part: &str| is_plain_name(part) && part.chars().all(is_sign);
    // A revision may be a branch or a reference such as refs/pr/1.
    let known = plain(owner) && plain(model) && revision.split('/').all(plain);
    known.then_some((repository, revision))
}

/// The folder of a repository in a cache.
pub(super) fn model_folder(cache: &Path, repository: &str) -> PathBuf {
    cache.join(format!("models--{}", repository.replace('/', "--")))
}

/// The folder of the cache that holds a repository's files, if it was ever fetched.
pub fn cached_snapshot(cache: &Path, repository: &str, revision: &str) -> Option<PathBuf> {
    let folder = model_folder(cache, repository);
    let reference = folder.join("refs").join(revision);
    let commit = std::fs::read_to_string(reference)
        .map_or_else(|_| revision.to_string(), |text| text.trim().to_string());
    let snapshot = is_plain_name(&commit).then(|| folder.join("snapshots").join(commit))?;
    snapshot.is_dir().then_some(snapshot)
}

/// The folder of `--encoder NAME`: a path that exists, or the cache of the hub.
///
/// # Errors
/// [`ZooError::EncoderFiles`] that says what to pull or to put where.
pub fn locate(name: &str) -> Result<PathBuf, ZooError> {
    let path = Path::new(name);
    if path.exists() {
        return Ok(path.to_path_buf());
    }
    let Some((repository, revision)) = repository(name) else {
        return Err(ZooError::Unknown {
            kind: "encoder",
            name: name.to_string(),
            known: "mini-clip, judge, the path of a weights file (.safetensors) or of a model's folder, \
                    or a repository such as openai/clip-vit-base-patch32 (`finexl zoo list`)"
                .to_string(),
        });
    };
    let cache = hub_cache();
    let found = cache
        .as_deref()
        .and_then(|cache| cached_snapshot(cache, repository, revision));
    found.ok_or_else(|| ZooError::EncoderFiles {
        path: PathBuf::from(name),
        problem: match &cache {
            Some(cache) => format!(
                "there is no such folder, and the cache {} does not hold it",
                cache.display()
            ),
            None => "there is no such folder".to_string(),
        },
        remedy: format!(
            "run `finexl zoo pull {name}`, or put {NEEDED} into a folder and give its path"
        ),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn repositories_are_told_from_paths() {
        assert_eq!(repository("openai/clip"), Some(("openai/clip", "main")));
        assert_eq!(repository("a/b@v2"), Some(("a/b", "v2")));
        assert_eq!(repository("a/b@refs/pr/1"), Some(("a/b", "refs/pr/1")));
        for path in [
            "clip",
            "./clip",
            "../a/b",
            "/a/b",
            "a/b/c",
            "a b/c",
            "a/b@",
            "a/b@../../c",
            "a/b@/etc",
            "a/..",
        ] {
            assert_eq!(repository(path), None, "{path}");
        }
    }

    #[test]
    fn the_cache_is_where_the_variables_say() {
        let cache = |set: &[(&str, &str)]| {
            let find = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_string())
            };
            hub_cache_by(&find).map(|path| path.display().to_string())
        };
        let home = ("HOME", "/home/ada");
        let is = |set: &[(&str, &str)], expected: &str| {
            assert_eq!(cache(set).as_deref(), Some(expected), "{set:?}");
        };
        is(&[home], "/home/ada/.cache/huggingface/hub");
        is(&[home, ("XDG_CACHE_HOME", "/c")], "/c/huggingface/hub");
        is(&[home, ("HF_HOME", "~/hf")], "/home/ada/hf/hub");
        is(&[home, ("HF_HOME", "$HOME/hf")], "/home/ada/hf/hub");
        is(&[home, ("HF_HOME", "${HOME}2/hf")], "/home/ada2/hf/hub");
        is(&[home, ("HF_HOME", "$NONE/~/${X")], "$NONE/~/${X/hub");
        is(&[home, ("HF_HOME", "~ada/hf")], "~ada/hf/hub");
        let old = ("HUGGINGFACE_HUB_CACHE", "~");
        is(&[home, ("HF_HOME", "/hf"), old], "/home/ada");
        is(&[home, old, ("HF_HUB_CACHE", "/new")], "/new");
        is(&[home, ("HF_HUB_CACHE", ""), ("HF_HOME", "/hf")], "/hf/hub");
        assert_eq!(cache(&[]), None);
    }

    #[test]
    fn the_cache_is_followed_by_its_reference() {
        let cache = tempfile::tempdir().unwrap();
        let model = cache.path().join("models--a--b");
        std::fs::create_dir_all(model.join("snapshots/123")).unwrap();
        std::fs::create_dir_all(model.join("refs")).unwrap();
        assert_eq!(cached_snapshot(cache.path(), "a/b", "main"), None);
        std::fs::write(model.join("refs/main"), "123\n").unwrap();
        let found = cached_snapshot(cache.path(), "a/b", "main").unwrap();
        assert!(found.ends_with("123"));
        assert!(cached_snapshot(cache.path(), "a/b", "123").is_some());
        for outside in ["../..", "/", ""] {
            std::fs::write(model.join("refs/main"), outside).unwrap();
            assert_eq!(cached_snapshot(cache.path(), "a/b", "main"), None);
        }
    }
}
