//! Forms in which other programs write models: a training's file of PyTorch's, TAESD in the autoencoder's place, text encoders
//! and schedules as newer versions of transformers and diffusers write them.

use super::fixture::{Expected, tensors};
use super::made_up_weights::{copy, fixture, numbers};
use burn::tensor::{Device, Tensor, TensorData};
use finexl_zoo::generators::stable_diffusion::{
    Extra, StableDiffusion, TextConditions, describe_files, verify_files,
};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn forms(name: &str) -> PathBuf {
    fixture("../stable_diffusion_forms").join(name)
}

fn small_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixture("cli/sd1"), folder.path());
    folder
}

fn tensor<const D: usize>(expected: &Expected) -> Tensor<D> {
    let data = TensorData::new(expected.values.clone(), expected.shape.clone());
    Tensor::from_data(data, &Device::flex())
}

/// Holds numbers to expected ones, by the largest of them.
fn same<const D: usize>(found: Tensor<D>, expected: &Expected) {
    assert_eq!(found.dims().as_slice(), expected.shape);
    let found = found.into_data().try_into_vec::<f32>().unwrap();
    let most = expected.values.iter().fold(1e-3f32, |m, v| m.max(v.abs()));
    let pairs = found.iter().zip(&expected.values);
    let largest = pairs.fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
    assert!(largest / most < 1e-4, "{largest} of {most}");
}

#[test]
fn sd_training_file_of_pytorch_is_read_without_running_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sd2.ckpt");
    std::fs::copy(forms("sd2.ckpt"), &path).unwrap();
    copy(&fixture("tokenizer"), &folder.path().join("tokenizer"));
    let settings = folder.path().join("tokenizer/tokenizer_config.json");
    std::fs::write(settings, json!({"pad_token": "!"}).to_string()).unwrap();
    let model = StableDiffusion::open(&path, &Device::flex()).unwrap();
    let expected = tensors(&forms("expected.safetensors"));
    let latents = tensor::<4>(&expected["latents"]);
    let text = model.encode_texts(&["a red apple".to_string()], 0).unwrap();
    same(text.context, &expected["ckpt.text"]);
    let text = TextConditions {
        context: tensor(&expected["ckpt.context"]),
        pooled: None,
        cut: Vec::new(),
    };
    let told = model.denoise(latents.clone(), &[500.0], &text, &Extra::default());
    same(told.unwrap(), &expected["ckpt.eps"]);
    same(model.decode(latents).unwrap(), &expected["ckpt.image"]);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let message = StableDiffusion::open(&path, &Device::flex())
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("PyTorch") && message.contains(".safetensors"),
        "{message}"
    );
}

#[test]
fn sd_taesd_decodes_and_encodes_as_in_diffusers() {
    let folder = small_folder();
    let vae = folder.path().join("vae");
    copy(&forms("taesd"), &vae);
    let shapes: BTreeMap<String, Vec<usize>> =
        serde_json::from_slice(&std::fs::read(vae.join("tensors.json")).unwrap()).unwrap();
    let values: Vec<(String, Vec<usize>, Vec<u8>)> = shapes
        .into_iter()
        .map(|(name, shape)| {
            let numbers = numbers(&format!("vae/{name}"), &shape);
            let bytes = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
            (name, shape, bytes)
        })
        .collect();
    let views = values.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F16, shape.clone(), bytes).unwrap();
        (name.as_str(), view)
    });
    let weights = vae.join("diffusion_pytorch_model.safetensors");
    std::fs::write(&weights, safetensors::serialize(views, None).unwrap()).unwrap();
    let model = StableDiffusion::open(folder.path(), &Device::flex()).unwrap();
    assert_eq!(model.facts().factor, 4);
    let expected = tensors(&forms("expected.safetensors"));
    let image = model.decode(tensor(&expected["latents"])).unwrap();
    same(image, &expected["taesd.image"]);
    let given = tensor::<4>(&expected["taesd.given"])
        .add_scalar(1.0)
        .div_scalar(2.0);
    same(model.encode(given).unwrap(), &expected["taesd.latents"]);
}

fn rewritten(path: &Path, rename: impl Fn(&str) -> String) {
    let bytes = std::fs::read(path).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let renamed = tensors.tensors().into_iter();
    let renamed = renamed.map(|(name, view)| (rename(&name), view));
    let written = safetensors::serialize(renamed, None).unwrap();
    std::fs::write(path, written).unwrap();
}

fn change(path: &Path, key: &str, value: Value) {
    let mut json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    json[key] = value;
    std::fs::write(path, json.to_string()).unwrap();
}

#[test]
fn sd_folders_of_newer_programs_are_the_same_model() {
    let open = |folder: &TempDir| StableDiffusion::open(folder.path(), &Device::flex()).unwrap();
    let context = |model: &StableDiffusion| {
        let text = model.encode_texts(&["a red apple".to_string()], 0).unwrap();
        text.context.into_data().try_into_vec::<f32>().unwrap()
    };
    let plain = small_folder();
    let newer = small_folder();
    rewritten(
        &newer.path().join("text_encoder/model.safetensors"),
        |name| name.trim_start_matches("text_model.").to_string(),
    );
    // Python's number is no JSON.
    let schedule = r#"{"_class_name": "DPMSolverMultistepScheduler", "beta_schedule": "scaled_linear", "lambda_min_clipped": -Infinity}"#;
    let path = newer.path().join("scheduler/scheduler_config.json");
    std::fs::write(path, schedule).unwrap();
    let unet = newer.path().join("unet/config.json");
    change(&unet, "only_cross_attention", json!([false, false]));
    change(
        &newer.path().join("vae/config.json"),
        "shift_factor",
        json!(0.5),
    );
    let newer = open(&newer);
    assert_eq!(context(&newer), context(&open(&plain)));
    assert!(
        newer
            .notes()
            .iter()
            .any(|note| note.contains("shift_factor"))
    );
}

#[test]
fn sd_files_are_described_and_checked() {
    let path = fixture("cli/sd1");
    let lines = describe_files(&path).unwrap();
    let of = |name: &str| &lines.iter().find(|(key, _)| key == name).unwrap().1;
    assert_eq!(of("family"), "Stable Diffusion 1");
    assert!(of("UNet").contains("f16"), "{}", of("UNet"));
    assert!(of("pictures").starts_with("64x64"), "{}", of("pictures"));
    assert_eq!(of("predicts"), "epsilon");
    assert!(of("scheduler").starts_with("pndm"));
    let checks = verify_files("sd1", &path, &Device::flex()).unwrap();
    assert!(checks.iter().any(|check| check.what == "self-test"));
    let broken = small_folder();
    for file in [
        "unet/config.json",
        "vae/diffusion_pytorch_model.safetensors",
        "tokenizer/merges.txt",
    ] {
        std::fs::remove_file(broken.path().join(file)).unwrap();
    }
    let message = describe_files(broken.path()).unwrap_err().to_string();
    for word in ["unet/config.json", "vae/diffusion", "tokenizer"] {
        assert!(message.contains(word), "{message}");
    }
    let hashes = small_folder();
    let sums = format!("{}  unet/config.json\n", "0".repeat(64));
    std::fs::write(hashes.path().join("SHA256SUMS"), sums).unwrap();
    let message = verify_files("x", hashes.path(), &Device::flex())
        .unwrap_err()
        .to_string();
    assert!(message.contains("SHA-256"), "{message}");
}
