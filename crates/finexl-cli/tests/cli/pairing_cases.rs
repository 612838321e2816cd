//! Which images make a pair, through the binary: what people have in their folders, and what is said of it.

#![allow(clippy::panic, clippy::unwrap_used)]

use crate::pictures::{made_with, same_scene};
use crate::sandbox::{EXPLAIN, Outcome, Sandbox, darker, picture};
use serde_json::Value;

/// Pairs of most tests.
const PAIRS: usize = 8;

/// Explains and gives the record.
#[track_caller]
fn record(sandbox: &Sandbox, arguments: &str) -> Value {
    sandbox.succeeds(&format!("{arguments} --json out.json"));
    sandbox.json("out.json")
}

/// The notes of a record that hold some words.
#[track_caller]
fn noted(record: &Value, words: &str) -> String {
    let notes = record["notes"].as_array().unwrap();
    let mut found = notes
        .iter()
        .filter(|note| note.as_str().unwrap().contains(words));
    let note = found
        .next()
        .unwrap_or_else(|| panic!("{words:?} is missing in {notes:?}"));
    assert!(
        found.next().is_none(),
        "{words:?} stands twice in {notes:?}"
    );
    note.as_str().unwrap().to_string()
}

/// The score of a concept.
fn score(record: &Value, concept: &str) -> f64 {
    let aspects = record["aspects"].as_array().unwrap();
    let aspect = aspects
        .iter()
        .find(|aspect| aspect["concept"] == concept)
        .unwrap();
    aspect["score"].as_f64().unwrap()
}

/// Whether two records found the same change, whatever their pairs are called.
#[track_caller]
fn same_change(a: &Value, b: &Value) {
    for concept in ["dark", "warm", "pixelated"] {
        let (a, b) = (score(a, concept), score(b, concept));
        assert!((a - b).abs() < 1e-6, "{concept}: {a} against {b}");
    }
}

/// Folders `base` and `personalized` of files with the given names and texts inside.
fn generated(
    names: [&dyn Fn(usize) -> String; 2],
    prompts: [&dyn Fn(usize) -> String; 2],
    tool: &str,
) -> Sandbox {
    let sandbox = Sandbox::new();
    for index in 0..PAIRS {
        let image = same_scene(index);
        let seed = 100 + index as u64;
        let base = made_with(&image, tool, &prompts[0](index), seed);
        let personalized = made_with(&darker(&image), tool, &prompts[1](index), seed);
        sandbox.write(&format!("base/{}", names[0](index)), base);
        sandbox.write(&format!("personalized/{}", names[1](index)), personalized);
    }
    sandbox
}

/// Pairs whose names say what belongs together.
fn plain() -> Sandbox {
    let sandbox = Sandbox::new();
    for index in 0..PAIRS {
        let image = same_scene(index);
        sandbox.save(&format!("base/{index:05}.png"), &image);
        sandbox.save(&format!("personalized/{index:05}.png"), &darker(&image));
    }
    sandbox
}

fn prompt(index: usize) -> String {
    [
        "red apple on a teal background",
        "snail on a white background",
        "small dog on a black background",
    ][index % 3]
        .to_string()
}

#[test]
fn a_counter_that_moved_is_paired_by_prompt_and_seed() {
    let right = record(&plain(), EXPLAIN);
    for tool in ["comfyui", "a1111"] {
        let sandbox = generated(
            [&|i| format!("ComfyUI_{:05}_.png", i + 1), &|i| {
                format!("ComfyUI_{:05}_.png", i + 3)
            }],
            [&prompt, &prompt],
            tool,
        );
        for (name, seed) in [("ComfyUI_00001_.png", 1), ("ComfyUI_00002_.png", 2)] {
            let test = made_with(&darker(&picture(5, 48)), tool, "test", seed);
            sandbox.write(&format!("personalized/{name}"), test);
        }
        let found = record(&sandbox, EXPLAIN);
        assert_eq!(found["pairs"], PAIRS);
        noted(
            &found,
            "8 pairs were found by prompt and seed, as their files say",
        );
        noted(&found, "2 of 10 images in personalized have no partner");
        noted(&found, "the prompts were read from the images' files");
        let plain = record(&sandbox, &format!("{EXPLAIN} --pair prompt-seed"));
        assert_eq!(plain["pairs"], PAIRS);
        // The same images, so the same change as by names; only the probes are others.
        assert!((score(&found, "dark") - score(&right, "dark")).abs() < 0.1);
        let forced = record(&sandbox, &format!("{EXPLAIN} --pair name"));
        noted(
            &forced,
            "in 8 of 8 pairs the files say that they were made otherwise",
        );
    }
}

#[test]
fn seeds_in_names_and_prompts_with_loras_are_understood() {
    let sandbox = generated(
        [&|i| format!("{:05}-{}.png", i + 12, 100 + i), &|i| {
            format!("{:05}-{}.png", i + 62, 100 + i)
        }],
        [&|i| format!("{} <lora:none:0.8>", prompt(i)), &|i| {
            format!("({}:1.2) <lora:cosy:0.8>", prompt(i))
        }],
        "a1111",
    );
    let found = record(&sandbox, EXPLAIN);
    assert_eq!(found["pairs"], PAIRS);
    noted(
        &found,
        "found by prompt and seed, as their files say, since no name is in both folders",
    );
    assert!(
        !found["notes"].to_string().contains("lora"),
        "{}",
        found["notes"]
    );
    // The same without a word in the files.
    for index in 0..PAIRS {
        let image = same_scene(index);
        sandbox.save(
            &format!("base/{:05}-{}.png", index + 12, 100 + index),
            &image,
        );
        sandbox.save(
            &format!("personalized/{:05}-{}.png", index + 62, 100 + index),
            &darker(&image),
        );
    }
    let bare = record(&sandbox, EXPLAIN);
    assert_eq!(bare["pairs"], PAIRS);
    noted(&bare, "the seed in their names (like 00012-123)");
    same_change(&bare, &record(&plain(), EXPLAIN));
}

#[test]
fn contradictions_are_refused_unless_forced() {
    let sandbox = generated(
        [&|i| format!("{i}.png"), &|i| format!("{i}.png")],
        [&prompt, &|i| format!("sks style, {}", prompt(i))],
        "a1111",
    );
    sandbox.refuses(
        EXPLAIN,
        &[
            "base/0.png and personalized/0.png",
            "other prompts",
            "--pair name",
        ],
    );
    let forced = record(&sandbox, &format!("{EXPLAIN} --pair name"));
    noted(&forced, "in 8 of 8 pairs the files say");
    sandbox.refuses(
        &format!("{EXPLAIN} --pair luck"),
        &["name, prompt-seed, order"],
    );
}

#[test]
fn shuffled_sides_are_noticed_and_right_ones_pass() {
    let right = record(&plain(), EXPLAIN);
    assert!(
        !right["notes"].to_string().contains("another pair"),
        "{}",
        right["notes"]
    );
    let sandbox = plain();
    for index in 0..PAIRS {
        let image = darker(&same_scene((index * 3 + 2) % PAIRS));
        sandbox.save(&format!("personalized/{index:05}.png"), &image);
    }
    let found = record(&sandbox, EXPLAIN);
    let note = noted(&found, "pictures look more like another pair's");
    assert!(note.contains("--pair"), "{note}");
    // Whatever the rule.
    noted(
        &record(&sandbox, &format!("{EXPLAIN} --pair order")),
        "look more like another pair's",
    );
}

#[test]
fn order_pairs_what_has_no_names_in_common() {
    let sandbox = Sandbox::new();
    for index in 0..PAIRS {
        let image = same_scene(index);
        sandbox.save(&format!("base/{}.png", index + 7), &image);
        sandbox.save(
            &format!("personalized/out ({}).png", index + 3),
            &darker(&image),
        );
    }
    sandbox.refuses(EXPLAIN, &["no image name in common", "--pair order"]);
    let found = record(&sandbox, &format!("{EXPLAIN} --pair order"));
    noted(&found, "8 pairs were made by the order of the names");
    same_change(&found, &record(&plain(), EXPLAIN));
    sandbox.save("base/99.png", &picture(1, 48));
    sandbox.refuses(
        &format!("{EXPLAIN} --pair order"),
        &["base holds 9 images", "personalized 8"],
    );
}

#[test]
fn whole_names_are_shown_and_dots_are_part_of_them() {
    let sandbox = plain();
    for (from, to) in [("base", "sd1.4"), ("personalized", "cosy-v1.5")] {
        std::fs::rename(sandbox.path(from), sandbox.path(to)).unwrap();
    }
    let arguments = "explain --base sd1.4 --personalized cosy-v1.5 --vocabulary words.txt";
    let table = sandbox
        .succeeds(&format!("{arguments} --card card.md --html page.html"))
        .stdout;
    let card = std::fs::read_to_string(sandbox.path("card.md")).unwrap();
    let page = std::fs::read_to_string(sandbox.path("page.html")).unwrap();
    for text in [&table, &card, &page] {
        assert!(
            text.contains("sd1.4") && text.contains("cosy-v1.5"),
            "{text}"
        );
    }
    let found = record(&sandbox, arguments);
    assert_eq!(
        (&found["base"], &found["personalized"]),
        (&"sd1.4".into(), &"cosy-v1.5".into())
    );
}

#[test]
fn cells_with_dots_name_the_file_that_is_meant() {
    let sandbox = Sandbox::new();
    let mut rows = "prompt,base,personalized\n".to_string();
    for index in 0..PAIRS {
        let image = same_scene(index);
        sandbox.save(&format!("all/base/run0.{index}.png"), &image);
        sandbox.save(
            &format!("all/personalized/run0.{index}.png"),
            &darker(&image),
        );
        rows.push_str(&format!(
            "{},base/run0.{index},personalized/run0.{index}\n",
            prompt(index)
        ));
    }
    sandbox.save("all/personalized/run0.png", &picture(9, 48));
    sandbox.write("all/pairs.csv", &rows);
    let ways = [
        "explain --base all/base --personalized all/personalized --prompts all/pairs.csv --vocabulary words.txt",
        "explain --base all --personalized all --prompts all/pairs.csv --vocabulary words.txt",
    ];
    for arguments in ways {
        let found = record(&sandbox, arguments);
        assert_eq!(found["pairs"], PAIRS);
        assert!((score(&found, "dark") - score(&record(&plain(), EXPLAIN), "dark")).abs() < 0.1);
        noted(&found, "1 was left out");
    }
    sandbox.save("all/base/run0.3.jpg", &picture(9, 48));
    sandbox.refuses(
        ways[0],
        &[
            "pairs.csv, line 5",
            "run0.3.jpg",
            "run0.3.png",
            "write the extension",
        ],
    );
}

#[test]
fn what_a_folder_holds_and_was_not_used_is_named_once() {
    let sandbox = plain();
    for side in ["base", "personalized"] {
        for index in [6, 7] {
            let png = format!("{side}/{index:05}.png");
            let image = image::open(sandbox.path(&png)).unwrap();
            std::fs::remove_file(sandbox.path(&png)).unwrap();
            let mut jpeg = std::io::Cursor::new(Vec::new());
            image.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
            sandbox.write(&format!("{side}/{index:05}.jfif"), jpeg.into_inner());
        }
        for index in 20..23 {
            sandbox.write(&format!("{side}/{index}.avif"), b"\0\0\0\x1cftypavif");
        }
        sandbox.save(&format!("{side}/grid-0000.png"), &picture(3, 96));
        sandbox.save(&format!("{side}/test 1.png"), &picture(4, 48));
        sandbox.write(&format!("{side}/notes.md"), "mine");
    }
    let found = record(&sandbox, &format!("{EXPLAIN} --exclude test*"));
    assert_eq!(found["pairs"], PAIRS);
    for side in ["base", "personalized"] {
        noted(
            &found,
            &format!(
                "in {side}, 3 pictures were left out, since AVIF is not read; convert to PNG (20.avif, 21.avif, 22.avif)"
            ),
        );
        noted(&found, &format!("in {side}, 1 grid was left out"));
        noted(
            &found,
            &format!("in {side}, 1 image was left out by --exclude (test 1.png)"),
        );
        noted(
            &found,
            &format!("in {side}, 1 other file was not used (notes.md)"),
        );
    }
    let embed = sandbox.succeeds("embed --images base --out e.safetensors --exclude test*");
    for words in ["20.avif", "grid-0000.png", "test 1.png", "notes.md"] {
        assert_eq!(embed.stderr.matches(words).count(), 1, "{words}: {embed:?}");
    }
    sandbox.refuses(
        &format!("{EXPLAIN} --exclude a["),
        &["--exclude a[", "no pattern"],
    );
}

#[test]
fn names_are_one_in_all_their_unicode_forms() {
    let sandbox = Sandbox::new();
    for index in 0..PAIRS {
        let image = same_scene(index);
        sandbox.save(&format!("base/M\u{fc}ller caf\u{e9} {index}.png"), &image);
        sandbox.save(
            &format!("personalized/Mu\u{308}ller cafe\u{301} {index}.png"),
            &darker(&image),
        );
    }
    same_change(&record(&sandbox, EXPLAIN), &record(&plain(), EXPLAIN));
}

#[cfg(unix)]
#[test]
fn linked_folders_are_followed() {
    use std::os::unix::fs::symlink;
    let sandbox = plain();
    for side in ["base", "personalized"] {
        for index in 0..3 {
            let name = format!("{index:05}.png");
            let content = std::fs::read(sandbox.path(side).join(&name)).unwrap();
            std::fs::remove_file(sandbox.path(side).join(&name)).unwrap();
            sandbox.write(&format!("far-{side}/{name}"), content);
        }
        symlink(
            sandbox.path(&format!("far-{side}")),
            sandbox.path(side).join("more"),
        )
        .unwrap();
    }
    assert_eq!(record(&sandbox, EXPLAIN)["pairs"], PAIRS);
    symlink(sandbox.path("base"), sandbox.path("far-base/around")).unwrap();
    sandbox.refuses(EXPLAIN, &["base/more/around is a link that leads back"]);
}

#[test]
fn pairs_of_other_shapes_are_cut_or_continued_with_one_note() {
    let sandbox = plain();
    for index in 0..PAIRS {
        let name = format!("personalized/{index:05}.png");
        let image = image::open(sandbox.path(&name)).unwrap().to_rgb8();
        let wide = image::imageops::resize(&image, 96, 48, image::imageops::FilterType::Nearest);
        sandbox.save(&name, &wide);
    }
    sandbox.refuses(EXPLAIN, &["differ in shape", "--fit crop or --fit pad"]);
    for (fit, words) in [
        ("crop", "was cut about its centre"),
        ("pad", "was continued by its edges"),
    ] {
        let arguments = format!("{EXPLAIN} --fit {fit}");
        let note = noted(&record(&sandbox, &arguments), "differ in shape");
        assert!(
            note.starts_with("in 8 of 8 pairs") && note.contains(words),
            "{note}"
        );
        // From the cache the same words, and no other.
        assert_eq!(
            noted(&record(&sandbox, &arguments), "differ in shape"),
            note
        );
    }
}

#[test]
fn notes_are_not_kept_with_features() {
    let sandbox = plain();
    sandbox.write("personalized/00003.png", b"\x89PNG\r\n\x1a\n cut");
    let skipping = format!("{EXPLAIN} --skip-bad");
    let note = noted(&record(&sandbox, &skipping), "left out: ");
    assert!(note.contains("personalized/00003.png"), "{note}");
    // The same images under other names: nothing is encoded, and the words are right.
    std::fs::rename(sandbox.path("personalized"), sandbox.path("other")).unwrap();
    let arguments = skipping.replace("--personalized personalized", "--personalized other");
    let note = noted(&record(&sandbox, &arguments), "left out: ");
    assert!(
        note.contains("other/00003.png") && !note.contains("personalized"),
        "{note}"
    );
}

#[test]
fn several_personalized_images_of_one_base_image_are_pairs_of_their_own() {
    let sandbox = Sandbox::new();
    let mut rows = "base,personalized,prompt\n".to_string();
    for index in 0..4 {
        let image = same_scene(index);
        sandbox.save(&format!("base/{index}.png"), &image);
        for variant in ["a", "b"] {
            sandbox.save(
                &format!("personalized/{index}{variant}.png"),
                &darker(&image),
            );
            rows.push_str(&format!("{index},{index}{variant},{}\n", prompt(index)));
        }
    }
    sandbox.write("pairs.csv", &rows);
    let arguments = format!("{EXPLAIN} --prompts pairs.csv");
    let found = record(&sandbox, &arguments);
    assert_eq!(found["pairs"], 8);
    assert_eq!(found["pair_names"][1], "0 with 0b");
    noted(&found, "8 pairs share 4 images of the base");
    std::fs::copy(sandbox.path("out.json"), sandbox.path("copy.json")).unwrap();
    let same = sandbox
        .succeeds("similar out.json copy.json --json -")
        .stdout;
    let ranking: Value = serde_json::from_str(&same).unwrap();
    assert_eq!(ranking[0]["pairs"], 4, "{same}");
}

#[test]
fn rows_of_features_are_paired_by_their_names() {
    let sandbox = plain();
    sandbox.write("base/00001.png", b"\x89PNG\r\n\x1a\n cut");
    sandbox.write("personalized/00006.png", b"\x89PNG\r\n\x1a\n cut");
    sandbox.write("words-as-texts.txt", "dark\nwarm\n");
    let embed = |images: &str, to: &str| -> Outcome {
        sandbox.succeeds(&format!("embed --images {images} --out {to} --skip-bad"))
    };
    embed("base", "a.safetensors");
    embed("personalized", "b.safetensors");
    sandbox.succeeds("embed --texts words-as-texts.txt --out c.safetensors");
    let features = "explain --base-features a.safetensors --personalized-features b.safetensors \
                    --concept-features c.safetensors";
    let found = record(&sandbox, features);
    assert_eq!(found["pairs"], PAIRS - 2);
    noted(
        &found,
        "1 of 7 rows of a.safetensors have no partner of their name and were left out (00006)",
    );
    noted(
        &found,
        "1 of 7 rows of b.safetensors have no partner of their name and were left out (00001)",
    );
    let folders = record(&sandbox, &format!("{EXPLAIN} --skip-bad"));
    let [a, b] = [&found, &folders].map(|r| r["divergence"].as_f64().unwrap());
    assert!((a - b).abs() < 1e-6, "{a} against {b}");
    let stand = record(&sandbox, &format!("{features} --pair order"));
    noted(&stand, "as they stand, as --pair order asks");
}
