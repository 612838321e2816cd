//! Where the files of an encoder are: a folder, one weights file, or the cache of the hub.
//!
//! Nothing here touches the network. The cache's layout is that of huggingface_hub:
//! `models--ORG--NAME/refs/REVISION` holds a commit, `snapshots/COMMIT` its files.

use super::tokenizer::TokenizerFiles;
use crate::ZooError;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Which description of the architecture there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Description {
    /// `config.json` of transformers.
    HuggingFace(PathBuf),
    /// `open_clip_config.json`.
    OpenClip(PathBuf),
}

impl Description {
    /// The file.
    pub fn path(&self) -> &Path {
        match self {
            Self::HuggingFace(path) | Self::OpenClip(path) => path,
        }
    }
}

/// Weights of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WeightsFiles {
    /// One or several safetensors files.
    Safetensors(Vec<PathBuf>),
    /// A PyTorch file.
    Pickle(PathBuf),
}

impl WeightsFiles {
    /// The files.
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Safetensors(paths) => paths.iter().map(PathBuf::as_path).collect(),
            Self::Pickle(path) => vec![path],
        }
    }
}

/// All files of an encoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFiles {
    /// The folder they are in.
    pub folder: PathBuf,
    /// The architecture.
    pub description: Description,
    /// The weights.
    pub weights: WeightsFiles,
    /// The tokenizer.
    pub(super) tokenizer: TokenizerFiles,
    /// `preprocessor_config.json` or `processor_config.json`; open_clip's config holds its own.
    pub preprocessing: Option<PathBuf>,
}

/// The files that a transformers model consists of, for messages.
pub const NEEDED: &str = "config.json, model.safetensors, preprocessor_config.json and tokenizer.json (or vocab.json and merges.txt)";

impl ModelFiles {
    /// Finds the files in a folder, or of a weights file with its config beside it.
    ///
    /// # Errors
    /// [`ZooError::EncoderFiles`] that says what is missing and what to put where.
    pub fn find(path: &Path) -> Result<Self, ZooError> {
        let (folder, chosen) = if path.is_dir() {
            (path, None)
        } else {
            (path.parent().unwrap_or(Path::new("")), Some(path))
        };
        let (description, weights) = match chosen {
            Some(file) => (beside(folder, file)?, single(file)),
            None => inside(folder)?,
        };
        let tokenizer = TokenizerFiles::find(folder).ok_or_else(|| {
            missing(
                folder,
                "it holds neither tokenizer.json nor vocab.json with merges.txt",
                "put the tokenizer of the same model there",
            )
        })?;
        let preprocessing = ["preprocessor_config.json", "processor_config.json"]
            .map(|name| folder.join(name))
            .into_iter()
            .find(|path| path.is_file());
        if preprocessing.is_none() && matches!(description, Description::HuggingFace(_)) {
            return Err(missing(
                folder,
                "it holds no preprocessor_config.json",
                "put that of the same model there; how images are resized decides about features",
            ));
        }
        Ok(Self {
            folder: folder.to_path_buf(),
            description,
            weights,
            tokenizer,
            preprocessing,
        })
    }

    /// Every file, for checks and fingerprints.
    pub fn all(&self) -> Vec<&Path> {
        let mut paths = self.weights.paths();
        paths.push(self.description.path());
        paths.extend(self.tokenizer.paths());
        paths.extend(self.preprocessing.as_deref());
        paths
    }
}

fn missing(folder: &Path, problem: &str, remedy: &str) -> ZooError {
    ZooError::EncoderFiles {
        path: folder.to_path_buf(),
        problem: problem.to_string(),
        remedy: remedy.to_string(),
    }
}

/// Whether a file is there and whole; a link of the cache whose target is gone is not.
fn there(path: &Path) -> bool {
    path.is_file()
}

/// Reads a JSON file.
pub(super) fn read_json(path: &Path) -> Result<Value, ZooError> {
    let bytes = finexl_core::atomic::read(path)?;
    serde_json::from_slice(&bytes).map_err(|e| ZooError::EncoderFiles {
        path: path.to_path_buf(),
        problem: format!("it is no JSON ({e})"),
        remedy: "fetch it again".to_string(),
    })
}

fn single(file: &Path) -> WeightsFiles {
    if file.extension().is_some_and(|e| e == "safetensors") {
        WeightsFiles::Safetensors(vec![file.to_path_buf()])
    } else {
        WeightsFiles::Pickle(file.to_path_buf())
    }
}

/// The description that belongs to a weights file.
fn beside(folder: &Path, file: &Path) -> Result<Description, ZooError> {
    description_beside(folder).ok_or_else(|| {
        missing(
            file,
            "there is no config.json or open_clip_config.json beside it, and sizes and activation \
             are never guessed",
            "put the config of the same model into its folder",
        )
    })
}

/// open_clip's config beside a weights file counts more, since one folder of the hub often holds
/// both and its single file is then open_clip's.
pub(super) fn description_beside(folder: &Path) -> Option<Description> {
    let open_clip = folder.join("open_clip_config.json");
    let config = folder.join("config.json");
    if there(&open_clip) {
        Some(Description::OpenClip(open_clip))
    } else if there(&config) {
        Some(Description::HuggingFace(config))
    } else {
        None
    }
}

/// Config and weights of a folder: transformers before open_clip, safetensors before PyTorch.
fn inside(folder: &Path) -> Result<(Description, WeightsFiles), ZooError> {
    let config = folder.join("config.json");
    let open_clip = folder.join("open_clip_config.json");
    let transformers = there(&config) && read_json(&config)?.get("model_type").is_some();
    let formats = [
        (
            transformers,
            Description::HuggingFace(config),
            "model",
            "pytorch_model",
        ),
        (
            there(&open_clip),
            Description::OpenClip(open_clip),
            "open_clip_model",
            "open_clip_pytorch_model",
        ),
    ];
    let described = formats.iter().any(|(there, ..)| *there);
    for pickle in [false, true] {
        for (_, description, safetensors, bin) in formats.iter().filter(|(there, ..)| *there) {
            if pickle {
                let path = folder.join(format!("{bin}.bin"));
                if there(&path) {
                    return Ok((description.clone(), WeightsFiles::Pickle(path)));
                }
            } else if let Some(files) = safetensors_of(folder, safetensors)? {
                return Ok((description.clone(), WeightsFiles::Safetensors(files)));
            }
        }
    }
    Err(if described {
        missing(
            folder,
            "it holds a config but no weights (model.safetensors, its shards with \
             model.safetensors.index.json, open_clip_model.safetensors or pytorch_model.bin)",
            "finish the download, or put the weights there",
        )
    } else {
        missing(
            folder,
            "it holds neither the config.json of a CLIP or SigLIP model nor an \
             open_clip_config.json",
            &format!("give a folder with {NEEDED}"),
        )
    })
}

/// `STEM.safetensors`, or all shards of `STEM.safetensors.index.json`.
fn safetensors_of(folder: &Path, stem: &str) -> Result<Option<Vec<PathBuf>>, ZooError> {
    let single = folder.join(format!("{stem}.safetensors"));
    if there(&single) {
        return Ok(Some(vec![single]));
    }
    let index = folder.join(format!("{stem}.safetensors.index.json"));
    if !there(&index) {
        return Ok(None);
    }
    let json = read_json(&index)?;
    let map = json.get("weight_map").and_then(Value::as_object);
    let map = map.ok_or_else(|| missing(&index, "it has no weight_map", "fetch it again"))?;
    let names: BTreeSet<&str> = map.values().filter_map(Value::as_str).collect();
    let mut files = Vec::new();
    for name in names {
        let path = folder.join(name);
        let inside = !name.contains(['/', '\\']) && name != "..";
        if !inside || !there(&path) {
            return Err(missing(
                folder,
                &format!("the part {name} of its weights is missing"),
                "finish the download",
            ));
        }
        files.push(path);
    }
    Ok(Some(files))
}

/// The folder of the hub's cache: `$HF_HUB_CACHE`, else `hub` in `$HF_HOME`, else
/// `huggingface/hub` in `$XDG_CACHE_HOME` or `~/.cache`.
pub fn hub_cache() -> Option<PathBuf> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    variable("HF_HUB_CACHE")
        .or_else(|| variable("HF_HOME").map(|p| p.join("hub")))
        .or_else(|| variable("XDG_CACHE_HOME").map(|p| p.join("huggingface").join("hub")))
        .or_else(|| variable("HOME").map(|p| p.join(".cache").join("huggingface").join("hub")))
}

/// Splits `ORG/NAME` or `ORG/NAME@REVISION`; nothing for what cannot be a repository of the hub.
pub fn repository(name: &str) -> Option<(&str, &str)> {
    let (repository, revision) = name.split_once('@').unwrap_or((name, "main"));
    let (owner, model) = repository.split_once('/')?;
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    (plain(owner) && plain(model) && !revision.is_empty()).then_some((repository, revision))
}

/// The folder of the cache that holds a repository's files, if it was ever fetched.
pub fn cached_snapshot(cache: &Path, repository: &str, revision: &str) -> Option<PathBuf> {
    let folder = cache.join(format!("models--{}", repository.replace('/', "--")));
    let reference = folder.join("refs").join(revision);
    let commit = std::fs::read_to_string(reference)
        .map_or_else(|_| revision.to_string(), |text| text.trim().to_string());
    let snapshot = folder.join("snapshots").join(commit);
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
        for path in ["clip", "./clip", "../a/b", "/a/b", "a/b/c", "a b/c"] {
            assert_eq!(repository(path), None, "{path}");
        }
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
    }

    #[test]
    fn what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let message = || ModelFiles::find(folder.path()).unwrap_err().to_string();
        assert!(message().contains("neither the config.json"));
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("config.json", "{\"model_type\": \"clip\"}");
        assert!(message().contains("no weights"));
        write(
            "model.safetensors.index.json",
            "{\"weight_map\": {\"x\": \"model-00001-of-00002.safetensors\"}}",
        );
        assert!(message().contains("model-00001-of-00002.safetensors"));
        write("model.safetensors", "");
        assert!(message().contains("tokenizer.json"));
        write("tokenizer.json", "{}");
        assert!(message().contains("preprocessor_config.json"));
        write("preprocessor_config.json", "{}");
        assert_eq!(ModelFiles::find(folder.path()).unwrap().all().len(), 4);
    }
}
