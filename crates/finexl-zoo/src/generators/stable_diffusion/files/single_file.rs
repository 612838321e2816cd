//! One file that holds all networks, as A1111 and Civitai have them.

use super::location::refused;
use super::opened::{Opened, TextPart};
use super::single_names::Counting;
use super::vae_names::vae_name;
use super::{single_config, tokenizers};
use crate::ZooError;
use crate::checkpoint::{Checkpoint, View};
use crate::recognition::recognised;
use crate::stable_diffusion::{Base, OpenClipName, openclip_name};
use std::path::Path;

/// What the UNet's names begin with.
const UNET: &str = "model.diffusion_model.";
/// The same of the autoencoder.
const AUTOENCODERS: [&str; 2] = ["first_stage_model.", "vae."];
/// Text encoders in transformers' names, and in OpenCLIP's.
const SD1_TEXT: &str = "cond_stage_model.transformer.";
const SD2_TEXT: &str = "cond_stage_model.model.";
const XL_TEXT: &str = "conditioner.embedders.0.transformer.";
const XL_TEXT_2: &str = "conditioner.embedders.1.model.";
/// Names that say nothing of networks: averages of a training, buffers, settings.
const IGNORED: [&str; 14] = [
    "model_ema.",
    "betas",
    "alphas_",
    "sqrt_",
    "log_",
    "posterior_",
    "lvlb_weights",
    "logvar",
    "denoiser.",
    "v_pred",
    "ztsnr",
    "edm_",
    "first_stage_model.loss.",
    "global_step",
];

/// The family of a file, from its header.
pub(super) fn base(path: &Path) -> Result<Base, ZooError> {
    family(&header(path)?, path)
}

/// Opens a file's header, without what wraps all names.
fn header(path: &Path) -> Result<Checkpoint, ZooError> {
    let remedy = "take the same model as .safetensors, or as a folder of diffusers";
    let extension = path.extension().and_then(|end| end.to_str());
    let file = match extension {
        Some("safetensors") => Checkpoint::open(&[path.to_path_buf()])?,
        // The reader runs nothing of what the file may ask for; what is no tensor is left out.
        Some("ckpt" | "pt" | "pth" | "bin") => match Checkpoint::open_pickle(path) {
            Err(ZooError::Weights { problem, .. }) => return Err(refused(path, &problem, remedy)),
            opened => opened?,
        },
        _ => {
            let what = recognised(path).unwrap_or_else(|| "no .safetensors file".to_string());
            return Err(refused(path, &format!("it is {what}"), remedy));
        }
    }
    .of_known_kind();
    let mut file = weights_of_training(file)?;
    file.unwrapped(&format!("{UNET}conv_in.weight"));
    file.unwrapped(&format!("{UNET}input_blocks.0.0.weight"));
    Ok(file)
}

/// The weights in the file of a training, which keeps other things beside them.
fn weights_of_training(file: Checkpoint) -> Result<Checkpoint, ZooError> {
    const WEIGHTS: &str = "state_dict.";
    if !file.names().any(|name| name.starts_with(WEIGHTS)) {
        return Ok(file);
    }
    file.viewed(|name, shape| {
        let own = name.strip_prefix(WEIGHTS);
        own.map(|name| View::renamed(name, shape))
            .into_iter()
            .collect()
    })
}

/// Told by how text encoders are named and stored, which differs in every family; sizes are checked when weights are
/// taken. What is none of them is refused by what it is.
fn family(file: &Checkpoint, path: &Path) -> Result<Base, ZooError> {
    let begins = |prefix: &str| file.names().any(|name| name.starts_with(prefix));
    let refuse = |problem: &str, remedy: &str| Err(refused(path, problem, remedy));
    if let Some((problem, remedy)) = other_kind(file, path) {
        return refuse(&problem, remedy);
    }
    let found: Vec<Base> = [
        (SD1_TEXT, Base::Sd1),
        (SD2_TEXT, Base::Sd2),
        (XL_TEXT_2, Base::Xl),
    ]
    .into_iter()
    .filter(|(prefix, _)| begins(prefix))
    .map(|(_, base)| base)
    .collect();
    match found[..] {
        [Base::Xl] if !begins(XL_TEXT) => refuse(
            "it lacks the first text encoder of Stable Diffusion XL",
            "take a whole model",
        ),
        [base] if AUTOENCODERS.iter().any(|prefix| begins(prefix)) => Ok(base),
        [_] => refuse(
            "it lacks an autoencoder (first_stage_model.)",
            "take a whole model",
        ),
        [] => refuse(
            "it lacks a text encoder (cond_stage_model. or conditioner.embedders.)",
            "take a whole model, or a folder of diffusers",
        ),
        _ => refuse(
            "it holds text encoders of several families",
            "take another file",
        ),
    }
}

/// What a file is that is no text-to-picture model of a family that is built, and what to do.
fn other_kind(file: &Checkpoint, path: &Path) -> Option<(String, &'static str)> {
    let begins = |prefix: &str| file.names().any(|name| name.starts_with(prefix));
    let refuse = |problem: &str, remedy| Some((problem.to_string(), remedy));
    let other = "take a text-to-picture model of Stable Diffusion 1, 2 or XL";
    if begins("model.diffusion_model.joint_blocks.") || begins("joint_blocks.") {
        return refuse("it is Stable Diffusion 3, which is not built", other);
    }
    if begins("model.diffusion_model.double_blocks.") || begins("double_blocks.") {
        return refuse("it is Flux, which is not built", other);
    }
    if !begins(UNET) {
        let what = recognised(path).map_or_else(
            || "its tensors are those of no model known here".to_string(),
            |what| format!("it is {what}, not a whole model in one file"),
        );
        return refuse(&what, other);
    }
    if file
        .shape(&format!("{UNET}input_blocks.0.0.weight"))
        .and_then(|shape| shape.get(1))
        == Some(&9)
    {
        return refuse(
            "it is a model for inpainting (9 input channels), which is not built",
            other,
        );
    }
    if file.has("edm_mean") || file.has("edm_std") {
        return refuse(
            "it is Playground 2.5, whose noise levels are not built",
            other,
        );
    }
    if begins("conditioner.embedders.0.model.") {
        return refuse(
            "it is the refiner of Stable Diffusion XL, which is not built",
            "take the base model",
        );
    }
    None
}

/// Reads the header, and what is to be taken from where.
pub(super) fn open(path: &Path) -> Result<Opened, ZooError> {
    let file = header(path)?;
    let base = family(&file, path)?;
    let unfit = |problem: String| refused(path, &problem, "take another file of the same model");
    let unet = unet_part(&file)?;
    let autoencoder = autoencoder_part(&file)?;
    let mut texts = Vec::new();
    let mut other_files = Vec::new();
    let parts: &[(&str, &str, &str)] = match base {
        Base::Sd1 => &[(SD1_TEXT, "tokenizer", "<|endoftext|>")],
        Base::Sd2 => &[(SD2_TEXT, "tokenizer", "!")],
        Base::Xl => &[
            (XL_TEXT, "tokenizer", "<|endoftext|>"),
            (XL_TEXT_2, "tokenizer_2", "!"),
        ],
    };
    for (place, (prefix, tokenizer, padding)) in parts.iter().enumerate() {
        let checkpoint = match [SD1_TEXT, XL_TEXT].contains(prefix) {
            true => plain_text(&file, prefix)?,
            false => openclip_text(&file, prefix, base)?,
        };
        let config = single_config::text(&checkpoint, base, place == 1).map_err(unfit)?;
        let (prompts, files) = tokenizers::beside(path, tokenizer, padding, config.context)?;
        other_files.extend(files);
        texts.push(TextPart {
            config,
            checkpoint,
            prompts,
        });
    }
    let pooled = texts.last().and_then(|text| text.config.projection);
    let config = single_config::unet(&unet, base, pooled).map_err(unfit)?;
    let vae_config = single_config::autoencoder(&autoencoder, base).map_err(unfit)?;
    let zero_snr = (file.has("ztsnr") || file.has("edm_vpred.sigma_max")).then_some(true);
    Ok(Opened {
        base,
        unet: (config, unet),
        autoencoder: (vae_config, autoencoder),
        texts,
        scheduler: None,
        prediction: (file.has("v_pred") || file.has("edm_vpred.sigma_max"))
            .then_some("v_prediction"),
        zero_snr,
        force_zeros: base == Base::Xl,
        unet_files: vec![path.to_path_buf()],
        other_files,
        notes: left_out(&file, path).into_iter().collect(),
    })
}

fn unet_part(file: &Checkpoint) -> Result<Checkpoint, ZooError> {
    let names = file.names().filter_map(|name| name.strip_prefix(UNET));
    let counting = Counting::of(names);
    file.viewed(|name, shape| {
        let Some(rest) = name.strip_prefix(UNET) else {
            return Vec::new();
        };
        // What has no name there is taken under its own, and so named as not used.
        let name = counting.unet_name(rest).unwrap_or_else(|| name.to_string());
        vec![View::renamed(name, shape)]
    })
}

fn autoencoder_part(file: &Checkpoint) -> Result<Checkpoint, ZooError> {
    let inner = |name: &str| {
        let rest = AUTOENCODERS
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix))?;
        (!rest.starts_with("loss.")).then(|| rest.to_string())
    };
    let levels = file.names().filter_map(|name| {
        let (level, _) = inner(name)?
            .strip_prefix("decoder.up.")?
            .split_once('.')
            .map(|(a, b)| (a.to_string(), b.to_string()))?;
        level.parse::<usize>().ok()
    });
    let levels = levels.max().map_or(0, |most| most.saturating_add(1));
    file.viewed(|name, shape| {
        let Some(rest) = inner(name) else {
            return Vec::new();
        };
        let name = vae_name(&rest, levels).unwrap_or_else(|| name.to_string());
        // Attention was made of convolutions of single places.
        let shape = match shape {
            [rows, columns, 1, 1] if name.contains(".attentions.") => vec![*rows, *columns],
            shape => shape.to_vec(),
        };
        vec![View::renamed(name, &shape)]
    })
}

/// A text encoder in transformers' names; old files lack `text_model.`.
fn plain_text(file: &Checkpoint, prefix: &str) -> Result<Checkpoint, ZooError> {
    file.viewed(|name, shape| {
        let Some(rest) = name.strip_prefix(prefix) else {
            return Vec::new();
        };
        let name = match rest.starts_with("text_model.") {
            true => rest.to_string(),
            false => format!("text_model.{rest}"),
        };
        vec![View::renamed(name, shape)]
    })
}

/// A text encoder in OpenCLIP's names. SD 2 reads the last layer but one, so the last is left away, and the projection.
fn openclip_text(file: &Checkpoint, prefix: &str, base: Base) -> Result<Checkpoint, ZooError> {
    let layer = |name: &str| {
        let rest = name.strip_prefix("transformer.resblocks.")?;
        rest.split_once('.')?.0.parse::<usize>().ok()
    };
    let inner = |name: &str| name.strip_prefix(prefix).map(str::to_string);
    let last = file.names().filter_map(|name| layer(&inner(name)?)).max();
    file.viewed(|name, shape| {
        let Some(rest) = inner(name) else {
            return Vec::new();
        };
        if base == Base::Sd2
            && (rest == "text_projection" || (last.is_some() && layer(&rest) == last))
        {
            return Vec::new();
        }
        let suffix = |bias: bool| if bias { "bias" } else { "weight" };
        match openclip_name(&rest) {
            Some(OpenClipName::One {
                path,
                bias,
                transposed,
            }) => {
                let name = format!("{path}.{}", suffix(bias));
                match transposed {
                    true => vec![View::turned(name, shape)],
                    false => vec![View::renamed(name, shape)],
                }
            }
            Some(OpenClipName::Three { paths, bias }) => thirds(&paths, suffix(bias), shape),
            Some(OpenClipName::Unused) => Vec::new(),
            None => vec![View::renamed(name, shape)],
        }
    })
}

/// Query, key and value of one tensor.
fn thirds(paths: &[String; 3], suffix: &str, shape: &[usize]) -> Vec<View> {
    let mut third = shape.to_vec();
    if let Some(rows) = third.first_mut() {
        *rows /= 3;
    }
    let count: usize = third.iter().product();
    let views = paths.iter().enumerate().map(|(place, path)| View {
        offset: place * count,
        ..View::renamed(format!("{path}.{suffix}"), &third)
    });
    views.collect()
}

/// What is said of tensors that belong to no network that is built.
fn left_out(file: &Checkpoint, path: &Path) -> Option<String> {
    let known = |name: &str| {
        let networks = [UNET, SD1_TEXT, SD2_TEXT, XL_TEXT, XL_TEXT_2];
        let mut prefixes = networks.iter().chain(&AUTOENCODERS).chain(&IGNORED);
        prefixes.any(|prefix| name.starts_with(prefix)) || name.ends_with("logit_scale")
    };
    let others: Vec<&str> = file.names().filter(|name| !known(name)).collect();
    let first = others.first()?;
    Some(format!(
        "{} holds {} tensors of no network that makes pictures ({first} is the first); they were left out.",
        path.display(),
        others.len()
    ))
}
