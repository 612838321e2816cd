//! Models whose files lie, are of another kind, or leave a choice: refused by what they are, or used with a note, and
//! never by memory or time that only a number in them asks for.

#![allow(clippy::unwrap_used)]

use crate::clip_models::{replace, with_model};
use crate::sandbox::{EXPLAIN, Sandbox};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use serde_json::{Value, json};

/// Changes a JSON file.
fn edit(sandbox: &Sandbox, file: &str, change: impl FnOnce(&mut Value)) {
    let mut json = sandbox.json(file);
    change(&mut json);
    sandbox.write(file, json.to_string());
}

/// Writes a safetensors file of zeros.
fn zeros(sandbox: &Sandbox, file: &str, tensors: &[(&str, &[usize])]) {
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, shape)| vec![0; 4 * shape.iter().product::<usize>()])
        .collect();
    let views = tensors.iter().zip(&bytes).map(|((name, shape), bytes)| {
        let view = TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap();
        (*name, view)
    });
    sandbox.write(file, serialize(views, None).unwrap());
}

/// Writes a safetensors file again under other names; nothing leaves a tensor out.
fn renamed(sandbox: &Sandbox, file: &str, name: impl Fn(&str) -> Option<String>) {
    let bytes = std::fs::read(sandbox.path(file)).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let kept = tensors
        .iter()
        .filter_map(|(old, view)| Some((name(old)?, view)));
    sandbox.write(file, serialize(kept, None).unwrap());
}

#[test]
fn sizes_that_a_config_makes_up_are_refused() {
    for (side, key, value, word) in [
        (
            "text_config",
            "vocab_size",
            json!(10_000_000_000_000u64),
            "tokens",
        ),
        ("text_config", "vocab_size", json!(1e13), "vocab_size"),
        (
            "text_config",
            "vocab_size",
            json!(16_000_000),
            "token_embedding",
        ),
        (
            "text_config",
            "num_hidden_layers",
            json!(1_000_000_000),
            "blocks",
        ),
        (
            "text_config",
            "num_hidden_layers",
            json!(1_000),
            "is missing",
        ),
        (
            "text_config",
            "max_position_embeddings",
            json!(10_000_000),
            "context",
        ),
        ("text_config", "num_attention_heads", json!(5), "heads"),
        ("text_config", "hidden_size", json!(-48), "hidden_size"),
        ("vision_config", "patch_size", json!(0), "patches of 0"),
        ("vision_config", "patch_size", json!(16.5), "patch_size"),
        (
            "vision_config",
            "image_size",
            json!(1_000_000_000),
            "pixels",
        ),
        (
            "vision_config",
            "intermediate_size",
            json!(100_000),
            "shape",
        ),
    ] {
        let sandbox = with_model("clip");
        edit(&sandbox, "model/config.json", |config| {
            config[side][key] = value.clone();
        });
        sandbox.refuses("zoo info model", &["model", word]);
    }
    let deep = with_model("clip");
    deep.write("model/config.json", "[".repeat(1_000_000));
    deep.refuses("zoo info model", &["config.json", "JSON"]);
    let wide = with_model("clip");
    edit(&wide, "model/preprocessor_config.json", |config| {
        config["size"] = json!({"shortest_edge": 2_000_000_000});
    });
    wide.refuses(
        &format!("{EXPLAIN} --encoder model"),
        &["preprocessor_config.json", "2000000000"],
    );
}

#[test]
fn parts_of_weights_lie_beside_their_index_and_hold_what_it_says() {
    const INDEX: &str = "model/model.safetensors.index.json";
    let first = "text_model.embeddings.position_embedding.weight";
    for (part, words) in [
        (json!("../secret.safetensors"), "beside the index"),
        (json!("/etc/secret.safetensors"), "beside the index"),
        (
            json!("https://example.org/x.safetensors"),
            "beside the index",
        ),
        (json!(7), "beside the index"),
        (
            json!("model-00009-of-00009.safetensors"),
            "model-00009-of-00009.safetensors",
        ),
    ] {
        let sandbox = with_model("clip-sharded-f16");
        edit(&sandbox, INDEX, |index| {
            index["weight_map"][first] = part.clone()
        });
        sandbox.refuses("zoo info model", &[words]);
    }
    // A tensor that is in another part than the index says, in none, or in two.
    let moved = with_model("clip-sharded-f16");
    let parts: Vec<String> = moved
        .names("model")
        .into_iter()
        .filter(|n| n.starts_with("model-0"))
        .collect();
    edit(&moved, INDEX, |index| {
        let named = index["weight_map"][first].as_str().unwrap();
        let other = parts.iter().find(|part| *part != named).unwrap();
        index["weight_map"][first] = json!(other);
    });
    moved.refuses("zoo info model", &["index.json", first, "but it is in"]);
    let absent = with_model("clip-sharded-f16");
    edit(&absent, INDEX, |index| {
        index["weight_map"]["stranger"] = json!(parts[0]);
    });
    absent.refuses("zoo info model", &["stranger", "no part holds it"]);
    let twice = with_model("clip-sharded-f16");
    let copy = std::fs::read(twice.path(&format!("model/{}", parts[0]))).unwrap();
    twice.write("model/copy.safetensors", copy);
    edit(&twice, INDEX, |index| {
        index["weight_map"]["x"] = json!("copy.safetensors")
    });
    twice.refuses("zoo info model", &["stands in another file too"]);
}

#[test]
fn a_header_that_does_not_fit_its_file_is_refused() {
    let header = |text: &str, numbers: usize| {
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.extend(text.bytes());
        bytes.extend(vec![0; numbers]);
        bytes
    };
    let huge = r#"{"x":{"dtype":"F32","shape":[4611686018427387904,16],"data_offsets":[0,4]}}"#;
    let twice = r#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let long = r#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    for bytes in [
        header(huge, 4),
        header(twice, 4),
        header(long, 40),
        u64::MAX.to_le_bytes().to_vec(),
    ] {
        let sandbox = with_model("clip");
        sandbox.write("model/model.safetensors", bytes);
        sandbox.refuses(
            "zoo info model",
            &["model.safetensors", "no whole safetensors file"],
        );
    }
}

#[test]
fn tokenizers_that_would_stop_the_program_are_refused() {
    let double = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"});
    let endless = json!({"type": "Sequence", "normalizers": vec![double; 30]});
    let broken = json!({"type": "Precompiled", "precompiled_charsmap": "AAAAAA=="});
    for (key, value, word) in [
        ("normalizer", endless, "without end"),
        ("normalizer", broken, "map of characters"),
        ("post_processor", Value::Null, "does not end texts"),
        (
            "pre_tokenizer",
            json!({"type": "Split", "pattern": {"Regex": "("}, "behavior": "Removed", "invert": false}),
            "tokenizer",
        ),
        (
            "model",
            json!({"type": "BPE", "vocab": {"a": 0}, "merges": [["b", "c"]]}),
            "tokenizer",
        ),
    ] {
        let sandbox = with_model("clip");
        edit(&sandbox, "model/tokenizer.json", |json| json[key] = value);
        sandbox.refuses("zoo info model", &["tokenizer.json", word]);
    }
    let random = with_model("clip");
    edit(&random, "model/tokenizer.json", |json| {
        json["model"]["dropout"] = json!(0.5)
    });
    random.refuses("zoo info model", &["dropout"]);
}

#[test]
fn weights_of_another_name_are_used_with_a_note() {
    let sandbox = with_model("clip");
    let [from, to] =
        ["model/model.safetensors", "model/model.fp16.safetensors"].map(|n| sandbox.path(n));
    std::fs::rename(from, to).unwrap();
    let run = sandbox.succeeds(&format!("{EXPLAIN} --encoder model --json record.json"));
    assert!(run.stdout.contains("model.fp16.safetensors"), "{run:?}");
    let embedded = sandbox.succeeds("embed --encoder model --images base --out x.safetensors");
    assert!(
        embedded.stderr.contains("model.fp16.safetensors"),
        "{embedded:?}"
    );
    sandbox.write("model/model.fp32.safetensors", "");
    sandbox.refuses(
        "zoo info model",
        &[
            "model.fp16.safetensors, model.fp32.safetensors",
            "FOLDER/FILE",
        ],
    );
}

#[test]
fn an_image_processor_inside_the_processor_counts_more() {
    let sandbox = with_model("clip");
    let usual = sandbox.json("model/preprocessor_config.json");
    let alone = sandbox.succeeds("zoo info model").stdout;
    // The same twice is nothing to speak of.
    sandbox.write(
        "model/processor_config.json",
        json!({"image_processor": usual}).to_string(),
    );
    assert_eq!(sandbox.succeeds("zoo info model").stdout, alone);
    edit(&sandbox, "model/processor_config.json", |json| {
        json["image_processor"]["image_mean"] = json!([0.25, 0.25, 0.25]);
    });
    let nested = sandbox.succeeds("zoo info model").stdout;
    for word in [
        "mean [0.25, 0.25, 0.25]",
        "as in transformers",
        "preprocessor_config.json",
    ] {
        assert!(nested.contains(word), "{nested}");
    }
    // One that says nothing of images is passed over, as there.
    sandbox.write(
        "model/processor_config.json",
        r#"{"processor_class": "CLIPProcessor"}"#,
    );
    assert_eq!(sandbox.succeeds("zoo info model").stdout, alone);
}

#[test]
fn a_wrapping_of_all_names_is_taken_off_with_a_note() {
    for prefix in ["module.", "_orig_mod.", "module._orig_mod."] {
        let sandbox = with_model("clip");
        let sound = sandbox.succeeds("zoo verify model");
        assert!(sound.stdout.contains("is sound"));
        renamed(&sandbox, "model/model.safetensors", |name| {
            Some(format!("{prefix}{name}"))
        });
        let info = sandbox.succeeds("zoo info model").stdout;
        assert!(info.contains(&format!("begin with \"{prefix}\"")), "{info}");
    }
}

#[test]
fn half_a_model_is_named() {
    for (tower, word) in [
        ("text_model.", "the text tower"),
        ("vision_model.", "the image tower"),
    ] {
        let sandbox = with_model("clip");
        renamed(&sandbox, "model/model.safetensors", |name| {
            name.starts_with(tower).then(|| name.to_string())
        });
        sandbox.refuses("zoo info model", &["model.safetensors", word, "alone"]);
        let config = with_model("clip");
        let kind = format!("clip_{}", tower.replace("_model.", "_model"));
        edit(&config, "model/config.json", |json| {
            json["model_type"] = json!(kind)
        });
        config.refuses("zoo info model", &["config.json", word, "both towers"]);
    }
}

#[test]
fn what_is_no_encoder_is_named() {
    let sandbox = Sandbox::with_pairs(1);
    sandbox.write(
        "pipeline/model_index.json",
        r#"{"_class_name": "StableDiffusionPipeline"}"#,
    );
    sandbox.refuses(
        "zoo info pipeline",
        &[
            "StableDiffusionPipeline",
            "unet/config.json",
            "vae/config.json",
        ],
    );
    sandbox.write(
        "unet/config.json",
        r#"{"_class_name": "UNet2DConditionModel"}"#,
    );
    sandbox.refuses("zoo info unet", &["UNet2DConditionModel", "not an encoder"]);
    sandbox.write("lora/adapter_config.json", "{}");
    sandbox.refuses("zoo info lora", &["PEFT", "not an encoder"]);
    let key =
        "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight";
    zeros(&sandbox, "kohya.safetensors", &[(key, &[4, 2048])]);
    for arguments in [
        "zoo info kohya.safetensors",
        &format!("{EXPLAIN} --encoder kohya.safetensors"),
    ] {
        sandbox.refuses(
            arguments,
            &["kohya.safetensors", "LoRA", "Stable Diffusion XL"],
        );
    }
}

#[test]
fn an_adapter_of_another_generator_is_named_with_what_to_do() {
    let sandbox = Sandbox::with_pairs(1);
    let key = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k";
    let [down, up] = ["lora_down", "lora_up"].map(|part| format!("{key}.{part}.weight"));
    zeros(
        &sandbox,
        "kohya.safetensors",
        &[(&down, &[4, 768]), (&up, &[320, 4])],
    );
    let diffusers = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight";
    zeros(
        &sandbox,
        "folder/pytorch_lora_weights.safetensors",
        &[(diffusers, &[4, 1024])],
    );
    let wanted = ["own generators are folders", "--model"];
    for (adapter, words) in [
        ("kohya.safetensors", ["kohya", "Stable Diffusion 1.x"]),
        ("folder", ["diffusers", "Stable Diffusion 2.x"]),
    ] {
        let words = [&words[..], &wanted].concat();
        sandbox.refuses(&format!("explain --adapter {adapter}"), &words);
    }
}

#[test]
fn our_own_weights_are_held_against_their_size() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../finexl-zoo/weights");
    let sound = std::fs::read(folder.join("mini-clip.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&sound).unwrap();
    let (_, header) = SafeTensors::read_metadata(&sound).unwrap();
    let metadata = header.metadata().clone().unwrap();
    let config: Value = serde_json::from_str(&metadata["finexl.config"]).unwrap();
    for (place, value, word) in [
        ("/image-size", json!(10_000_000_000u64), "image-size"),
        ("/image-size", json!(63), "image"),
        ("/text-tower/layers", json!(100_000), "layers"),
        ("/text-tower/heads", json!(7), "heads"),
        ("/text-tower/width", json!(0), "width"),
        ("/text-tower/context", json!(u64::MAX), "context"),
        ("/image-tower/transformer/patch", json!(0), "patch"),
    ] {
        let mut config = config.clone();
        *config.pointer_mut(place).unwrap() = value;
        let mut metadata = metadata.clone();
        metadata.insert("finexl.config".to_string(), config.to_string());
        let sandbox = Sandbox::with_pairs(1);
        sandbox.write(
            "bad.safetensors",
            serialize(file.iter(), Some(metadata)).unwrap(),
        );
        sandbox.refuses("zoo info bad.safetensors", &["bad.safetensors", word]);
    }
}

#[test]
fn a_tensor_that_is_named_otherwise_is_still_missing() {
    let sandbox = with_model("clip");
    replace(
        &sandbox,
        "model/config.json",
        "\"model_type\": \"clip\"",
        "\"model_type\": \"siglip\"",
    );
    sandbox.refuses("zoo info model", &["model"]);
}
