//! Stable Diffusion through the binary, with a tiny random model that diffusers wrote.

#![allow(clippy::unwrap_used)]

use crate::sandbox::Sandbox;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::path::Path;
use std::time::{Duration, Instant};

const PROMPTS: &str = "a red apple\na photo of a cat\ntwo dogs\na boat at night\n";
const FEW: &str = "--steps 2 --guidance 3 --quiet";

/// A sandbox with the model as a folder and as a single file.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("p.txt", PROMPTS);
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../finexl-zoo/tests/fixtures/stable_diffusion/cli");
    copy(&fixture, &sandbox.path("models"));
    sandbox
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &target),
            false => drop(std::fs::copy(&path, &target).unwrap()),
        }
    }
}

fn pictures(sandbox: &Sandbox, folder: &str) -> Vec<Vec<u8>> {
    let names = sandbox.names(folder);
    let pictures = names.iter().filter(|name| name.ends_with(".png"));
    pictures
        .map(|name| std::fs::read(sandbox.path(folder).join(name)).unwrap())
        .collect()
}

/// Start noise of one shape.
fn noise(shape: [usize; 4], dtype: Dtype) -> Vec<u8> {
    let count: usize = shape.iter().product();
    let numbers: Vec<u8> = (0..count)
        .flat_map(|i| ((i as f32 * 0.7).sin() * 1.4).to_le_bytes())
        .collect();
    let view = TensorView::new(dtype, shape.to_vec(), &numbers).unwrap();
    safetensors::serialize([("latents", view)], None).unwrap()
}

#[test]
fn a_folder_and_a_single_file_make_the_same_pictures() {
    let sandbox = sandbox();
    sandbox.succeeds(&format!(
        "generate --model models/sd1 --prompts p.txt {FEW} --out a"
    ));
    // A single file does not say which size suits it.
    let single = format!(
        "generate --model models/sd1.safetensors --prompts p.txt --size 64x64 {FEW} --out b"
    );
    sandbox.succeeds(&single);
    let made = pictures(&sandbox, "a");
    assert_eq!(made.len(), 4);
    assert_eq!(made, pictures(&sandbox, "b"));
    let settings = &sandbox.json("a/generation.json")["settings"]["stable-diffusion"];
    assert_eq!(settings["scheduler"]["class"], "pndm");
    assert_eq!(settings["size"]["width"], 64);
    sandbox.write("noise.safetensors", noise([4, 4, 4, 8], Dtype::F32));
    sandbox.succeeds(&format!(
        "generate --model models/sd1 --prompts p.txt --latents noise.safetensors --scheduler \
         euler:trailing {FEW} --out c"
    ));
    let image = image::open(sandbox.path("c/00001.png")).unwrap();
    assert_eq!((image.width(), image.height()), (64, 32));
}

#[test]
fn generation_goes_on_after_kill_with_the_same_bytes() {
    let sandbox = sandbox();
    let many: String = (0..24)
        .map(|i| format!("a red apple, number {i}\n"))
        .collect();
    sandbox.write("many.txt", many);
    let command = |out: &str| {
        format!("generate --model models/sd1 --prompts many.txt --steps 8 --out {out} --quiet")
    };
    let kept = sandbox.path("cache").join("pictures");
    let mut child = sandbox.command(&command("killed")).spawn().unwrap();
    let start = Instant::now();
    while count(&kept) < 2 && start.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = count(&kept);
    assert!(before >= 2);
    sandbox.succeeds(&command("killed"));
    std::fs::remove_dir_all(&kept).unwrap();
    sandbox.succeeds(&command("whole"));
    assert_eq!(pictures(&sandbox, "killed"), pictures(&sandbox, "whole"));
    assert_eq!(count(&kept), 24);
}

/// Pictures that are kept.
fn count(folder: &Path) -> usize {
    let groups = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = groups.flat_map(|group| std::fs::read_dir(group.path()).into_iter().flatten());
    let whole = files.flatten().filter(|file| {
        let name = file.file_name().to_string_lossy().into_owned();
        name.ends_with(".png") && !name.starts_with('.')
    });
    whole.count()
}

#[test]
fn a_checkpoint_is_explained_from_a_folder_and_from_a_file() {
    let sandbox = sandbox();
    for model in ["models/sd1", "models/sd1.safetensors"] {
        sandbox.succeeds(&format!(
            "explain --model {model} --concept vivid=4 --prompts p.txt --steps 2 --size 64x32 --json e.json \
             --quiet"
        ));
        let record = sandbox.json("e.json");
        assert_eq!(record["pairs"], 4);
        let base = &record["generated"]["base"];
        assert_eq!(base["settings"]["size"], "64x32");
        assert_eq!(base["settings"]["scheduler"], "pndm:leading");
    }
    sandbox.succeeds(
        "explain --model models/sd1 --adapter models/sd1.safetensors --prompts p.txt --steps 2 --json f.json \
         --quiet",
    );
    let applied = &sandbox.json("f.json")["generated"]["personalized"]["personalization"][0];
    assert_eq!(applied["file"], "sd1.safetensors");
}

#[test]
fn checkpoints_are_sampled_alike_or_not_compared() {
    let sandbox = sandbox();
    copy(&sandbox.path("models/sd1"), &sandbox.path("models/other"));
    let place = "models/other/scheduler/scheduler_config.json";
    let mut config = sandbox.json(place);
    let explain = "explain --model models/sd1 --adapter models/other --prompts p.txt --steps 2 --json o.json --quiet";
    config["_class_name"] = "DDIMScheduler".into();
    sandbox.write(place, config.to_string());
    sandbox.succeeds(explain);
    let notes = sandbox.json("o.json")["notes"].to_string();
    assert!(
        notes.contains("other was sampled with the settings of sd1"),
        "{notes}"
    );
    config["prediction_type"] = "v_prediction".into();
    sandbox.write(place, config.to_string());
    sandbox.refuses(
        explain,
        &["sd1 predicts epsilon", "other predicts v_prediction"],
    );
    // A single file is silent: what was guessed is said.
    sandbox.succeeds("explain --model models/sd1.safetensors --concept vivid=2 --prompts p.txt --size 64x64 --steps 1 --json s.json --quiet");
    let notes = sandbox.json("s.json")["notes"].to_string();
    assert!(notes.contains("taken to be epsilon"), "{notes}");
}

#[test]
fn what_cannot_be_made_is_refused_with_a_remedy() {
    let sandbox = sandbox();
    let generate = |rest: &str, words: &[&str]| {
        sandbox.refuses(&format!("generate --prompts p.txt --out o {rest}"), words);
    };
    let sd = "--model models/sd1";
    generate(
        &format!("{sd} --scheduler unipc"),
        &["unipc", "known: pndm"],
    );
    generate(&format!("{sd} --size 60x64"), &["60x64", "56x64"]);
    generate(
        &format!("{sd} --guidance 1 --negative dark"),
        &["negative", "above 1"],
    );
    generate(&format!("{sd} --clip-skip 99"), &["clip skip"]);
    generate(&format!("{sd} --temperature 1"), &["tokens"]);
    sandbox.write("m.txt", "large pizza on a white background, at the top\n");
    sandbox.refuses(
        "generate --prompts m.txt --out o --model mini-diffusion --size 64",
        &["no Stable Diffusion"],
    );
    generate("--model models", &["model_index.json"]);
    generate(
        "--model some/model",
        &[
            "some/model",
            "hf download",
            "model_index.json",
            "found by this name",
        ],
    );
    sandbox.write("noise.safetensors", noise([4, 8, 4, 4], Dtype::F32));
    generate(
        &format!("{sd} --latents noise.safetensors"),
        &["8 channels", "4"],
    );
    sandbox.write("noise.safetensors", noise([3, 4, 8, 8], Dtype::F32));
    generate(
        &format!("{sd} --latents noise.safetensors"),
        &["3 rows", "4 prompts"],
    );
    sandbox.write("noise.safetensors", noise([4, 4, 8, 8], Dtype::I32));
    generate(
        &format!("{sd} --latents noise.safetensors"),
        &["I32", "f32"],
    );
    std::fs::remove_file(sandbox.path("models/sd1/unet/diffusion_pytorch_model.safetensors"))
        .unwrap();
    generate(sd, &["unet"]);
    sandbox.refuses(
        "explain --base a --personalized b --steps 3",
        &["folders are compared as they are"],
    );
}
