//! Generators and their personalizations, with the embedded model: few steps, few images.

#![allow(clippy::unwrap_used)]

use crate::sandbox::{Outcome, Sandbox};
use std::time::{Duration, Instant};

const PROMPTS: &str = "small red apple on a teal background, at the left\n\
                       large pizza on a white background, at the top\n\
                       robot and rocket on a green background, at the bottom\n";
const GENERATE: &str = "generate --prompts prompts.txt --steps 3 --seed 5";

/// Two snapshots of a LoRA, trained on eight images.
const LORA: &str = r#"
[personalize]
name = "tiny"
output = "tiny"
model = "mini-diffusion"
seed = 1
art-folder = "nowhere"
images = 8
images-per-step = 2
learning-rate = 1e-3
snapshots = [2, 4]
mechanism = { lora = { rank = 2, alpha = 2.0, targets = ["to_q", "to_v"] } }

[[personalize.styles]]
aspects = { pixelated = 0.7 }
"#;

/// A pool of two trainings and a guided model.
const POOL: &str = r#"
[make-pool]
name = "tiny"
output = "pool"
model = "mini-diffusion"
art-folder = "nowhere"
split = "validation"
pairs = 2
seed = 0
steps = 6
guidance = 2.0

[make-pool.styles]
blocks = [{ aspects = { pixelated = 0.7 } }]
mix = [{ aspects = { warm = 0.7 } }, { aspects = { dark = 0.7 }, implementation = "held-out" }]

[[make-pool.trained]]
styles = ["blocks", "mix"]
seeds = [1]
mechanism = { lora = { rank = 2, alpha = 2.0, targets = ["to_q", "to_v"] } }
images = 4
images-per-step = 2
learning-rate = 1e-3
snapshots = [2, 4, 6]
scales = [0.5]

[[make-pool.guided]]
concepts = ["warm"]
strengths = [2.0]
"#;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("prompts.txt", PROMPTS);
    sandbox
}

/// A sandbox with the snapshots of [`LORA`].
pub fn personalized() -> Sandbox {
    let sandbox = sandbox();
    sandbox.write("lora.toml", LORA);
    let outcome = sandbox.succeeds("personalize lora.toml");
    assert_eq!(outcome.stdout, "tiny/step-0002\ntiny/step-0004\n");
    sandbox
}

/// All files below a folder with their contents.
fn contents(sandbox: &Sandbox, folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for name in sandbox.names(folder) {
        let path = format!("{folder}/{name}");
        match std::fs::read(sandbox.path(&path)) {
            Ok(bytes) => found.push((path, bytes)),
            Err(_) => found.extend(contents(sandbox, &path)),
        }
    }
    found
}

#[test]
fn equal_commands_make_equal_files_that_explain_takes() {
    let sandbox = personalized();
    sandbox.succeeds(&format!("{GENERATE} --out base"));
    sandbox.succeeds(&format!("{GENERATE} --out again"));
    let names = [
        "00001.png",
        "00002.png",
        "00003.png",
        "generation.json",
        "manifest.csv",
    ];
    assert_eq!(sandbox.names("base"), names);
    for name in names {
        let read = |folder| std::fs::read(sandbox.path(&format!("{folder}/{name}"))).unwrap();
        assert!(read("base") == read("again"), "{name} differs");
    }
    sandbox.succeeds(&format!(
        "{GENERATE} --adapter tiny/step-0004 --scale 2 --out adapted"
    ));
    let record = sandbox.json("adapted/generation.json");
    assert_eq!(
        (&record["adapter"], &record["scale"]),
        (&"tiny/step-0004".into(), &2.0.into())
    );
    sandbox.succeeds(
        "explain --base base --personalized adapted --prompts base/manifest.csv --json out.json",
    );
    let record = sandbox.json("out.json");
    assert_eq!(record["pairs"], 3);
    // The folders say how they were generated.
    assert_eq!(record["personalized"], "adapted at scale 2");
    let applied = &record["generated"]["personalized"]["personalization"][0];
    assert_eq!(applied["file"], "step-0004/adapter_model.safetensors");
    assert_eq!(record["generated"]["base"]["generator"], "mini-diffusion");
    assert_eq!(record["generated"]["base"]["settings"]["steps"], "3");
    sandbox.refuses(
        "explain --base base --personalized adapted --references mini-gan",
        &["mini-gan", "mini-diffusion", "--references"],
    );
    // Another run of the personalization gives the same adapter, byte for byte.
    let first = contents(&sandbox, "tiny");
    std::fs::rename(sandbox.path("tiny"), sandbox.path("before")).unwrap();
    sandbox.succeeds("personalize lora.toml");
    assert_eq!(contents(&sandbox, "tiny"), first);
}

#[test]
fn explain_generates_by_itself_and_keeps_the_images() {
    let sandbox = personalized();
    let arguments = "explain --adapter tiny/step-0004 --prompts prompts.txt --json out.json";
    sandbox.succeeds(arguments);
    let record = sandbox.json("out.json");
    assert_eq!(record["personalized"], "tiny step-0004 at scale 1");
    assert_eq!(sandbox.names("cache/generated").len(), 2);
    sandbox.succeeds("explain --concept warm=3 --prompts prompts.txt --json guided.json");
    // The base's images serve both.
    assert_eq!(sandbox.names("cache/generated").len(), 3);
    let guided = sandbox.json("guided.json");
    assert_eq!(guided["personalized"], "\"warm\" at strength 3");
    assert!(guided["divergence"].as_f64().unwrap() > 0.0);
}

#[test]
fn what_cannot_be_generated_is_refused() {
    let sandbox = sandbox();
    sandbox.write("odd.txt", "a zeppelin on a teal background\n");
    sandbox.refuses(
        "generate --prompts odd.txt --out out",
        &["odd.txt", "zeppelin", "mini-diffusion"],
    );
    sandbox.refuses(
        &format!("{GENERATE} --out out --model mini-gone"),
        &["mini-gone", "mini-diffusion"],
    );
    sandbox.refuses(
        &format!("{GENERATE} --out out --concept muted=3"),
        &["muted", "mini-diffusion"],
    );
    sandbox.refuses(&format!("{GENERATE} --out out --scale 2"), &["--adapter"]);
    sandbox.refuses(&format!("{GENERATE} --out out --adapter gone"), &["gone"]);
    sandbox.refuses("generate --prompts gone.txt --out out", &["gone.txt"]);
    sandbox.refuses(
        "generate --prompts prompts.txt --out out --steps 0",
        &["at least one step"],
    );
    sandbox.write("full/mine.txt", "mine");
    sandbox.refuses(&format!("{GENERATE} --out full"), &["full is not empty"]);
    sandbox.refuses(
        "explain --model mini-diffusion",
        &["nothing to explain", "--adapter"],
    );
}

#[test]
fn the_scale_of_an_adapter_is_in_title_card_record_and_table() {
    let sandbox = personalized();
    let explain = "explain --adapter tiny/step-0004 --scale 0.5 --prompts prompts.txt";
    let outcome = sandbox.succeeds(&format!(
        "{explain} --json out.json --html out.html --card out.md"
    ));
    let title = "tiny step-0004 at scale 0.5";
    let record = sandbox.json("out.json");
    assert_eq!(record["personalized"], title);
    let images = &record["generated"]["personalized"];
    let applied = &images["personalization"][0];
    assert_eq!(applied["scale"], 0.5);
    assert_eq!(applied["base"], "mini-diffusion");
    let weights = std::fs::read(sandbox.path("tiny/step-0004/adapter_model.safetensors")).unwrap();
    let sha = finexl_core::fingerprint::Fingerprint::of_bytes(&weights);
    assert_eq!(applied["fingerprint"], sha.as_str());
    assert_eq!(images["settings"]["guidance"], "3");
    let read = |name: &str| std::fs::read_to_string(sandbox.path(name)).unwrap();
    assert!(read("out.html").contains(&format!("<title>{title} compared with")));
    assert!(read("out.md").contains(&format!("# {title}")));
    let table = outcome.stdout.replace('\n', " ");
    assert!(
        table.contains(title) && table.contains("guidance 3"),
        "{table}"
    );
    sandbox.refuses(
        &format!("{explain} --references mini-gan"),
        &["mini-gan", "mini-diffusion", "--references"],
    );
    // Those of its base are taken and named.
    let read_with = sandbox.succeeds(&format!("{explain} --references mini-diffusion"));
    let table = read_with.stdout.replace('\n', " ");
    assert!(table.contains("references mini-diffusion"), "{table}");
    let guided = "explain --concept warm=2 --prompts prompts.txt --json out.json";
    sandbox.succeeds(guided);
    assert_eq!(
        sandbox.json("out.json")["personalized"],
        "\"warm\" at strength 2"
    );
}

#[test]
fn a_model_that_is_fine_tuned_as_a_whole_has_its_own_weights_and_no_scale() {
    let sandbox = sandbox();
    let lora = LORA
        .lines()
        .find(|line| line.starts_with("mechanism"))
        .unwrap();
    sandbox.write("full.toml", LORA.replace(lora, "mechanism = { full = {} }"));
    sandbox.succeeds("personalize full.toml");
    assert_eq!(
        sandbox.names("tiny/step-0004"),
        ["model.safetensors", "personalization.json"]
    );
    sandbox.succeeds(&format!("{GENERATE} --adapter tiny/step-0004 --out out"));
    assert_eq!(
        sandbox.json("out/generation.json")["scale"],
        serde_json::Value::Null
    );
    let scaled = format!("{GENERATE} --adapter tiny/step-0004 --scale 2 --out scaled");
    sandbox.refuses(&scaled, &["step-0004", "--scale"]);
    let about = sandbox.succeeds("zoo info tiny/step-0004").stdout;
    assert!(
        about.contains("pixelated 0.7") && about.contains("full"),
        "{about}"
    );
}

#[test]
fn snapshots_of_another_personalization_stay_and_missing_ones_are_made() {
    let sandbox = personalized();
    sandbox.write("other.toml", LORA.replace("1e-3", "2e-3"));
    let words = [
        "step-0002",
        "learning_rate was 0.001, is now 0.002",
        "another personalization",
    ];
    sandbox.refuses("personalize other.toml", &words);
    // Nor are they mixed with others by asking for other steps.
    sandbox.write(
        "other.toml",
        LORA.replace("1e-3", "2e-3").replace("[2, 4]", "[3]"),
    );
    sandbox.refuses("personalize other.toml", &words);
    let whole = contents(&sandbox, "tiny");
    std::fs::remove_dir_all(sandbox.path("tiny/step-0002")).unwrap();
    sandbox.succeeds("personalize lora.toml");
    assert_eq!(contents(&sandbox, "tiny"), whole);
}

#[test]
fn an_adapter_of_another_base_is_refused() {
    let sandbox = personalized();
    let config = sandbox.path("tiny/step-0004/adapter_config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    let record = sandbox.json("tiny/step-0004/adapter_config.json");
    let base = record["revision"].as_str().unwrap().replace("sha256:", "");
    let other = text.replace(&base, &"0".repeat(64));
    std::fs::write(&config, other).unwrap();
    let with_adapter = format!("{GENERATE} --adapter tiny/step-0004 --out out");
    sandbox.refuses(&with_adapter, &["step-0004", "0000", "base"]);
    std::fs::write(&config, text.replace("\"r\": 2", "\"r\": 3")).unwrap();
    sandbox.refuses(&with_adapter, &["step-0004", "[3, 256]"]);
}

#[test]
fn a_personalization_that_makes_no_sense_is_refused() {
    let sandbox = sandbox();
    let refuses = |from: &str, to: &str, words: &[&str]| {
        sandbox.write("lora.toml", LORA.replace(from, to));
        sandbox.refuses("personalize lora.toml", words);
    };
    refuses("[2, 4]", "[4, 2]", &["tiny", "rise"]);
    refuses("rank = 2", "rank = 0", &["rank"]);
    refuses("\"to_v\"", "\"to_w\"", &["to_w"]);
    refuses("pixelated", "pixelized", &["pixelized", "aspects.toml"]);
    refuses(
        "pixelated = 0.7",
        "pixelated = 7.0",
        &["pixelated", "[0, 1]"],
    );
    refuses("images = 8", "images = 900000000", &["tiny", "MiB", "free"]);
    refuses(
        "[[personalize.styles]]",
        "[[personalize.styles]]\nartist = \"noto\"",
        &["fetch_art.py"],
    );
    sandbox.write(
        "pool.toml",
        POOL.replace("\"blocks\", \"mix\"", "\"bricks\""),
    );
    sandbox.refuses("run pool.toml", &["tiny", "bricks"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_leaves_nothing() {
    let sandbox = sandbox();
    let before = sandbox.files();
    // No file may grow beyond 512 bytes: the first image fails as on a full disk.
    let inner = sandbox.command(&format!("{GENERATE} --out out"));
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""])
        .arg(inner.get_program())
        .args(inner.get_args())
        .current_dir(sandbox.path(""));
    let outcome = Outcome::of(command);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("cannot write"), "{outcome:?}");
    assert!(outcome.stderr.contains("00001.png"), "{outcome:?}");
    assert_eq!(sandbox.files(), before);
}

#[cfg(unix)]
#[test]
fn a_pool_survives_kill_without_losing_or_changing_a_model() {
    let sandbox = sandbox();
    sandbox.write("pool.toml", POOL);
    sandbox.succeeds("run pool.toml");
    let whole = contents(&sandbox, "pool");
    std::fs::rename(sandbox.path("pool"), sandbox.path("whole")).unwrap();

    let mut child = sandbox.command("run pool.toml").spawn().unwrap();
    let snapshot = sandbox.path("pool/models/lora-blocks-seed1/step-0004/personalization.json");
    let begin = Instant::now();
    while !snapshot.exists() {
        assert!(child.try_wait().unwrap().is_none(), "ended early");
        assert!(
            begin.elapsed() < Duration::from_secs(100),
            "no snapshot came"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = std::fs::metadata(sandbox.path("pool/models/lora-blocks-seed1/step-0002"));
    let kept = kept.unwrap().modified().unwrap();
    sandbox.succeeds("run pool.toml");
    let again = std::fs::metadata(sandbox.path("pool/models/lora-blocks-seed1/step-0002"));
    assert_eq!(
        again.unwrap().modified().unwrap(),
        kept,
        "a finished model was made again"
    );
    assert_eq!(contents(&sandbox, "pool"), whole);

    // Nothing that only a training needs is left.
    let left = sandbox.files().into_iter().map(|(name, _)| name);
    assert!(
        !left
            .into_iter()
            .any(|name| name.to_string_lossy().contains("/."))
    );

    let list = sandbox.json("pool/pool.json");
    assert_eq!(list["models"].as_array().unwrap().len(), 9);
    let images = list["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["images"]);
    for folder in images.chain([&list["base_images"]]) {
        let folder = folder.as_str().unwrap();
        let made = sandbox.json(&format!("pool/{folder}/generation.json"));
        assert_eq!(
            (&made["settings"]["steps"], &made["settings"]["guidance"]),
            (&6.into(), &2.0.into())
        );
    }
    sandbox.write(
        "evaluate.toml",
        "[evaluate-pool]\noutput = \"figures\"\npool = \"pool\"\n\
         [[evaluate-pool.scorers]]\nencoder = \"judge\"\nmethod = \"ridge\"\n",
    );
    let outcome = sandbox.succeeds("run evaluate.toml");
    assert!(
        outcome.stdout.contains("judge ridge, lora by steps"),
        "{}",
        outcome.stdout
    );
    assert_eq!(
        sandbox.names("figures"),
        [
            "models.csv",
            "provenance.json",
            "resolved.toml",
            "summary.csv"
        ]
    );
    models_are_selected(&sandbox);
}

/// From the pool that is there, with methods of every kind.
fn models_are_selected(sandbox: &Sandbox) {
    let experiment = |methods: &str, columns: &str| {
        format!(
            "[select-models]\noutput = \"selected\"\npools = [\"pool\"]\nencoder = \"mini-clip\"\n\
             judge = \"judge\"\nlargest = 8\nmethods = [{methods}]\ncolumns = [{columns}]\n"
        )
    };
    let columns = "{ single = { levels = 3 } }";
    sandbox.write("select.toml", experiment("\"naive\"", columns));
    sandbox.refuses("run select.toml", &["proposer", "naive"]);
    sandbox.write("select.toml", experiment("\"guess\"", columns));
    sandbox.refuses("run select.toml", &["guess", "visdiff"]);
    let methods = "\"default\", \"paper\", \"splice\", \"divergence\"";
    sandbox.write(
        "select.toml",
        experiment(methods, "{ mixed = { aspects = 7 } }"),
    );
    sandbox.refuses("run select.toml", &["columns", "7 aspects"]);
    sandbox.write("select.toml", experiment(methods, columns));
    let outcome = sandbox.succeeds("run select.toml");
    for part in [
        "single aspect, 3 levels",
        "splice, our directions",
        "oracle",
    ] {
        assert!(outcome.stdout.contains(part), "{}", outcome.stdout);
    }
    let records = || std::fs::read(sandbox.path("selected/records.jsonl")).unwrap();
    let whole = records();
    std::fs::remove_file(sandbox.path("selected/records.jsonl")).unwrap();
    sandbox.succeeds("run select.toml");
    assert_eq!(records(), whole, "a second run gave other records");

    // The pool by its recipe, and methods with something changed.
    let varied = "[[select-models.variants]]\nname = \"few\"\nmethod = \"default\"\npairs = 1\n\
                  concepts = 20\nprobes = \"default\"\n\
                  [[select-models.variants]]\nname = \"strict\"\nmethod = \"paper\"\ne-ortho = 0.03\n";
    let recipe = experiment("\"default\"", columns).replace("[\"pool\"]", "[\"pool.toml\"]");
    sandbox.write("select.toml", format!("{recipe}{varied}"));
    let outcome = sandbox.succeeds("run select.toml --overwrite");
    for part in ["few", "strict", "matched of 15"] {
        assert!(outcome.stdout.contains(part), "{}", outcome.stdout);
    }
    let wrong = varied.replace("\"paper\"", "\"default\"");
    sandbox.write("select.toml", format!("{recipe}{wrong}"));
    sandbox.refuses(
        "run select.toml --overwrite",
        &["variants", "strict", "e-ortho"],
    );
}
