//! Stable Diffusion against diffusers and transformers: every block, whole passes, texts, pictures, files.

use super::fixture::{Expected, tensors};
use super::made_up_weights::{Form, fixture, hashed, write_folder, write_single};
use burn::tensor::{Device, Tensor, TensorData};
use finexl_zoo::generators::stable_diffusion::unet::UnetInput;
use finexl_zoo::generators::stable_diffusion::{Extra, Sizes, StableDiffusion, TextConditions};
use finexl_zoo::stable_diffusion::Base;
use std::collections::BTreeMap;
use tempfile::TempDir;

const MODELS: [&str; 8] = [
    "sd1",
    "sd2",
    "xl",
    "no-middle",
    "guidance",
    "sd1-single",
    "sd2-single",
    "xl-single",
];

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec::<f32>().unwrap()
}

/// As `drawn` of `generate.py`.
fn drawn<const D: usize>(name: &str, shape: [usize; D], device: &Device) -> Tensor<D> {
    let count: usize = shape.iter().product();
    let part = |i| hashed(&format!("{name}/{i}"), count);
    let (a, b, c) = (part(0), part(1), part(2));
    let sums = a.iter().zip(&b).zip(&c).map(|((a, b), c)| a + b + c);
    Tensor::from_data(TensorData::new(sums.collect::<Vec<f32>>(), shape), device)
}

struct Model {
    _folder: TempDir,
    model: StableDiffusion,
    expected: BTreeMap<String, Expected>,
}

fn open(name: &str, form: Form, device: &Device) -> Model {
    let folder = tempfile::tempdir().unwrap();
    write_folder(name, folder.path(), form);
    Model {
        model: StableDiffusion::open(folder.path(), device).unwrap(),
        expected: tensors(&fixture(name).join("expected.safetensors")),
        _folder: folder,
    }
}

/// The largest difference, as a share of the largest number.
fn difference<const D: usize>(found: Tensor<D>, expected: &Expected) -> f32 {
    assert_eq!(found.dims().as_slice(), expected.shape);
    let found = values(found);
    let most = expected
        .values
        .iter()
        .fold(1e-3f32, |most, v| most.max(v.abs()));
    let pairs = found.iter().zip(&expected.values);
    pairs
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, |a: f32, b| if b.is_nan() { b } else { a.max(b) })
        / most
}

fn conditions(name: &str, model: &StableDiffusion, device: &Device) -> (TextConditions, Extra) {
    let width = model.unet().config().context;
    let xl = model.base() == Base::Xl;
    let text = TextConditions {
        context: drawn("text", [2, 77, width], device),
        pooled: xl.then(|| drawn("pooled", [2, 32], device)),
        cut: Vec::new(),
    };
    let sizes = Sizes {
        original: [100.0, 120.0],
        crop: [3.0, 5.0],
        target: [18.0, 22.0],
    };
    let extra = Extra {
        sizes: xl.then_some(sizes),
        guidance: (name == "guidance").then_some(8.5),
    };
    (text, extra)
}

#[test]
fn sd_passes_are_those_of_diffusers() {
    let device = Device::flex();
    for name in MODELS {
        let Model {
            model,
            expected,
            _folder,
        } = open(name, Form::Whole, &device);
        let (text, extra) = conditions(name, &model, &device);
        let latents = drawn("latents", [2, 4, 9, 11], &device);
        for (key, times) in [
            ("eps.0", &[0.0][..]),
            ("eps.1", &[1.0]),
            ("eps.500.5", &[500.5]),
            ("eps.999", &[999.0]),
            ("eps.mixed", &[20.0, 700.0]),
        ] {
            if let Some(expected) = expected.get(key) {
                let found = model
                    .denoise(latents.clone(), times, &text, &extra)
                    .unwrap();
                let difference = difference(found, expected);
                println!("{name} {key} {difference:.1e}");
                assert!(difference < 2e-5, "{name} {key}: {difference}");
            }
        }
    }
}

#[test]
fn sd_blocks_are_those_of_diffusers() {
    let device = Device::flex();
    for name in &MODELS[..5] {
        let Model {
            model,
            expected,
            _folder,
        } = open(name, Form::Whole, &device);
        let (text, extra) = conditions(name, &model, &device);
        let sizes = extra
            .sizes
            .map(|s| [s.original, s.crop, s.target].concat().try_into().unwrap());
        let input = UnetInput {
            latents: drawn("latents", [2, 4, 9, 11], &device),
            times: vec![500.5; 2],
            text: text.context,
            addition: text
                .pooled
                .zip(sizes)
                .map(|(pooled, sizes)| (pooled, vec![sizes; 2])),
            guidance: extra.guidance.map(|guidance| vec![guidance; 2]),
        };
        let mut seen = 0;
        model.unet().trace(input, &mut |block, x| {
            let expected = &expected[&format!("block.{block}")];
            let x = x.clone().permute([0, 3, 1, 2]);
            let difference = match block {
                "emb" => difference(x.reshape([2, -1]), expected),
                _ => difference(x, expected),
            };
            println!("{name} {block} {difference:.1e}");
            assert!(difference < 2e-5, "{name} {block}: {difference}");
            seen += 1;
        });
        assert_eq!(
            seen,
            expected
                .keys()
                .filter(|key| key.starts_with("block."))
                .count()
        );
    }
}

#[test]
fn sd_texts_are_those_of_transformers() {
    let device = Device::flex();
    let meta: serde_json::Value =
        serde_json::from_slice(&std::fs::read(fixture("meta.json")).unwrap()).unwrap();
    let texts: Vec<String> = serde_json::from_value(meta["texts"].clone()).unwrap();
    for name in &MODELS[..3] {
        let Model {
            model,
            expected,
            _folder,
        } = open(name, Form::Whole, &device);
        for skip in 0..2 {
            let found = model.encode_texts(&texts, skip).unwrap();
            let difference = difference(found.context, &expected[&format!("text.skip{skip}")]);
            println!("{name} text skip {skip} {difference:.1e}");
            assert!(difference < 1e-5, "{name} {skip}: {difference}");
            assert_eq!(found.cut, [3]);
            if let Some(pooled) = expected.get("text.pooled") {
                let difference = self::difference(found.pooled.unwrap(), pooled);
                println!("{name} pooled {difference:.1e}");
                assert!(difference < 1e-5, "{name}: {difference}");
            }
        }
        let most = model.most_clip_skip();
        assert!(
            model.encode_texts(&texts, most).is_ok()
                && model.encode_texts(&texts, most + 1).is_err()
        );
        // Each text alone is the same to the last bit.
        let all = values(model.encode_texts(&texts, 0).unwrap().context);
        let alone: Vec<f32> = texts
            .iter()
            .flat_map(|t| {
                values(
                    model
                        .encode_texts(std::slice::from_ref(t), 0)
                        .unwrap()
                        .context,
                )
            })
            .collect();
        let largest = all
            .iter()
            .zip(&alone)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(largest < 1e-5, "{largest}");
        // XL's zeros stand for a negative prompt that is missing, not for one that is empty.
        let none = values(model.encode_negative(None, 0).unwrap().context);
        let empty = values(model.encode_negative(Some(""), 0).unwrap().context);
        assert_eq!(none.iter().all(|v| *v == 0.0), *name == "xl");
        assert_eq!(empty, all[..empty.len()]);
    }
}

#[test]
fn sd_pictures_are_those_of_diffusers() {
    let device = Device::flex();
    for name in ["sd1", "xl", "sd1-single"] {
        let Model {
            model,
            expected,
            _folder,
        } = open(name, Form::Whole, &device);
        let latents = drawn("latents", [2, 4, 5, 7], &device);
        let found = difference(model.decode(latents).unwrap(), &expected["vae.image"]);
        println!("{name} decode {found:.1e}");
        assert!(found < 2e-5, "{name}: {found}");
        if let Some(expected) = expected.get("vae.mean") {
            let image = drawn("image", [2, 3, 12, 18], &device).tanh();
            let found = difference(
                model.encode(image.add_scalar(1.0).div_scalar(2.0)).unwrap(),
                expected,
            );
            println!("{name} encode {found:.1e}");
            assert!(found < 2e-5, "{name}: {found}");
        }
    }
}

/// What a model makes of everything, to the last bit.
fn all_of(model: &StableDiffusion) -> Vec<f32> {
    let device = model.device();
    let mut text = model
        .encode_texts(&["a red apple!".to_string()], 0)
        .unwrap();
    text = text.repeat(2);
    let latents = drawn("latents", [2, 4, 5, 7], device);
    let mut all = values(text.context.clone());
    all.extend(text.pooled.clone().map(values).unwrap_or_default());
    all.extend(values(
        model
            .denoise(latents.clone(), &[500.5], &text, &Extra::default())
            .unwrap(),
    ));
    all.extend(values(model.decode(latents).unwrap()));
    all.extend(values(
        model
            .encode(drawn("image", [1, 3, 12, 18], device))
            .unwrap(),
    ));
    all
}

#[test]
fn sd_single_files_are_their_folders_bit_by_bit() {
    let device = Device::flex();
    for name in ["sd1-single", "sd2-single", "xl-single"] {
        let whole = open(name, Form::Whole, &device).model;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        write_single(name, &path);
        let single = StableDiffusion::open(&path, &device).unwrap();
        assert_eq!(single.base(), whole.base());
        assert!(all_of(&single) == all_of(&whole), "{name}");
        assert_eq!(single.facts().prediction.is_some(), name == "sd2-single");
        assert_eq!(single.facts().scheduler_config, None);
        assert_eq!(single.facts().factor, whole.facts().factor);
        assert_eq!(
            single.facts().force_zeros_for_empty_prompt,
            name == "xl-single"
        );
    }
}

#[test]
fn sd_precisions_and_shards_are_the_same_model() {
    let device = Device::flex();
    let whole = open("sd1", Form::Whole, &device).model;
    let expected = all_of(&whole);
    for form in [Form::Half, Form::Shards] {
        let model = open("sd1", form, &device).model;
        assert!(all_of(&model) == expected, "{form:?}");
        assert_eq!(model.facts().precision, "f16");
        assert_ne!(model.fingerprint(), whole.fingerprint());
    }
    // Rounded to fewer digits it is nearly the same.
    let rounded = all_of(&open("sd1", Form::Bf16, &device).model);
    let most = expected.iter().fold(0.0f32, |most, v| most.max(v.abs()));
    let largest = rounded
        .iter()
        .zip(&expected)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(
        largest > 1e-5 * most && largest < 0.1 * most,
        "{largest} {most}"
    );
}

#[test]
fn sd_gradients_flow_and_tensor_operations_compute_the_same() {
    let (plain, tracked) = (Device::flex(), Device::flex().autodiff());
    for name in ["sd1", "xl"] {
        let model = open(name, Form::Half, &plain).model;
        let traced = open(name, Form::Half, &tracked).model;
        let of = |model: &StableDiffusion, device: &Device| {
            let (text, extra) = conditions(name, model, device);
            let latents = drawn("latents", [2, 4, 9, 11], device);
            model.denoise(latents, &[500.5], &text, &extra).unwrap()
        };
        let found = of(&traced, &tracked);
        let expected = values(of(&model, &plain));
        let shape = found.dims().to_vec();
        let gradients = found.clone().powi_scalar(2).mean().backward();
        let expected = Expected {
            shape,
            values: expected,
        };
        let difference = difference(found.without_autodiff(), &expected);
        println!("{name} tensor operations {difference:.1e}");
        assert!(difference < 2e-5, "{difference}");
        drop(gradients);
    }
}
