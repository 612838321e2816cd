//! Whole pictures of Stable Diffusion from given start noise, against the pipelines of diffusers.
//!
//! Fixture: `fixtures/stable_diffusion_pictures/generate.py`.

use super::fixture::tensors;
use super::made_up_weights::{Form, write_folder};
use burn::tensor::Device;
use finexl_data::image::Image;
use finexl_zoo::generators::stable_diffusion::{
    SchedulerChoice, Size, StableDiffusionGenerator, StartNoise,
};
use finexl_zoo::generators::{
    ChosenSettings, ChosenStableDiffusion, ConceptGuidance, GenerationRequest, Generator,
    GuidedConcept,
};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stable_diffusion_pictures")
}

fn meta() -> Value {
    serde_json::from_slice(&std::fs::read(folder().join("meta.json")).unwrap()).unwrap()
}

fn requests() -> Vec<GenerationRequest> {
    let prompts: Vec<String> = serde_json::from_value(meta()["prompts"].clone()).unwrap();
    GenerationRequest::of_prompts(&prompts, 3)
}

struct Model {
    generator: StableDiffusionGenerator,
    _folder: TempDir,
}

/// A tiny model that draws its own noise.
fn model(name: &str) -> Model {
    let folder = tempfile::tempdir().unwrap();
    write_folder(name, folder.path(), Form::Whole);
    let opened = StableDiffusionGenerator::open(name, folder.path(), &Device::flex()).unwrap();
    Model {
        generator: opened.with_kept_pictures(None),
        _folder: folder,
    }
}

fn noise() -> StartNoise {
    StartNoise::read(&folder().join("noise.safetensors")).unwrap()
}

fn levels(image: &Image) -> Vec<f32> {
    image.pixels.iter().map(|v| (v * 255.0).round()).collect()
}

fn choice(case: &Value) -> Option<SchedulerChoice> {
    let name = case["scheduler"].as_str()?;
    let karras = if case["keys"]["use_karras_sigmas"] == true {
        "-karras"
    } else {
        ""
    };
    let spacing = case["keys"]["timestep_spacing"].as_str();
    let spacing = spacing.map_or(String::new(), |spacing| format!(":{spacing}"));
    Some(SchedulerChoice::parse(&format!("{name}{karras}{spacing}")).unwrap())
}

#[test]
fn sd_pictures_are_those_of_pipelines() {
    let expected = tensors(&folder().join("pictures.safetensors"));
    for case in meta()["cases"].as_array().unwrap() {
        let name = case["case"].as_str().unwrap();
        let Model { generator, _folder } = model(case["model"].as_str().unwrap());
        let generator = generator.with_start_noise(Some(noise()));
        let call = &case["call"];
        let chosen = ChosenSettings {
            steps: call["num_inference_steps"].as_u64().map(|n| n as usize),
            guidance: call["guidance_scale"].as_f64(),
            stable_diffusion: ChosenStableDiffusion {
                negative: call["negative_prompt"].as_str().map(str::to_string),
                clip_skip: call["clip_skip"].as_u64().map(|n| n as usize),
                scheduler: choice(case),
                ..ChosenStableDiffusion::default()
            },
            ..ChosenSettings::default()
        };
        let settings = generator.settings(&chosen).unwrap();
        let images = generator.generate(&requests(), &settings, &|_| ()).unwrap();
        let of = &expected[name];
        let (mut largest, mut count) = (0.0f32, 0);
        for (place, image) in images.iter().enumerate() {
            assert_eq!([image.height, image.width], of.shape[1..3], "{name}");
            for (ours, theirs) in levels(image).iter().zip(of.item(place)) {
                largest = largest.max((ours - (theirs * 255.0).round()).abs());
                count += 1;
            }
        }
        println!("{name}: {largest} grey levels in {count} values");
        assert!(largest <= 1.0, "{name}: {largest}");
    }
}

#[test]
fn sd_pictures_follow_seed_and_place_and_nothing_else() {
    let Model { generator, _folder } = model("sd1");
    let size = |width, height| ChosenStableDiffusion {
        size: Some(Size { width, height }),
        scheduler: Some(SchedulerChoice::parse("euler-ancestral:trailing").unwrap()),
        ..ChosenStableDiffusion::default()
    };
    let chosen = ChosenSettings {
        steps: Some(2),
        stable_diffusion: size(12, 16),
        ..ChosenSettings::default()
    };
    let settings = generator.settings(&chosen).unwrap();
    let requests = requests();
    let together = generator.generate(&requests, &settings, &|_| ()).unwrap();
    let alone = generator
        .generate(&requests[1..], &settings, &|_| ())
        .unwrap();
    assert_eq!((together[1].width, together[1].height), (12, 16));
    assert_eq!(together[1], alone[0]);
    let mut other = requests[1].clone();
    other.seed += 1;
    let other = generator.generate(&[other], &settings, &|_| ()).unwrap();
    assert_ne!(other[0], alone[0]);
    let text = serde_json::to_string(&settings).unwrap();
    assert_eq!(settings, serde_json::from_str(&text).unwrap());
}

#[test]
fn sd_concepts_move_pictures_as_their_words_do() {
    let Model { generator, _folder } = model("sd1");
    let settings = |concepts: &[(&str, f64)]| {
        let concepts = concepts.iter().map(|(phrase, strength)| GuidedConcept {
            phrase: (*phrase).to_string(),
            strength: *strength,
        });
        let chosen = ChosenSettings {
            steps: Some(2),
            guidance: Some(1.0),
            concept: ConceptGuidance::of(concepts.collect()),
            ..ChosenSettings::default()
        };
        generator.settings(&chosen).unwrap()
    };
    let make = |prompt: &str, concepts: &[(&str, f64)]| {
        let requests = GenerationRequest::of_prompts(&[prompt.to_string()], 3);
        let made = generator.generate(&requests, &settings(concepts), &|_| ());
        made.unwrap().remove(0)
    };
    let plain = make("a red apple", &[]);
    let unmoved = make("a red apple", &[("vivid", 0.0)]);
    assert!(plain.mean_abs_difference(&unmoved) < 1e-5);
    let moved = make("a red apple", &[("vivid", 1.0)]);
    assert!(moved.mean_abs_difference(&make("a red apple, vivid style", &[])) < 1e-4);
    assert!(moved.mean_abs_difference(&plain) > 1e-4);
    // Moves along several concepts add up, in any order.
    let also = make("a red apple", &[("dark", 0.0), ("vivid", 1.0)]);
    assert!(also.mean_abs_difference(&moved) < 1e-5);
    let both = make("a red apple", &[("dark", 2.0), ("vivid", 1.0)]);
    assert!(both.mean_abs_difference(&moved) > 1e-4);
    let turned = make("a red apple", &[("vivid", 1.0), ("dark", 2.0)]);
    assert!(both.mean_abs_difference(&turned) < 1e-5);
}

#[test]
fn sd_settings_that_make_no_sense_are_refused() {
    let Model { generator, _folder } = model("sd1");
    let refused = |chosen: ChosenSettings, words: &[&str]| {
        let error = generator.settings(&chosen).unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "{error}");
        }
    };
    let own = |own: ChosenStableDiffusion| ChosenSettings {
        stable_diffusion: own,
        ..ChosenSettings::default()
    };
    let usual = ChosenStableDiffusion::default;
    let size = Some(Size {
        width: 15,
        height: 16,
    });
    refused(
        own(ChosenStableDiffusion { size, ..usual() }),
        &["15x16", "14x16"],
    );
    let clip_skip = Some(3);
    refused(
        own(ChosenStableDiffusion {
            clip_skip,
            ..usual()
        }),
        &["clip skip", "0 to"],
    );
    let negative = own(ChosenStableDiffusion {
        negative: Some("dark".to_string()),
        ..usual()
    });
    refused(
        ChosenSettings {
            guidance: Some(1.0),
            ..negative
        },
        &["negative", "above 1"],
    );
    refused(
        ChosenSettings {
            steps: Some(0),
            ..Default::default()
        },
        &["1 to 1000"],
    );
    refused(
        ChosenSettings {
            temperature: Some(1.0),
            ..Default::default()
        },
        &["tokens"],
    );
    let Model { generator, _folder } = model("sd1");
    let generator = generator.with_start_noise(Some(noise()));
    let size = Some(Size::square(16));
    let error = generator.settings(&own(ChosenStableDiffusion { size, ..usual() }));
    assert!(error.unwrap_err().to_string().contains("24x16"));
    let more =
        GenerationRequest::of_prompts(&["cat".to_string(), "dog".to_string(), "ox".to_string()], 1);
    let settings = generator.settings(&ChosenSettings {
        steps: Some(1),
        ..Default::default()
    });
    let error = generator
        .generate(&more[2..], &settings.unwrap(), &|_| ())
        .unwrap_err();
    assert!(error.to_string().contains("2 rows"), "{error}");
}
