//! From the files of a model to a CLIP.

use super::config::ClipConfig;
use super::encoder::Clip;
use super::fingerprint::fingerprint;
use super::huggingface_config::{self, Fault};
use super::image_tower::ImageTower;
use super::model_files::{Description, ModelFiles};
use super::open_clip_config;
use super::preprocessing::Preprocessing;
use super::published::known_activation;
use super::text_tower::TextTower;
use super::tokenizer::Tokenizer;
use crate::ZooError;
use crate::checkpoint::read_json;
use burn::tensor::Device;
use finexl_core::fingerprint::Fingerprint;
use serde_json::Value;
use std::path::Path;

/// Buffers and logit parameters, which take no part in embedding.
const NOT_EMBEDDING: [&str; 8] = [
    "logit_scale",
    "logit_bias",
    "attn_mask",
    "text.attn_mask",
    "text_model.embeddings.position_ids",
    "vision_model.embeddings.position_ids",
    "visual.trunk.rope.bands",
    "visual.trunk.rope.pos_embed",
];

impl Clip {
    /// Loads a model from a folder or a weights file with its config beside it; `name` is what it is
    /// called in results.
    ///
    /// # Errors
    /// [`ZooError::EncoderFiles`] for missing or unfit files, [`ZooError::Weights`] for weights that
    /// do not fit the config, [`ZooError::Core`] for files that cannot be read.
    pub fn load(name: &str, path: &Path, device: &Device) -> Result<Self, ZooError> {
        let files = ModelFiles::find(path)?;
        // Hashing and reading the weights take about as long; each has a processor of its own.
        std::thread::scope(|scope| {
            let hashes = scope.spawn(|| hashes(&files.weights.paths()));
            Self::load_files(name, &files, device, || {
                hashes.join().unwrap_or_else(|_| {
                    Err(ZooError::Backend {
                        what: "hashing the weights",
                        message: "its thread died".to_string(),
                    })
                })
            })
        })
    }

    fn load_files(
        name: &str,
        files: &ModelFiles,
        device: &Device,
        hashes: impl FnOnce() -> Result<Vec<(String, Fingerprint)>, ZooError>,
    ) -> Result<Self, ZooError> {
        let json = read_json(files.description.path())?;
        let mut hashes = Some(hashes);
        let mut weights = None;
        let config = match parse(files, &json, None) {
            Err(Fault::NoActivation) => {
                let found = hashes.take().map_or(Ok(Vec::new()), |wait| wait())?;
                let known = found.iter().find_map(|(_, h)| known_activation(h.as_str()));
                weights = Some(found);
                match known {
                    Some(known) => parse(files, &json, Some(known)),
                    None => Err(Fault::NoActivation),
                }
            }
            parsed => parsed,
        };
        let config = config.map_err(|fault| unfit_config(files, &fault))?;
        if let Some(problem) = config.problem() {
            return Err(unfit_config(files, &Fault::Unusable(problem)));
        }
        let mut notes = files.notes.clone();
        let preprocessing = preprocessing(files, &json, config.image.image_size, &mut notes)?;
        let tokenizer = tokenizer(files, &config)?;
        let mut checkpoint = files.weights.open()?;
        if let Some(prefix) = checkpoint.unwrapped(config.naming.anchor()) {
            notes.push(format!(
                "The names of all weights of {name} begin with \"{prefix}\", which was taken off."
            ));
        }
        let image = ImageTower::load(&mut checkpoint, &config, device)?;
        let text = TextTower::load(&mut checkpoint, &config, device)?;
        for name in NOT_EMBEDDING {
            checkpoint.ignore(name);
        }
        checkpoint.finish()?;
        let weights = match (weights, hashes) {
            (Some(weights), _) => weights,
            (None, Some(wait)) => wait()?,
            (None, None) => Vec::new(),
        };
        Ok(Self {
            name: name.to_string(),
            fingerprint: fingerprint(files, &json, &preprocessing, &weights)?,
            config,
            preprocessing,
            tokenizer,
            image,
            text,
            device: crate::device::name(device),
            weights,
            notes,
        })
    }
}

fn hashes(paths: &[&Path]) -> Result<Vec<(String, Fingerprint)>, ZooError> {
    paths
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            Ok((name.into_owned(), Fingerprint::of_file(path)?))
        })
        .collect()
}

fn parse(
    files: &ModelFiles,
    json: &Value,
    known: Option<crate::transformer::Activation>,
) -> Result<ClipConfig, Fault> {
    match files.description {
        Description::HuggingFace(_) => huggingface_config::parse(json, known),
        Description::OpenClip(_) => open_clip_config::parse(json).map_err(Fault::Unusable),
    }
}

fn unfit_config(files: &ModelFiles, fault: &Fault) -> ZooError {
    let (problem, remedy) = match fault {
        Fault::NoActivation => (
            "it does not name the activation (hidden_act), and the weights are not known by their \
             SHA-256",
            "add \"hidden_act\": \"quick_gelu\" (OpenAI's weights) or \"gelu\" to text_config and \
             vision_config, as the model's authors say",
        ),
        Fault::Unusable(problem) => (
            problem.as_str(),
            "give a CLIP, SigLIP or EVA-CLIP model that is built here (`finexl zoo list`)",
        ),
    };
    ZooError::EncoderFiles {
        path: files.description.path().to_path_buf(),
        problem: problem.to_string(),
        remedy: remedy.to_string(),
    }
}

fn preprocessing(
    files: &ModelFiles,
    json: &Value,
    size: usize,
    notes: &mut Vec<String>,
) -> Result<Preprocessing, ZooError> {
    let of_file =
        |path: &Path| Ok::<_, ZooError>(Preprocessing::of_huggingface(&read_json(path)?, size));
    let (path, parsed) = match (&files.description, &files.preprocessing) {
        (Description::HuggingFace(_), Some(path)) => (path.as_path(), of_file(path)?),
        (description, _) => (description.path(), Preprocessing::of_open_clip(json, size)),
    };
    let parsed = parsed.map_err(|problem| ZooError::EncoderFiles {
        path: path.to_path_buf(),
        problem,
        remedy: "take the preprocessing of the same model".to_string(),
    })?;
    if let (Description::HuggingFace(_), Some(other)) = (&files.description, &files.passed_over)
        && of_file(other).ok().and_then(Result::ok).as_ref() != Some(&parsed)
    {
        notes.push(format!(
            "{} and {} say differently how images enter; the former counts, as in transformers ({}).",
            path.display(),
            other.display(),
            parsed.description()
        ));
    }
    Ok(parsed)
}

fn tokenizer(files: &ModelFiles, config: &ClipConfig) -> Result<Tokenizer, ZooError> {
    let text = &config.text;
    if !text.bidirectional {
        return Tokenizer::causal(&files.tokenizer, text.context, text.end, text.cleaning);
    }
    let settings = files.folder.join("tokenizer_config.json");
    let settings = if settings.is_file() {
        read_json(&settings)?
    } else {
        Value::Null
    };
    Tokenizer::padded(&files.tokenizer, text.context, &settings)
}
