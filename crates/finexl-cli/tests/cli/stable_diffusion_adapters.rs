//! LoRA files and learned words put onto Stable Diffusion through the binary.

#![allow(clippy::unwrap_used)]

use crate::sandbox::Sandbox;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::collections::HashMap;
use std::path::Path;

const PROMPTS: &str = "a red apple\na photo of a cat\ntwo dogs\na boat at night\n";
const FEW: &str = "--prompts p.txt --steps 2 --size 32x32 --quiet";
/// Layers of the tiny model, with outputs and inputs.
const Q: (&str, usize, usize) = (
    "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q",
    32,
    32,
);
const K2: (&str, usize, usize) = (
    "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k",
    32,
    64,
);
const TE: (&str, usize, usize) = ("lora_te_text_model_encoder_layers_0_mlp_fc1", 128, 64);

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("p.txt", PROMPTS);
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../finexl-zoo/tests/fixtures/stable_diffusion/cli/sd1");
    copy(&fixture, &sandbox.path("sd1"));
    sandbox
}

fn copy(from: &Path, to: &Path) {
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
struct File {
    tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
    metadata: HashMap<String, String>,
}

impl File {
    fn with(mut self, name: String, shape: &[usize], scale: f32) -> Self {
        let count: usize = shape.iter().product();
        let place = self.tensors.len() as f32;
        let value = |at: usize| (at as f32 * 0.7 + place).sin() * scale;
        let bytes = (0..count).flat_map(|at| value(at).to_le_bytes()).collect();
        self.tensors.push((name, Dtype::F32, shape.to_vec(), bytes));
        self
    }

    fn raw(mut self, name: &str, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) -> Self {
        (self.tensors).push((name.to_string(), dtype, shape.to_vec(), bytes));
        self
    }

    fn alpha(self, layer: &str, alpha: f32) -> Self {
        let bytes = alpha.to_le_bytes().to_vec();
        self.raw(&format!("{layer}.alpha"), Dtype::F32, &[], bytes)
    }

    fn layer(self, (name, outputs, inputs): (&str, usize, usize), rank: usize) -> Self {
        self.with(format!("{name}.lora_up.weight"), &[outputs, rank], 0.5)
            .with(format!("{name}.lora_down.weight"), &[rank, inputs], 0.5)
            .alpha(name, 2.0)
    }

    fn says(mut self, key: &str, value: &str) -> Self {
        self.metadata.insert(key.to_string(), value.to_string());
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let views = self.tensors.iter().map(|(name, dtype, shape, bytes)| {
            (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        });
        safetensors::serialize(views, Some(self.metadata.clone())).unwrap()
    }
}

fn style() -> File {
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
fn kept(sandbox: &Sandbox) -> usize {
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

/// What says that it was trained on a model that predicts something else than the tiny one, which predicts noise.
#[test]
fn what_predicts_something_else_is_refused_before_a_picture_is_made() {
    let sandbox = sandbox();
    let says = |key: &str, value: &str| style().says(key, value).bytes();
    for (key, value) in [
        ("modelspec.prediction_type", "v"),
        ("ss_v_parameterization", "True"),
    ] {
        sandbox.write("v.safetensors", says(key, value));
        let words = ["v.safetensors", "v_prediction", key, "--prediction"];
        for command in [
            format!("explain --model sd1 --adapter v.safetensors {FEW}"),
            format!("explain --model sd1 --adapter v.safetensors --scales 0.5,1 {FEW}"),
            format!("generate --model sd1 --adapter v.safetensors {FEW} --out v"),
        ] {
            sandbox.refuses(&command, &words);
        }
    }
    sandbox.write("plain.safetensors", style().bytes());
    sandbox.refuses(
        &format!("explain --model sd1 --adapter plain.safetensors --against v.safetensors {FEW}"),
        &["v.safetensors", "v_prediction"],
    );
    copy(&sandbox.path("sd1"), &sandbox.path("sd1-v"));
    let config = sandbox.path("sd1-v/scheduler/scheduler_config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["prediction_type"] = "v_prediction".into();
    std::fs::write(&config, json.to_string()).unwrap();
    sandbox.refuses(
        &format!("explain --model sd1 --adapter sd1-v {FEW}"),
        &["sd1 predicts epsilon and sd1-v predicts v_prediction"],
    );
    assert_eq!(kept(&sandbox), 0);
    // Who says it is believed, and the reader is told.
    let stated = format!("explain --model sd1 --adapter v.safetensors --prediction epsilon {FEW}");
    sandbox.succeeds(&format!("{stated} --json v.json"));
    let notes = sandbox.json("v.json")["notes"].to_string();
    assert!(notes.contains("v.safetensors says"), "{notes}");
    // On a model that predicts v it is at home.
    sandbox.succeeds(&format!(
        "generate --model sd1-v --adapter v.safetensors {FEW} --out home"
    ));
}

/// Downloaded files are models of experiments and of pools, like those that are trained.
#[test]
fn downloaded_files_are_models_of_experiments_and_pools() {
    let sandbox = sandbox();
    sandbox.write("style.safetensors", style().bytes());
    let key = "base_model.model.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
    let peft = File::default()
        .with(format!("{key}.lora_A.weight"), &[2, 32], 0.5)
        .with(format!("{key}.lora_B.weight"), &[32, 2], 0.5);
    sandbox.write("peft/adapter_model.safetensors", peft.bytes());
    let config = r#"{"peft_type": "LORA", "r": 2, "lora_alpha": 4}"#;
    sandbox.write("peft/adapter_config.json", config);
    let toy = File::default().with("emb_params".to_string(), &[2, 64], 1.0);
    sandbox.write("toy.safetensors", toy.bytes());
    let files = "style = \"style.safetensors\"\npeft = \"peft\"\ntoy = \"toy.safetensors\"\n";
    let settings = "model = \"sd1\"\npairs = 4\nseed = 1\nprompts = \"p.txt\"\nsplit = \"test\"\n\
                    steps = 1\nsize = \"32x32\"\n";
    sandbox.write(
        "models.toml",
        format!(
            "[explain-models]\noutput = \"out\"\n{settings}[explain-models.personalized]\n{files}"
        ),
    );
    sandbox.succeeds("run models.toml --quiet");
    for name in ["style", "peft", "toy"] {
        let record = sandbox.json(&format!("out/{name}.json"));
        let images = &record["generated"]["personalized"];
        assert_eq!(images["settings"]["size"], "32x32");
        assert!(images["personalization"][0]["fingerprint"].is_string());
    }
    let notes = sandbox.json("out/peft.json")["notes"].to_string();
    assert!(notes.contains("applied 1 of 1 modules"), "{notes}");
    let notes = sandbox.json("out/toy.json")["notes"].to_string();
    assert!(
        notes.contains("\\\"toy\\\" was put before every prompt"),
        "{notes}"
    );
    let pool = format!(
        "[make-pool]\nname = \"held\"\noutput = \"pool\"\nart-folder = \"none\"\n{settings}styles = {{}}\n\
         [[make-pool.adapters]]\nfiles = {{ style = \"style.safetensors\", peft = \"peft/adapter_model.safetensors\" }}\n\
         scales = [0.5, 1.0]\n"
    );
    sandbox.write("pool.toml", &pool);
    sandbox.succeeds("run pool.toml --quiet");
    let models = sandbox.json("pool/pool.json")["models"].clone();
    let models = models.as_array().unwrap();
    let names: Vec<&str> = models.iter().map(|m| m["name"].as_str().unwrap()).collect();
    let expected = [
        "adapter-peft-0.5",
        "adapter-peft-1",
        "adapter-style-0.5",
        "adapter-style-1",
    ];
    assert_eq!(names, expected);
    assert_eq!(models[2]["by"]["adapter"]["file"], "style.safetensors");
    // The config beside a file of PEFT's is read: without it the scale would be another.
    let applied = sandbox.json("pool/images/adapter-peft-1/generation.json")["fingerprint"].clone();
    sandbox.succeeds(&format!(
        "generate --model sd1 --adapter peft:1 {FEW} --out folder"
    ));
    assert_eq!(
        sandbox.json("folder/generation.json")["fingerprint"],
        applied
    );
    sandbox.write(
        "of-pool.toml",
        format!("[explain-models]\noutput = \"of-pool\"\n{settings}pools = [\"pool\"]\n"),
    );
    sandbox.succeeds("run of-pool.toml --quiet");
    let record = sandbox.json("of-pool/held.adapter-style-1.json");
    assert_eq!(record["personalized"], "adapter-style-1");
    // What does not fit is said before pictures are made.
    sandbox.write(
        "bad.safetensors",
        style().says("ss_v_parameterization", "True").bytes(),
    );
    for (from, to) in [("models.toml", "out"), ("pool.toml", "pool")] {
        let text = std::fs::read_to_string(sandbox.path(from)).unwrap();
        let text = text
            .replace("style.safetensors", "bad.safetensors")
            .replace(&format!("output = \"{to}\""), "output = \"new\"");
        sandbox.write("bad.toml", text);
        sandbox.refuses("run bad.toml", &["bad.safetensors", "v_prediction"]);
        assert!(!sandbox.path("new/base").exists() && !sandbox.path("new/images").exists());
    }
}

/// What people hold that is no LoRA of the model, with words of what is said.
#[test]
fn what_is_no_adapter_is_named_and_learned_words_do_not_hide() {
    let sandbox = sandbox();
    let refused = |bytes: Vec<u8>, words: &[&str]| {
        sandbox.write("a.safetensors", bytes);
        let command = format!("generate --model sd1 --adapter a.safetensors {FEW} --out o");
        sandbox.refuses(&command, words);
    };
    let words = |shape: &[usize]| {
        File::default()
            .with("emb_params".to_string(), shape, 1.0)
            .bytes()
    };
    refused(words(&[2, 72]), &["learned word", "[2, 72]"]);
    refused(
        words(&[80, 64]),
        &["learned word", "[80, 64]", "at most 75"],
    );
    let oft = File::default().with(format!("{}.oft_blocks", Q.0), &[4, 8, 8], 0.5);
    refused(oft.bytes(), &["OFT", "not read"]);
    let uneven = File::default()
        .with(format!("{}.lora_up.weight", Q.0), &[4, 32], 0.5)
        .with(format!("{}.lora_down.weight", Q.0), &[32, 4], 0.5);
    refused(uneven.bytes(), &["ranks disagree", "save it anew"]);
    let key = "base_model.model.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
    let peft = File::default()
        .with(format!("{key}.lora_A.weight"), &[2, 32], 0.5)
        .with(format!("{key}.lora_B.weight"), &[32, 2], 0.5);
    sandbox.write("peft/adapter_model.safetensors", peft.bytes());
    for (config, words) in [
        (
            "\"use_dora\": true",
            &["use_dora", "lora_magnitude_vector"][..],
        ),
        (
            "\"init_lora_weights\": \"pissa\"",
            &["pissa", "changes the model too"],
        ),
    ] {
        let config = format!("{{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 4, {config}}}");
        sandbox.write("peft/adapter_config.json", config);
        sandbox.refuses(
            &format!("generate --model sd1 --adapter peft {FEW} --out o"),
            words,
        );
    }
    // A name that is part of a longer word is not in the prompt.
    sandbox.write("app.safetensors", words(&[2, 64]));
    let out = sandbox.succeeds(
        "generate --model sd1 --adapter app.safetensors --prompts p.txt --steps 1 --size 32x32 --out o",
    );
    assert!(
        out.stderr.contains("\"app\" was put before"),
        "{}",
        out.stderr
    );
    sandbox.write("other/app.safetensors", words(&[1, 64]));
    sandbox.refuses(
        &format!("generate --model sd1 --adapter app.safetensors --adapter other/app.safetensors {FEW} --out p"),
        &["two embeddings are for the word \"app\""],
    );
    // Scales that look like a mistake are said.
    let mut negative = File::default().layer(Q, 4);
    negative
        .tensors
        .retain(|tensor| !tensor.0.ends_with("alpha"));
    sandbox.write(
        "n.safetensors",
        negative
            .alpha(Q.0, -2.0)
            .says("ss_base_model_version", "flux1")
            .bytes(),
    );
    let out = sandbox.succeeds(
        "generate --model sd1 --adapter n.safetensors --prompts p.txt --steps 1 --size 32x32 --out n",
    );
    let said: Vec<&str> = out.stderr.split_whitespace().collect();
    let said = said.join(" ");
    assert!(said.contains("negative or large scale"), "{said}");
    assert!(said.contains("ss_base_model_version = flux1"), "{said}");
}
