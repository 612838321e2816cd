//! `finexl data render` and `finexl data stylize`.

#![allow(clippy::unwrap_used)]

use crate::sandbox::{Sandbox, picture};

/// Rows of a manifest without its header, as text.
fn rows(sandbox: &Sandbox, manifest: &str) -> Vec<String> {
    let text = std::fs::read_to_string(sandbox.path(manifest)).unwrap();
    text.lines().skip(1).map(str::to_string).collect()
}

#[test]
fn scenes_are_rendered_with_their_prompts() {
    let sandbox = Sandbox::new();
    sandbox.succeeds("data render scenes --scenes 4 --size 32 --seed 5");
    assert_eq!(rows(&sandbox, "scenes/manifest.csv").len(), 4);
    let names = sandbox.names("scenes");
    assert_eq!(names.len(), 5);
    let first = image::open(sandbox.path("scenes").join(&names[0])).unwrap();
    assert_eq!((first.width(), first.height()), (32, 32));

    sandbox.succeeds("data render again --scenes 4 --size 32 --seed 5");
    assert_eq!(sandbox.names("again"), names);
    let bytes = |folder: &str| std::fs::read(sandbox.path(folder).join(&names[0])).unwrap();
    assert!(bytes("scenes") == bytes("again"));

    // The folder with its manifest goes straight into an explanation.
    sandbox.succeeds("data stylize scenes styled --aspect dark=0.8");
    sandbox.succeeds(
        "explain --base scenes --personalized styled --prompts scenes/manifest.csv \
         --vocabulary words.txt --json out.json",
    );
    let record = sandbox.json("out.json");
    assert_eq!(record["pairs"], 4);
    assert!(!record["notes"].to_string().contains("default prompts"));
}

#[test]
fn art_that_does_not_exist_is_refused() {
    let sandbox = Sandbox::new();
    let render = "data render out --scenes 1";
    sandbox.refuses(
        &format!("{render} --artist rembrandt"),
        &["rembrandt", "twemoji"],
    );
    let missing = format!("{render} --artist noto --art nowhere");
    sandbox.refuses(&missing, &["noto", "nowhere", "fetch_art.py"]);
    sandbox.refuses(&format!("{render} --size 100000"), &["100000", "4096"]);
}

#[test]
fn styled_images_keep_their_names() {
    let sandbox = Sandbox::with_pairs(2);
    sandbox.save("base/deep/below.jpg", &picture(7, 48));
    sandbox.succeeds("data stylize base out --aspect pixelated=0.6 --aspect warm=0.4");
    assert_eq!(
        sandbox.names("out"),
        ["00.png", "01.png", "deep", "manifest.csv"]
    );
    assert_eq!(sandbox.names("out/deep"), ["below.png"]);
    let listed = rows(&sandbox, "out/manifest.csv");
    assert_eq!(listed[0], "00.png,00.png,pixelated=0.6; warm=0.4,0");
    assert!(listed[2].starts_with("deep/below.png,deep/below.jpg"));
    let arguments = "explain --base base --personalized out --vocabulary words.txt --json out.json";
    sandbox.succeeds(arguments);
    assert_eq!(sandbox.json("out.json")["pairs"], 3);
}

#[test]
fn level_zero_copies_and_seeds_differ() {
    let sandbox = Sandbox::with_pairs(1);
    let pixels = |name: &str| image::open(sandbox.path(name)).unwrap().into_rgb8();
    sandbox.succeeds("data stylize base zero --aspect grainy=0");
    assert!(pixels("zero/00.png") == pixels("base/00.png"));
    sandbox.succeeds("data stylize base one --aspect grainy=0.7 --seed 1");
    sandbox.succeeds("data stylize base same --aspect grainy=0.7 --seed 1");
    sandbox.succeeds("data stylize base two --aspect grainy=0.7 --seed 2");
    sandbox
        .succeeds("data stylize base held --aspect grainy=0.7 --seed 1 --implementation held-out");
    assert!(pixels("one/00.png") == pixels("same/00.png"));
    assert!(pixels("one/00.png") != pixels("two/00.png"));
    assert!(pixels("one/00.png") != pixels("held/00.png"));
}

#[test]
fn a_folder_that_holds_something_needs_force() {
    let sandbox = Sandbox::with_pairs(1);
    sandbox.write("out/mine.txt", "precious");
    let arguments = "data stylize base out --aspect warm=0.5";
    sandbox.refuses(arguments, &["out is not empty", "--force"]);
    sandbox.succeeds(&format!("{arguments} --force"));
    assert_eq!(sandbox.names("out"), ["00.png", "manifest.csv", "mine.txt"]);
    sandbox.succeeds(&format!("{arguments} --force"));
    sandbox.refuses(
        "data stylize base base/out --aspect warm=1",
        &["input folder base"],
    );
    sandbox.refuses(
        "data stylize base base --aspect warm=1 --force",
        &["input folder base"],
    );
}

#[test]
fn aspects_are_checked_by_name_and_level() {
    let sandbox = Sandbox::with_pairs(1);
    sandbox.refuses(
        "data stylize base out --aspect shiny=1",
        &["shiny", "pixelated"],
    );
    sandbox.refuses(
        "data stylize base out --aspect warm=1.5",
        &["1.5", "from 0 to 1"],
    );
    sandbox.refuses("data stylize base out --aspect warm", &["pixelated=0.6"]);
    sandbox.refuses("data stylize base out", &["--aspect"]);
}
