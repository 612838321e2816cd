//! Generators by name, with what personalizes them.

use super::Generator;
use super::mini_diffusion::{MiniDiffusion, MiniDiffusionConfig};
use crate::ZooError;
use crate::adapters::{Adapter, BaseCheck, merge};
use crate::weights::WeightsFile;
use burn::tensor::Device;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::personalization::PersonalizationRecord;
use std::path::Path;

/// The embedded generator.
pub const DEFAULT_GENERATOR: &str = "mini-diffusion";

const MINI_DIFFUSION: &[u8] = include_bytes!("../../weights/mini-diffusion.safetensors");
const MINI_AUTOENCODER: &[u8] = include_bytes!("../../weights/mini-autoencoder.safetensors");

/// Name of the weights in the folder of a fully fine-tuned model.
pub const MODEL_FILE: &str = "model.safetensors";

/// Name of the tensors in the folder of an adapter.
const ADAPTER_FILE: &str = "adapter_model.safetensors";
/// Name of its config, which has the alpha.
const ADAPTER_CONFIG: &str = "adapter_config.json";

/// Name of the autoencoder's weights, which lie beside those of a generator of one's own unless it uses
/// the embedded one.
pub const AUTOENCODER_FILE: &str = "mini-autoencoder.safetensors";

/// A generator with its personalization.
pub struct OpenedGenerator {
    /// Ready to generate.
    pub generator: MiniDiffusion,
    /// The scale at which an adapter is applied; none for a model that is fine-tuned as a whole.
    pub scale: Option<f64>,
    /// How it was personalized, where its folder says so.
    pub record: Option<PersonalizationRecord>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Opens a generator: `mini-diffusion`, or a weights file that `finexl train` wrote; the autoencoder of
/// the latter ([`AUTOENCODER_FILE`]) lies in the same folder or is the embedded one.
///
/// # Errors
/// [`ZooError::Unknown`] for a name that is neither, [`ZooError::Weights`] for a damaged file,
/// [`ZooError::Config`] for the latents of another autoencoder.
pub fn open_generator(model: &str, device: &Device) -> Result<MiniDiffusion, ZooError> {
    let weights = if model == DEFAULT_GENERATOR {
        WeightsFile::embedded("the embedded weights of mini-diffusion", MINI_DIFFUSION)
    } else if Path::new(model).exists() || model.ends_with(".safetensors") {
        WeightsFile::read(Path::new(model))?
    } else {
        return Err(ZooError::Unknown {
            kind: "generator",
            name: model.to_string(),
            known: format!("{DEFAULT_GENERATOR}, or a weights file that `finexl train` wrote"),
        });
    };
    MiniDiffusion::from_weights(&weights, &autoencoder(model)?, device)
}

/// Whether a file holds the weights of a generator that `finexl train` wrote.
pub fn is_generator(path: &Path) -> bool {
    let ours = path.is_file() && WeightsFile::is_ours(path).unwrap_or(false);
    ours && WeightsFile::read(path)
        .and_then(|weights| weights.config::<MiniDiffusionConfig>())
        .is_ok()
}

/// Opens a generator with a personalization on it: the folder of an adapter (LoRA in PEFT's layout), at
/// a scale, or that of a fully fine-tuned model.
///
/// # Errors
/// As [`open_generator`]; [`ZooError::OtherBase`] where the personalization is one of another model;
/// [`ZooError::Config`] for a scale of a fully fine-tuned model.
pub fn open_personalized(
    model: &str,
    folder: &Path,
    scale: Option<f64>,
    device: &Device,
) -> Result<OpenedGenerator, ZooError> {
    let base = open_generator(model, device)?;
    let record = PersonalizationRecord::read(folder)?;
    let full = folder.join(MODEL_FILE);
    if full.is_file() {
        if scale.is_some() {
            return Err(ZooError::Config(format!(
                "{} is fine-tuned as a whole and has no scale; leave --scale out",
                folder.display()
            )));
        }
        if let Some(record) = &record
            && record.base_fingerprint != *base.weights()
        {
            return Err(ZooError::OtherBase {
                path: folder.to_path_buf(),
                stated: record.base_fingerprint.to_string(),
                given: base.weights().to_string(),
                name: Some(record.base.clone()),
            });
        }
        let weights = WeightsFile::read(&full)?;
        return Ok(OpenedGenerator {
            generator: MiniDiffusion::from_weights(&weights, &autoencoder(model)?, device)?,
            scale: None,
            record,
            notes: Vec::new(),
        });
    }
    let loaded = Adapter::load(folder, base.denoiser(), base.weights())?;
    let scale = scale.unwrap_or(1.0);
    let notes = match loaded.base {
        BaseCheck::Confirmed => Vec::new(),
        BaseCheck::Unstated => vec![format!(
            "{} does not say which base it was trained on; its layers fit {}",
            folder.display(),
            base.name()
        )],
    };
    let fingerprint = Fingerprint::of("personalized generator")
        .nested("base", base.fingerprint())
        .nested(
            "adapter",
            &Fingerprint::of_file(&folder.join(ADAPTER_FILE))?,
        )
        .nested(
            "config",
            &Fingerprint::of_file(&folder.join(ADAPTER_CONFIG))?,
        )
        .text("scale", &scale.to_string())
        .finish();
    let denoiser = merge(base.denoiser().clone(), &loaded.adapter, scale)?;
    Ok(OpenedGenerator {
        generator: base.with_denoiser(denoiser, fingerprint),
        scale: Some(scale),
        record,
        notes,
    })
}

/// The weights of the autoencoder beside a model, else the embedded ones.
fn autoencoder(model: &str) -> Result<WeightsFile, ZooError> {
    let folder = Path::new(model).parent().unwrap_or(Path::new(""));
    let beside = folder.join(AUTOENCODER_FILE);
    if model != DEFAULT_GENERATOR && beside.is_file() {
        return WeightsFile::read(&beside);
    }
    Ok(WeightsFile::embedded(
        "the embedded weights of mini-autoencoder",
        MINI_AUTOENCODER,
    ))
}
