//! The files of a model's weights.

use super::json_file::{missing, read_json, there};
use super::reading::Checkpoint;
use super::shard_index::{ShardIndex, is_plain_name};
use crate::ZooError;
use std::path::{Path, PathBuf};

/// Weights of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WeightsFiles {
    /// One safetensors file.
    Safetensors(PathBuf),
    /// Several of them, and the index that says what is in which.
    Shards {
        /// The files.
        parts: Vec<PathBuf>,
        /// The index.
        index: PathBuf,
        /// What it says.
        content: ShardIndex,
    },
    /// A PyTorch file.
    Pickle(PathBuf),
}

impl WeightsFiles {
    /// The files.
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Shards { parts, .. } => parts.iter().map(PathBuf::as_path).collect(),
            Self::Safetensors(path) | Self::Pickle(path) => vec![path],
        }
    }

    /// Opens them; shards have to hold what their index says.
    ///
    /// # Errors
    /// As [`Checkpoint::open`] and [`Checkpoint::open_pickle`]; a tensor that is not where the index says.
    pub fn open(&self) -> Result<Checkpoint, ZooError> {
        match self {
            Self::Safetensors(path) => Checkpoint::open(std::slice::from_ref(path)),
            Self::Pickle(path) => Checkpoint::open_pickle(path),
            Self::Shards {
                parts,
                index,
                content,
            } => {
                let checkpoint = Checkpoint::open(parts)?;
                checkpoint.check_index(content, index)?;
                Ok(checkpoint)
            }
        }
    }
}

/// The weights that a file is, or that it is the index of.
pub(crate) fn single(file: &Path) -> Result<WeightsFiles, ZooError> {
    let extension = file.extension().and_then(|extension| extension.to_str());
    match extension {
        Some("safetensors") => Ok(WeightsFiles::Safetensors(file.to_path_buf())),
        Some("json") => shards(file.parent().unwrap_or(Path::new("")), file.to_path_buf()),
        _ => Ok(WeightsFiles::Pickle(file.to_path_buf())),
    }
}

/// One safetensors file of a name, or all shards of its index.
pub(crate) fn safetensors_of(folder: &Path, name: &str) -> Result<Option<WeightsFiles>, ZooError> {
    let single = folder.join(name);
    if there(&single) {
        return Ok(Some(WeightsFiles::Safetensors(single)));
    }
    let index = folder.join(format!("{name}.index.json"));
    if !there(&index) {
        return Ok(None);
    }
    shards(folder, index).map(Some)
}

/// All shards that an index names.
fn shards(folder: &Path, index: PathBuf) -> Result<WeightsFiles, ZooError> {
    let content = ShardIndex::parse(&read_json(&index)?)
        .map_err(|problem| missing(&index, &problem, "fetch it again"))?;
    let mut parts = Vec::new();
    for name in content.parts() {
        let path = folder.join(name);
        if !there(&path) {
            return Err(missing(
                folder,
                &format!("the part {name} of its weights is missing"),
                "finish the download",
            ));
        }
        parts.push(path);
    }
    Ok(WeightsFiles::Shards {
        parts,
        index,
        content,
    })
}

/// The one set of safetensors files of a folder that has none of the usual name, with what to say of it.
pub(crate) fn other_name(
    folder: &Path,
    stem: &str,
) -> Result<Option<(WeightsFiles, String)>, ZooError> {
    let is_shard = |name: &str| name.contains("-of-0");
    let all = names(folder);
    let is_index = |name: &&String| name.ends_with(".json") && name.contains(".safetensors.index.");
    let sets: Vec<&String> = all
        .iter()
        .filter(|name| name.ends_with(".safetensors") && !is_shard(name) || is_index(name))
        .collect();
    let [name] = sets.as_slice() else {
        if sets.is_empty() {
            return Ok(None);
        }
        let listed: Vec<&str> = sets.iter().map(|name| name.as_str()).collect();
        return Err(missing(
            folder,
            &format!(
                "it holds no {stem}.safetensors but several other weights ({})",
                listed.join(", ")
            ),
            "give the one that is meant as the encoder, FOLDER/FILE.safetensors",
        ));
    };
    let files = if name.ends_with(".json") {
        shards(folder, folder.join(name))?
    } else {
        WeightsFiles::Safetensors(folder.join(name))
    };
    let note = format!(
        "{} holds no {stem}.safetensors; its weights were read from {name}.",
        folder.display()
    );
    Ok(Some((files, note)))
}

/// Names of the files in a folder that can be written down, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| there(&entry.path()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| is_plain_name(name))
        .collect();
    names.sort();
    names
}
