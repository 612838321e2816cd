//! Files of Stable Diffusion that are not whole, do not fit, or are of another kind: errors that name them.

use super::made_up_weights::{Form, copy, fixture, write_folder, write_single};
use burn::tensor::Device;
use finexl_zoo::generators::stable_diffusion::{StableDiffusion, estimate_memory, recognise};
use finexl_zoo::stable_diffusion::Base;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

fn refused(path: &Path) -> String {
    StableDiffusion::open(path, &Device::flex())
        .unwrap_err()
        .to_string()
}

fn small_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixture("cli/sd1"), folder.path());
    folder
}

/// Changes a key of a JSON file.
fn change(path: &Path, key: &str, value: Value) {
    let mut json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    json[key] = value;
    std::fs::write(path, json.to_string()).unwrap();
}

/// A file of empty-handed tensors.
fn file(folder: &Path, names: &[(&str, &[usize])]) -> std::path::PathBuf {
    let path = folder.join("x.safetensors");
    let bytes: Vec<Vec<u8>> = names
        .iter()
        .map(|(_, shape)| vec![0; shape.iter().product::<usize>() * 2])
        .collect();
    let views = names.iter().zip(&bytes).map(|((name, shape), bytes)| {
        (
            *name,
            TensorView::new(Dtype::F16, shape.to_vec(), bytes).unwrap(),
        )
    });
    std::fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
    path
}

#[test]
fn sd_small_model_is_whole_as_folder_and_as_file() {
    let device = Device::flex();
    let folder = StableDiffusion::open(&fixture("cli/sd1"), &device).unwrap();
    let single = StableDiffusion::open(&fixture("cli/sd1.safetensors"), &device).unwrap();
    for model in [&folder, &single] {
        let facts = model.facts();
        assert_eq!(
            (facts.base, facts.factor, facts.latent_channels),
            (Base::Sd1, 8, 4)
        );
        assert_eq!(facts.precision, "f16");
        assert!(model.notes().is_empty());
    }
    assert_eq!(folder.facts().default_size, 64);
    assert!(folder.facts().scheduler_config.is_some() && single.facts().scheduler_config.is_none());
    assert!(estimate_memory(&fixture("cli/sd1"), &device).unwrap() > 2_000_000);
    assert!(matches!(
        recognise(&fixture("cli/sd1")),
        Some(Ok(Base::Sd1))
    ));
    assert!(matches!(
        recognise(&fixture("cli/sd1.safetensors")),
        Some(Ok(Base::Sd1))
    ));
    assert!(recognise(&fixture("meta.json")).is_none());
}

#[test]
fn sd_unfinished_folders_are_refused() {
    for (missing, words) in [
        ("model_index.json", "model_index.json"),
        ("unet/config.json", "unet/config.json"),
        (
            "unet/diffusion_pytorch_model.safetensors",
            "diffusion_pytorch_model.safetensors",
        ),
        ("vae/diffusion_pytorch_model.safetensors", "vae"),
        ("text_encoder/model.safetensors", "model.safetensors"),
        ("tokenizer/merges.txt", "merges.txt"),
    ] {
        let folder = small_folder();
        std::fs::remove_file(folder.path().join(missing)).unwrap();
        let message = refused(folder.path());
        assert!(message.contains(words), "{missing}: {message}");
    }
    let folder = small_folder();
    let weights = folder
        .path()
        .join("unet/diffusion_pytorch_model.safetensors");
    let bytes = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &bytes[..bytes.len() / 2]).unwrap();
    let message = refused(folder.path());
    assert!(message.contains("before its tensors do"), "{message}");
}

/// A file, its key, another value, and words of the message.
const UNFIT: &str = r#"
model_index.json | _class_name | "StableDiffusionInpaintPipeline" | inpainting
model_index.json | _class_name | "StableDiffusion3Pipeline" | Stable Diffusion 3
model_index.json | _class_name | "FluxPipeline" | Flux
unet/config.json | in_channels | 9 | inpainting
unet/config.json | class_embed_type | "timestep" | class_embed_type
unet/config.json | num_attention_heads | 8 | num_attention_heads
unet/config.json | resnet_time_scale_shift | "scale_shift" | resnet_time_scale_shift
unet/config.json | conv_in_kernel | 5 | conv_in_kernel
unet/config.json | block_out_channels | [32, 33] | groups
unet/config.json | block_out_channels | [32] | block_out_channels
unet/config.json | block_out_channels | [32, 96] | has the shape
unet/config.json | cross_attention_dim | 96 | 64 numbers for each token
unet/config.json | layers_per_block | 2 | is missing
vae/config.json | latent_channels | 16 | latent_channels
vae/config.json | _class_name | "AsymmetricAutoencoderKL" | AsymmetricAutoencoderKL
text_encoder/config.json | hidden_act | "relu" | hidden_act
text_encoder/config.json | num_hidden_layers | 1 | is not used
tokenizer/tokenizer_config.json | pad_token | "nothing" | no token nothing
"#;

#[test]
fn sd_configs_that_are_not_built_or_do_not_fit_are_refused() {
    for line in UNFIT.lines().filter(|line| !line.is_empty()) {
        let cells: Vec<&str> = line.split(" | ").collect();
        let folder = small_folder();
        let value = serde_json::from_str(cells[2]).unwrap();
        change(&folder.path().join(cells[0]), cells[1], value);
        let message = refused(folder.path());
        assert!(message.contains(cells[3]), "{line}: {message}");
    }
    // Names that JAX models have mean the same.
    let folder = small_folder();
    change(
        &folder.path().join("model_index.json"),
        "_class_name",
        json!("FlaxStableDiffusionPipeline"),
    );
    change(
        &folder.path().join("unet/config.json"),
        "_class_name",
        json!("FlaxUNet2DConditionModel"),
    );
    StableDiffusion::open(folder.path(), &Device::flex()).unwrap();
}

#[test]
fn sd_files_of_another_kind_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let unet = "model.diffusion_model.input_blocks.0.0.weight";
    let text = "cond_stage_model.transformer.text_model.x";
    for (names, words) in [
        (
            &[(unet, &[8usize, 9, 3, 3][..]), (text, &[1])][..],
            "inpainting",
        ),
        (
            &[("model.diffusion_model.joint_blocks.0.x", &[1])],
            "Stable Diffusion 3",
        ),
        (&[("double_blocks.0.x", &[1])], "Flux"),
        (
            &[
                (unet, &[8, 4, 3, 3]),
                ("conditioner.embedders.0.model.x", &[1]),
            ],
            "refiner",
        ),
        (
            &[(unet, &[8, 4, 3, 3]), (text, &[1]), ("edm_mean", &[1])],
            "Playground",
        ),
        (&[(unet, &[8, 4, 3, 3])], "text encoder"),
        (&[(unet, &[8, 4, 3, 3]), (text, &[1])], "autoencoder"),
        (
            &[(
                "lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight",
                &[4, 8],
            )],
            "LoRA",
        ),
        (&[("x", &[1])], "no model known"),
    ] {
        let message = refused(&file(folder.path(), names));
        assert!(message.contains(words), "{words}: {message}");
    }
    let pickle = folder.path().join("x.ckpt");
    std::fs::write(&pickle, "x").unwrap();
    assert!(refused(&pickle).contains("PyTorch"));
    let lora = [("lora_unet_x.lora_down.weight", &[4usize, 8][..])];
    let told = recognise(&file(folder.path(), &lora))
        .unwrap()
        .unwrap_err()
        .to_string();
    assert!(told.contains("--adapter"), "{told}");
}

#[test]
fn sd_single_files_with_missing_or_strange_tensors_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    write_single("sd1-single", &path);
    let bytes = std::fs::read(&path).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let without = |dropped: &str, renamed: &str| {
        let kept = tensors
            .tensors()
            .into_iter()
            .filter_map(|(name, view)| match name == dropped {
                true => (!renamed.is_empty()).then(|| (renamed.to_string(), view)),
                false => Some((name, view)),
            });
        std::fs::write(&path, safetensors::serialize(kept, None).unwrap()).unwrap();
        refused(&path)
    };
    let name = "model.diffusion_model.output_blocks.3.0.in_layers.2.weight";
    let message = without(name, "");
    assert!(
        message.contains("up_blocks.1.resnets.0.conv1.weight is missing"),
        "{message}"
    );
    let message = without(name, "model.diffusion_model.strange.weight");
    assert!(
        message.contains("model.diffusion_model.strange.weight is not used"),
        "{message}"
    );
}

#[test]
fn sd_numbers_that_are_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_folder("sd1", folder.path(), Form::Whole);
    let path = folder
        .path()
        .join("unet/diffusion_pytorch_model.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    let message = refused(folder.path());
    assert!(message.contains("NaN"), "{message}");
}
