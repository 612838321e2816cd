//! Folders and tables as people have them: graphs of other nodes, tables of spreadsheets, what downloads and upscalers leave.

#![allow(clippy::unwrap_used)]

use crate::pictures::{same_scene, with_text};
use crate::sandbox::{EXPLAIN, Sandbox, darker};
use serde_json::{Value, json};

const PROMPTS: [&str; 4] = [
    "red apple on a white background",
    "snail on a grey background",
    "small dog on a blue background",
    "church on a green background",
];

#[track_caller]
fn said(sandbox: &Sandbox, arguments: &str, words: &[&str]) {
    sandbox.succeeds(&format!("{arguments} --json out.json"));
    let notes = sandbox.json("out.json")["notes"].to_string();
    for word in words {
        assert!(notes.contains(word), "{word:?} is missing in {notes}");
    }
}

/// Pictures of both sides under names that say nothing, with what a program wrote into each.
fn written(key: &str, text: &dyn Fn(usize) -> Value) -> Sandbox {
    let sandbox = Sandbox::new();
    for index in 0..4 {
        let scene = same_scene(index);
        let text = text(index).to_string();
        let base = with_text(&scene, key, &text);
        sandbox.write(&format!("base/b{}x{index}.png", index * 3 % 4), base);
        let other = with_text(&darker(&scene), key, &text);
        sandbox.write(
            &format!("personalized/p{}y{}.png", index * 3 % 4, index + 5),
            other,
        );
    }
    sandbox
}

const BY_FILES: [&str; 2] = [
    "4 pairs were found by prompt and seed",
    "the prompts were read from the images' files",
];

#[test]
fn graphs_with_rerouted_and_primitive_nodes() {
    let graph = |index: usize| {
        json!({
            "1": {"class_type": "PrimitiveNode", "inputs": {"value": 500 + index}},
            "2": {"class_type": "Reroute", "inputs": {"": ["6", 0]}},
            "3": {"class_type": "KSampler", "inputs": {
                "seed": ["1", 0], "positive": ["2", 0], "negative": ["7", 0], "steps": 20, "latent_image": ["5", 0]}},
            "5": {"class_type": "EmptyLatentImage", "inputs": {}},
            "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["9", 0]}},
            "7": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}},
            "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0]}},
            "9": {"class_type": "PrimitiveString", "inputs": {"value": PROMPTS[index]}},
            "10": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "ComfyUI"}},
        })
    };
    said(&written("prompt", &graph), EXPLAIN, &BY_FILES);
}

#[test]
fn graphs_of_flux_and_files_of_other_programs() {
    let flux = |index: usize| {
        json!({
            "3": {"class_type": "SamplerCustomAdvanced", "inputs": {
                "noise": ["25", 0], "guider": ["22", 0], "latent_image": ["5", 0]}},
            "5": {"class_type": "EmptySD3LatentImage", "inputs": {}},
            "6": {"class_type": "CLIPTextEncodeFlux", "inputs": {"clip_l": PROMPTS[index], "t5xxl": PROMPTS[index]}},
            "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0]}},
            "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "x"}},
            "22": {"class_type": "BasicGuider", "inputs": {"conditioning": ["26", 0]}},
            "25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 7 + index}},
            "26": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["6", 0]}},
        })
    };
    let invoke = |index: usize| {
        json!({"generation_mode": "txt2img", "positive_prompt": PROMPTS[index], "negative_prompt": "", "seed": 90 + index,
               "steps": 30, "app_version": "5.4"})
    };
    let swarm = |index: usize| json!({"sui_image_params": {"prompt": PROMPTS[index], "seed": 90 + index, "steps": 20, "model": "m"}});
    said(&written("prompt", &flux), EXPLAIN, &BY_FILES);
    said(&written("invokeai_metadata", &invoke), EXPLAIN, &BY_FILES);
    said(&written("parameters", &swarm), EXPLAIN, &BY_FILES);
}

#[test]
fn a_table_of_a_spreadsheet() {
    let sandbox = Sandbox::with_pairs(4);
    // A mark of UTF-8, semicolons, line ends of Windows, and one inside a cell.
    let rows: String = (PROMPTS.iter().enumerate())
        .map(|(index, prompt)| format!("0{index}.png;\"{}\"\r\n", prompt.replace(" on", "\n on")))
        .collect();
    sandbox.write("table.csv", format!("\u{feff}file;prompt\r\n{rows}"));
    let explain = format!("{EXPLAIN} --prompts table.csv --json out.json");
    sandbox.succeeds(&explain);
    let notes = sandbox.json("out.json")["notes"].to_string();
    assert!(
        !notes.contains("default prompts, since no prompts"),
        "{notes}"
    );
    let last = "03.png;again\r\n";
    sandbox.write("twice.csv", format!("file;prompt\r\n{rows}{last}"));
    let twice = format!("{EXPLAIN} --prompts twice.csv");
    sandbox.refuses(
        &twice,
        &["line 10", "03.png stands in line 8", "remove one row"],
    );
}

#[test]
fn what_downloads_and_upscalers_leave() {
    let sandbox = Sandbox::with_pairs(3);
    sandbox.write("personalized/03.png.part", "x");
    sandbox.write("base/Thumbs.db", "x");
    sandbox.write("base/.DS_Store", "x");
    let twin = image::open(sandbox.path("base/00.png"))
        .unwrap()
        .into_rgb8();
    sandbox.save("personalized/00_upscaled.png", &twin);
    said(
        &sandbox,
        EXPLAIN,
        &[
            "in base, 1 other file was not used (Thumbs.db)",
            "in personalized, 1 other file was not used (03.png.part)",
            "1 of 4 images in personalized has no partner and was left out (00_upscaled)",
        ],
    );
    sandbox.write("personalized/02.png", "<html>403</html>");
    sandbox.refuses(
        EXPLAIN,
        &["personalized/02.png holds a web page", "--skip-bad"],
    );
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n";
    sandbox.write("personalized/02.png", pointer);
    sandbox.refuses(EXPLAIN, &["a Git LFS pointer", "git lfs pull"]);
    sandbox.write("personalized/02.png", "");
    sandbox.refuses(
        EXPLAIN,
        &["personalized/02.png", "the file is empty", "--skip-bad"],
    );
}
