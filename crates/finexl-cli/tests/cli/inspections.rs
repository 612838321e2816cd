//! `finexl inspect`: files of every kind, and wrong ones.

#![allow(clippy::unwrap_used)]

use crate::recipes::repository;
use crate::sandbox::Sandbox;
use finexl_zoo::stable_diffusion::{Base, Form, layers};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

const LAYER: &str = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";

/// Copies an adapter of the reader's tests.
fn fixture(sandbox: &Sandbox, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = folder
        .join("../finexl-zoo/tests/fixtures/lora_files")
        .join(name);
    sandbox.write(name, std::fs::read(path).unwrap());
}

/// Numbers of a tensor, all alike.
fn filled(shape: &[usize], value: f32) -> (Dtype, Vec<usize>, Vec<u8>) {
    let bytes = value.to_le_bytes().repeat(shape.iter().product());
    (Dtype::F32, shape.to_vec(), bytes)
}

type Tensors = Vec<(String, (Dtype, Vec<usize>, Vec<u8>))>;

/// LoRA of rank 4 for one layer.
fn layer() -> Tensors {
    vec![
        (format!("{LAYER}.lora_up.weight"), filled(&[320, 4], 0.5)),
        (format!("{LAYER}.lora_down.weight"), filled(&[4, 320], 0.5)),
        (format!("{LAYER}.alpha"), filled(&[], 2.0)),
    ]
}

fn bytes(tensors: &Tensors, metadata: &[(&str, &str)]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, (dtype, shape, bytes))| {
        (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    let metadata: HashMap<String, String> = metadata
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect();
    safetensors::serialize(views, Some(metadata)).unwrap()
}

/// What the table says of a file made of these tensors: lines behind the given marks.
fn said(tensors: &Tensors, metadata: &[(&str, &str)]) -> String {
    let sandbox = Sandbox::new();
    sandbox.write("a.safetensors", bytes(tensors, metadata));
    let table = sandbox.succeeds("inspect a.safetensors").stdout;
    let marks = [
        "problem: ",
        "suspicious: ",
        "note: ",
        "         ",
        "            ",
    ];
    let lines = table
        .lines()
        .filter(|line| marks.iter().any(|mark| line.starts_with(mark)));
    let lines: Vec<&str> = lines
        .filter(|line| !line.starts_with("              "))
        .collect();
    lines.join("\n")
}

/// The message that refuses a file.
fn refusal(content: &[u8]) -> String {
    let sandbox = Sandbox::new();
    sandbox.write("a.safetensors", content);
    sandbox
        .refuses("inspect a.safetensors", &["a.safetensors"])
        .stderr
}

#[test]
fn the_table_says_what_the_file_is() {
    let sandbox = Sandbox::new();
    fixture(&sandbox, "kohya_sd1.safetensors");
    let outcome = sandbox.succeeds("inspect kohya_sd1.safetensors");
    insta::assert_snapshot!(outcome.stdout);
}

#[test]
fn json_has_the_form_of_its_schema() {
    let schema: Value =
        serde_json::from_str(&repository("datasets/inspection.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let sandbox = Sandbox::new();
    let names = [
        "kohya_sd1",
        "kohya_xl",
        "tucker",
        "loha",
        "lokr",
        "dora",
        "full",
        "ia3",
        "embedding_xl",
        "diffusers_sd1",
        "diffusers_first",
    ];
    for name in names {
        fixture(&sandbox, &format!("{name}.safetensors"));
        let outcome = sandbox.succeeds(&format!("inspect {name}.safetensors --json -"));
        let record: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&record)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        assert_eq!(
            record["files"][0]["problems"],
            Value::Array(Vec::new()),
            "{name}"
        );
    }
    let two = "inspect kohya_sd1.safetensors lokr.safetensors --json -";
    let record: Value = serde_json::from_str(&sandbox.succeeds(two).stdout).unwrap();
    assert!(validator.is_valid(&record));
    assert_eq!(record["comparison"]["shared"], 3);
}

#[test]
fn wrong_files_are_shown_with_what_is_wrong() {
    let mut extra = layer();
    extra.push(("lora_unet_conv_inn.alpha".to_string(), filled(&[], 1.0)));
    extra.push(("position_ids".to_string(), filled(&[], 1.0)));
    let mut zero = layer();
    zero[2].1 = filled(&[], 0.0);
    let mut rank = layer();
    rank[0].1 = filled(&[320, 8], 0.5);
    rank.push((
        "lora_unet_conv_in.diff".to_string(),
        filled(&[320, 4, 3, 3], 0.1),
    ));
    let mut broken = layer();
    broken[0].1 = filled(&[320, 4], f32::NAN);
    let mut narrow = layer();
    narrow[0].1 = (Dtype::F8_E4M3, vec![320, 4], vec![0; 1280]);
    let mut nothing = layer();
    nothing[0].1 = filled(&[320, 4], 0.0);
    nothing[2].1 = filled(&[], 64.0);
    let metadata = [
        ("ss_base_model_version", "sdxl_base_v1-0"),
        ("modelspec.prediction_type", "epsilon"),
        ("ss_zero_terminal_snr", "True"),
    ];
    let found = [
        ("an extra key", said(&extra, &[])),
        ("alpha 0", said(&zero, &[])),
        ("a rank that disagrees", said(&rank, &[])),
        ("NaN", said(&broken, &[])),
        ("fp8", said(&narrow, &[])),
        (
            "nothing, with metadata of another base",
            said(&nothing, &metadata),
        ),
    ];
    let text: Vec<String> = found
        .iter()
        .map(|(what, said)| format!("{what}\n{said}\n"))
        .collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn files_that_cannot_be_read_are_refused() {
    let whole = bytes(&layer(), &[]);
    let with = |key: &str| {
        let mut tensors = layer();
        tensors.push((key.to_string(), filled(&[4], 0.0)));
        bytes(&tensors, &[])
    };
    let only = |key: &str| bytes(&vec![(key.to_string(), filled(&[4, 4], 0.0))], &[]);
    let found = [
        refusal(&whole[..whole.len() - 3]),
        refusal(b""),
        refusal(b"PK\x03\x04"),
        refusal(b"PK\x03\x04archive/data.pkl"),
        refusal(b"<!DOCTYPE html><html><title>Log in</title></html>"),
        refusal(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 151121176\n"),
        refusal(b"{\"error\": \"Unauthorized\"}"),
        refusal(&[0; 200]),
        refusal(&with("lora_unet_conv_in.oft_blocks")),
        refusal(&with("lora_unet_conv_in.b2.weight")),
        refusal(&with("bundle_emb.cat.string_to_param.*")),
        refusal(&only(
            "lora_unet_double_blocks_0_img_attn_qkv.lora_up.weight",
        )),
        refusal(&only("something.else")),
        refusal(&only(
            "transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight",
        )),
        refusal(&only("diffusion_model.blocks.0.cross_attn.k.lora_A.weight")),
        refusal(&only(
            "transformer_blocks.0.img_mlp.net.0.proj.lora_A.weight",
        )),
        refusal(&only("emb_params")),
        refusal(&only(&format!("{LAYER}.lora_up.weight"))),
    ];
    insta::assert_snapshot!(found.join(""));
    let sandbox = Sandbox::new();
    sandbox.write("folder/readme.txt", "");
    sandbox.refuses(
        "inspect folder",
        &["adapter_config.json", "name the .safetensors file"],
    );
    sandbox.refuses(
        "inspect nowhere.safetensors",
        &["nowhere.safetensors", "exists"],
    );
}

#[test]
fn private_metadata_are_left_out_unless_asked_for() {
    let sandbox = Sandbox::new();
    let tags = r#"{"10_folder": {"zwx cat": 20, "sitting": 5}, "5_other": {"sitting": 5}}"#;
    let folders = r#"{"10_folder": {"n_repeats": 10, "img_count": 20}}"#;
    let metadata = [
        ("ss_sd_model_name", "/home/someone/secret.safetensors"),
        ("ss_dataset_dirs", folders),
        ("ss_tag_frequency", tags),
        ("ss_steps", "2000"),
        ("modelspec.trigger_phrase", "zwx cat"),
    ];
    sandbox.write("a.safetensors", bytes(&layer(), &metadata));
    let outcome = sandbox.succeeds("inspect a.safetensors --html a.html --json a.json");
    let page = std::fs::read_to_string(sandbox.path("a.html")).unwrap();
    let record = sandbox.json("a.json").to_string();
    for text in [&outcome.stdout, &page, &record] {
        assert!(
            !text.contains("secret") && !text.contains("10_folder"),
            "{text}"
        );
        assert!(text.contains("zwx cat") && text.contains("2000"), "{text}");
    }
    assert!(
        outcome.stdout.contains("zwx cat 100%, sitting 50%"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.contains("2 further entries"),
        "{}",
        outcome.stdout
    );
    let outcome = sandbox.succeeds("inspect a.safetensors --private");
    assert!(outcome.stdout.contains("/home/someone/secret.safetensors"));
}

#[test]
fn the_page_is_whole_and_everything_in_it_escaped() {
    let sandbox = Sandbox::new();
    let metadata = [
        ("modelspec.trigger_phrase", "<script>alert(1)</script>"),
        ("ss_tag_frequency", r#"{"a": {"<img src=x>": 2}}"#),
    ];
    sandbox.write("a.safetensors", bytes(&layer(), &metadata));
    sandbox.succeeds("inspect a.safetensors a.safetensors --html a.html");
    let page = std::fs::read_to_string(sandbox.path("a.html")).unwrap();
    assert!(page.contains("<html") && page.trim_end().ends_with("</html>"));
    for outside in [
        "src=\"http",
        "href=\"http",
        "@import",
        "<script",
        "<img src=x>",
    ] {
        assert!(!page.contains(outside), "the page holds {outside}");
    }
    assert!(page.contains("<svg") && page.contains("1.000"));
}

#[test]
fn results_are_the_same_with_one_thread() {
    let sandbox = Sandbox::new();
    fixture(&sandbox, "kohya_sd1.safetensors");
    fixture(&sandbox, "loha.safetensors");
    let arguments = "inspect kohya_sd1.safetensors loha.safetensors --json -";
    let all = sandbox.succeeds(arguments).stdout;
    let mut command = sandbox.command(arguments);
    command.env("RAYON_NUM_THREADS", "1");
    assert_eq!(crate::sandbox::Outcome::of(command).stdout, all);
}

/// A checkpoint as A1111 has them, of layers that are small: all norms, the first convolution and one layer that
/// tells the family.
fn checkpoint(first_convolution: f32) -> Tensors {
    let key = |sgm: &str| format!("model.diffusion_model.{sgm}.weight");
    let mut tensors: Tensors = (layers(Base::Sd1).iter())
        .filter(|layer| layer.form == Form::Norm && layer.sgm.is_some())
        .map(|layer| {
            let name = key(layer.sgm.as_deref().unwrap());
            (name, filled(&[layer.outputs], 1.0))
        })
        .collect();
    let context = "input_blocks.1.1.transformer_blocks.0.attn2.to_k";
    tensors.push((key(context), filled(&[320, 768], 0.1)));
    let first = filled(&[320, 4, 3, 3], first_convolution);
    tensors.push((key("input_blocks.0.0"), first));
    tensors
}

#[test]
fn changes_are_related_to_the_model() {
    let sandbox = Sandbox::new();
    sandbox.write("base.safetensors", bytes(&checkpoint(2.0), &[]));
    sandbox.write("tuned.safetensors", bytes(&checkpoint(3.0), &[]));
    let mut lora = layer();
    lora.push((
        "lora_unet_conv_in.diff".to_string(),
        filled(&[320, 4, 3, 3], 0.5),
    ));
    sandbox.write("a.safetensors", bytes(&lora, &[]));
    let file = |arguments: &str| -> Value {
        let outcome = sandbox.succeeds(&format!("inspect {arguments} --json -"));
        let record: Value = serde_json::from_str(&outcome.stdout).unwrap();
        record["files"][0].clone()
    };
    let relative = |file: &Value, path: &str| {
        let mut layers = file["layers"].as_array().unwrap().iter();
        let found = layers.find(|layer| layer["path"] == path).unwrap();
        // Rounding is not what is asked about.
        (found["relative"].as_f64().unwrap() * 1e6).round() / 1e6
    };
    let found = file("a.safetensors --model base.safetensors");
    assert_eq!(relative(&found, "unet.conv_in"), 0.25);
    assert!(
        found["notes"]
            .to_string()
            .contains("without weights in the model")
    );
    let found = file("tuned.safetensors --model base.safetensors");
    assert_eq!(found["kind"], "whole checkpoint");
    assert_eq!(relative(&found, "unet.conv_in"), 0.5);
    assert_eq!(relative(&found, "unet.conv_norm_out"), 0.0);
    let found = file("base.safetensors");
    assert!(found["notes"].to_string().contains("give --model BASE"));
    assert_eq!(found["base"]["candidates"][0], "Stable Diffusion 1");
    fixture(&sandbox, "kohya_xl.safetensors");
    sandbox.refuses(
        "inspect kohya_xl.safetensors --model base.safetensors",
        &["Stable Diffusion XL, the model is Stable Diffusion 1"],
    );
    sandbox.refuses(
        "inspect a.safetensors --model a.safetensors",
        &["holds no model", "a.safetensors"],
    );
    sandbox.refuses(
        "inspect tuned.safetensors a.safetensors",
        &["whole checkpoint"],
    );
}

/// There and back, through every form, the change of every layer stays what it is.
#[test]
fn converted_files_make_the_same_change() {
    let sandbox = Sandbox::new();
    let changes = |name: &str| -> Vec<(String, f64, f64)> {
        let outcome = sandbox.succeeds(&format!("inspect {name} --json -"));
        let record: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(record["files"][0]["problems"], Value::Array(Vec::new()));
        let layers = record["files"][0]["layers"].as_array().unwrap().clone();
        let number = |layer: &Value, key: &str| layer[key].as_f64().unwrap();
        let change = |layer: &Value| {
            let path = layer["path"].as_str().unwrap().to_string();
            (path, number(layer, "norm"), number(layer, "spectral"))
        };
        layers.iter().map(change).collect()
    };
    for name in ["kohya_sd1", "kohya_xl", "diffusers_sd1"] {
        fixture(&sandbox, &format!("{name}.safetensors"));
        let original = format!("{name}.safetensors");
        let before = changes(&original);
        let mut last = original.clone();
        for (step, form) in ["diffusers", "kohya", "diffusers"].into_iter().enumerate() {
            let next = format!("{name}-{step}.safetensors");
            sandbox.succeeds(&format!("convert {last} {next} --to {form}"));
            let after = changes(&next);
            assert_eq!(after.len(), before.len());
            for ((path, norm, spectral), (other, norm2, spectral2)) in before.iter().zip(&after) {
                assert_eq!(path, other);
                assert!(
                    (norm - norm2).abs() <= 1e-6 * norm,
                    "{path}: {norm} {norm2}"
                );
                assert!((spectral - spectral2).abs() <= 1e-6 * spectral, "{path}");
            }
            let both = sandbox.succeeds(&format!("inspect {original} {next} --json -"));
            let record: Value = serde_json::from_str(&both.stdout).unwrap();
            let cosine = record["comparison"]["cosine"].as_f64().unwrap();
            assert!(cosine > 1.0 - 1e-9, "{next}: {cosine}");
            last = next;
        }
    }
    sandbox.succeeds("convert diffusers_sd1.safetensors folder --to peft");
    assert_eq!(changes("folder").len(), 3);
    sandbox.refuses(
        "convert kohya_sd1.safetensors other --to peft",
        &["several networks", "diffusers"],
    );
    fixture(&sandbox, "loha.safetensors");
    sandbox.refuses(
        "convert loha.safetensors other --to kohya",
        &["is LoHa", "one form only"],
    );
}

/// Entries of the header stand in an order of their own, not in that of a map.
#[test]
fn the_same_file_is_converted_to_the_same_bytes() {
    let sandbox = Sandbox::new();
    let entries: Vec<(String, String)> = (0..20)
        .map(|n| (format!("ss_entry_{n}"), format!("{n}")))
        .collect();
    let entries: Vec<(&str, &str)> = (entries.iter())
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    sandbox.write("many.safetensors", bytes(&layer(), &entries));
    let converted = ["1", "2"].map(|name| {
        sandbox.succeeds(&format!(
            "convert many.safetensors {name}.safetensors --to diffusers"
        ));
        std::fs::read(sandbox.path(&format!("{name}.safetensors"))).unwrap()
    });
    assert_eq!(converted[0], converted[1]);
}
