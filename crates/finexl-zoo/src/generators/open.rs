//! Generators by name, with what personalizes them.

use super::Generator;
use super::mini_diffusion::MiniDiffusion;
use crate::ZooError;
use crate::adapters::{Adapter, BaseCheck, merge};
use crate::weights::WeightsFile;
use burn::tensor::Device;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::personalization::PersonalizationRecord;
use std::path::Path;

/// Name of the weights in the folder of a fully fine-tuned model.
pub const MODEL_FILE: &str = "model.safetensors";

/// Name of the tensors in the folder of an adapter.
const ADAPTER_FILE: &str = "adapter_model.safetensors";

/// Name of the autoencoder's weights, which lie beside those of the generator.
pub const AUTOENCODER_FILE: &str = "mini-autoencoder.safetensors";

/// A generator with its personalization.
pub struct OpenedGenerator {
    /// Ready to generate.
    pub generator: MiniDiffusion,
    /// How it was personalized, where its folder says so.
    pub record: Option<PersonalizationRecord>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Opens the generator of a weights file that `finexl train` wrote; its autoencoder
/// ([`AUTOENCODER_FILE`]) lies in the same folder.
///
/// # Errors
/// [`finexl_core::CoreError::Read`], [`ZooError::Weights`] for a damaged file, [`ZooError::Config`]
/// for the latents of another autoencoder.
pub fn open_generator(model: &Path, device: &Device) -> Result<MiniDiffusion, ZooError> {
    let weights = WeightsFile::read(model)?;
    MiniDiffusion::from_weights(&weights, &autoencoder(model)?, device)
}

/// Opens a generator with a personalization on it: the folder of an adapter (LoRA in PEFT's layout), at
/// a scale, or that of a fully fine-tuned model.
///
/// # Errors
/// As [`open_generator`]; [`ZooError::OtherBase`] where the personalization is one of another model;
/// [`ZooError::Config`] for a scale of a fully fine-tuned model.
pub fn open_personalized(
    model: &Path,
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
        .text("scale", &scale.to_string())
        .finish();
    let denoiser = merge(base.denoiser().clone(), &loaded.adapter, scale)?;
    Ok(OpenedGenerator {
        generator: base.with_denoiser(denoiser, fingerprint),
        record,
        notes,
    })
}

/// The weights of the autoencoder beside a model.
fn autoencoder(model: &Path) -> Result<WeightsFile, ZooError> {
    let folder = model.parent().unwrap_or(Path::new(""));
    WeightsFile::read(&folder.join(AUTOENCODER_FILE))
}
