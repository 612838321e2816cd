//! A folder of images in a style.

use crate::fixtures::write_images;
use finexl_data::aspects::Implementation;
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{PairOptions, PairSet};
use finexl_data::stylize_folder::{Style, Stylized, parse_aspect_level, stylize_folder};
use finexl_data::{DataError, decode::decode_file};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

fn style(aspects: &[&str]) -> Style {
    Style {
        aspects: aspects
            .iter()
            .map(|a| parse_aspect_level(a).unwrap())
            .collect(),
        implementation: Implementation::Training,
        seed: 5,
    }
}

fn run(
    input: &Path,
    output: &Path,
    aspects: &[&str],
    overwrite: bool,
) -> Result<Stylized, DataError> {
    let refuse = BadFiles::Refuse;
    stylize_folder(
        input,
        output,
        &style(aspects),
        overwrite,
        refuse,
        &|_, _| {},
    )
}

#[test]
fn names_stay_and_the_style_depends_on_seed_and_name_only() {
    let root = tempfile::tempdir().unwrap();
    let (input, output) = (root.path().join("in"), root.path().join("deep/out"));
    write_images(&input, &["a.png", "sub/b.webp"]);
    let calls = AtomicUsize::new(0);
    let aspects = style(&["grainy=0.7", "warm=0.4"]);
    let count = |_, total| {
        assert_eq!(total, 2);
        calls.fetch_add(1, Ordering::Relaxed);
    };
    let done = stylize_folder(&input, &output, &aspects, false, BadFiles::Refuse, &count).unwrap();
    assert_eq!((done.images, calls.into_inner()), (2, 2));
    let set =
        PairSet::from_folders(&input, &output, &PairOptions::plain(BadFiles::Refuse)).unwrap();
    assert_eq!(set.pairs.len(), 2);
    let manifest = std::fs::read_to_string(output.join("manifest.csv")).unwrap();
    let expected = "file,source,aspects,seed\na.png,a.png,grainy=0.7; warm=0.4,5\n\
                    sub/b.png,sub/b.webp,grainy=0.7; warm=0.4,5\n";
    assert_eq!(manifest, expected);

    let again = root.path().join("again");
    run(&input, &again, &["grainy=0.7", "warm=0.4"], false).unwrap();
    for name in ["a.png", "sub/b.png"] {
        let first = decode_file(output.join(name)).unwrap();
        assert_eq!(
            first.fingerprint,
            decode_file(again.join(name)).unwrap().fingerprint
        );
    }
    let original = decode_file(input.join("a.png")).unwrap().image;
    assert_ne!(decode_file(again.join("a.png")).unwrap().image, original);
}

#[test]
fn level_zero_copies() {
    let root = tempfile::tempdir().unwrap();
    let (input, output) = (root.path().join("in"), root.path().join("out"));
    write_images(&input, &["a.png"]);
    run(&input, &output, &["pixelated=0"], false).unwrap();
    let pair = [&input, &output].map(|folder| decode_file(folder.join("a.png")).unwrap().image);
    assert_eq!(pair[0], pair[1]);
}

#[test]
fn output_that_would_be_mixed_up_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let (input, output) = (root.path().join("in"), root.path().join("out"));
    write_images(&input, &["a.png"]);
    for inside in [
        input.clone(),
        input.join("new/out"),
        root.path().join("out/../in"),
    ] {
        let text = run(&input, &inside, &["warm=1"], true)
            .unwrap_err()
            .to_string();
        assert!(text.contains("choose an output folder elsewhere"), "{text}");
    }
    assert!(!input.join("new").exists());
    write_images(&output, &["other.png"]);
    let text = run(&input, &output, &["warm=1"], false)
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("out is not empty") && text.contains("--force"),
        "{text}"
    );
    run(&input, &output, &["warm=1"], true).unwrap();
    assert!(output.join("other.png").is_file() && output.join("a.png").is_file());
}

#[test]
fn a_bad_image_stops_the_work_or_becomes_a_note() {
    let root = tempfile::tempdir().unwrap();
    let (input, output) = (root.path().join("in"), root.path().join("out"));
    write_images(&input, &["a.png", "b.png"]);
    std::fs::write(input.join("b.png"), "text").unwrap();
    let text = run(&input, &output, &["warm=1"], false)
        .unwrap_err()
        .to_string();
    assert!(text.contains("b.png"), "{text}");
    assert!(!output.join("manifest.csv").exists());
    let style = style(&["warm=1"]);
    let skip = BadFiles::Skip;
    let done = stylize_folder(&input, &output, &style, true, skip, &|_, _| {}).unwrap();
    assert_eq!((done.images, done.notes.len()), (1, 1));
}

#[test]
fn aspects_are_read_with_their_level() {
    let (aspect, level) = parse_aspect_level("high-contrast=0.25").unwrap();
    assert_eq!((aspect.name, level), ("high contrast", 0.25));
    let message = |given| parse_aspect_level(given).err().unwrap().to_string();
    assert!(message("shiny=1").contains("pixelated"));
    for wrong in ["warm", "warm=", "warm=2", "warm=-1", "warm=NaN", "=1"] {
        assert!(message(wrong).contains("pixelated=0.6"), "{wrong}");
    }
}
