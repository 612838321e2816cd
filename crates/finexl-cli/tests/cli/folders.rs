//! Folders, file names, pairs and manifests that cannot be used.

#![allow(clippy::unwrap_used)]

use crate::sandbox::{EXPLAIN, Sandbox, darker, picture};

#[test]
fn a_missing_folder_is_named() {
    let sandbox = Sandbox::with_pairs(1);
    let outcome = sandbox.refuses(
        "explain --base nowhere --personalized personalized",
        &["nowhere", "give the folder that holds the images"],
    );
    insta::assert_snapshot!(outcome.stderr, @"error: nowhere is not a folder; give the folder that holds the images");
    sandbox.refuses("data stylize nowhere out --aspect warm=1", &["nowhere"]);
    sandbox.refuses("embed --images nowhere --out e.safetensors", &["nowhere"]);
}

#[test]
fn an_empty_folder_is_named() {
    let sandbox = Sandbox::with_pairs(1);
    sandbox.write("empty/notes.txt", "no image");
    let words = ["empty holds no images", "give another folder"];
    sandbox.refuses("explain --base base --personalized empty", &words);
    sandbox.refuses("data stylize empty out --aspect warm=1", &words);
    sandbox.refuses("embed --images empty --out e.safetensors", &words);
}

#[test]
fn folders_without_a_common_name_are_named_with_examples() {
    let sandbox = Sandbox::with_pairs(1);
    sandbox.save("other/dog.png", &picture(0, 48));
    let outcome = sandbox.refuses("explain --base base --personalized other", &["--prompts"]);
    insta::assert_snapshot!(outcome.stderr, @"error: base and other have no image name in common: 00 against dog, and their files do not say what belongs together; give both images of a pair the same name (extensions may differ), pair them by the order of their names with --pair order, or give --prompts a manifest with the columns prompt,base,personalized");
}

#[test]
fn images_without_a_partner_are_noted() {
    let sandbox = Sandbox::with_pairs(3);
    sandbox.save("base/alone.png", &picture(9, 48));
    sandbox.succeeds(&format!("{EXPLAIN} --json out.json"));
    let record = sandbox.json("out.json");
    assert_eq!(record["pairs"], 3);
    assert!(record["notes"].to_string().contains("alone"));
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_utf8_is_refused_or_skipped() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::with_pairs(2);
    let name = std::ffi::OsStr::from_bytes(b"base/caf\xe9.png");
    let path = sandbox.path("").join(name);
    picture(5, 48).save(path).unwrap();
    sandbox.refuses(EXPLAIN, &["caf\u{fffd}.png", "not UTF-8", "rename it"]);
    sandbox.refuses("data stylize base out --aspect warm=1", &["not UTF-8"]);
    sandbox.succeeds(&format!("{EXPLAIN} --skip-bad --json out.json"));
    let record = sandbox.json("out.json");
    assert_eq!(record["pairs"], 2);
    assert!(record["notes"].to_string().contains("not UTF-8"));
}

#[test]
fn pairs_may_differ_in_size_but_not_in_shape() {
    let sandbox = Sandbox::with_pairs(2);
    sandbox.save("personalized/01.png", &darker(&picture(1, 96)));
    sandbox.succeeds(&format!("{EXPLAIN} --json out.json"));
    let notes = sandbox.json("out.json")["notes"].to_string();
    assert!(notes.contains("48 x 48 against 96 x 96"), "{notes}");

    let wide = image::imageops::crop_imm(&picture(1, 96), 0, 0, 96, 40).to_image();
    sandbox.save("personalized/01.png", &wide);
    sandbox.refuses(
        EXPLAIN,
        &[
            "base/01.png",
            "personalized/01.png",
            "differ in shape",
            "--skip-bad",
        ],
    );
    sandbox.succeeds(&format!("{EXPLAIN} --skip-bad --json out.json"));
    assert_eq!(sandbox.json("out.json")["pairs"], 1);
}

#[test]
fn a_manifest_with_a_missing_file_shows_its_line() {
    let sandbox = Sandbox::with_pairs(2);
    let with = |rows: &str| {
        sandbox.write("pairs.csv", format!("prompt,base,personalized\n{rows}"));
        format!("{EXPLAIN} --prompts pairs.csv")
    };
    let missing = with("red apple,00.png,00.png\nsnail,gone.png,01.png\n");
    sandbox.refuses(&missing, &["pairs.csv, line 3", "base/gone.png"]);
    sandbox.succeeds(&format!("{missing} --skip-bad --json out.json"));
    let record = sandbox.json("out.json");
    assert_eq!(record["pairs"], 1);
    assert!(record["notes"].to_string().contains("gone.png"));

    let twice = with("red apple,00.png,00.png\nsnail,01.png,00.png\n");
    sandbox.refuses(&twice, &["pairs.csv, line 3", "line 2 already"]);
    let ragged = with("red apple,00.png\n");
    sandbox.refuses(&ragged, &["pairs.csv, line 2", "double quotes"]);
    let none = with("");
    sandbox.refuses(&none, &["pairs.csv", "no rows"]);
    sandbox.write("pairs.csv", "one,two\n1,2\n");
    sandbox.refuses(&missing, &["pairs.csv, line 1", "prompt,base,personalized"]);
}

#[test]
fn a_manifest_cannot_lead_out_of_its_folder() {
    let sandbox = Sandbox::with_pairs(2);
    sandbox.save("secret.png", &picture(3, 48));
    let absolute = sandbox.path("secret.png");
    let paths = ["../secret.png".to_string(), absolute.display().to_string()];
    for path in paths {
        sandbox.write(
            "pairs.csv",
            format!("prompt,base,personalized\nsnail,{path},00.png\n"),
        );
        let arguments = format!("{EXPLAIN} --prompts pairs.csv");
        let words = [
            "pairs.csv, line 2",
            "leads out of its folder",
            "put the image into",
        ];
        sandbox.refuses(&arguments, &words);
    }
    // A full path that leads into the folder is as good as a name, and links are followed.
    let mut paths = vec![sandbox.path("base/00.png").display().to_string()];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&absolute, sandbox.path("base/link.png")).unwrap();
        paths.push("link.png".to_string());
    }
    for path in paths {
        sandbox.write(
            "pairs.csv",
            format!("prompt,base,personalized\nsnail,{path},00.png\n"),
        );
        sandbox.succeeds(&format!("{EXPLAIN} --prompts pairs.csv"));
    }
}

#[test]
fn prompts_have_to_fit_the_pairs() {
    let sandbox = Sandbox::with_pairs(3);
    sandbox.write("prompts.txt", "red apple\nsnail\n");
    let arguments = format!("{EXPLAIN} --prompts prompts.txt");
    sandbox.refuses(&arguments, &["prompts.txt has 2 prompts for 3 pairs"]);
    sandbox.write("prompts.txt", "\n");
    sandbox.refuses(&arguments, &["prompts.txt", "no prompts"]);
    sandbox.refuses(
        &format!("{EXPLAIN} --prompts gone.txt"),
        &["cannot read gone.txt"],
    );
}
