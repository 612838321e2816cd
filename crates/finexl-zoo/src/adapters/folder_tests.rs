//! Folders of adapters: written, read, and damaged in every way.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::tests::{adapter, distance, numbers, output, settings, tiny};
use super::training_tests::train;
use super::*;
use crate::ZooError;
use burn::module::Module;
use burn::optim::AdamWConfig;
use burn::tensor::Device;
use finexl_core::fingerprint::Fingerprint;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

const CONFIG: &str = "adapter_config.json";
const TENSORS: &str = "adapter_model.safetensors";

fn base() -> BaseModel {
    BaseModel {
        name: "tiny".to_string(),
        fingerprint: Fingerprint::of_bytes(b"tiny"),
    }
}

fn load(folder: &Path) -> Result<LoadedAdapter, ZooError> {
    Adapter::load(folder, &tiny(&Device::flex()), &base().fingerprint)
}

fn refusal(folder: &Path, parts: &[&str]) {
    let message = match load(folder) {
        Ok(_) => panic!("accepted: {parts:?}"),
        Err(error) => error.to_string(),
    };
    for part in parts {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
}

fn saved() -> (tempfile::TempDir, Adapter) {
    let folder = tempfile::tempdir().unwrap();
    let adapter = adapter(&settings(2, 8.0, &["query", "down"]), 5);
    adapter
        .save(folder.path(), &base(), StoredPrecision::F32)
        .unwrap();
    (folder, adapter)
}

fn edit_config(folder: &Path, key: &str, value: Value) {
    let path = folder.join(CONFIG);
    let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    config[key] = value;
    std::fs::write(path, config.to_string()).unwrap();
}

type Stored = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

fn edit_tensors(folder: &Path, metadata: Option<&str>, edit: impl FnOnce(&mut Stored)) {
    let path = folder.join(TENSORS);
    let bytes = std::fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut stored: Stored = file
        .iter()
        .map(|(name, view)| {
            let entry = (view.dtype(), view.shape().to_vec(), view.data().to_vec());
            (name.to_string(), entry)
        })
        .collect();
    edit(&mut stored);
    let views = stored.iter().map(|(name, (dtype, shape, data))| {
        let view = TensorView::new(*dtype, shape.clone(), data).unwrap();
        (name, view)
    });
    let metadata =
        metadata.map(|base| HashMap::from([("finexl.base-sha256".to_string(), base.to_string())]));
    std::fs::write(path, safetensors::serialize(views, metadata).unwrap()).unwrap();
}

#[test]
fn what_was_saved_is_loaded() {
    let (folder, adapter) = saved();
    let loaded = load(folder.path()).unwrap();
    assert_eq!(loaded.adapter.layers, adapter.layers);
    assert_eq!(loaded.base, BaseCheck::Confirmed);
    assert_eq!(loaded.base_name.as_deref(), Some("tiny"));
    assert_eq!(adapter.parameters(), 2 * (2 * (6 + 6) + 2 * (10 + 6)));
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    // Equal adapters are equal files, and a second one replaces the first.
    let first = std::fs::read(folder.path().join(TENSORS)).unwrap();
    let save = |adapter: &Adapter| {
        adapter
            .save(folder.path(), &base(), StoredPrecision::F32)
            .unwrap();
        std::fs::read(folder.path().join(TENSORS)).unwrap()
    };
    assert_eq!(save(&loaded.adapter), first);
    let other = super::tests::adapter(&settings(1, 2.0, &["up"]), 6);
    assert_ne!(save(&other), first);
    assert_eq!(load(folder.path()).unwrap().adapter.layers, other.layers);
}

#[test]
fn the_layout_is_that_of_peft() {
    let (folder, adapter) = saved();
    let config: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join(CONFIG)).unwrap()).unwrap();
    assert_eq!(config["target_modules"], json!(["down", "query"]));
    assert_eq!(config["r"], json!(2));
    assert_eq!(config["lora_alpha"], json!(8));
    assert_eq!(config["rank_pattern"], json!({}));
    let bytes = std::fs::read(folder.path().join(TENSORS)).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.len(), 8);
    let name = "base_model.model.encoder.down.lora_A.weight";
    let a = file.tensor(name).unwrap();
    assert_eq!(a.shape(), [2, 10]);
    let layer = &adapter.layers["encoder.down"];
    let second = f32::from_le_bytes(a.data()[4..8].try_into().unwrap());
    assert_eq!(second, layer.a()[2]);
    let b = file.tensor(&name.replace("lora_A", "lora_B")).unwrap();
    assert_eq!(b.shape(), [6, 2]);
}

#[test]
fn half_precision_is_read_back_rounded() {
    let (folder, mut adapter) = saved();
    adapter
        .save(folder.path(), &base(), StoredPrecision::F16)
        .unwrap();
    let loaded = load(folder.path()).unwrap().adapter;
    for (path, layer) in loaded.layers() {
        let exact = &adapter.layers[path];
        let rounded = |v: &f32| half::f16::from_f32(*v).to_f32();
        assert!(exact.a().iter().map(rounded).eq(layer.a().iter().copied()));
        assert!(exact.b().iter().map(rounded).eq(layer.b().iter().copied()));
    }
    let before = std::fs::read(folder.path().join(TENSORS)).unwrap();
    for (value, part) in [(1e5, "too large"), (f32::NAN, "NaN")] {
        adapter.layers.get_mut("encoder.query").unwrap().b[0] = value;
        let error = adapter.save(folder.path(), &base(), StoredPrecision::F16);
        let message = error.unwrap_err().to_string();
        assert!(
            message.contains(part) && message.contains("encoder.query.lora_B"),
            "{message}"
        );
    }
    assert_eq!(std::fs::read(folder.path().join(TENSORS)).unwrap(), before);
}

#[test]
fn patterns_of_ranks_and_alphas_survive() {
    let folder = tempfile::tempdir().unwrap();
    let mut adapter = adapter(&settings(2, 8.0, &["query", "down", "head"]), 5);
    let layer = adapter.layers.get_mut("head").unwrap();
    (layer.rank, layer.alpha) = (1, 0.5);
    (layer.a, layer.b) = (numbers(6, 1), numbers(3, 2));
    adapter
        .save(folder.path(), &base(), StoredPrecision::F32)
        .unwrap();
    assert_eq!(load(folder.path()).unwrap().adapter.layers, adapter.layers);
    edit_config(
        folder.path(),
        "alpha_pattern",
        json!({"head": 1, "he.d": 2}),
    );
    refusal(folder.path(), &["alpha_pattern", "head", "one entry"]);
    edit_config(folder.path(), "alpha_pattern", json!({"(": 1}));
    refusal(folder.path(), &["alpha_pattern", "\"(\""]);
    edit_config(folder.path(), "alpha_pattern", json!({}));
    edit_config(folder.path(), "rank_pattern", json!({}));
    refusal(folder.path(), &["head.lora_A", "[1, 6]", "[2, 6]"]);
}

#[test]
fn another_base_is_refused_and_none_is_told() {
    let (folder, _) = saved();
    let other = Fingerprint::of_bytes(b"other");
    let error = Adapter::load(folder.path(), &tiny(&Device::flex()), &other).unwrap_err();
    assert!(matches!(error, ZooError::OtherBase { .. }));
    let message = error.to_string();
    for part in [TENSORS, other.as_str(), base().fingerprint.as_str(), "tiny"] {
        assert!(message.contains(part), "{message}");
    }
    // The config alone gives it away too.
    edit_tensors(folder.path(), None, |_| {});
    assert_eq!(load(folder.path()).unwrap().base, BaseCheck::Confirmed);
    edit_config(folder.path(), "revision", json!(format!("sha256:{other}")));
    refusal(folder.path(), &[CONFIG, other.as_str()]);
    edit_config(folder.path(), "revision", json!("main"));
    assert_eq!(load(folder.path()).unwrap().base, BaseCheck::Unstated);
}

#[test]
fn tensors_that_do_not_fit_are_named() {
    let (folder, _) = saved();
    let sound = std::fs::read(folder.path().join(TENSORS)).unwrap();
    let name = "base_model.model.encoder.query.lora_B.weight";
    let with = |edit: &dyn Fn(&mut Stored), parts: &[&str]| {
        std::fs::write(folder.path().join(TENSORS), &sound).unwrap();
        edit_tensors(folder.path(), None, edit);
        refusal(folder.path(), &[parts, &[TENSORS, name]].concat());
    };
    with(&|t| drop(t.remove(name)), &["is missing"]);
    with(&|t| t.get_mut(name).unwrap().1 = vec![2, 6], &["[2, 6]"]);
    with(&|t| t.get_mut(name).unwrap().0 = Dtype::I32, &["holds I32"]);
    let spoil = |t: &mut Stored| {
        t.get_mut(name).unwrap().2[..4].copy_from_slice(&f32::INFINITY.to_le_bytes());
    };
    with(&spoil, &["NaN or infinity"]);
    let rename = |t: &mut Stored| {
        let tensor = t.remove(name).unwrap();
        t.insert(name.replace("query", "table"), tensor);
    };
    with(
        &rename,
        &["is missing", "encoder.table.lora_B.weight is not used"],
    );
    std::fs::write(folder.path().join(TENSORS), &sound[..sound.len() - 3]).unwrap();
    refusal(folder.path(), &[TENSORS, "no whole safetensors file"]);
    std::fs::remove_file(folder.path().join(TENSORS)).unwrap();
    refusal(folder.path(), &[TENSORS, "cannot read"]);
    std::fs::write(folder.path().join("adapter_model.bin"), "x").unwrap();
    refusal(folder.path(), &["adapter_model.bin", "safetensors"]);
}

#[test]
fn configs_that_ask_for_more_are_refused() {
    let (folder, _) = saved();
    let sound = std::fs::read(folder.path().join(CONFIG)).unwrap();
    for (key, value, part) in [
        ("peft_type", json!("LOHA"), "LOHA"),
        ("use_rslora", json!(true), "square root"),
        ("use_dora", json!(true), "use_dora"),
        ("bias", json!("all"), "bias"),
        ("lora_bias", json!(true), "lora_bias"),
        ("modules_to_save", json!(["head"]), "modules_to_save"),
        ("layers_to_transform", json!([0]), "layers_to_transform"),
        ("layers_to_transform", json!(0), "layers_to_transform"),
        ("something_new", json!({"strength": 2}), "something_new"),
        ("init_lora_weights", json!("pissa"), "pissa"),
        ("r", json!(3), "ask for [3, 6]"),
        ("r", json!(0), "rank r is 0"),
        ("r", json!("two"), "rank r"),
        ("lora_alpha", json!(null), "lora_alpha"),
        ("rank_pattern", json!({"query": 1.5}), "rank 1.5"),
        ("target_modules", json!(null), "target_modules"),
        ("target_modules", json!("("), "target_modules"),
        ("target_modules", json!([1]), "target_modules"),
        ("target_modules", json!(["nothing"]), "not used"),
        ("exclude_modules", json!(["encoder.query"]), "not used"),
    ] {
        std::fs::write(folder.path().join(CONFIG), &sound).unwrap();
        edit_config(folder.path(), key, value);
        refusal(folder.path(), &[part]);
    }
    for (key, value) in [
        ("something_new", json!(null)),
        ("something_new", json!([])),
        ("lora_dropout", json!(0.1)),
        ("target_modules", json!(r"(en|de)coder\.(query|down)")),
        ("init_lora_weights", json!("gaussian")),
    ] {
        std::fs::write(folder.path().join(CONFIG), &sound).unwrap();
        edit_config(folder.path(), key, value);
        load(folder.path()).unwrap();
    }
    std::fs::write(folder.path().join(CONFIG), &sound[..20]).unwrap();
    refusal(folder.path(), &[CONFIG, "JSON"]);
    std::fs::remove_file(folder.path().join(CONFIG)).unwrap();
    refusal(folder.path(), &[CONFIG, "cannot read"]);
}

#[test]
fn a_trained_adapter_does_the_same_from_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let device = Device::flex().autodiff();
    let lora = settings(2, 4.0, &["query", "up"]);
    let model = add_lora(tiny(&device), &lora, 3).unwrap();
    let model = train(model, &mut AdamWConfig::new().init(), 8);
    let path = folder.path().join("step-8");
    let adapter = Adapter::extract(&model).unwrap();
    adapter.save(&path, &base(), StoredPrecision::F32).unwrap();
    let loaded = load(&path).unwrap().adapter;
    let wanted = output(&model.valid());
    let attached = attach(tiny(&Device::flex()), &loaded, 1.0).unwrap();
    assert_eq!(output(&attached), wanted);
    let merged = output(&merge(tiny(&Device::flex()), &loaded, 1.0).unwrap());
    println!("merged differs by {:e}", distance(&merged, &wanted));
    assert!(distance(&merged, &wanted) < 1e-5);
    assert!(distance(&output(&tiny(&Device::flex())), &wanted) > 1e-2);
}
