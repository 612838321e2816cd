//! Adapters on a small model, without files.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use burn::module::{Module, ModuleVisitor, Param};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig};
use burn::nn::{Linear, LinearConfig, LinearLayout};
use burn::tensor::{DType, Device, Tensor, TensorData};
use std::collections::BTreeMap;

#[derive(Module, Debug)]
pub(super) struct Block {
    query: Linear,
    norm: LayerNorm,
    up: Linear,
    down: Linear,
}

/// Two blocks with names, and matrices that are no Linear's.
#[derive(Module, Debug)]
pub(super) struct Tiny {
    table: Embedding,
    encoder: Block,
    decoder: Block,
    head: Linear,
}

const WIDTH: usize = 6;

pub(super) fn numbers(count: usize, seed: u64) -> Vec<f32> {
    use rand::RngExt;
    let mut generator = finexl_core::seed::generator(seed, &[]);
    (0..count)
        .map(|_| generator.random::<f32>() - 0.5)
        .collect()
}

/// Sets every number by the path of its parameter.
struct Fill(Vec<String>);

impl burn::module::ModuleMapper for Fill {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.0.push(name.to_string());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.0.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let seed = finexl_core::seed::key(&self.0.join("."));
        param.map(|tensor| {
            let shape = tensor.shape();
            let data = TensorData::new(numbers(shape.num_elements(), seed), shape);
            let filled = Tensor::from_data(data, (&tensor.device(), tensor.dtype()));
            filled.set_require_grad(tensor.is_require_grad())
        })
    }
}

pub(super) fn tiny(device: &Device) -> Tiny {
    let linear = |inputs, outputs| LinearConfig::new(inputs, outputs).init(device);
    let block = || Block {
        query: linear(WIDTH, WIDTH),
        norm: LayerNormConfig::new(WIDTH).init(device),
        up: linear(WIDTH, 10),
        down: linear(10, WIDTH),
    };
    let model = Tiny {
        table: EmbeddingConfig::new(4, WIDTH).init(device),
        encoder: block(),
        decoder: block(),
        head: linear(WIDTH, 3),
    };
    model.map(&mut Fill(Vec::new()))
}

impl Tiny {
    pub(super) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let block = |block: &Block, x: Tensor<2>| {
            let x = x.clone() + block.query.forward(block.norm.forward(x)).tanh();
            x.clone() + block.down.forward(block.up.forward(x).tanh())
        };
        let x = x + self.table.weight.val().mean_dim(0);
        self.head
            .forward(block(&self.decoder, block(&self.encoder, x)))
    }
}

pub(super) fn inputs(device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(numbers(5 * WIDTH, 77), [5, WIDTH]), device)
}

pub(super) fn output(model: &Tiny) -> Vec<f32> {
    let device = model.devices().remove(0);
    values(model.forward(inputs(&device)))
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor
        .into_data()
        .convert::<f32>()
        .try_to_vec::<f32>()
        .unwrap()
}

pub(super) fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(x, y)| (x - y).abs())
        .fold(0.0, f32::max)
}

/// The bits of every parameter and whether it is trained, by path.
pub(super) fn parameters(model: &Tiny) -> BTreeMap<String, (Vec<u32>, bool)> {
    #[derive(Default)]
    struct All {
        path: Vec<String>,
        found: BTreeMap<String, (Vec<u32>, bool)>,
    }
    impl ModuleVisitor for All {
        fn enter_module(&mut self, name: &str, _container_type: &str) {
            self.path.push(name.to_string());
        }
        fn exit_module(&mut self, _name: &str, _container_type: &str) {
            self.path.pop();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let bits = values(param.val()).iter().map(|v| v.to_bits()).collect();
            let entry = (bits, param.is_require_grad());
            self.found.insert(self.path.join("."), entry);
        }
    }
    let mut all = All::default();
    model.visit(&mut all);
    all.found
}

pub(super) fn settings(rank: usize, alpha: f64, targets: &[&str]) -> LoraSettings {
    LoraSettings {
        rank,
        alpha,
        targets: targets.iter().map(ToString::to_string).collect(),
    }
}

/// An adapter that changes something: factors drawn by path.
pub(super) fn adapter(settings: &LoraSettings, seed: u64) -> Adapter {
    let model = add_lora(tiny(&Device::flex()), settings, seed).unwrap();
    let mut adapter = Adapter::extract(&model).unwrap();
    for (path, layer) in &mut adapter.layers {
        let count = layer.b.len();
        layer.b = numbers(count, seed ^ finexl_core::seed::key(path));
    }
    adapter
}

fn problem<T>(result: Result<T, crate::ZooError>) -> String {
    match result {
        Ok(_) => panic!("accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_fresh_adapter_changes_nothing_and_freezes_the_rest() {
    let device = Device::flex().autodiff();
    let base = tiny(&device);
    let model = add_lora(base.clone(), &settings(2, 8.0, &["query", "encoder.up"]), 3).unwrap();
    assert_eq!(output(&model), output(&base));
    let trained: Vec<String> = parameters(&model)
        .into_iter()
        .filter_map(|(path, (_, trained))| trained.then_some(path))
        .collect();
    let expected = ["decoder.query", "encoder.query", "encoder.up"]
        .map(|module| ["a", "b"].map(|factor| format!("{module}.weight.lora.{factor}")));
    assert_eq!(trained, expected.concat());
    let extracted = Adapter::extract(&model).unwrap();
    for (path, layer) in extracted.layers() {
        assert_eq!((layer.rank(), layer.alpha()), (2, 8.0), "{path}");
        let bound = 1.0 / (WIDTH as f32).sqrt();
        assert!(layer.a().iter().all(|v| v.abs() <= bound));
        assert!(layer.a().iter().any(|v| v.abs() > bound / 2.0));
        assert!(layer.b().iter().all(|v| *v == 0.0));
    }
}

#[test]
fn what_is_drawn_depends_on_seed_and_path_alone() {
    let drawn = |targets: &[&str], seed| {
        let model = add_lora(tiny(&Device::flex()), &settings(2, 2.0, targets), seed).unwrap();
        Adapter::extract(&model).unwrap().layers
    };
    let few = drawn(&["query"], 3);
    let many = drawn(&["query", "up", "down", "head"], 3);
    assert_eq!(many.len(), 7);
    for (path, layer) in &few {
        assert_eq!(layer, &many[path]);
    }
    assert_ne!(few["encoder.query"].a, few["decoder.query"].a);
    assert_ne!(
        few["encoder.query"].a,
        drawn(&["query"], 4)["encoder.query"].a
    );
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let refused = |rank, alpha, targets: &[&str]| {
        let model = tiny(&Device::flex());
        problem(add_lora(model, &settings(rank, alpha, targets), 0))
    };
    assert!(refused(0, 1.0, &["query"]).contains("rank of 0"));
    assert!(refused(7, 1.0, &["query"]).contains("rank 7 is more than decoder.query has"));
    assert!(refused(4, 1.0, &["head"]).contains("head"));
    assert!(refused(2, f64::NAN, &["query"]).contains("alpha"));
    assert!(refused(2, 1.0, &[]).contains("target"));
    let message = refused(2, 1.0, &["query", "table"]);
    assert!(
        message.contains("\"table\"") && message.contains("encoder.down"),
        "{message}"
    );
    let once = add_lora(tiny(&Device::flex()), &settings(2, 1.0, &["up"]), 0).unwrap();
    assert!(problem(add_lora(once, &settings(2, 1.0, &["up"]), 0)).contains("already"));
    let toml = "rank = 4\nalpha = 8\ntargets = [\"query\"]";
    assert_eq!(
        toml::from_str::<LoraSettings>(toml).unwrap(),
        settings(4, 8.0, &["query"])
    );
    assert!(toml::from_str::<LoraSettings>(&format!("{toml}\ndropout = 0.1")).is_err());
}

#[test]
fn merged_and_attached_are_the_same_model() {
    let mut base = tiny(&Device::flex());
    // However the weight lies in memory.
    base.decoder.down = LinearConfig::new(10, WIDTH)
        .with_layout(LinearLayout::Col)
        .init(&Device::flex());
    let adapter = adapter(&settings(3, 4.0, &["query", "up", "down", "head"]), 5);
    let plain = output(&base);
    for scale in [-1.0, 0.5, 1.0, 2.0] {
        let merged = output(&merge(base.clone(), &adapter, scale).unwrap());
        let attached = attach(base.clone(), &adapter, scale).unwrap();
        let apart = distance(&merged, &output(&attached));
        println!("scale {scale}: merged and attached differ by {apart:e}");
        assert!(apart < 1e-5);
        assert!(distance(&merged, &plain) > 1e-2);
        let folded = output(&attached.materialize());
        assert!(distance(&merged, &folded) < 1e-5);
    }
    let none = merge(base.clone(), &adapter, 0.0).unwrap();
    assert_eq!(parameters(&none), parameters(&base));
}

#[test]
fn adapters_add_up_and_can_be_taken_away() {
    let base = tiny(&Device::flex());
    let one = adapter(&settings(2, 4.0, &["query"]), 5);
    let merged = merge(base.clone(), &one, 1.0).unwrap();
    let back = merge(merged, &one, -1.0).unwrap();
    assert!(distance(&output(&back), &output(&base)) < 1e-5);
}

#[test]
fn half_precision_is_rounded_once() {
    let device = Device::flex();
    let layer = || LinearConfig::new(WIDTH, WIDTH).init(&device);
    #[derive(Module, Debug)]
    struct One {
        only: Linear,
    }
    let mut base = One { only: layer() };
    let weight = TensorData::new(numbers(WIDTH * WIDTH, 1), [WIDTH, WIDTH]);
    let wide = Tensor::<2>::from_data(weight, &device).cast(DType::F16);
    base.only.weight = Param::from_tensor(wide.clone());
    let model = add_lora(base.clone(), &settings(2, 2.0, &["only"]), 0).unwrap();
    let mut adapter = Adapter::extract(&model).unwrap();
    let layer = adapter.layers.get_mut("only").unwrap();
    layer.b = numbers(2 * WIDTH, 9);
    let change = layer.on(&device, DType::F32, 1.0).delta();
    let expected = (wide.cast(DType::F32) + change).cast(DType::F16);
    let merged = merge(base, &adapter, 1.0).unwrap().only.weight.val();
    assert_eq!(merged.dtype(), DType::F16);
    assert_eq!(values(merged), values(expected));
}

#[test]
fn what_does_not_fit_is_refused() {
    let adapter = adapter(&settings(2, 4.0, &["up"]), 5);
    let base = tiny(&Device::flex());
    assert!(problem(merge(base.clone(), &adapter, f64::NAN)).contains("scale"));
    let twice = attach(base.clone(), &adapter, 1.0).unwrap();
    assert!(problem(merge(twice.clone(), &adapter, 1.0)).contains("already"));
    assert!(problem(attach(twice, &adapter, 1.0)).contains("already"));
    let mut other = base.clone();
    other.decoder.up = LinearConfig::new(WIDTH, 11).init(&Device::flex());
    let message = problem(merge(other, &adapter, 1.0));
    assert!(
        message.contains("decoder.up maps 6 numbers to 11"),
        "{message}"
    );
    let mut strange = adapter.clone();
    let layer = strange.layers["encoder.up"].clone();
    strange.layers.insert("encoder.side".to_string(), layer);
    assert!(problem(merge(base.clone(), &strange, 1.0)).contains("encoder.side"));
    assert!(problem(Adapter::extract(&base)).contains("none"));
}

#[test]
fn extraction_gives_back_what_was_attached() {
    let base = tiny(&Device::flex());
    for (rank, alpha) in [(1, 8.0), (3, 0.3), (3, 10.0), (2, 1.0 / 3.0), (3, 1e-3)] {
        let given = adapter(
            &settings(rank, alpha, &["query", "encoder.down", "head"]),
            5,
        );
        let back = Adapter::extract(&attach(base.clone(), &given, 1.0).unwrap()).unwrap();
        for (path, layer) in back.layers() {
            let wanted = &given.layers[path];
            assert!((layer.alpha / wanted.alpha - 1.0).abs() < 1e-7, "{alpha}");
            if alpha != 1.0 / 3.0 {
                assert_eq!(layer, wanted);
            }
        }
        // The scale is kept in alpha.
        let doubled = Adapter::extract(&attach(base.clone(), &given, 2.0).unwrap()).unwrap();
        assert!((doubled.layers["head"].alpha / (2.0 * alpha) - 1.0).abs() < 1e-6);
    }
}
