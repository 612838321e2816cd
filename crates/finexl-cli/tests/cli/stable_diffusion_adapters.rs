//! LoRA files and learned words put onto Stable Diffusion through the binary.

#![allow(clippy::unwrap_used)]

use crate::sandbox::Sandbox;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::collections::HashMap;
use std::path::Path;

const PROMPTS: &str = "a red apple\na photo of a cat\ntwo dogs\na boat at night\n";
pub(super) const FEW: &str = "--prompts p.txt --steps 2 --size 32x32 --quiet";
/// Layers of the tiny model, with outputs and inputs.
pub(super) const Q: (&str, usize, usize) = (
    "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q",
    32,
    32,
);
pub(super) const K2: (&str, usize, usize) = (
    "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k",
    32,
    64,
);
const TE: (&str, usize, usize) = ("lora_te_text_model_encoder_layers_0_mlp_fc1", 128, 64);

pub(super) fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("p.txt", PROMPTS);
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../finexl-zoo/tests/fixtures/stable_diffusion/cli/sd1");
    copy(&fixture, &sandbox.path("sd1"));
    sandbox
}

pub(super) fn copy(from: &Path, to: &Path) {
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

/// A safetensors file that is put together tensor by tensor.
#[derive(Clone, Default)]
pub(super) struct File {
    pub(super) tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
    metadata: HashMap<String, String>,
}

impl File {
    pub(super) fn with(mut self, name: String, shape: &[usize], scale: f32) -> Self {
        let count: usize = shape.iter().product();
        let place = self.tensors.len() as f32;
        let value = |at: usize| (at as f32 * 0.7 + place).sin() * scale;
        let bytes = (0..count).flat_map(|at| value(at).to_le_bytes()).collect();
        self.tensors.push((name, Dtype::F32, shape.to_vec(), bytes));
        self
    }

    pub(super) fn raw(mut self, name: &str, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) -> Self {
        (self.tensors).push((name.to_string(), dtype, shape.to_vec(), bytes));
        self
    }

    pub(super) fn alpha(self, layer: &str, alpha: f32) -> Self {
        let bytes = alpha.to_le_bytes().to_vec();
        self.raw(&format!("{layer}.alpha"), Dtype::F32, &[], bytes)
    }

    pub(super) fn layer(self, (name, outputs, inputs): (&str, usize, usize), rank: usize) -> Self {
        self.with(format!("{name}.lora_up.weight"), &[outputs, rank], 0.5)
            .with(format!("{name}.lora_down.weight"), &[rank, inputs], 0.5)
            .alpha(name, 2.0)
    }

    pub(super) fn says(mut self, key: &str, value: &str) -> Self {
        self.metadata.insert(key.to_string(), value.to_string());
        self
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let views = self.tensors.iter().map(|(name, dtype, shape, bytes)| {
            (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        });
        safetensors::serialize(views, Some(self.metadata.clone())).unwrap()
    }
}

pub(super) fn style() -> File {
    File::default().layer(Q, 4).layer(K2, 4).layer(TE, 2)
}

fn pictures(sandbox: &Sandbox, folder: &str) -> Vec<Vec<u8>> {
    let names = sandbox.names(folder);
    let pictures = names.iter().filter(|name| name.ends_with(".png"));
    pictures
        .map(|name| std::fs::read(sandbox.path(folder).join(name)).unwrap())
        .collect()
}

/// Pictures that are kept.
pub(super) fn kept(sandbox: &Sandbox) -> usize {
    let folder = sandbox.path("cache").join("pictures");
    let groups = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = groups.flat_map(|group| std::fs::read_dir(group.path()).into_iter().flatten());
    files.flatten().count()
}

#[test]
fn lora_files_are_explained_with_their_scales_in_any_order() {
    let sandbox = sandbox();
    sandbox.write("style.safetensors", style().bytes());
    sandbox.write("look:2.safetensors", File::default().layer(K2, 2).bytes());
    let explain = |adapters: &str, out: &str| {
        sandbox.succeeds(&format!(
            "explain --model sd1 {adapters} {FEW} --json {out}.json --html {out}.html --card {out}.md"
        ));
        sandbox.json(&format!("{out}.json"))
    };
    let one = explain("--adapter style.safetensors:0.5", "one");
    assert_eq!(one["personalized"], "style at scale 0.5");
    let applied = &one["generated"]["personalized"]["personalization"];
    assert_eq!(
        (&applied[0]["file"], &applied[0]["scale"]),
        (&"style.safetensors".into(), &0.5.into())
    );
    let notes = one["notes"].to_string();
    assert!(
        notes.contains("applied 3 of 3 modules to sd1 at scale 0.5"),
        "{notes}"
    );
    for file in ["one.html", "one.md"] {
        let text = std::fs::read_to_string(sandbox.path(file)).unwrap();
        assert!(text.contains("style.safetensors at scale 0.5"), "{file}");
        assert!(text.contains("Inside style"), "{file}");
    }
    sandbox.succeeds("inspect style.safetensors --model sd1 --json i.json");
    let inside = &sandbox.json("i.json")["files"][0];
    assert_eq!(
        (&inside["layers_known"], &inside["layers_found"]),
        (&3.into(), &3.into())
    );
    assert!(inside["layers"][0]["relative"].as_f64().unwrap() > 0.0);
    let before = kept(&sandbox);
    let two = explain(
        "--adapter style.safetensors:0.5 --adapter look:2.safetensors:-1",
        "two",
    );
    assert_eq!(kept(&sandbox), before + 4);
    let turned = explain(
        "--adapter look:2.safetensors:-1 --adapter style.safetensors:0.5",
        "turned",
    );
    assert_eq!(kept(&sandbox), before + 4);
    let of =
        |record: &serde_json::Value| record["generated"]["personalized"]["fingerprint"].clone();
    assert_eq!(of(&two), of(&turned));
    assert_ne!(of(&two), of(&one));
    assert_eq!(
        two["personalized"],
        "style at scale 0.5 + look:2 at scale -1"
    );
    // At scale 0 it is the base, whose pictures are there.
    let none = explain("--adapter style.safetensors --scale 0", "none");
    assert_eq!(
        (kept(&sandbox), &none["divergence"]),
        (before + 4, &0.0.into())
    );
}

#[test]
fn generate_puts_adapters_on_and_words_before_prompts() {
    let sandbox = sandbox();
    sandbox.write("style.safetensors", style().bytes());
    let toy = File::default().with("<toy>".to_string(), &[2, 64], 1.0);
    sandbox.write("toy.safetensors", toy.bytes());
    let generate = |rest: &str, out: &str| {
        sandbox.succeeds(&format!("generate --model sd1 {FEW} {rest} --out {out}"));
        pictures(&sandbox, out)
    };
    let base = generate("", "base");
    let styled = generate("--adapter style.safetensors", "styled");
    assert_ne!(base, styled);
    assert_eq!(base, generate("--adapter style.safetensors:0", "zero"));
    let learned = generate(
        "--adapter toy.safetensors --adapter style.safetensors",
        "learned",
    );
    assert_ne!(learned, styled);
    let manifest = std::fs::read_to_string(sandbox.path("learned/manifest.csv")).unwrap();
    assert!(manifest.contains("<toy>, a red apple"), "{manifest}");
    let called = generate("--adapter style.safetensors --adapter-prompt zwx", "called");
    assert_ne!(called, styled);
    let record = sandbox.json("learned/generation.json");
    assert_eq!(record["applied"].as_array().unwrap().len(), 2);
    sandbox.refuses(
        &format!("generate --model sd1 {FEW} --adapter toy.safetensors:2 --out o"),
        &["learned word", "no scale"],
    );
}

#[test]
fn trigger_words_are_recorded_on_their_side() {
    let sandbox = sandbox();
    sandbox.write("style.safetensors", style().bytes());
    let explain =
        format!("explain --model sd1 --adapter style.safetensors --adapter-prompt zwx {FEW}");
    sandbox.succeeds(&format!("{explain} --json one.json"));
    let one = sandbox.json("one.json");
    assert_eq!(
        one["generated"]["personalized"]["settings"]["adapter prompt"],
        "zwx"
    );
    assert!(one["generated"]["base"]["settings"]["adapter prompt"].is_null());
    assert!(
        one["notes"]
            .to_string()
            .contains("before every prompt of the personalized side")
    );
    sandbox.succeeds(&format!("{explain} --adapter-prompt-both --json both.json"));
    let both = sandbox.json("both.json");
    assert_eq!(
        both["generated"]["base"]["settings"]["adapter prompt"],
        "zwx"
    );
}

#[test]
fn scales_snapshots_and_rivals_are_one_report_each() {
    let sandbox = sandbox();
    sandbox.write("style.safetensors", style().bytes());
    let explain = format!("explain --model sd1 {FEW}");
    sandbox.succeeds(&format!(
        "{explain} --adapter style.safetensors --scales -0.5,0.5,1 --json s.json --html s.html"
    ));
    // The base's pictures are made once.
    assert_eq!(kept(&sandbox), 16);
    let series = sandbox.json("s.json");
    assert_eq!(series["over"], "scale");
    assert_eq!(series["columns"].as_array().unwrap().len(), 4);
    assert_eq!(series["columns"][0]["label"], "sd1");
    assert_eq!(series["curves"][0]["points"][0]["score"], 0.0);
    assert_eq!(series["explanations"].as_array().unwrap().len(), 3);
    let page = std::fs::read_to_string(sandbox.path("s.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("scale of the adapter"));
    assert!(page.contains("Inside style"));
    sandbox.write("epoch-1.safetensors", File::default().layer(Q, 2).bytes());
    sandbox.write("epoch-2.safetensors", File::default().layer(Q, 4).bytes());
    let outcome = sandbox.succeeds(&format!(
        "{explain} --snapshots --adapter epoch-1.safetensors --adapter epoch-2.safetensors --json e.json"
    ));
    assert!(outcome.stdout.contains("epoch-2"), "{}", outcome.stdout);
    assert_eq!(sandbox.json("e.json")["over"], "snapshot");
    sandbox.succeeds(&format!(
        "{explain} --adapter epoch-2.safetensors --against epoch-1.safetensors:0.5 --json r.json --html r.html \
         --card r.md"
    ));
    let rivals = sandbox.json("r.json");
    assert_eq!(rivals["base"], "epoch-1 at scale 0.5");
    let file = &rivals["generated"]["base"]["personalization"][0]["file"];
    assert_eq!(file, "epoch-1.safetensors");
    let page = std::fs::read_to_string(sandbox.path("r.html")).unwrap();
    let card = std::fs::read_to_string(sandbox.path("r.md")).unwrap();
    for name in ["epoch-1", "epoch-2"] {
        let head = format!("Inside {name}");
        assert!(page.contains(&head) && card.contains(&head), "{name}");
    }
    sandbox.refuses(
        &format!("{explain} --adapter style.safetensors --scales 1"),
        &["at least two"],
    );
    sandbox.refuses(
        &format!("{explain} --adapter style.safetensors --adapter epoch-1.safetensors --scale 2"),
        &["one adapter", "FILE:SCALE"],
    );
}

/// LoRA of one layer whose second factor is as it was given.
fn with_up(dtype: Dtype, bytes: Vec<u8>) -> Vec<u8> {
    let file = File::default().raw(&format!("{}.lora_up.weight", Q.0), dtype, &[32, 2], bytes);
    let down = format!("{}.lora_down.weight", Q.0);
    file.with(down, &[2, 32], 0.5).bytes()
}

/// Files that do not fit the tiny model, with words of what is said of them.
fn unfit() -> Vec<(&'static str, Vec<u8>)> {
    let nan = f32::NAN.to_le_bytes().repeat(64);
    let layer = |name: &str, outputs, inputs| File::default().layer((name, outputs, inputs), 4);
    let uneven = File::default()
        .with(format!("{}.lora_up.weight", Q.0), &[32, 2], 0.5)
        .with(format!("{}.lora_down.weight", Q.0), &[3, 32], 0.5);
    let mut zero = File::default().layer(Q, 2);
    zero.tensors.retain(|tensor| !tensor.0.ends_with("alpha"));
    let oft = File::default().with(format!("{}.oft_blocks", Q.0), &[4, 8, 8], 0.5);
    let mut truncated = style().bytes();
    truncated.truncate(truncated.len() - 100);
    let xl = layer("lora_te1_text_model_encoder_layers_0_mlp_fc1", 3072, 768);
    let extra = style().layer(("lora_unet_conv_inn", 32, 32), 2);
    let says = style().says("ss_base_model_version", "sd_v2");
    vec![
        ("lora_unet_conv_inn is no layer of sd1", extra.bytes()),
        ("ranks disagree", uneven.bytes()),
        ("alpha is 0", zero.alpha(Q.0, 0.0).bytes()),
        ("NaN", with_up(Dtype::F32, nan)),
        ("not f16, bf16", with_up(Dtype::F8_E4M3, vec![0; 64])),
        ("OFT", oft.bytes()),
        ("safetensors", truncated),
        ("it is for Stable Diffusion XL", xl.bytes()),
        (
            "it is for Stable Diffusion 2",
            layer(K2.0, 320, 1024).bytes(),
        ),
        (
            "320 x 768, in sd1 that is 32 x 64",
            layer(K2.0, 320, 768).bytes(),
        ),
        ("sd_v2", says.bytes()),
        ("not finite", File::default().layer(Q, 2).bytes()),
    ]
}

#[test]
fn files_that_do_not_fit_are_refused_before_a_picture_is_made() {
    let sandbox = sandbox();
    for (words, bytes) in unfit() {
        sandbox.write("a.safetensors", bytes);
        let scale = if words == "not finite" { ":1e39" } else { "" };
        let command = format!("explain --model sd1 --adapter a.safetensors{scale} {FEW}");
        // Shapes tell what a file is for; its own words are noted.
        if words == "sd_v2" {
            sandbox.succeeds(&format!("{command} --json a.json"));
            let notes = sandbox.json("a.json")["notes"].to_string();
            assert!(notes.contains(words), "{notes}");
            continue;
        }
        let said = sandbox.refuses(&command, &["a.safetensors"]).stderr;
        let said: Vec<&str> = said.split_whitespace().collect();
        let said = said.join(" ");
        assert!(said.contains(words), "{words}: {said}");
    }
}
