//! `finexl calibrate`: fitted once, used by itself, gone on with, refused where nothing can be fitted.

#![allow(clippy::unwrap_used)]

use crate::clip_models::with_model;
use crate::sandbox::{DATA, Sandbox, picture};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Pictures that are enough.
const PICTURES: usize = 64;
const TINY: &str = "calibrate --encoder model --images pictures --styles 1 --vocabulary eight.txt";

/// A tiny random CLIP with pictures and words for eight aspects.
fn with_pictures(count: usize) -> Sandbox {
    let sandbox = with_model("clip");
    for index in 0..count {
        sandbox.save(&format!("pictures/{index:02}.png"), &picture(index, 48));
    }
    sandbox.write(
        "eight.txt",
        "warm\ncool\nvivid\ndark\nbright\ngrainy\npixelated\nblurry\ngothic\n",
    );
    sandbox
}

#[test]
fn an_encoder_that_is_a_stranger_gets_levels() {
    let sandbox = Sandbox::new();
    sandbox.succeeds(&format!("data render scenes --scenes {PICTURES} --size 64"));
    let calibrate = "calibrate --encoder judge --images scenes --styles 1 --output c.json";
    let first = sandbox.succeeds(calibrate);
    for words in ["one aspect comes first", "29", "raw weights"] {
        assert!(first.stdout.contains(words), "{}", first.stdout);
    }
    assert!(
        first.stderr.contains("uses it from now on"),
        "{}",
        first.stderr
    );
    // Fitted once.
    let kept = sandbox.files();
    let again = sandbox.succeeds(calibrate);
    assert_eq!((again.stdout, sandbox.files()), (first.stdout, kept));

    sandbox.succeeds("data stylize scenes pixels --aspect pixelated=0.7");
    let explain = "explain --encoder judge --base scenes --personalized pixels --json";
    let record = |more: &str| {
        sandbox.succeeds(&format!("{explain} out.json {more}"));
        sandbox.json("out.json")
    };
    let calibrated = record("");
    assert_eq!(calibrated["calibrated"], true);
    assert_eq!(calibrated["aspects"][0]["concept"], "pixelated");
    assert_eq!(calibrated["aspects"][0]["significant"], true);
    let source = &calibrated["provenance"]["calibration"]["name"];
    assert_eq!(source, "finexl calibrate, 64 pictures");
    assert!(
        calibrated["notes"]
            .to_string()
            .contains("Levels come from finexl calibrate")
    );
    // The same from a file.
    let from_file = record("--calibration c.json");
    let scores = |record: &serde_json::Value| -> Vec<String> {
        let aspects = record["aspects"].as_array().unwrap().iter();
        aspects
            .map(|a| format!("{} {} {}", a["concept"], a["score"], a["low"]))
            .collect()
    };
    assert_eq!(scores(&from_file), scores(&calibrated));
    what_does_not_fit_is_not_used(&sandbox, &record, source);
}

fn what_does_not_fit_is_not_used(
    sandbox: &Sandbox,
    record: &dyn Fn(&str) -> serde_json::Value,
    source: &serde_json::Value,
) {
    let none = record("--calibration none");
    assert_eq!(
        (&none["calibrated"], &none["provenance"]["calibration"]),
        (&false.into(), &().into())
    );
    // Of another vocabulary the space alone, of other views nothing.
    let own = record("--vocabulary words.txt");
    assert_eq!(own["calibrated"], false);
    assert_eq!(own["provenance"]["calibration"]["name"], *source);
    assert!(own["notes"].to_string().contains("another vocabulary"));
    let tiles = record("--views tiles");
    assert_eq!(tiles["calibrated"], false);
    assert!(
        tiles["notes"]
            .to_string()
            .contains("fitted with --views whole")
    );
    assert_eq!(sandbox.names(DATA), ["calibrations"]);
}

/// Starts fitting, and ends it by a signal once something has been encoded.
#[cfg(unix)]
fn ended_by(sandbox: &Sandbox, signal: &str) {
    let mut command = sandbox.command(TINY);
    let mut child = command.spawn().unwrap();
    let begin = Instant::now();
    while sandbox.names("cache/stylized").len() < 5 {
        assert!(child.try_wait().unwrap().is_none(), "ended early");
        assert!(begin.elapsed() < Duration::from_secs(100), "nothing began");
        std::thread::sleep(Duration::from_millis(1));
    }
    let id = child.id().to_string();
    let mut kill = std::process::Command::new("kill");
    assert!(kill.args([signal, &id]).status().unwrap().success());
    assert!(!child.wait().unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_run_that_was_ended_goes_on() {
    let whole = with_pictures(PICTURES);
    let expected = whole.succeeds(TINY).stdout;
    for signal in ["-KILL", "-INT"] {
        let sandbox = with_pictures(PICTURES);
        ended_by(&sandbox, signal);
        let kept = |sandbox: &Sandbox| -> BTreeSet<String> {
            sandbox.names("cache/stylized").into_iter().collect()
        };
        let before = kept(&sandbox);
        assert_eq!(sandbox.succeeds(TINY).stdout, expected);
        assert!(before.is_subset(&kept(&sandbox)));
        assert_eq!(kept(&sandbox), kept(&whole));
    }
}

#[test]
fn pictures_that_cannot_teach_are_refused_or_named() {
    let sandbox = with_pictures(PICTURES - 1);
    let few = ["at least 64 different pictures", "there are 63 in pictures"];
    sandbox.refuses(TINY, &few);
    // Once more the same, one of one colour, a small one: none of them counts.
    let copy = std::fs::read(sandbox.path("pictures/00.png")).unwrap();
    sandbox.write("pictures/copy.png", copy);
    sandbox.save("pictures/plain.png", &image::RgbImage::new(64, 64));
    sandbox.save("pictures/small.png", &picture(99, 20));
    let outcome = sandbox.refuses(TINY, &few);
    for words in [
        "1 that stand there again",
        "1 of one colour",
        "1 below 48 pixels",
    ] {
        assert!(
            joined(&outcome.stderr).contains(words),
            "{}",
            outcome.stderr
        );
    }
    sandbox.write("pictures/broken.png", b"\x89PNG\r\n\x1a\nhalf");
    sandbox.refuses(TINY, &["broken.png"]);
    let skipping = format!("{TINY} --skip-bad");
    let outcome = sandbox.refuses(&skipping, &few);
    assert!(joined(&outcome.stderr).contains("1 that cannot be read"));
    sandbox.save("pictures/last.png", &picture(77, 48));
    let outcome = sandbox.succeeds(&skipping);
    assert!(
        outcome.stderr.contains("pictures left out"),
        "{}",
        outcome.stderr
    );
    sandbox.refuses("calibrate --encoder model --images nowhere", &["nowhere"]);
}

#[test]
fn what_no_calibration_can_be_fitted_with_is_refused() {
    let sandbox = with_pictures(PICTURES);
    let with = |more: &str| format!("calibrate --encoder model --images pictures {more}");
    sandbox.refuses(
        &with("--vocabulary words.txt"),
        &["for 6 of the 29 aspects", "8 are needed", "vignette"],
    );
    sandbox.refuses(
        "calibrate --encoder mini-clip --images pictures --method learned",
        &["from its head", "--method"],
    );
    sandbox.refuses(&with("--output nowhere/c.json"), &["nowhere"]);
    let mut command = sandbox.command(TINY);
    command
        .env_remove("FINEXL_DATA")
        .env_remove("XDG_DATA_HOME")
        .env_remove("HOME");
    let outcome = crate::sandbox::Outcome::of(command);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(
        joined(&outcome.stderr).contains("FINEXL_DATA"),
        "{outcome:?}"
    );
    // Half an encoder: pictures, and no words.
    let vision = "\"model_type\": \"clip_vision_model\"";
    crate::clip_models::replace(
        &sandbox,
        "model/config.json",
        "\"model_type\": \"clip\"",
        vision,
    );
    sandbox.refuses(TINY, &["config.json", "image tower of a CLIP alone"]);
}

/// A message without the breaks of its lines.
fn joined(text: &str) -> String {
    let words: Vec<&str> = text
        .split(['│', '\n', ' '])
        .filter(|w| !w.is_empty())
        .collect();
    words.join(" ")
}
