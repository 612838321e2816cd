//! Everyday inputs that used to give a wrong answer without a word.

#![allow(clippy::panic, clippy::unwrap_used)]

use crate::pictures::with_text;
use crate::sandbox::{EXPLAIN, Sandbox, darker, picture};
use image::{DynamicImage, Rgb, RgbImage};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use serde_json::json;

/// Explains, and gives the notes of the record as one text.
#[track_caller]
fn notes(sandbox: &Sandbox, arguments: &str) -> String {
    sandbox.succeeds(&format!("{arguments} --json out.json"));
    sandbox.json("out.json")["notes"].to_string()
}

#[track_caller]
fn holds(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in {text}");
    }
}

#[test]
fn pictures_that_are_none_are_named() {
    let sandbox = Sandbox::with_pairs(7);
    // What a safety filter leaves, a cut-out, an image without the personalization, one picture twice, a sheet.
    let black = RgbImage::from_pixel(48, 48, Rgb([0, 0, 0]));
    sandbox.save("personalized/00.png", &black);
    let mut cut_out = DynamicImage::ImageRgb8(darker(&picture(1, 48))).into_rgba8();
    cut_out
        .pixels_mut()
        .take(500)
        .for_each(|pixel| pixel.0[3] = 0);
    cut_out.save(sandbox.path("personalized/01.png")).unwrap();
    sandbox.save("personalized/02.png", &picture(2, 48));
    sandbox.save("personalized/03.png", &darker(&picture(4, 48)));
    for side in ["base", "personalized"] {
        sandbox.save(&format!("{side}/overview.png"), &picture(9, 144));
    }
    let said = notes(&sandbox, EXPLAIN);
    holds(
        &said,
        &[
            "personalized/00.png is of one colour, as a safety filter",
            "personalized/01.png has transparent pixels: it was laid on white",
            "in 2 of 8 pairs both pictures are the same, pixel by pixel (02, overview)",
            "2 of 8 pictures of the personalized model look exactly like another one of theirs (03, 04)",
            "1 of 8 pictures of the base is far larger than the others (144 x 144 against 48 x 48: overview)",
        ],
    );
    // From the cache the same is said.
    assert_eq!(notes(&sandbox, EXPLAIN), said);
    // What is in order is not talked about.
    let said = notes(&Sandbox::with_pairs(7), EXPLAIN);
    for word in [
        "colour",
        "transparent",
        "pixel by pixel",
        "exactly",
        "far larger",
    ] {
        assert!(!said.contains(word), "{said}");
    }
}

#[test]
fn a_manifest_of_both_images_needs_no_folders() {
    let sandbox = Sandbox::with_pairs(4);
    let rows: String = (0..4)
        .map(|i| format!("base\\0{i}.png,personalized/0{i}.png,snail on a white background\n"))
        .collect();
    sandbox.write(
        "pairs.csv",
        format!("Base Image,Personalised,prompt\n{rows}"),
    );
    let alone = "explain --prompts pairs.csv --vocabulary words.txt";
    sandbox.succeeds(&format!("{alone} --json alone.json"));
    sandbox.succeeds(&format!("{EXPLAIN} --prompts pairs.csv --json both.json"));
    let [alone, both] = ["alone.json", "both.json"].map(|name| sandbox.json(name));
    // Pairs have other names there: those of the table, and those inside the folders.
    let scores = |record: &serde_json::Value| {
        let aspects = record["aspects"].as_array().unwrap().clone();
        let score =
            |aspect: serde_json::Value| (aspect["concept"].clone(), aspect["score"].clone());
        aspects.into_iter().map(score).collect::<Vec<_>>()
    };
    assert_eq!(scores(&alone), scores(&both));
    assert_eq!(alone["personalized"], "personalized");
    sandbox.write("list.txt", "a\nb\n");
    sandbox.refuses("explain --prompts list.txt", &["--base", "--personalized"]);
    sandbox.refuses(
        "explain --base base --prompts pairs.csv",
        &["--personalized"],
    );
}

#[test]
fn tables_whose_images_would_be_passed_over() {
    let sandbox = Sandbox::with_pairs(4);
    let prompts = ["red apple", "snail", "small dog", "church"];
    let rows = |separator: &str| -> String {
        let rows = prompts.iter().enumerate().rev();
        rows.map(|(i, prompt)| format!("0{i}.png{separator}{prompt}\n"))
            .collect()
    };
    // Other names of the column, and JSON that names every image.
    let by_name = json!({"00.png": "red apple", "01.png": "snail", "02.png": "small dog", "03.png": "church"});
    for (name, text) in [
        ("path.csv", format!("image_path,prompt\n{}", rows(","))),
        ("quotes.csv", format!("path, caption\n{}", rows(", "))),
        ("names.json", by_name.to_string()),
        ("list.json", json!(prompts).to_string()),
    ] {
        sandbox.write(name, text);
        let said = notes(&sandbox, &format!("{EXPLAIN} --prompts {name}"));
        assert!(!said.contains("default prompts"), "{name}: {said}");
    }
    sandbox.write("other.csv", format!("datei,prompt\n{}", rows(",")));
    let other = format!("{EXPLAIN} --prompts other.csv");
    sandbox.refuses(&other, &["other.csv", "line 1", "datei", "call it file"]);
    sandbox.write("named.txt", rows(": "));
    let named = format!("{EXPLAIN} --prompts named.txt");
    sandbox.refuses(
        &named,
        &["named.txt", "line 1", "names of images", "file,prompt"],
    );
    sandbox.write(
        "many.jsonl",
        "{\"file_name\": \"00.png\", \"text\": [\"a\", \"b\"]}\n",
    );
    let many = format!("{EXPLAIN} --prompts many.jsonl");
    sandbox.refuses(&many, &["many.jsonl", "line 1", "text is no text"]);
    // Seeds are no names of images, and are not read.
    sandbox.write(
        "seeds.csv",
        "seed,prompt\n1,red apple\n2,snail\n3,small dog\n4,church\n",
    );
    let said = notes(&sandbox, &format!("{EXPLAIN} --prompts seeds.csv"));
    holds(
        &said,
        &[
            "seeds.csv names no images",
            "in the order of the pairs",
            "(seed)",
        ],
    );
    sandbox.write(
        "some.csv",
        "file,prompt\n00.png,snail\n01.png,\n02.png,\n03.png,snail\n",
    );
    let said = notes(&sandbox, &format!("{EXPLAIN} --prompts some.csv"));
    holds(&said, &["2 of 4 pairs have no prompt"]);
}

#[test]
fn sides_that_were_made_otherwise() {
    let sandbox = Sandbox::new();
    let parameters = |prompt: &str, steps: u32, seed: usize| {
        format!(
            "{prompt}\nSteps: {steps}, Sampler: Euler a, CFG scale: 7, Seed: {seed}, Size: 48x48"
        )
    };
    for index in 0..4 {
        let image = picture(index, 48);
        sandbox.save(&format!("base/{index}.png"), &image);
        sandbox.save(&format!("personalized/{index}.png"), &darker(&image));
        let tagged = parameters("snail <lora:cosy:0.8>", 20, index);
        sandbox.write(&format!("base/{index}.txt"), tagged);
        sandbox.write(
            &format!("personalized/{index}.txt"),
            parameters("snail", 8, index),
        );
    }
    let said = notes(&sandbox, EXPLAIN);
    holds(
        &said,
        &[
            "in 4 of 4 pairs the files say other settings (steps 20 against 8)",
            "the base's image was made with a LoRA (cosy)",
            "exchange --base and --personalized",
        ],
    );
    let turned = "explain --base personalized --personalized base --vocabulary words.txt";
    assert!(!notes(&sandbox, turned).contains("LoRA"));
    // A LoRA of weight 0 is none, and some programs name LoRAs and what else they did beside the settings alone.
    for index in 0..4 {
        sandbox.write(
            &format!("base/{index}.txt"),
            parameters("snail", 20, index) + ", Clip skip: 2, Lora hashes: \"cosy: 12ab34\"",
        );
        sandbox.write(
            &format!("personalized/{index}.txt"),
            parameters("snail <lora:cosy:0>", 20, index),
        );
    }
    holds(
        &notes(&sandbox, EXPLAIN),
        &["was made with a LoRA (cosy)", "clip skip 2 against none"],
    );
}

#[test]
fn files_that_would_be_lost() {
    let sandbox = Sandbox::with_pairs(2);
    sandbox.refuses(
        &format!("{EXPLAIN} --json out --html ./out"),
        &["--json and --html", "different names"],
    );
    sandbox.refuses(
        &format!("{EXPLAIN} --json words.txt"),
        &["--json would write over", "words.txt"],
    );
    sandbox.succeeds("data render scenes --scenes 2 --size 16");
    sandbox.refuses(
        "data render scenes --scenes 1 --size 16",
        &["scenes is not empty", "--force"],
    );
    sandbox.succeeds("data render scenes --scenes 1 --size 16 --force");
}

/// Rows of features, 8 numbers each, with metadata.
fn features(rows: usize, scale: f32, metadata: &[(&str, &str)]) -> Vec<u8> {
    let number = |at: usize| ((at * 37 + 11) % 101) as f32 / 101.0 * scale;
    let bytes: Vec<u8> = (0..rows * 8)
        .flat_map(|at| number(at).to_le_bytes())
        .collect();
    let view = TensorView::new(Dtype::F32, vec![rows, 8], &bytes).unwrap();
    let metadata = metadata
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_string()));
    serialize([("features", view)], Some(metadata.collect())).unwrap()
}

#[test]
fn features_that_were_made_otherwise() {
    let sandbox = Sandbox::new();
    let explain = "explain --base-features a.safetensors --personalized-features b.safetensors \
                   --concept-features c.safetensors";
    let names = ("names", "[\"warm\",\"dark\"]");
    sandbox.write("c.safetensors", features(2, 0.5, &[names]));
    sandbox.write("a.safetensors", features(9, 0.1, &[("encoder", "clip-b")]));
    sandbox.write("b.safetensors", features(9, 1.0, &[("encoder", "clip-l")]));
    sandbox.refuses(
        explain,
        &["b.safetensors", "clip-l", "clip-b", "one encoder"],
    );
    sandbox.write("b.safetensors", features(9, 1.0, &[]));
    let said = notes(&sandbox, explain);
    holds(&said, &["long on average", "only one side was normalised"]);
    sandbox.write("b.safetensors", features(9, 0.0, &[]));
    sandbox.refuses(explain, &["b.safetensors", "row 0", "nothing but zeros"]);
}

#[test]
fn records_of_another_version_of_the_program() {
    let sandbox = Sandbox::with_pairs(6);
    std::fs::create_dir(sandbox.path("records")).unwrap();
    sandbox.succeeds(&format!("{EXPLAIN} --json target.json"));
    let mut record = sandbox.json("target.json");
    sandbox.write("records/same.json", record.to_string());
    let similar = "similar target.json records";
    assert_eq!(sandbox.succeeds(similar).stderr, "");
    record["provenance"]["code"]["analysis"] = json!(1);
    sandbox.write("records/older.json", record.to_string());
    let said = sandbox.succeeds(similar).stderr;
    holds(
        &said,
        &[
            "another version of the program",
            "records/older.json: analysis",
            "anew",
        ],
    );
}

#[test]
fn why_files_do_not_say_what_belongs_together() {
    let sandbox = Sandbox::new();
    let workflow =
        r#"{"nodes": [{"id": 3, "type": "KSampler", "widgets_values": [7, "fixed", 20]}]}"#;
    for index in 0..2 {
        let image = picture(index, 48);
        for (side, image) in [("base", image.clone()), ("personalized", darker(&image))] {
            // Counters that were moved say nothing.
            let number = index + side.len();
            let file = format!("{side}/{side}_{number}.png");
            sandbox.write(&file, with_text(&image, "workflow", workflow));
        }
    }
    sandbox.refuses(
        EXPLAIN,
        &[
            "no image name in common",
            "in base_4.png",
            "the workflow without the prompt",
        ],
    );
    // Images whose names have no extension are files all the same.
    let sandbox = Sandbox::new();
    sandbox.write("base/0001", with_text(&picture(0, 48), "a", "b"));
    sandbox.save("personalized/0001.png", &picture(0, 48));
    sandbox.refuses(EXPLAIN, &["base holds no images", "1 other file", "0001"]);
}

#[test]
fn options_that_can_have_no_effect() {
    let sandbox = Sandbox::with_pairs(2);
    for (arguments, words) in [
        (
            "explain --adapter a --fit crop --skip-bad",
            ["--fit and --skip-bad have no effect", "made in pairs"],
        ),
        (
            "explain --base base --personalized personalized --private",
            ["--private has no effect", "compared as it is"],
        ),
        (
            "explain --base-features a --personalized-features b --concept-features c --prompts words.txt",
            ["--prompts has no effect", "leave it out"],
        ),
        (
            "embed --texts words.txt --out x.safetensors --exclude a",
            ["--exclude has no effect", "texts"],
        ),
        (
            "data stylize base out --aspect warm=0.5 --aspect warm=0.7",
            ["--aspect names warm twice", "one level"],
        ),
    ] {
        sandbox.refuses(arguments, &words);
    }
}
