//! LoRA files that people hold: for models that predict something else, as models of experiments and pools, and what is no
//! adapter at all.

#![allow(clippy::unwrap_used)]

use crate::sandbox::Sandbox;
use crate::stable_diffusion_adapters::{FEW, File, K2, Q, copy, kept, sandbox, style};
use safetensors::Dtype;

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

const KEY: &str = "base_model.model.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
/// What experiments say of base, prompts and pictures.
const SETTINGS: &str = "model = \"sd1\"\npairs = 4\nseed = 1\nprompts = \"p.txt\"\nsplit = \"test\"\nsteps = 1\n\
                        size = \"32x32\"\n";

/// A folder of PEFT whose config says this beside rank and alpha.
fn peft(sandbox: &Sandbox, said: &str) {
    let file = File::default()
        .with(format!("{KEY}.lora_A.weight"), &[2, 32], 0.5)
        .with(format!("{KEY}.lora_B.weight"), &[32, 2], 0.5);
    sandbox.write("peft/adapter_model.safetensors", file.bytes());
    let config = format!("{{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 4{said}}}");
    sandbox.write("peft/adapter_config.json", config);
}

/// The tiny model with a LoRA of kohya, one of PEFT, and a LoRA that says it was trained on a model that predicts v.
fn with_downloads() -> Sandbox {
    let sandbox = sandbox();
    sandbox.write("style.safetensors", style().bytes());
    peft(&sandbox, "");
    let v = style().says("ss_v_parameterization", "True");
    sandbox.write("v.safetensors", v.bytes());
    sandbox
}

#[test]
fn downloaded_files_are_models_of_experiments() {
    let sandbox = with_downloads();
    let toy = File::default().with("emb_params".to_string(), &[2, 64], 1.0);
    sandbox.write("toy.safetensors", toy.bytes());
    let experiment = |output: &str, files: &str| {
        format!(
            "[explain-models]\noutput = \"{output}\"\n{SETTINGS}[explain-models.personalized]\n{files}"
        )
    };
    let files = "style = \"style.safetensors\"\npeft = \"peft\"\ntoy = \"toy.safetensors\"\n";
    sandbox.write("models.toml", experiment("out", files));
    sandbox.succeeds("run models.toml --quiet");
    for name in ["style", "peft", "toy"] {
        let record = sandbox.json(&format!("out/{name}.json"));
        let images = &record["generated"]["personalized"];
        assert_eq!(images["settings"]["size"], "32x32");
        assert!(images["personalization"][0]["fingerprint"].is_string());
    }
    let notes = |name: &str| sandbox.json(&format!("out/{name}.json"))["notes"].to_string();
    assert!(notes("peft").contains("applied 1 of 1 modules"));
    assert!(notes("toy").contains("was put before every prompt"));
    // What does not fit is said before pictures are made.
    let files = "style = \"style.safetensors\"\nv = \"v.safetensors\"\n";
    sandbox.write("bad.toml", experiment("bad", files));
    sandbox.refuses("run bad.toml", &["v.safetensors", "v_prediction"]);
    assert!(!sandbox.path("bad/base").exists());
}

#[test]
fn downloaded_files_are_models_of_pools() {
    let sandbox = with_downloads();
    let pool = |output: &str, files: &str| {
        format!(
            "[make-pool]\nname = \"held\"\noutput = \"{output}\"\nart-folder = \"none\"\n{SETTINGS}styles = {{}}\n\
             [[make-pool.adapters]]\nfiles = {{ {files} }}\nscales = [0.5, 1.0]\naspects = {{ vivid = 1.0 }}\n\
             [[make-pool.guided]]\nmixtures = [{{ vivid = 1.0, dark = 0.5 }}]\nstrengths = [2.0]\n"
        )
    };
    let files = "style = \"style.safetensors\", peft = \"peft/adapter_model.safetensors\"";
    sandbox.write("pool.toml", pool("pool", files));
    sandbox.succeeds("run pool.toml --quiet");
    let models = sandbox.json("pool/pool.json")["models"].clone();
    let models = models.as_array().unwrap();
    let names: Vec<&str> = models.iter().map(|m| m["name"].as_str().unwrap()).collect();
    let expected = [
        "adapter-peft-0.5",
        "adapter-peft-1",
        "adapter-style-0.5",
        "adapter-style-1",
        "guidance-0.5-dark+vivid-2",
    ];
    assert_eq!(names, expected);
    assert_eq!(models[2]["by"]["adapter"]["file"], "style.safetensors");
    assert_eq!(models[2]["styles"][0]["aspects"]["vivid"], 1.0);
    let guided = &models[4]["by"]["mixed-guidance"]["strengths"];
    assert_eq!(guided["dark"], 1.0);
    assert_eq!(guided["vivid"], 2.0);
    // The config beside a file of PEFT's is read: without it the scale would be another.
    let of =
        |folder: &str| sandbox.json(&format!("{folder}/generation.json"))["fingerprint"].clone();
    sandbox.succeeds(&format!(
        "generate --model sd1 --adapter peft:1 {FEW} --out folder"
    ));
    assert_eq!(of("folder"), of("pool/images/adapter-peft-1"));
    let explain = format!("[explain-models]\noutput = \"of-pool\"\n{SETTINGS}pools = [\"pool\"]\n");
    sandbox.write("of-pool.toml", explain);
    sandbox.succeeds("run of-pool.toml --quiet");
    let record = sandbox.json("of-pool/held.adapter-style-1.json");
    assert_eq!(record["personalized"], "adapter-style-1");
    sandbox.write("bad.toml", pool("bad", "v = \"v.safetensors\""));
    sandbox.refuses("run bad.toml", &["v.safetensors", "v_prediction"]);
    assert!(!sandbox.path("bad").exists());
}

/// What people hold that is no LoRA of the model, with words of what is said.
#[test]
fn any_phrase_guides_the_models_of_a_pool() {
    let sandbox = sandbox();
    let pool = format!(
        "[make-pool]\nname = \"guided\"\noutput = \"pool\"\nart-folder = \"none\"\n{SETTINGS}styles = {{}}\n\
         [[make-pool.guided]]\nconcepts = [\"ukiyo-e and watercolour\"]\nstrengths = [-5.0, 10.0]\n"
    );
    sandbox.write("pool.toml", &pool);
    sandbox.succeeds("run pool.toml --quiet");
    let record = sandbox.json("pool/pool.json");
    assert_eq!(
        record["models"][1]["name"],
        "guidance-ukiyo-e-and-watercolour-10"
    );
    let aspects = &record["models"][1]["styles"][0]["aspects"];
    assert_eq!(aspects["ukiyo-e and watercolour"], 1.0);
    let pictures = |model: &str| {
        std::fs::read(sandbox.path(&format!("pool/images/{model}/00001.png"))).unwrap()
    };
    assert!(pictures("base") != pictures("guidance-ukiyo-e-and-watercolour-10"));
    // The models inside the program know the aspects alone.
    let own = pool.replace("\"sd1\"", "\"mini-diffusion\"");
    let own = own.replace("size = \"32x32\"\n", "");
    sandbox.write("own.toml", own.replace("\"pool\"", "\"own\""));
    sandbox.refuses("run own.toml", &["no aspect named", "ukiyo-e"]);
}

#[test]
fn what_is_no_adapter_is_named() {
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
        .with(format!("{}.lora_up.weight", K2.0), &[4, 32], 0.5)
        .with(format!("{}.lora_down.weight", K2.0), &[64, 4], 0.5);
    refused(uneven.bytes(), &["ranks disagree", "save it anew"]);
    for (said, words) in [
        (
            "\"use_dora\": true",
            &["use_dora", "lora_magnitude_vector"][..],
        ),
        (
            "\"init_lora_weights\": \"pissa\"",
            &["pissa", "changes the model too"],
        ),
    ] {
        peft(&sandbox, &format!(", {said}"));
        sandbox.refuses(
            &format!("generate --model sd1 --adapter peft {FEW} --out o"),
            words,
        );
    }
}

#[test]
fn learned_words_and_odd_scales_do_not_hide() {
    let sandbox = sandbox();
    let words = |shape: &[usize]| {
        File::default()
            .with("emb_params".to_string(), shape, 1.0)
            .bytes()
    };
    // A name that is part of a longer word is not in the prompt.
    sandbox.write("app.safetensors", words(&[2, 64]));
    let out = sandbox.succeeds(
        "generate --model sd1 --adapter app.safetensors --prompts p.txt --steps 1 --size 32x32 --out o",
    );
    let said: Vec<&str> = out.stderr.split_whitespace().collect();
    let said = said.join(" ");
    assert!(said.contains("\"app\" was put before"), "{said}");
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

#[test]
fn what_changes_nothing_has_a_page_that_says_so() {
    let sandbox = sandbox();
    let idle = File::default()
        .with(format!("{}.lora_up.weight", Q.0), &[32, 2], 0.0)
        .with(format!("{}.lora_down.weight", Q.0), &[2, 32], 0.5);
    sandbox.write("idle.safetensors", idle.bytes());
    sandbox.succeeds(&format!(
        "explain --model sd1 {FEW} --adapter idle.safetensors --scales 0.5,1 --html i.html"
    ));
    let page = std::fs::read_to_string(sandbox.path("i.html")).unwrap();
    assert!(page.contains("No aspect has a score of 0.01 or more at any scale"));
    assert!(!page.contains("<tbody>\n</tbody>"));
}

#[test]
fn headers_and_words_that_say_nothing_are_suspicious() {
    let sandbox = sandbox();
    let says = |bytes: Vec<u8>, words: &str| {
        sandbox.write("a.safetensors", bytes);
        let table = sandbox.succeeds("inspect a.safetensors").stdout;
        let table: Vec<&str> = table.split_whitespace().collect();
        let table = table.join(" ");
        assert!(table.contains(words), "{words}: {table}");
    };
    let layer = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";
    let mute = File::default()
        .with(format!("{layer}.lora_up.weight"), &[320, 4], 0.1)
        .with(format!("{layer}.lora_down.weight"), &[4, 320], 0.1)
        .says("ss_network_alpha", "1.0");
    says(
        mute.bytes(),
        "ss_network_alpha says 1, 1 of 1 layers have no alpha and another rank",
    );
    let ia3 = File::default()
        .with(format!("{layer}.weight"), &[320], 0.1)
        .raw(&format!("{layer}.on_input"), Dtype::U8, &[], vec![0]);
    sandbox.write("b.safetensors", ia3.bytes());
    let table = sandbox
        .succeeds("inspect a.safetensors b.safetensors")
        .stdout;
    let table: Vec<&str> = table.split_whitespace().collect();
    let table = table.join(" ");
    assert!(table.contains("has no norm or is all zero"), "{table}");
    assert!(
        table.contains("and 1 of the second have no norm"),
        "{table}"
    );
    let word = File::default().with("emb_params".to_string(), &[2, 768], 0.0);
    says(
        word.bytes(),
        "all zero, saying nothing: 2 of 2 vectors of \"emb_params\"",
    );
}
