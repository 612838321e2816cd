//! FineXL's own generators with their personalizations.

use super::mini_gan::{Direction, MiniGan};
use super::open::{DIRECTION_FILE, MODEL_FILE, OpenedGenerator};
use super::open_adapted::AdapterChoice;
use super::{AnyGenerator, Generator, Tunable, with_generator};
use crate::ZooError;
use crate::adapters::{Adapter, BaseCheck, merge};
use crate::recognition::recognised;
use crate::weights::WeightsFile;
use finexl_core::explanation::Applied;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::personalization::PersonalizationRecord;
use std::path::{Path, PathBuf};

/// Name of the tensors in the folder of an adapter.
const ADAPTER_FILE: &str = "adapter_model.safetensors";
/// Name of its config, which has the alpha.
const ADAPTER_CONFIG: &str = "adapter_config.json";

/// What to do with an adapter of another generator.
const FOREIGN: &str = "the adapters of FineXL's own generators are folders in PEFT's layout as `finexl personalize` \
                       writes them; one of Stable Diffusion 1, 2 or XL needs its base with --model; of any other model \
                       make pictures without it and with it in your own tool, same prompts and seeds, and compare the \
                       two folders (`finexl explain --base DIR --personalized DIR`)";

/// One of FineXL's own generators with one personalization on it.
pub(super) fn personalize_own(
    base: AnyGenerator,
    folder: &Path,
    scale: Option<f64>,
) -> Result<OpenedGenerator, ZooError> {
    check_is_ours(folder)?;
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
///
/// # Errors
/// [`ZooError::Weights`] naming what was found and what to do.
pub fn check_is_ours(path: &Path) -> Result<(), ZooError> {
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
        BaseCheck::Unstated => vec![unstated(folder, base.name())],
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
    let stated = record.as_ref().map(base_in);
    let stated = stated.or_else(|| confirmed.then(|| base_itself(&base)));
    Ok(OpenedGenerator {
        generator: base.tuned(network, fingerprint).into(),
        applied: vec![applied(folder, ADAPTER_FILE, Some(scale), stated)?],
        record,
        notes,
        words: Vec::new(),
        trained_on: Vec::new(),
    })
}

/// A base with several adapters on it, whose changes add up; whatever their order, the result is the same.
pub(super) fn personalized_together<G: Tunable + Into<AnyGenerator>>(
    base: G,
    adapters: &[AdapterChoice],
) -> Result<OpenedGenerator, ZooError> {
    let mut notes = Vec::new();
    let mut all = Vec::new();
    for AdapterChoice { path, scale } in adapters {
        check_is_ours(path)?;
        if !path.join(ADAPTER_CONFIG).is_file() {
            return Err(ZooError::Config(format!(
                "{} is no adapter; only adapters (LoRA in PEFT's layout) add up, give anything else alone",
                path.display()
            )));
        }
        let loaded = Adapter::load(path, base.network(), base.weights())?;
        let scale = scale.unwrap_or(1.0);
        let stated = matches!(loaded.base, BaseCheck::Confirmed);
        if !stated {
            notes.push(unstated(path, base.name()));
        }
        let of = applied(
            path,
            ADAPTER_FILE,
            Some(scale),
            stated.then(|| base_itself(&base)),
        )?;
        let config = Fingerprint::of_file(&path.join(ADAPTER_CONFIG))?;
        all.push((of, config, scale, loaded.adapter));
    }
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|a, b| {
        let [a, b] = [a, b].map(|place| &all[*place]);
        let key = |of: &Applied| of.fingerprint.as_ref().map(|f| f.as_str().to_string());
        key(&a.0).cmp(&key(&b.0)).then(a.2.total_cmp(&b.2))
    });
    let mut network = base.network().clone();
    let mut fingerprint =
        Fingerprint::of("personalized together").nested("base", base.fingerprint());
    for place in order {
        let (of, config, scale, adapter) = &all[place];
        network = merge(network, adapter, *scale)?;
        if let Some(content) = &of.fingerprint {
            fingerprint = fingerprint.nested("adapter", content);
        }
        fingerprint = (fingerprint.nested("config", config)).text("scale", &scale.to_string());
    }
    Ok(OpenedGenerator {
        generator: base.tuned(network, fingerprint.finish()).into(),
        applied: all.into_iter().map(|(of, ..)| of).collect(),
        record: None,
        notes,
        words: Vec::new(),
        trained_on: Vec::new(),
    })
}

fn unstated(folder: &Path, base: &str) -> String {
    format!(
        "{} does not say which base it was trained on; its layers fit {base}",
        folder.display()
    )
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
    // A direction of another base is refused.
    let stated = Some(base_itself(&base));
    Ok(OpenedGenerator {
        applied: vec![applied(folder, DIRECTION_FILE, Some(scale), stated)?],
        generator: base.with_network(network, fingerprint).into(),
        record: PersonalizationRecord::read(folder)?,
        notes: Vec::new(),
        words: Vec::new(),
        trained_on: Vec::new(),
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
        applied: vec![applied(
            folder,
            MODEL_FILE,
            None,
            record.as_ref().map(base_in),
        )?],
        record,
        notes: Vec::new(),
        words: Vec::new(),
        trained_on: Vec::new(),
    })
}

/// The base that a record names, with the SHA-256 of its weights.
fn base_in(record: &PersonalizationRecord) -> (String, Fingerprint) {
    (record.base.clone(), record.base_fingerprint.clone())
}

/// A base that an adapter was made for by what it says of its weights.
fn base_itself(base: &dyn Generator) -> (String, Fingerprint) {
    (base.name().to_string(), base.weights().clone())
}

/// What is applied from the folder of a personalization: "FOLDER/FILE", whose content the fingerprint is.
fn applied(
    folder: &Path,
    file: &str,
    scale: Option<f64>,
    base: Option<(String, Fingerprint)>,
) -> Result<Applied, ZooError> {
    let whole = folder
        .canonicalize()
        .unwrap_or_else(|_| folder.to_path_buf());
    let name = whole.file_name().unwrap_or(whole.as_os_str());
    let (base, base_fingerprint) = base.unzip();
    Ok(Applied {
        file: format!("{}/{file}", name.to_string_lossy()),
        fingerprint: Some(Fingerprint::of_file(&folder.join(file))?),
        scale,
        base,
        base_fingerprint,
    })
}
