//! The folder of a pipeline of diffusers.

use super::super::autoencoder::AutoencoderConfig;
use super::super::schedulers::config_json;
use super::super::settings::Settings;
use super::super::text::TextConfig;
use super::super::unet::UnetConfig;
use super::location::{NEEDED, refused};
use super::opened::{Opened, TextPart};
use super::tokenizers;
use crate::ZooError;
use crate::checkpoint::{
    Checkpoint, View, WeightsFiles, names, other_name, read_json, safetensors_of,
};
use crate::stable_diffusion::Base;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Pipelines that make pictures of prompts with the networks that are built here.
const PIPELINES: [&str; 3] = [
    "StableDiffusionPipeline",
    "StableDiffusionXLPipeline",
    "LatentConsistencyModelPipeline",
];

/// The family of a folder, from its configs.
pub(super) fn base(folder: &Path) -> Result<Base, ZooError> {
    let index = index(folder)?;
    let unet = config_of(folder, "unet")?;
    check_classes(folder, &index)?;
    Ok(family(&UnetConfig::parse(&unet)?))
}

/// XL reads sizes and pooled text; SD 2 has matrices where SD 1 has convolutions of single places.
fn family(unet: &UnetConfig) -> Base {
    match (&unet.addition, unet.linear_projection) {
        (Some(_), _) => Base::Xl,
        (None, true) => Base::Sd2,
        (None, false) => Base::Sd1,
    }
}

/// Whether an index names a part.
fn is_named(index: &Value, part: &str) -> bool {
    index.get(part).is_some_and(|value| !value[0].is_null())
}

/// Refuses a folder that lacks files, all of them named; anything but the folder of a pipeline passes.
///
/// # Errors
/// [`ZooError::GeneratorFiles`].
pub fn missing_files(folder: &Path) -> Result<(), ZooError> {
    if !folder.join("model_index.json").is_file() {
        return Ok(());
    }
    let index = index(folder)?;
    check_classes(folder, &index)?;
    let mut parts = vec![
        ("unet", "diffusion_pytorch_model"),
        ("vae", "diffusion_pytorch_model"),
    ];

    let texts = ["text_encoder", "text_encoder_2"].into_iter();
    parts.extend(
        texts
            .filter(|part| is_named(&index, part))
            .map(|part| (part, "model")),
    );
    let mut missing = Vec::new();
    for (part, stem) in parts {
        if !folder.join(part).join("config.json").is_file() {
            missing.push(format!("{part}/config.json"));
        }
        // Shards that are missing have an error of their own, which names them.
        let weights = weights_of(folder, part, stem, &mut Vec::new());
        if let Err(ZooError::GeneratorFiles { .. }) = weights {
            missing.push(format!("{part}/{stem}.safetensors"));
        }
    }
    for part in ["tokenizer", "tokenizer_2"]
        .into_iter()
        .filter(|part| is_named(&index, part))
    {
        let there = |name: &str| folder.join(part).join(name).is_file();
        let whole = there("tokenizer.json") || (there("vocab.json") && there("merges.txt"));
        if !whole {
            missing.push(format!(
                "{part}/tokenizer.json (or vocab.json and merges.txt)"
            ));
        }
    }
    match missing.is_empty() {
        true => Ok(()),
        false => Err(refused(
            folder,
            &format!(
                "it is a {} that lacks {}",
                class_of(&index),
                missing.join(", ")
            ),
            "finish the download, or put the files of the same model there",
        )),
    }
}

/// Reads configs and headers of all parts.
pub(super) fn open(folder: &Path) -> Result<Opened, ZooError> {
    let index = index(folder)?;
    check_classes(folder, &index)?;
    let mut notes = Vec::new();
    let mut other_files = Vec::new();
    let unet_config = UnetConfig::parse(&config_of(folder, "unet")?)?;
    let base = family(&unet_config);
    let unet = weights_of(folder, "unet", "diffusion_pytorch_model", &mut notes)?;
    let mut vae_config = AutoencoderConfig::parse(&config_of(folder, "vae")?)?;
    notes.extend(as_pipelines_decode(&mut vae_config, base));
    let vae = weights_of(folder, "vae", "diffusion_pytorch_model", &mut notes)?;
    let encoders: &[(&str, &str)] = match base {
        Base::Xl => &[
            ("text_encoder", "tokenizer"),
            ("text_encoder_2", "tokenizer_2"),
        ],
        Base::Sd1 | Base::Sd2 => &[("text_encoder", "tokenizer")],
    };
    let mut texts = Vec::new();
    for (encoder, tokenizer) in encoders {
        if base == Base::Xl && index.get(*encoder).is_none_or(|value| value[1].is_null()) {
            let problem = format!(
                "its model_index.json has no {encoder}; Stable Diffusion XL with one text encoder alone, such as its refiner, is not built"
            );
            return Err(refused(folder, &problem, "take the base model"));
        }
        let config = TextConfig::parse(&config_of(folder, encoder)?)?;
        let files = weights_of(folder, encoder, "model", &mut notes)?;
        let (prompts, tokenizer_files) =
            tokenizers::of_folder(&folder.join(tokenizer), config.context)?;
        other_files.extend(files.paths().into_iter().map(Path::to_path_buf));
        other_files.push(folder.join(encoder).join("config.json"));
        other_files.extend(tokenizer_files);
        texts.push(TextPart {
            config,
            checkpoint: with_prefix(open_part(&files)?)?,
            prompts,
        });
    }
    other_files.extend(vae.paths().into_iter().map(Path::to_path_buf));
    other_files.extend(["unet", "vae"].map(|part| folder.join(part).join("config.json")));
    let scheduler = scheduler(folder)?;
    let force = index
        .get("force_zeros_for_empty_prompt")
        .and_then(Value::as_bool);
    Ok(Opened {
        base,
        unet: (unet_config, open_part(&unet)?),
        autoencoder: (vae_config, open_part(&vae)?),
        texts,
        prediction: scheduler.as_ref().and_then(prediction),
        zero_snr: None,
        scheduler,
        // The default of XL's pipeline; the others have no such setting.
        force_zeros: base == Base::Xl && force.unwrap_or(true),
        unet_files: unet.paths().into_iter().map(Path::to_path_buf).collect(),
        other_files,
        notes,
    })
}

/// Takes away what diffusers' pipelines of a family do not read, and says so: pictures are as there.
fn as_pipelines_decode(config: &mut AutoencoderConfig, base: Base) -> Option<String> {
    let shift = std::mem::take(&mut config.shift) != 0.0;
    let statistics = base != Base::Xl && config.statistics.take().is_some();
    let named = match (shift, statistics) {
        (false, false) => return None,
        (true, false) => "shift_factor",
        (false, true) => "latents_mean and latents_std",
        (true, true) => "shift_factor, latents_mean and latents_std",
    };
    Some(format!(
        "The config of its autoencoder has {named}, which the pipeline of diffusers for {base} does not read; left out here too."
    ))
}

/// The config of the schedule, where there is one.
fn scheduler(folder: &Path) -> Result<Option<Value>, ZooError> {
    let path = folder.join("scheduler").join("scheduler_config.json");
    match path.is_file() {
        true => {
            let config = config_json(&finexl_core::atomic::read(&path)?);
            let config = config.map_err(|error| {
                refused(&path, &format!("it is no JSON ({error})"), "fetch it again")
            });
            config.map(Some)
        }
        false => Ok(None),
    }
}

/// Text encoders that newer versions of transformers wrote lack the first part of their names.
fn with_prefix(text: Checkpoint) -> Result<Checkpoint, ZooError> {
    if !text.has("embeddings.token_embedding.weight") {
        return Ok(text);
    }
    text.viewed(|name, shape| {
        let own = ["embeddings.", "encoder.", "final_layer_norm."];
        let name = match own.iter().any(|part| name.starts_with(part)) {
            true => format!("text_model.{name}"),
            false => name.to_string(),
        };
        vec![View::renamed(name, shape)]
    })
}

fn open_part(files: &WeightsFiles) -> Result<Checkpoint, ZooError> {
    Ok(files.open()?.of_known_kind())
}

/// The prediction that a scheduler's config names; that of its class where it names none.
fn prediction(scheduler: &Value) -> Option<&'static str> {
    match scheduler.get("prediction_type") {
        None | Some(Value::Null) => Some("epsilon"),
        Some(name) => ["epsilon", "v_prediction", "sample"]
            .into_iter()
            .find(|known| name.as_str() == Some(known)),
    }
}

fn index(folder: &Path) -> Result<Value, ZooError> {
    let path = folder.join("model_index.json");
    if !path.is_file() {
        return Err(refused(
            folder,
            "it holds no model_index.json",
            &format!("give {NEEDED}"),
        ));
    }
    read_json(&path)
}

/// The class of a pipeline, as it is called in PyTorch.
fn class_of(index: &Value) -> &str {
    let class = index.get("_class_name").and_then(Value::as_str);
    let class = class.unwrap_or("missing");
    class.strip_prefix("Flax").unwrap_or(class)
}

/// Refuses pipelines that are not built, by their names.
fn check_classes(folder: &Path, index: &Value) -> Result<(), ZooError> {
    let class = class_of(index);
    if PIPELINES.contains(&class) {
        return Ok(());
    }
    let what = match class {
        c if c.contains("Inpaint") => "a model for inpainting",
        c if c.contains("StableDiffusionXLImg2Img") => {
            "the refiner of Stable Diffusion XL, or a pipeline that begins with a picture"
        }
        c if c.contains("StableDiffusion3") => "Stable Diffusion 3",
        c if c.contains("Flux") => "Flux",
        c if c.contains("ControlNet") => "a pipeline with a ControlNet",
        c if c.contains("InstructPix2Pix") => "a model that edits pictures by instructions",
        _ => "a pipeline of another kind",
    };
    Err(refused(
        folder,
        &format!("it is {what} ({class}), which is not built"),
        "take a text-to-picture model of Stable Diffusion 1, 2 or XL",
    ))
}

/// The config of a part.
fn config_of(folder: &Path, part: &str) -> Result<Settings, ZooError> {
    let path = folder.join(part).join("config.json");
    if !path.is_file() {
        return Err(refused(
            folder,
            &format!("it holds no {part}/config.json"),
            "finish the download, or put the config of the same model there",
        ));
    }
    Ok(Settings::new(&path, read_json(&path)?))
}

/// Weights of a part: whole precision before `fp16`, safetensors before PyTorch.
fn weights_of(
    folder: &Path,
    part: &str,
    stem: &str,
    notes: &mut Vec<String>,
) -> Result<WeightsFiles, ZooError> {
    let folder = folder.join(part);
    if let Some(files) = safetensors_of(&folder, &format!("{stem}.safetensors"))? {
        return Ok(files);
    }
    if let Some(files) = safetensors_of(&folder, &format!("{stem}.fp16.safetensors"))? {
        return Ok(files);
    }
    let pickles = [
        format!("{stem}.bin"),
        format!("{stem}.fp16.bin"),
        format!("pytorch_{stem}.bin"),
    ];
    if let Some(pickle) = pickles
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
    {
        return Ok(WeightsFiles::Pickle(pickle));
    }
    if let Some((files, note)) = other_name(&folder, stem)? {
        // Half precision cut into shards has an index of this name.
        if !is_half(&files, stem) {
            notes.push(note);
        }
        return Ok(files);
    }
    let unfinished = names(&folder)
        .iter()
        .any(|name| name.ends_with(".incomplete"));
    Err(refused(
        &folder,
        &format!(
            "it holds no {stem}.safetensors{}",
            if unfinished {
                ", only an unfinished download"
            } else {
                ""
            }
        ),
        "finish the download, or put the weights of the same model there",
    ))
}

fn is_half(files: &WeightsFiles, stem: &str) -> bool {
    let name = format!("{stem}.safetensors.index.fp16.json");
    matches!(files, WeightsFiles::Shards { index, .. } if index.file_name() == PathBuf::from(name).file_name())
}
