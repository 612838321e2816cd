//! Adapters held to PEFT, in both directions; the model is that of `tests/fixtures/peft/generate.py`.

#![allow(clippy::unwrap_used, clippy::panic)]

use crate::fixture::{Expected, distance, tensors};
use burn::module::{Module, ModuleMapper, Param};
use burn::nn::{Linear, LinearConfig};
use burn::store::{ModuleSnapshot, PyTorchToBurnAdapter, SafetensorsStore};
use burn::tensor::{Device, Tensor, TensorData};
use finexl_core::fingerprint::Fingerprint;
use finexl_core::seed;
use finexl_zoo::adapters::{
    Adapter, BaseCheck, BaseModel, LoraSettings, StoredPrecision, add_lora, attach, merge,
};
use rand::RngExt;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const WIDTH: usize = 12;
const SCALES: [f64; 4] = [0.0, 0.5, 1.0, 2.0];

#[derive(Module, Debug)]
struct Attention {
    query: Linear,
    value: Linear,
}

#[derive(Module, Debug)]
struct Block {
    attention: Attention,
    up: Linear,
    down: Linear,
}

#[derive(Module, Debug)]
struct Tiny {
    blocks: Vec<Block>,
    head: Linear,
}

impl Tiny {
    fn load() -> Self {
        let device = Device::flex();
        let linear = |inputs, outputs| LinearConfig::new(inputs, outputs).init(&device);
        let block = || Block {
            attention: Attention {
                query: linear(WIDTH, WIDTH),
                value: LinearConfig::new(WIDTH, WIDTH)
                    .with_bias(false)
                    .init(&device),
            },
            up: linear(WIDTH, 20),
            down: linear(20, WIDTH),
        };
        let mut model = Self {
            blocks: vec![block(), block()],
            head: linear(WIDTH, 5),
        };
        let mut store = SafetensorsStore::from_file(folder("base.safetensors"))
            .with_from_adapter(PyTorchToBurnAdapter);
        model.load_from(&mut store).unwrap();
        model
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let block = |x: Tensor<2>, block: &Block| {
            let query = block.attention.query.forward(x.clone()).tanh();
            let x = x.clone() + query * block.attention.value.forward(x);
            x.clone() + block.down.forward(block.up.forward(x).tanh())
        };
        self.head.forward(self.blocks.iter().fold(x, block))
    }

    fn outputs(&self, inputs: &Expected) -> Vec<f32> {
        let data = TensorData::new(inputs.values.clone(), [inputs.shape[0], inputs.shape[1]]);
        let outputs = self.forward(Tensor::from_data(data, &Device::flex()));
        outputs.into_data().try_to_vec::<f32>().unwrap()
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/peft")
        .join(name)
}

fn base() -> BaseModel {
    BaseModel {
        name: "tiny".to_string(),
        fingerprint: Fingerprint::of_file(&folder("base.safetensors")).unwrap(),
    }
}

/// The largest deviation over all scales, merged and attached.
fn check(name: &str, adapter: &Adapter, expected: &BTreeMap<String, Expected>) {
    let mut largest = 0.0f32;
    for scale in SCALES {
        let wanted = &expected[&format!("{name}.{scale}")].values;
        let inputs = &expected["inputs"];
        let merged = merge(Tiny::load(), adapter, scale).unwrap().outputs(inputs);
        let attached = attach(Tiny::load(), adapter, scale).unwrap();
        let attached = attached.outputs(inputs);
        for outputs in [merged, attached] {
            largest = largest.max(distance(&outputs, wanted));
        }
    }
    println!("{name}: largest deviation {largest:e}");
    assert!(largest < 1e-5, "{name}: {largest}");
    // The adapter matters.
    let wanted = &expected[&format!("{name}.1")].values;
    assert!(distance(&expected["base"].values, wanted) > 0.1, "{name}");
}

#[test]
fn folders_of_peft_do_what_they_do_there() {
    let expected = tensors(&folder("expected.safetensors"));
    let plain = Tiny::load().outputs(&expected["inputs"]);
    assert!(distance(&plain, &expected["base"].values) < 1e-5);
    for (name, layers) in [("plain", 4), ("patterns", 6), ("half", 2)] {
        let loaded = Adapter::load(&folder(name), &Tiny::load(), &base().fingerprint).unwrap();
        assert_eq!(loaded.base, BaseCheck::Unstated);
        assert_eq!(loaded.adapter.layers().count(), layers, "{name}");
        check(name, &loaded.adapter, &expected);
        // What is written again is the same adapter, now with its base.
        let scratch = tempfile::tempdir().unwrap();
        let again = scratch.path().join(name);
        let save = |precision| loaded.adapter.save(&again, &base(), precision).unwrap();
        save(StoredPrecision::F32);
        let copy = Adapter::load(&again, &Tiny::load(), &base().fingerprint).unwrap();
        assert_eq!(copy.base, BaseCheck::Confirmed);
        for ((path, x), (other, y)) in loaded.adapter.layers().zip(copy.adapter.layers()) {
            assert_eq!((path, x), (other, y));
        }
    }
}

/// Draws the factors of an adapter anew, so that B is not zero.
struct Draw(Vec<String>);

impl ModuleMapper for Draw {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.0.push(name.to_string());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.0.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !self.0.iter().any(|name| name == "lora") {
            return param;
        }
        let mut generator = seed::generator(7, &[seed::key(&self.0.join("."))]);
        param.map(|tensor| {
            let shape = tensor.shape();
            let values: Vec<f32> = (0..shape.num_elements())
                .map(|_| generator.random::<f32>() - 0.5)
                .collect();
            Tensor::from_data(TensorData::new(values, shape), &tensor.device())
        })
    }
}

#[test]
fn our_folder_is_the_one_that_peft_has_read() {
    let settings = LoraSettings {
        rank: 3,
        alpha: 7.5,
        targets: ["blocks.0.attention.query", "up", "head"]
            .map(String::from)
            .to_vec(),
    };
    let model = add_lora(Tiny::load(), &settings, 1).unwrap();
    let adapter = Adapter::extract(&model.map(&mut Draw(Vec::new()))).unwrap();
    let written = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peft-ours");
    adapter
        .save(&written, &base(), StoredPrecision::F32)
        .unwrap();
    for file in ["adapter_config.json", "adapter_model.safetensors"] {
        let [new, old] = [&written, &folder("ours")].map(|f| std::fs::read(f.join(file)).ok());
        assert!(
            new == old,
            "{file} has changed: let PEFT read it (tests/fixtures/peft/generate.py {})",
            written.display()
        );
    }
    let expected = tensors(&folder("expected.safetensors"));
    check("ours", &adapter, &expected);
}
