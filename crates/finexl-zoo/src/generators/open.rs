//! Generators by name, with what personalizes them.

use super::mini_diffusion::LatentSpace;
use super::open_published::{published, whole_checkpoint};
use super::{
    AnyGenerator, Family, Generator, GeneratorConfig, LatentGenerator, LatentNetwork, Tunable,
    with_generator,
};
use crate::ZooError;
use crate::adapters::{Adapter, BaseCheck, merge};
use crate::generators::mini_autoregressive::TokenTransformer;
use crate::generators::mini_diffusion::Denoiser;
use crate::generators::mini_gan::{Direction, Gan, MiniGan};
use crate::recognition::recognised;
use crate::weights::WeightsFile;
use burn::tensor::Device;
use finexl_core::explanation::Applied;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::personalization::PersonalizationRecord;
use std::path::{Path, PathBuf};
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

/// Name of the tensors in the folder of an adapter.
const ADAPTER_FILE: &str = "adapter_model.safetensors";
/// Name of its config, which has the alpha.
const ADAPTER_CONFIG: &str = "adapter_config.json";

/// What to do with an adapter of another generator.
const FOREIGN: &str = "finexl applies adapters to its own generators only so far, from a folder in PEFT's layout as \
                       `finexl personalize` writes it; for any other make pictures without it and with it in your own \
                       tool, same prompts and seeds, and compare the two folders (`finexl explain --base DIR \
                       --personalized DIR`); `finexl inspect` looks into LoRA files of Stable Diffusion";

/// A generator with its personalization.
pub struct OpenedGenerator {
    /// Ready to generate.
    pub generator: AnyGenerator,
    /// Which file personalizes it, and the scale at which an adapter is applied or a direction walked; no scale for a
    /// model that is fine-tuned as a whole.
    pub applied: Applied,
    /// How it was personalized, where its folder says so.
    pub record: Option<PersonalizationRecord>,
    /// What the user should know.
    pub notes: Vec<String>,
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
/// [`ZooError::Unknown`] for a name that is neither, [`ZooError::Weights`] for a damaged file,
/// [`ZooError::Config`] for the latents of another autoencoder.
pub fn open_generator(model: &str, device: &Device) -> Result<AnyGenerator, ZooError> {
    let weights = if let Some(embedded) = EMBEDDED.iter().find(|e| e.name == model) {
        let name = format!("the embedded weights of {model}");
        WeightsFile::embedded(&name, embedded.weights)
    } else if let Some(published) = published(model, device) {
        return published;
    } else if Path::new(model).exists() || model.ends_with(".safetensors") {
        WeightsFile::read(Path::new(model))?
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
/// of a fully fine-tuned model; for Stable Diffusion another checkpoint of the same family.
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
    if let Some(tuned) = whole_checkpoint(model, folder, scale, device)? {
        return Ok(tuned);
    }
    check_is_ours(folder)?;
    let base = open_generator(model, device)?;
    if !folder.join(DIRECTION_FILE).is_file() {
        return with_generator!(base, base => personalized(*base, folder, scale));
    }
    match base {
        AnyGenerator::Gan(base) => walked(*base, folder, scale.unwrap_or(1.0)),
        other => Err(ZooError::Config(format!(
            "{} holds a direction, and {} has no mapping network, whose space could be walked in; take \
             the GAN that it was learned with",
            folder.display(),
            other.name()
        ))),
    }
}

/// Refuses, by what it is, a personalization of somebody else's that lies as a file, alone or in a folder.
fn check_is_ours(path: &Path) -> Result<(), ZooError> {
    let ours = [DIRECTION_FILE, MODEL_FILE, ADAPTER_CONFIG];
    let is_folder_of_ours = |folder: &Path| ours.iter().any(|file| folder.join(file).is_file());
    let refused = |path: &Path, problem: String, remedy| {
        Err(ZooError::Weights {
            path: path.to_path_buf(),
            problem,
            remedy,
        })
    };
    if path.is_file() {
        if path.parent().is_some_and(is_folder_of_ours) {
            let problem = "it is one file of a personalization".to_string();
            return refused(path, problem, "give the folder that it is in");
        }
        let what = recognised(path).unwrap_or_else(|| "a file of unknown kind".to_string());
        return refused(path, format!("it is {what}"), FOREIGN);
    }
    if path.is_dir() && !is_folder_of_ours(path) {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        files.sort();
        let named = |file: &PathBuf| Some((file.clone(), recognised(file)?));
        if let Some((file, what)) = files.iter().find_map(named) {
            return refused(&file, format!("it is {what}"), FOREIGN);
        }
    }
    Ok(())
}

/// A base with a personalization on it.
fn personalized<G: Tunable + Into<AnyGenerator>>(
    base: G,
    folder: &Path,
    scale: Option<f64>,
) -> Result<OpenedGenerator, ZooError> {
    let record = PersonalizationRecord::read(folder)?;
    if folder.join(MODEL_FILE).is_file() {
        return fine_tuned(&base, folder, scale, record);
    }
    let loaded = Adapter::load(folder, base.network(), base.weights())?;
    let scale = scale.unwrap_or(1.0);
    let confirmed = matches!(loaded.base, BaseCheck::Confirmed);
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
    let network = merge(base.network().clone(), &loaded.adapter, scale)?;
    let stated = record.as_ref().map(|record| record.base.clone());
    let stated = stated.or_else(|| confirmed.then(|| base.name().to_string()));
    Ok(OpenedGenerator {
        generator: base.tuned(network, fingerprint).into(),
        applied: applied(folder, ADAPTER_FILE, Some(scale), stated)?,
        record,
        notes,
    })
}

/// A base whose images are moved along a learned direction.
fn walked(base: MiniGan, folder: &Path, scale: f64) -> Result<OpenedGenerator, ZooError> {
    let path = folder.join(DIRECTION_FILE);
    if !scale.is_finite() {
        return Err(ZooError::Config(format!(
            "the scale is {scale}; give a number: 0 is the base, 1 the distance that was learned"
        )));
    }
    let width = base.network().generator.width();
    let direction = Direction::load(&path, width, base.weights())?;
    let fingerprint = Fingerprint::of("walked generator")
        .nested("base", base.fingerprint())
        .nested("direction", &Fingerprint::of_file(&path)?)
        .text("scale", &scale.to_string())
        .finish();
    let network = base.network().clone();
    let network = network.walked(&direction, direction.distance(scale));
    let name = base.name().to_string();
    Ok(OpenedGenerator {
        generator: base.with_network(network, fingerprint).into(),
        // A direction of another base is refused.
        applied: applied(folder, DIRECTION_FILE, Some(scale), Some(name))?,
        record: PersonalizationRecord::read(folder)?,
        notes: Vec::new(),
    })
}

/// A model that is fine-tuned as a whole.
fn fine_tuned<G: Tunable + Into<AnyGenerator>>(
    base: &G,
    folder: &Path,
    scale: Option<f64>,
    record: Option<PersonalizationRecord>,
) -> Result<OpenedGenerator, ZooError> {
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
    let weights = WeightsFile::read(&folder.join(MODEL_FILE))?;
    Ok(OpenedGenerator {
        generator: base.stored(&weights)?.into(),
        applied: applied(
            folder,
            MODEL_FILE,
            None,
            record.as_ref().map(|record| record.base.clone()),
        )?,
        record,
        notes: Vec::new(),
    })
}

/// What is applied from the folder of a personalization: "FOLDER/FILE", whose content the fingerprint is.
fn applied(
    folder: &Path,
    file: &str,
    scale: Option<f64>,
    base: Option<String>,
) -> Result<Applied, ZooError> {
    let whole = folder
        .canonicalize()
        .unwrap_or_else(|_| folder.to_path_buf());
    let name = whole.file_name().unwrap_or(whole.as_os_str());
    Ok(Applied {
        file: format!("{}/{file}", name.to_string_lossy()),
        fingerprint: Some(Fingerprint::of_file(&folder.join(file))?),
        scale,
        base,
    })
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
