//! Generators by name, with what personalizes them.

use super::mini_diffusion::LatentSpace;
use super::open_adapted::{AdapterChoice, open_adapted};
use super::open_own::personalize_own;
use super::open_published::{published, whole_checkpoint};
use super::stable_diffusion::{TrainedOn, locate};
use super::{AnyGenerator, Family, GeneratorConfig, LatentGenerator, LatentNetwork};
use crate::ZooError;
use crate::encoders::clip::repository;
use crate::generators::mini_autoregressive::TokenTransformer;
use crate::generators::mini_diffusion::Denoiser;
use crate::generators::mini_gan::Gan;
use crate::weights::WeightsFile;
use burn::tensor::Device;
use finexl_core::explanation::Applied;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::personalization::PersonalizationRecord;
use std::path::Path;
use std::sync::Arc;

/// The generator that is used where none is named.
pub const DEFAULT_GENERATOR: &str = "mini-diffusion";

/// A generator that is part of the program.
struct Embedded {
    name: &'static str,
    family: Family,
    weights: &'static [u8],
    autoencoder: &'static [u8],
}

/// What makes images of the latents of two families.
static AUTOENCODER: &[u8] = include_bytes!("../../weights/mini-autoencoder.safetensors");

/// Those that are compiled in.
const EMBEDDED: &[Embedded] = &[
    Embedded {
        name: DEFAULT_GENERATOR,
        family: Family::Diffusion,
        weights: include_bytes!("../../weights/mini-diffusion.safetensors"),
        autoencoder: AUTOENCODER,
    },
    Embedded {
        name: "mini-autoregressive",
        family: Family::Autoregressive,
        weights: include_bytes!("../../weights/mini-autoregressive.safetensors"),
        autoencoder: include_bytes!("../../weights/mini-tokenizer.safetensors"),
    },
    Embedded {
        name: "mini-gan",
        family: Family::Gan,
        weights: include_bytes!("../../weights/mini-gan.safetensors"),
        autoencoder: AUTOENCODER,
    },
];

/// Name of the weights in the folder of a fully fine-tuned model.
pub const MODEL_FILE: &str = "model.safetensors";

/// Name of the vector in the folder of a learned direction.
pub const DIRECTION_FILE: &str = "direction.safetensors";

/// A generator with its personalization.
pub struct OpenedGenerator {
    /// Ready to generate.
    pub generator: AnyGenerator,
    /// Which files personalize it, and the scales at which adapters are applied or a direction is walked; no scale for
    /// a model that is fine-tuned as a whole and for learned words.
    pub applied: Vec<Applied>,
    /// How it was personalized, where its folder says so.
    pub record: Option<PersonalizationRecord>,
    /// What the user should know.
    pub notes: Vec<String>,
    /// Words that prompts may use for what was learned.
    pub words: Vec<String>,
    /// What files of Stable Diffusion say of the model that they were trained on.
    pub trained_on: Vec<TrainedOn>,
}

impl OpenedGenerator {
    /// The scale of what is applied, where it is one.
    pub fn scale(&self) -> Option<f64> {
        match &self.applied[..] {
            [only] => only.scale,
            _ => None,
        }
    }
}

/// Names of the generators that are compiled in, and the bytes of their weights.
pub fn embedded_generators() -> impl Iterator<Item = (&'static str, usize)> {
    let bytes = |e: &Embedded| e.weights.len() + e.autoencoder.len();
    EMBEDDED.iter().map(move |e| (e.name, bytes(e)))
}

/// The generator inside the program whose weights have this SHA-256.
pub(super) fn embedded_with(sha256: &str) -> Option<&'static str> {
    let mut all = EMBEDDED.iter();
    all.find(|e| Fingerprint::of_bytes(e.weights).as_str() == sha256)
        .map(|e| e.name)
}

/// Opens a generator: one that is compiled in, by name, or a weights file that `finexl train` wrote,
/// whose config says the family; the autoencoder of the latter ([`Family::autoencoder_file`]) lies in
/// the same folder or is an embedded one.
///
/// # Errors
/// [`ZooError::Unknown`] for a name that is neither, [`ZooError::GeneratorFiles`] for a repository that is not in the hub's
/// cache, [`ZooError::Weights`] for a damaged file,
/// [`ZooError::Config`] for the latents of another autoencoder.
pub fn open_generator(model: &str, device: &Device) -> Result<AnyGenerator, ZooError> {
    let weights = if let Some(embedded) = EMBEDDED.iter().find(|e| e.name == model) {
        let name = format!("the embedded weights of {model}");
        WeightsFile::embedded(&name, embedded.weights)
    } else if let Some(published) = published(model, device) {
        return published;
    } else if Path::new(model).exists() || model.ends_with(".safetensors") {
        WeightsFile::read(Path::new(model))?
    } else if let (true, Err(missing)) = (repository(model).is_some(), locate(model)) {
        return Err(missing);
    } else {
        let names: Vec<&str> = EMBEDDED.iter().map(|e| e.name).collect();
        return Err(ZooError::Unknown {
            kind: "generator",
            name: model.to_string(),
            known: format!(
                "{}, a weights file that `finexl train` wrote, or Stable Diffusion as a folder of diffusers, one \
                 .safetensors file or a repository in the hub's cache",
                names.join(", ")
            ),
        });
    };
    let family = Family::of(&weights)?;
    let autoencoder = autoencoder(model, family)?;
    let latents = Arc::new(LatentSpace::from_weights(&autoencoder, device)?);
    Ok(match family {
        Family::Diffusion => {
            LatentGenerator::<Denoiser>::on_latents(&weights, latents, device)?.into()
        }
        Family::Autoregressive => {
            LatentGenerator::<TokenTransformer>::on_latents(&weights, latents, device)?.into()
        }
        Family::Gan => LatentGenerator::<Gan>::on_latents(&weights, latents, device)?.into(),
    })
}

/// Whether a file holds the weights of a generator that `finexl train` wrote.
pub fn is_generator(path: &Path) -> bool {
    fn reads<N: LatentNetwork>(weights: &WeightsFile) -> bool {
        let config = weights.config::<GeneratorConfig<N::Architecture>>();
        config.is_ok()
    }
    let ours = path.is_file() && WeightsFile::is_ours(path);
    let Ok(weights) = WeightsFile::read(path) else {
        return false;
    };
    ours && match Family::of(&weights) {
        Ok(Family::Diffusion) => reads::<Denoiser>(&weights),
        Ok(Family::Autoregressive) => reads::<TokenTransformer>(&weights),
        Ok(Family::Gan) => reads::<Gan>(&weights),
        Err(_) => false,
    }
}

/// Opens a generator with a personalization on it: the folder of an adapter (LoRA in PEFT's layout) at
/// a scale, that of a learned direction, of which a scale is so many times the learned distance, or that
/// of a fully fine-tuned model; for Stable Diffusion a LoRA file, a learned word, or another checkpoint of the same
/// family.
///
/// # Errors
/// As [`open_generator`]; [`ZooError::OtherBase`] where the personalization is one of another model;
/// [`ZooError::Config`] for a scale of a fully fine-tuned model, and for a direction without a mapping
/// network.
pub fn open_personalized(
    model: &str,
    folder: &Path,
    scale: Option<f64>,
    device: &Device,
) -> Result<OpenedGenerator, ZooError> {
    // A whole checkpoint takes nothing from its base, which is then not loaded.
    if let Some(tuned) = whole_checkpoint(model, folder, scale, device)? {
        return Ok(tuned);
    }
    let choice = AdapterChoice {
        path: folder.to_path_buf(),
        scale,
    };
    match open_generator(model, device)? {
        base @ AnyGenerator::StableDiffusion(_) => open_adapted(&base, model, &[choice], device),
        own => personalize_own(own, folder, scale),
    }
}

/// The weights of the autoencoder beside a model, else embedded ones that its family uses too.
fn autoencoder(model: &str, family: Family) -> Result<WeightsFile, ZooError> {
    let by_name = EMBEDDED.iter().find(|embedded| embedded.name == model);
    let folder = Path::new(model).parent().unwrap_or(Path::new(""));
    let beside = folder.join(family.autoencoder_file());
    if by_name.is_none() && beside.is_file() {
        return WeightsFile::read(&beside);
    }
    let same_file = |other: Family| other.autoencoder_file() == family.autoencoder_file();
    let of_family = || EMBEDDED.iter().find(|embedded| same_file(embedded.family));
    match by_name.or_else(of_family) {
        Some(embedded) => {
            let name = format!("the embedded autoencoder of {}", embedded.name);
            Ok(WeightsFile::embedded(&name, embedded.autoencoder))
        }
        None => Err(ZooError::Config(format!(
            "{model} needs the autoencoder it was trained with; put it beside it, as {}",
            beside.display()
        ))),
    }
}
