//! Training LoRA of Stable Diffusion through the binary, with the tiny random model that diffusers wrote.

#![allow(clippy::unwrap_used)]

use crate::sandbox::{Sandbox, picture};
use std::path::Path;

const REST: &str = r#"
output = "made"
model = "models/sd1"
seed = 3
mechanism = { lora = { rank = 2, alpha = 4.0, targets = ["to_q", "to_v", "to_out.0"] } }
images = 3
images-per-step = 2
learning-rate = 1e-3
snapshots = [2, 3]
"#;

fn sandbox(name: &str, pictures: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../finexl-zoo/tests/fixtures/stable_diffusion/cli");
    super::stable_diffusion::copy(&fixture, &sandbox.path("models"));
    for index in 0..4 {
        sandbox.save(&format!("mine/{index}.png"), &picture(index, 40));
    }
    let text = format!("[personalize]\nname = \"{name}\"\n{pictures}\n{REST}");
    sandbox.write("it.toml", text);
    sandbox
}

#[test]
fn a_folder_of_pictures_becomes_a_lora_file_that_others_read() {
    let pictures =
        r#"pictures = { folder = { path = "mine", caption = "a red apple", side = 32 } }"#;
    let sandbox = sandbox("mine", pictures);
    sandbox.succeeds("personalize it.toml --quiet");
    let file = sandbox.path("made/step-0003/pytorch_lora_weights.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let names = tensors.names();
    let is_there = |end: &str| names.iter().any(|name| name.ends_with(end));
    for end in ["attn1.to_out.0.lora_B.weight", "attn2.to_v.lora_A.weight"] {
        assert!(is_there(end), "{end} of {names:?}");
    }
    assert!(names.iter().all(|name| name.starts_with("unet.")));
    let moved = names.iter().any(|name| {
        let tensor = tensors.tensor(name).unwrap();
        name.ends_with("lora_B.weight") && tensor.data().iter().any(|byte| *byte != 0)
    });
    assert!(moved, "nothing was learned");
    // The same once more, from the first snapshot on.
    std::fs::remove_dir_all(sandbox.path("made/step-0003")).unwrap();
    sandbox.succeeds("personalize it.toml --quiet");
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
    sandbox.write("p.txt", "a red apple\na boat at night\ntwo dogs\n");
    // The file says what it was trained on, wherever it lies.
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let said = header.metadata().clone().unwrap();
    assert_eq!(said["finexl.trained-on"], "sd1");
    assert_eq!(said["modelspec.architecture"], "stable-diffusion-v1/lora");
    sandbox.write("elsewhere.safetensors", &bytes);
    sandbox.succeeds(
        "explain --model models/sd1 --adapter elsewhere.safetensors --prompts p.txt --steps 1 --guidance 1 --quiet \
         --json e.json",
    );
    let record = sandbox.json("e.json");
    let applied = &record["generated"]["personalized"]["personalization"][0];
    assert_eq!(applied["base"], "sd1");
    assert_eq!(
        applied["base_fingerprint"],
        said["finexl.trained-on-sha256"].as_str()
    );
    let own = &record["generated"]["base"]["weights"];
    assert_eq!(&applied["base_fingerprint"], own);
    let out = sandbox.succeeds(
        "generate --model models/sd1 --adapter made/step-0003/pytorch_lora_weights.safetensors --prompts p.txt --steps 1 \
         --guidance 1 --out tuned",
    );
    assert!(out.stderr.contains("24 of 24"), "{}", out.stderr);
}

#[test]
fn a_whole_unet_is_kept_as_a_folder_that_diffusers_opens() {
    let pictures =
        r#"pictures = { folder = { path = "mine", caption = "a red apple", side = 32 } }"#;
    let sandbox = sandbox("whole", pictures);
    let lora = REST
        .lines()
        .find(|line| line.starts_with("mechanism"))
        .unwrap();
    let text = std::fs::read_to_string(sandbox.path("it.toml")).unwrap();
    let text = text.replace(lora, "mechanism = { full = {} }");
    sandbox.write("it.toml", text.replace("[2, 3]", "[2]"));
    sandbox.succeeds("personalize it.toml --quiet");
    let weights = "unet/diffusion_pytorch_model.safetensors";
    let [base, tuned] = [
        format!("models/sd1/{weights}"),
        format!("made/step-0002/{weights}"),
    ]
    .map(|file| std::fs::read(sandbox.path(&file)).unwrap());
    let [base, tuned] = [&base, &tuned].map(|b| safetensors::SafeTensors::deserialize(b).unwrap());
    let shapes = |file: &safetensors::SafeTensors<'_>| {
        let mut shapes: Vec<(String, Vec<usize>)> = file
            .tensors()
            .into_iter()
            .map(|(name, view)| (name, view.shape().to_vec()))
            .collect();
        shapes.sort();
        shapes
    };
    assert_eq!(shapes(&base), shapes(&tuned));
    sandbox.write("p.txt", "a red apple\na boat at night\ntwo dogs\n");
    sandbox.succeeds(
        "explain --model models/sd1 --adapter made/step-0002 --prompts p.txt --steps 1 --guidance 1 --quiet --json e.json",
    );
    let record = sandbox.json("e.json");
    assert_ne!(
        record["generated"]["base"]["weights"],
        record["generated"]["personalized"]["weights"]
    );
    // A single file has no parts that could be kept beside the new weights.
    let text = std::fs::read_to_string(sandbox.path("it.toml")).unwrap();
    sandbox.write(
        "it.toml",
        text.replace("models/sd1\"", "models/sd1.safetensors\""),
    );
    sandbox.refuses("run it.toml --output other", &["one file", "folder"]);
}

#[test]
fn own_pictures_of_prompts_are_stylized() {
    let pictures = "pictures = { prompts = { path = \"p.txt\", side = 16 } }\nstyles = [{ aspects = { dark = 0.8 } }]";
    let sandbox = sandbox("dark", pictures);
    sandbox.write("p.txt", "a red apple\na boat at night\ntwo dogs\n");
    sandbox.succeeds("personalize it.toml --quiet");
    assert!(
        sandbox
            .path("made/step-0003/pytorch_lora_weights.safetensors")
            .is_file()
    );
    assert!(sandbox.path("made/own-images/manifest.csv").is_file());
}

#[test]
fn trainings_that_cannot_be_are_refused() {
    let folder = |rest: &str| format!("pictures = {{ folder = {{ path = \"mine\"{rest} }} }}");
    for (pictures, words) in [
        (folder(", side = 32"), &["0.png", "0.txt", "caption"][..]),
        (
            folder(", caption = \"a\", side = 30"),
            &["30", "multiple of 8"],
        ),
        (String::new(), &["no list of subjects", "pictures"]),
        (
            format!(
                "{}\nstyles = [{{ aspects = {{ dark = 0.8 }} }}]",
                folder(", caption = \"a\"")
            ),
            &["styles"],
        ),
    ] {
        let sandbox = sandbox("it", &pictures);
        sandbox.refuses("personalize it.toml", words);
        assert!(!sandbox.path("made/step-0003").exists());
    }
}
