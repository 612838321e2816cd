//! Pairs whose pictures, files or prompts are not what they seem.

#![allow(clippy::unwrap_used)]

use crate::pictures::{same_scene, with_text};
use crate::sandbox::{EXPLAIN, Sandbox, darker};
use image::RgbImage;

/// Explains, and gives the notes of the record as one text.
#[track_caller]
fn notes(sandbox: &Sandbox, arguments: &str) -> String {
    sandbox.succeeds(&format!("{arguments} --json out.json"));
    sandbox.json("out.json")["notes"].to_string()
}

/// Scenes with what they show in a table, and the same scenes pixelated.
fn scenes(count: usize) -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::new();
    sandbox.succeeds(&format!(
        "data render base --scenes {count} --size 96 --quiet"
    ));
    sandbox.succeeds("data stylize base personalized --aspect pixelated=0.7 --quiet");
    let names = sandbox.names("base");
    let names = names.into_iter().filter(|name| name.ends_with(".png"));
    let names = names.collect();
    (sandbox, names)
}

#[test]
fn pictures_that_were_exchanged_inside_their_pairs() {
    let (sandbox, names) = scenes(10);
    assert!(!notes(&sandbox, EXPLAIN).contains("other way round"));
    for name in names.iter().step_by(4) {
        let [base, other] = ["base", "personalized"].map(|side| sandbox.path(side).join(name));
        let [first, second] = [&base, &other].map(|file| std::fs::read(file).unwrap());
        std::fs::write(&base, second).unwrap();
        std::fs::write(&other, first).unwrap();
    }
    let said = notes(&sandbox, EXPLAIN);
    assert!(
        said.contains("in 3 of 10 pairs the change runs the other way round (00000-"),
        "{said}"
    );
}

#[test]
fn prompts_of_other_pictures() {
    let (sandbox, _) = scenes(10);
    let table = std::fs::read_to_string(sandbox.path("base/manifest.csv")).unwrap();
    // The first cell, which stands in quotes where it holds a comma.
    let first = |line: &'_ str| match line.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().map(str::to_string),
        None => line.split(',').next().map(str::to_string),
    };
    let prompts: Vec<String> = table.lines().skip(1).filter_map(first).collect();
    let list = |order: &dyn Fn(usize) -> usize| -> String {
        let lines = (0..prompts.len()).map(|at| &prompts[order(at)]);
        lines.map(|line| format!("{line}\n")).collect()
    };
    let explain = format!("{EXPLAIN} --prompts prompts.txt");
    sandbox.write("prompts.txt", list(&|at| at));
    assert!(!notes(&sandbox, &explain).contains("another pair better"));
    sandbox.write("prompts.txt", list(&|at| (at + 3) % 10));
    let said = notes(&sandbox, &explain);
    assert!(
        said.contains("10 of 10 prompts fit the picture of another pair better"),
        "{said}"
    );
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 90);
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

#[test]
fn a_jpeg_that_is_damaged_in_its_middle() {
    let sandbox = Sandbox::new();
    for index in 0..3 {
        let scene = same_scene(index);
        sandbox.write(&format!("base/{index}.jpg"), jpeg(&scene));
        sandbox.write(&format!("personalized/{index}.jpg"), jpeg(&darker(&scene)));
    }
    assert!(!notes(&sandbox, EXPLAIN).contains("damaged"));
    let whole = jpeg(&darker(&same_scene(1)));
    let middle = whole.len() * 3 / 4;
    // What is missing cannot be made up.
    let mut lost = whole.clone();
    lost.drain(middle..middle + 80);
    sandbox.write("personalized/1.jpg", &lost);
    sandbox.refuses(EXPLAIN, &["personalized/1.jpg", "damaged"]);
    let said = notes(&sandbox, &format!("{EXPLAIN} --skip-bad"));
    assert!(said.contains("1.jpg") && said.contains("damaged"), "{said}");
    // What is too much is a remark.
    let mut longer = whole.clone();
    let end = whole.len() - 2;
    longer.splice(end..end, [0x5a; 20]);
    sandbox.write("personalized/1.jpg", &longer);
    let said = notes(&sandbox, EXPLAIN);
    assert!(
        said.contains("personalized/1.jpg seems to be damaged"),
        "{said}"
    );
}

#[test]
fn what_midjourney_writes_is_read() {
    let sandbox = Sandbox::new();
    for index in 0..4usize {
        let scene = same_scene(index);
        let text = format!(
            "snail on a white background --no text --seed {} --v 6.1 Job ID: 0c3a5a51-77aa",
            index + 100
        );
        for (name, picture) in [
            (format!("base/jd_{index}.png"), scene.clone()),
            (format!("personalized/x_{}.png", 9 - index), darker(&scene)),
        ] {
            sandbox.write(&name, with_text(&picture, "Description", &text));
        }
    }
    let said = notes(&sandbox, EXPLAIN);
    assert!(
        said.contains("4 pairs were found by prompt and seed"),
        "{said}"
    );
    assert!(said.contains("the prompts were read from the images' files"));
}
