//! What a file or folder of somebody else's is, so that a refusal can name it.

use crate::safetensors_header::Header;
use std::path::Path;

/// In a few words what a safetensors file or a model's folder is ("a LoRA adapter in the format of kohya's trainer, for
/// Stable Diffusion XL"); nothing for what is not known here.
pub(crate) fn recognised(path: &Path) -> Option<String> {
    if path.is_dir() {
        return folder(path);
    }
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    match extension {
        "safetensors" => of_tensors(&shapes(&Header::of_file(path).ok()?)),
        "ckpt" | "pt" | "pth" | "bin" => Some("a file of PyTorch's".to_string()),
        "gguf" => Some("a GGUF file".to_string()),
        _ => None,
    }
}

type Shapes = Vec<(String, Vec<usize>)>;

fn shapes(header: &Header) -> Shapes {
    let tensors = header.tensors.iter();
    tensors
        .map(|(name, info)| (name.clone(), info.shape.clone()))
        .collect()
}

fn folder(path: &Path) -> Option<String> {
    let json = |name: &str| {
        let bytes = std::fs::read(path.join(name)).ok()?;
        serde_json::from_slice::<serde_json::Value>(&bytes).ok()
    };
    let class = |json: serde_json::Value, key: &str| Some(json.get(key)?.as_str()?.to_string());
    if let Some(pipeline) = json("model_index.json").and_then(|json| class(json, "_class_name")) {
        return Some(format!("a generator of the library diffusers ({pipeline})"));
    }
    if path.join("adapter_config.json").is_file() {
        return Some("an adapter in PEFT's format".to_string());
    }
    let config = json("config.json")?;
    if let Some(part) = class(config.clone(), "_class_name") {
        return Some(format!("a part of a generator of diffusers ({part})"));
    }
    tower(config.get("model_type")?.as_str()?).map(str::to_string)
}

/// The `model_type` of one tower of an encoder.
pub(crate) fn tower(model_type: &str) -> Option<&'static str> {
    match model_type {
        "clip_text_model" => Some("the text tower of a CLIP alone"),
        "clip_vision_model" => Some("the image tower of a CLIP alone"),
        "siglip_text_model" => Some("the text tower of a SigLIP alone"),
        "siglip_vision_model" => Some("the image tower of a SigLIP alone"),
        _ => None,
    }
}

/// What tensors of these names and shapes are.
pub(crate) fn of_tensors(tensors: &[(String, Vec<usize>)]) -> Option<String> {
    let any = |part: &str| tensors.iter().any(|(name, _)| name.contains(part));
    let begins = |part: &str| tensors.iter().any(|(name, _)| name.starts_with(part));
    if let Some(adapter) = adapter(tensors) {
        return Some(match base(tensors) {
            Some(base) => format!("{adapter}, for {base}"),
            None => adapter.to_string(),
        });
    }
    let model = if begins("model.diffusion_model.") {
        "a generator in one file"
    } else if begins("down_blocks.") && begins("up_blocks.") && begins("time_embedding.") {
        "the denoiser (UNet) of a generator"
    } else if begins("double_blocks.") || begins("transformer_blocks.") || begins("joint_blocks.") {
        "the denoiser (transformer) of a generator"
    } else if begins("encoder.down_blocks.")
        || begins("encoder.down.")
        || begins("first_stage_model.")
    {
        "the autoencoder of a generator"
    } else if begins("emb_params") || (begins("clip_l") && tensors.len() <= 2) {
        return Some("a learned word (textual inversion)".to_string());
    } else {
        let [text, image] = [
            begins("text_model.") || begins("transformer.resblocks."),
            begins("vision_model.") || begins("visual."),
        ];
        return match (text, image) {
            (true, true) => Some("a CLIP or SigLIP".to_string()),
            (true, false) => Some("the text tower of a CLIP or SigLIP alone".to_string()),
            (false, true) => Some("the image tower of a CLIP or SigLIP alone".to_string()),
            (false, false) if any("lm_head.") || any("embed_tokens.") => {
                Some("a language model".to_string())
            }
            (false, false) => None,
        };
    };
    Some(match base(tensors) {
        Some(base) => format!("{model}, {base}"),
        None => model.to_string(),
    })
}

/// The kind of an adapter and the tool whose names it has.
fn adapter(tensors: &[(String, Vec<usize>)]) -> Option<&'static str> {
    let any = |part: &str| tensors.iter().any(|(name, _)| name.contains(part));
    let begins = |part: &str| tensors.iter().any(|(name, _)| name.starts_with(part));
    // The others have factors of LoRA's names beside their own at times, so they come first.
    if any(".hada_w1_a") {
        Some("a LoHa adapter (LyCORIS)")
    } else if any(".lokr_w1") || any(".lokr_w2") {
        Some("a LoKr adapter (LyCORIS)")
    } else if any(".oft_blocks") || any(".oft_diag") || any(".oft_R") {
        Some("an OFT adapter")
    } else if any(".dora_scale") || any("lora_magnitude_vector") {
        Some("a DoRA adapter")
    } else if any(".lora_down.weight") && (begins("lora_unet_") || begins("lora_te")) {
        Some("a LoRA adapter in the format of kohya's trainer")
    } else if begins("base_model.model.") && any(".lora_A.") {
        Some("a LoRA adapter in PEFT's format")
    } else if any(".lora_A.") || any(".lora.down.") || any("_lora.down.") {
        Some("a LoRA adapter in the format of diffusers")
    } else if any(".lora_down.weight") {
        Some("a LoRA adapter")
    } else {
        None
    }
}

/// The family of generators that tensors belong to, by their names and by how many numbers describe a token of the
/// prompt.
fn base(tensors: &[(String, Vec<usize>)]) -> Option<&'static str> {
    let any = |part: &str| tensors.iter().any(|(name, _)| name.contains(part));
    if any("double_blocks") || any("single_transformer_blocks") {
        return Some("Flux");
    }
    if any("joint_blocks") || any("joint_transformer_blocks") {
        return Some("Stable Diffusion 3");
    }
    let words = tensors.iter().find_map(|(name, shape)| {
        let of_words = name.contains("attn2") && (name.contains("to_k") || name.contains("to_v"));
        let reads = [
            "lora_down",
            "lora_A",
            "lora.down",
            "hada_w1_b",
            "to_k.weight",
            "to_v.weight",
        ];
        (of_words && reads.iter().any(|part| name.contains(part)))
            .then(|| shape.get(1).copied())
            .flatten()
    });
    match words {
        Some(768) => Some("Stable Diffusion 1.x"),
        Some(1024) => Some("Stable Diffusion 2.x"),
        Some(2048) => Some("Stable Diffusion XL"),
        _ if any("lora_te1_") || any("lora_te2_") || any("conditioner.embedders.1.") => {
            Some("Stable Diffusion XL")
        }
        _ if any("lora_unet_") || any("unet.") => Some("Stable Diffusion"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn told(tensors: &[(&str, &[usize])]) -> Option<String> {
        let tensors: Shapes = tensors
            .iter()
            .map(|(name, shape)| ((*name).to_string(), shape.to_vec()))
            .collect();
        of_tensors(&tensors)
    }

    #[test]
    fn adapters_are_told_with_their_base() {
        let kohya =
            "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight";
        for (width, base) in [(768, "1.x"), (1024, "2.x"), (2048, "XL")] {
            let found = told(&[(kohya, &[4, width])]).unwrap();
            assert!(found.contains("kohya") && found.ends_with(base), "{found}");
        }
        let only_images = "lora_unet_mid_block_attentions_0_proj_in.lora_down.weight";
        assert!(
            told(&[(only_images, &[4, 320])])
                .unwrap()
                .ends_with("for Stable Diffusion")
        );
        let diffusers =
            "unet.up_blocks.1.attentions.0.transformer_blocks.0.attn2.to_v.lora_A.weight";
        let found = told(&[(diffusers, &[8, 2048])]).unwrap();
        assert!(
            found.contains("diffusers") && found.contains("XL"),
            "{found}"
        );
        let peft = told(&[("base_model.model.blocks.0.query.lora_A.weight", &[4, 64])]);
        assert_eq!(peft.as_deref(), Some("a LoRA adapter in PEFT's format"));
        let loha = told(&[
            ("lora_unet_x_attn2_to_k.hada_w1_a", &[320, 4]),
            ("lora_unet_x_attn2_to_k.hada_w1_b", &[4, 768]),
        ]);
        assert_eq!(
            loha.as_deref(),
            Some("a LoHa adapter (LyCORIS), for Stable Diffusion 1.x")
        );
    }

    #[test]
    fn models_and_their_parts_are_told() {
        let of = |names: &[&str]| {
            let tensors: Vec<(&str, &[usize])> =
                names.iter().map(|n| (*n, &[2usize, 1024][..])).collect();
            told(&tensors).unwrap_or_default()
        };
        let unet = [
            "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight",
            "up_blocks.0.x",
            "time_embedding.linear_1.weight",
        ];
        assert_eq!(
            of(&unet),
            "the denoiser (UNet) of a generator, Stable Diffusion 2.x"
        );
        assert!(of(&["text_model.x"]).contains("text tower"));
        assert!(of(&["vision_model.x"]).contains("image tower"));
        assert!(of(&["visual.x", "transformer.resblocks.0.x"]).contains("a CLIP"));
        assert_eq!(of(&["whatever"]), "");
    }
}
