//! Which files of a folder make an encoder, or which stand beside a weights file.

use super::tokenizer_files::TokenizerFiles;
use crate::ZooError;
use crate::checkpoint::{
    WeightsFiles, missing, names, other_name, read_json, safetensors_of, single, there,
};
use crate::recognition::recognised;
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
    /// `processor_config.json` where it holds an image processor, else `preprocessor_config.json`, as transformers
    /// does; open_clip's config holds its own.
    pub preprocessing: Option<PathBuf>,
    /// The `preprocessor_config.json` that is passed over for the other.
    pub passed_over: Option<PathBuf>,
    /// What was chosen where the folder leaves a choice, for the reader.
    pub notes: Vec<String>,
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
        let mut notes = Vec::new();
        let (description, weights) = match chosen {
            Some(file) => (beside(folder, file)?, single(file)?),
            None => inside(folder, &mut notes)?,
        };
        let tokenizer = TokenizerFiles::find(folder).ok_or_else(|| {
            missing(
                folder,
                "it holds neither tokenizer.json nor vocab.json with merges.txt",
                "put the tokenizer of the same model there",
            )
        })?;
        let (preprocessing, passed_over) = preprocessing(folder)?;
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
            passed_over,
            notes,
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

/// The description that belongs to a weights file.
fn beside(folder: &Path, file: &Path) -> Result<Description, ZooError> {
    description_beside(folder).ok_or_else(|| {
        if let Some(what) =
            recognised(file).filter(|what| what.contains("adapter") || what.contains("generator"))
        {
            let remedy = format!("give a folder with {NEEDED}");
            return missing(
                file,
                &format!("it is {what}, not an encoder of images and texts"),
                &remedy,
            );
        }
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

/// The file that says how images enter, and the one that is passed over for it: an image processor inside
/// `processor_config.json` counts more than `preprocessor_config.json` (`get_image_processor_dict` of transformers 5.24).
fn preprocessing(folder: &Path) -> Result<(Option<PathBuf>, Option<PathBuf>), ZooError> {
    let [nested, own] = ["processor_config.json", "preprocessor_config.json"]
        .map(|name| Some(folder.join(name)).filter(|path| there(path)));
    let Some(nested) = nested else {
        return Ok((own, None));
    };
    let holds_images = read_json(&nested)?
        .get("image_processor")
        .is_some_and(|value| !value.is_null());
    Ok(match (holds_images, own) {
        (true, own) => (Some(nested), own),
        (false, Some(own)) => (Some(own), None),
        (false, None) => (None, None),
    })
}

/// Config and weights of a folder: transformers before open_clip, safetensors before PyTorch, and weights of another
/// name (`model.fp16.safetensors`) only where there are none of the usual ones.
fn inside(folder: &Path, notes: &mut Vec<String>) -> Result<(Description, WeightsFiles), ZooError> {
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
    let described: Vec<_> = formats.into_iter().filter(|(there, ..)| *there).collect();
    for (_, description, stem, _) in &described {
        if let Some(files) = safetensors_of(folder, &format!("{stem}.safetensors"))? {
            return Ok((description.clone(), files));
        }
    }
    for (_, description, _, stem) in &described {
        let path = folder.join(format!("{stem}.bin"));
        if there(&path) {
            return Ok((description.clone(), WeightsFiles::Pickle(path)));
        }
    }
    if let Some((_, description, stem, _)) = described.first()
        && let Some((files, note)) = other_name(folder, stem)?
    {
        notes.push(note);
        return Ok((description.clone(), files));
    }
    Err(nothing_inside(folder, !described.is_empty()))
}

/// Why a folder has no encoder in it, by what it has.
fn nothing_inside(folder: &Path, described: bool) -> ZooError {
    if let Some(what) = recognised(folder) {
        return missing(
            folder,
            &format!("it is {what}, not an encoder of images and texts"),
            &format!("give a folder with {NEEDED}"),
        );
    }
    let weights: Vec<String> = names(folder)
        .into_iter()
        .filter(|name| {
            let ends = [
                ".safetensors",
                ".bin",
                ".pt",
                ".pth",
                ".ckpt",
                ".h5",
                ".msgpack",
                ".onnx",
            ];
            ends.iter().any(|end| name.ends_with(end))
        })
        .collect();
    if !described {
        return missing(
            folder,
            "it holds neither the config.json of a CLIP or SigLIP model nor an \
             open_clip_config.json",
            &format!("give a folder with {NEEDED}"),
        );
    }
    let problem = "it holds a config but no weights (model.safetensors, its shards with \
                   model.safetensors.index.json, open_clip_model.safetensors or pytorch_model.bin)";
    if weights.is_empty() {
        return missing(
            folder,
            problem,
            "finish the download, or put the weights there",
        );
    }
    let found = weights.join(", ");
    missing(
        folder,
        &format!("{problem}; there is {found}"),
        "fetch the weights as safetensors, or give one of these files as the encoder",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
