//! One step of a LoRA training of Stable Diffusion, against PEFT and PyTorch.

use super::fixture::{Expected, tensors};
use super::made_up_weights::{Form, hashed, write_folder};
use burn::module::Module;
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::{Device, Tensor, TensorData};
use finexl_zoo::adapters::{Adapter, attach, read_adapter};
use finexl_zoo::generators::Tunable;
use finexl_zoo::generators::stable_diffusion::unet::Unet;
use finexl_zoo::generators::stable_diffusion::{
    NoisyLatents, StableDiffusion, StableDiffusionGenerator,
};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

const RANK: usize = 3;
const RATE: f64 = 1e-2;
const TARGETS: [&str; 6] = ["to_q", "to_k", "to_v", "to_out", "ff.gate", "ff.down"];

/// As `drawn` of `generate.py`.
fn drawn<const D: usize>(name: &str, shape: [usize; D]) -> Tensor<D> {
    let count: usize = shape.iter().product();
    let part = |i| hashed(&format!("{name}/{i}"), count);
    let (a, b, c) = (part(0), part(1), part(2));
    let sums = a.iter().zip(&b).zip(&c).map(|((a, b), c)| a + b + c);
    Tensor::from_data(
        TensorData::new(sums.collect::<Vec<f32>>(), shape),
        &Device::flex(),
    )
}

/// The name of a layer of ours in diffusers.
fn theirs(path: &str) -> String {
    path.replace(".to_out", ".to_out.0")
        .replace(".ff.gate", ".ff.net.0.proj")
        .replace(".ff.down", ".ff.net.2")
}

/// The factors that the fixture has, by our paths.
fn factors(unet: &Unet) -> Adapter {
    let fresh = finexl_zoo::adapters::LoraSettings {
        rank: RANK,
        alpha: 6.0,
        targets: TARGETS.map(str::to_string).to_vec(),
    };
    let fresh = finexl_zoo::adapters::add_lora(unet.clone(), &fresh, 0).unwrap();
    let fresh = Adapter::extract(&fresh).unwrap();
    let layers: Vec<(String, [usize; 2])> = fresh
        .layers()
        .map(|(path, layer)| (path.to_string(), layer.shape()))
        .collect();
    let mut stored: BTreeMap<String, ([usize; 2], Vec<u8>)> = BTreeMap::new();
    for (path, [inputs, outputs]) in &layers {
        for (side, shape) in [("A", [RANK, *inputs]), ("B", [*outputs, RANK])] {
            let name = format!("{}.lora_{side}.weight", theirs(path));
            let values = hashed(&name, shape[0] * shape[1]);
            let bytes = values.iter().flat_map(|v| (v * 0.125).to_le_bytes());
            let key = format!("base_model.model.{path}.lora_{side}.weight");
            stored.insert(key, (shape, bytes.collect()));
        }
    }
    let views = stored.iter().map(|(name, (shape, bytes))| {
        let view = TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap();
        (name.as_str(), view)
    });
    let bytes = safetensors::serialize(views, None).unwrap();
    let config =
        json!({"peft_type": "LORA", "r": RANK, "lora_alpha": 6, "target_modules": TARGETS});
    let known: Vec<(&str, [usize; 2])> = layers.iter().map(|(p, s)| (p.as_str(), *s)).collect();
    read_adapter(config.to_string().as_bytes(), &bytes, &known).unwrap()
}

/// What the fixture trains on: noise of `DDPMScheduler`, epsilon or v.
fn batch(name: &str, unet: &Unet) -> NoisyLatents {
    let (start, end) = (0.00085f64.sqrt() as f32, 0.012f64.sqrt() as f32);
    let mut kept = vec![];
    let mut product = 1.0f64;
    for i in 0..1000 {
        let root = f64::from(start) + f64::from(end - start) * f64::from(i) / 999.0;
        product *= 1.0 - root * root;
        kept.push(product);
    }
    let times = [37usize, 731];
    let of = |f: &dyn Fn(f64) -> f64| {
        let values: Vec<f32> = times.iter().map(|t| f(kept[*t]) as f32).collect();
        Tensor::<4>::from_data(TensorData::new(values, [2, 1, 1, 1]), &Device::flex())
    };
    let (alpha, sigma) = (of(&|k| k.sqrt()), of(&|k| (1.0 - k).sqrt()));
    let (latents, noise) = (
        drawn("latents", [2, 4, 8, 8]),
        drawn::<4>("noise", [2, 4, 8, 8]),
    );
    let noisy = alpha.clone() * latents.clone() + sigma.clone() * noise.clone();
    let target = match name {
        "sd2" => alpha * noise - sigma * latents,
        _ => noise,
    };
    let sizes = [16.0, 16.0, 0.0, 0.0, 16.0, 16.0];
    NoisyLatents {
        noisy: Tensor::from_inner(noisy),
        times: times.map(|t| t as f64).to_vec(),
        target: Tensor::from_inner(target),
        text: Tensor::from_inner(drawn("text", [2, 77, unet.config().context])),
        addition: (name == "xl")
            .then(|| (Tensor::from_inner(drawn("pooled", [2, 32])), vec![sizes; 2])),
    }
}

/// Factors by diffusers' names, A as `[rank, inputs]` and B as `[outputs, rank]`.
fn sides(adapter: &Adapter) -> BTreeMap<String, Vec<f32>> {
    let mut found = BTreeMap::new();
    for (path, layer) in adapter.layers() {
        let [inputs, outputs] = layer.shape();
        let a = (0..RANK).flat_map(|r| (0..inputs).map(move |i| layer.a()[i * RANK + r]));
        let b = (0..outputs).flat_map(|o| (0..RANK).map(move |r| layer.b()[r * outputs + o]));
        found.insert(format!("{}.A", theirs(path)), a.collect());
        found.insert(format!("{}.B", theirs(path)), b.collect());
    }
    found
}

/// How many factors were compared, and the largest differences: of gradients, relative to the largest of each factor,
/// and of factors after a step.
fn compare(
    expected: &BTreeMap<String, Expected>,
    [before, moved, stepped]: [&BTreeMap<String, Vec<f32>>; 3],
) -> (usize, [f32; 2]) {
    let (mut compared, mut worst) = (0, [0.0f32; 2]);
    for (key, wanted) in expected {
        let Some(layer) = key.strip_suffix(".gradient") else {
            continue;
        };
        let most = wanted.values.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
        for (i, wanted) in wanted.values.iter().enumerate() {
            let found = before[layer][i] - moved[layer][i];
            // Differences of numbers near 0.1 in single precision are known to 1e-8.
            worst[0] = worst[0].max(((found - wanted).abs() - 2e-8).max(0.0) / most);
        }
        for (found, wanted) in stepped[layer]
            .iter()
            .zip(&expected[&format!("{layer}.stepped")].values)
        {
            worst[1] = worst[1].max((found - wanted).abs());
        }
        compared += 1;
    }
    (compared, worst)
}

#[test]
fn a_step_of_lora_training_is_that_of_peft() {
    for name in ["sd1", "sd2", "xl"] {
        let folder = tempfile::tempdir().unwrap();
        write_folder(name, folder.path(), Form::Whole);
        let model = StableDiffusion::open(folder.path(), &Device::flex()).unwrap();
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/stable_diffusion_training")
            .join(format!("{name}.safetensors"));
        let expected: BTreeMap<String, Expected> = tensors(&file);
        let device = Device::flex().autodiff();
        let adapter = factors(model.unet());
        let before = sides(&adapter);
        let network = attach(model.unet().clone().train().fork(&device), &adapter, 1.0).unwrap();
        let loss = <StableDiffusionGenerator as Tunable>::loss(&network, batch(name, model.unet()));
        let value = loss
            .clone()
            .inner()
            .into_data()
            .try_to_vec::<f32>()
            .unwrap()[0];
        let wanted = expected["loss"].values[0];
        assert!(
            (value - wanted).abs() < 1e-5 * wanted,
            "{name}: {value}, {wanted}"
        );
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        // A plain step of length 1 shows the gradients.
        let moved = SgdConfig::new()
            .init()
            .step(1.0, network.clone(), gradients);
        let moved = sides(&Adapter::extract(&moved).unwrap());
        let again =
            <StableDiffusionGenerator as Tunable>::loss(&network, batch(name, model.unet()));
        let gradients = GradientsParams::from_grads(again.backward(), &network);
        let mut optimizer = <StableDiffusionGenerator as Tunable>::optimizer();
        let stepped = optimizer.step(RATE, network, gradients);
        let stepped = sides(&Adapter::extract(&stepped).unwrap());
        let (compared, worst) = compare(&expected, [&before, &moved, &stepped]);
        assert!(compared >= 40, "{name}: {compared}");
        println!(
            "{name}: {compared} factors, gradients {:.1e} of the largest, steps {:.1e}",
            worst[0], worst[1]
        );
        assert!(worst[0] < 1e-3 && worst[1] < 1e-4, "{name}: {worst:?}");
    }
}
