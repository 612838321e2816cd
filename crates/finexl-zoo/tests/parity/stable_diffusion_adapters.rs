//! Adapter files of every kind put onto tiny models, against diffusers, PEFT and explicit sums.
//!
//! Fixture: `fixtures/stable_diffusion_adapters/generate.py`.

use super::fixture::tensors;
use super::made_up_weights::{Form, write_folder};
use burn::tensor::Device;
use finexl_data::image::Image;
use finexl_zoo::generators::stable_diffusion::{AdapterFile, StableDiffusionGenerator, StartNoise};
use finexl_zoo::generators::{ChosenSettings, GenerationRequest, Generator};
use finexl_zoo::stable_diffusion::{Layer, Part};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder
        .join("tests/fixtures/stable_diffusion_adapters")
        .join(name)
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(fixture(name)).unwrap()).unwrap()
}

struct Model {
    generator: StableDiffusionGenerator,
    _folder: TempDir,
}

fn model(name: &str, form: Form) -> Model {
    let folder = tempfile::tempdir().unwrap();
    write_folder(name, folder.path(), form);
    let opened = StableDiffusionGenerator::open(name, folder.path(), &Device::flex()).unwrap();
    let noise = fixture("../stable_diffusion_pictures/noise.safetensors");
    Model {
        generator: (opened.with_kept_pictures(None))
            .with_start_noise(Some(StartNoise::read(&noise).unwrap())),
        _folder: folder,
    }
}

fn files(case: &Value) -> Vec<AdapterFile> {
    let files = case["files"].as_array().unwrap().iter();
    files
        .map(|file| AdapterFile {
            path: fixture(file[0].as_str().unwrap()),
            scale: file[1].as_f64().unwrap(),
        })
        .collect()
}

/// "unet/conv_in.weight" as network, layer and whether it is the weight.
fn parameter(name: &str) -> (Part, &str, bool) {
    let (part, rest) = name.split_once('/').unwrap();
    let part = *Part::ALL.iter().find(|known| known.name() == part).unwrap();
    let (layer, kind) = rest.rsplit_once('.').unwrap();
    (part, layer, kind == "weight")
}

fn numbers(generator: &StableDiffusionGenerator, layer: &Layer, weight: bool) -> Option<Vec<f32>> {
    let network = generator.network();
    network.numbers(layer.part, &layer.path, weight).unwrap()
}

/// How far a changed parameter is from what is expected, relative to its largest number.
fn off(found: &[f32], expected: &Value) -> f64 {
    let largest = found.iter().fold(0.0f32, |most, v| most.max(v.abs()));
    let mut worst = 0.0f64;
    for number in expected["numbers"].as_array().unwrap() {
        let place = number[0].as_u64().unwrap() as usize;
        worst = worst.max((f64::from(found[place]) - number[1].as_f64().unwrap()).abs());
    }
    let squares: f64 = found.iter().map(|v| f64::from(*v).powi(2)).sum();
    let wanted = expected["squares"].as_f64().unwrap();
    let sum: f64 = found.iter().copied().map(f64::from).sum();
    let apart = (sum - expected["sum"].as_f64().unwrap()).abs() / found.len() as f64;
    worst.max(apart) / f64::from(largest) + (squares / wanted - 1.0).abs() / 10.0
}

#[test]
fn sd_adapters_change_weights_as_diffusers_peft_and_explicit_sums() {
    let expected = json("expected.json");
    let meta = json("meta.json");
    let cases = meta["cases"].as_array().unwrap();
    for name in ["sd1", "sd2", "xl"] {
        let Model { generator, _folder } = model(name, Form::Whole);
        let layers = generator.network().layers();
        for case in cases.iter().filter(|case| case["model"] == *name) {
            let title = case["case"].as_str().unwrap();
            let Some(wanted) = expected.get(title) else {
                continue;
            };
            let adapted = generator.adapted(&files(case)).unwrap();
            let mut changed = BTreeSet::new();
            let mut worst = 0.0f64;
            for (tensor, of) in wanted.as_object().unwrap() {
                let (part, path, weight) = parameter(tensor);
                changed.insert((part, path.to_string(), weight));
                let found = adapted.generator.network().numbers(part, path, weight);
                worst = worst.max(off(&found.unwrap().unwrap(), of));
            }
            println!("{title}: {worst:.1e}");
            assert!(worst < 1e-6, "{title}: {worst:e}");
            for layer in layers.all() {
                for weight in [true, false] {
                    let own = (layer.part, layer.path.clone(), weight);
                    let same = numbers(&generator, layer, weight)
                        == numbers(&adapted.generator, layer, weight);
                    assert_eq!(same, !changed.contains(&own), "{title}: {own:?}");
                }
            }
        }
    }
}

fn levels(image: &Image) -> Vec<f32> {
    image.pixels.iter().map(|v| (v * 255.0).round()).collect()
}

#[test]
fn sd_adapters_make_the_pictures_of_diffusers() {
    let expected = tensors(&fixture("pictures.safetensors"));
    let meta = json("meta.json");
    for name in ["sd1", "sd2", "xl"] {
        let Model { generator, _folder } = model(name, Form::Whole);
        let chosen = ChosenSettings {
            steps: meta["call"]["num_inference_steps"]
                .as_u64()
                .map(|n| n as usize),
            guidance: meta["call"]["guidance_scale"].as_f64(),
            ..ChosenSettings::default()
        };
        let settings = generator.settings(&chosen).unwrap();
        for case in meta["cases"].as_array().unwrap() {
            if case["model"] != *name || case["picture"] == false {
                continue;
            }
            let title = case["case"].as_str().unwrap();
            let prompts = case.get("prompts").unwrap_or(&meta["prompts"]);
            let prompts: Vec<String> = serde_json::from_value(prompts.clone()).unwrap();
            let requests = GenerationRequest::of_prompts(&prompts, 3);
            let adapted = generator.adapted(&files(case)).unwrap().generator;
            let images = adapted.generate(&requests, &settings, &|_| ()).unwrap();
            let mut largest = 0.0f32;
            for (place, image) in images.iter().enumerate() {
                let theirs = expected[title].item(place);
                for (ours, theirs) in levels(image).iter().zip(theirs) {
                    largest = largest.max((ours - (theirs * 255.0).round()).abs());
                }
            }
            println!("{title}: {largest} grey levels");
            assert!(largest <= 1.0, "{title}: {largest}");
        }
    }
}

#[test]
fn sd_adapters_do_not_depend_on_their_order_and_are_undone_to_the_bit() {
    let Model { generator, _folder } = model("sd1", Form::Half);
    let file = |name: &str, scale| AdapterFile {
        path: fixture(name),
        scale,
    };
    let before = generator.network().clone();
    let given = [
        file("kohya_sd1.safetensors", 0.7),
        file("loha.safetensors", -0.4),
    ];
    let turned = [given[1].clone(), given[0].clone()];
    let [a, b] = [&given, &turned].map(|files| generator.adapted(files).unwrap().generator);
    assert_eq!(a.fingerprint(), b.fingerprint());
    let other = [given[0].clone(), file("loha.safetensors", -0.5)];
    let other = generator.adapted(&other).unwrap().generator;
    assert_ne!(a.fingerprint(), other.fingerprint());
    let none = generator
        .adapted(&[file("kohya_sd1.safetensors", 0.0)])
        .unwrap();
    assert_eq!(none.generator.fingerprint(), generator.fingerprint());
    // Half-precision weights: the sum of single precision, rounded once.
    let Model {
        generator: whole,
        _folder,
    } = model("sd1", Form::Whole);
    let whole = whole.adapted(&given).unwrap().generator;
    let mut differ = 0;
    for layer in generator.network().layers().all() {
        for weight in [true, false] {
            let of = |generator: &StableDiffusionGenerator| numbers(generator, layer, weight);
            assert_eq!(of(&a), of(&b));
            assert_eq!(of(&none.generator), of(&generator));
            let plain = before.numbers(layer.part, &layer.path, weight).unwrap();
            assert_eq!(of(&generator), plain);
            let (Some(half), Some(whole)) = (of(&a), of(&whole)) else {
                continue;
            };
            // Norms and biases are kept in single precision.
            let is_half = weight && layer.matrix()[1] > 1;
            let rounded = |v: &f32| half::f16::from_f32(*v).to_f32();
            let wanted = whole.iter().map(|v| if is_half { rounded(v) } else { *v });
            assert!(half.iter().copied().eq(wanted), "{}", layer.path);
            differ += usize::from(Some(half) != plain);
        }
    }
    assert!(differ > 10);
}
