//! Manifests: what they may say, and mistakes that are reported with their line.

use crate::fixtures::write_images;
use finexl_data::DataError;
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::PairSet;
use std::path::{Path, PathBuf};

/// A folder with images `base/1.png`, `base/2.png`, `other/1.png`, `other/2.png`, and a manifest.
fn folder_with(manifest: &str) -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let names = ["base/1.png", "base/2.png", "other/1.png", "other/2.png"];
    write_images(root.path(), &names);
    let path = root.path().join("pairs.csv");
    std::fs::write(&path, manifest).unwrap();
    (root, path)
}

fn read(manifest: &Path) -> Result<PairSet, DataError> {
    PairSet::from_manifest(manifest, None, None, BadFiles::Refuse)
}

/// The message for a manifest, checked to name file and line.
fn message(manifest: &str, line: usize) -> String {
    let (_root, path) = folder_with(manifest);
    let text = read(&path).unwrap_err().to_string();
    assert!(text.contains(&format!("pairs.csv, line {line}:")), "{text}");
    text
}

#[test]
fn columns_are_found_by_name_and_further_ones_passed_over() {
    let (_root, path) = folder_with(
        "\u{feff}seed,personalized, base ,prompt\r\n\
         7,other/2.png,base/2.png,\"snail, large\"\r\n8,./other/1.png,base/1.png,\r\n",
    );
    let set = read(&path).unwrap();
    assert_eq!(set.pairs[0].name, "base/2");
    assert_eq!(set.pairs[0].prompt.as_deref(), Some("snail, large"));
    assert_eq!(set.pairs[1].prompt, None);
    assert!(set.pairs[1].personalized.is_file());
}

#[test]
fn given_folders_take_the_place_of_the_manifests_own() {
    let (root, path) = folder_with("prompt,base,personalized\napple,2.png,1.png\n");
    let sides = [root.path().join("base"), root.path().join("other")];
    let set = PairSet::open(&sides[0], &sides[1], Some(&path), BadFiles::Refuse).unwrap();
    assert_eq!(set.pairs[0].base, sides[0].join("2.png"));
    assert_eq!(set.pairs[0].personalized, sides[1].join("1.png"));
}

#[test]
fn a_manifest_of_files_speaks_for_both_folders() {
    let (root, path) = folder_with("file,prompt,seed\n2.webp,snail,1\n1.png,apple,2\n");
    let sides = [root.path().join("base"), root.path().join("other")];
    let set = PairSet::open(&sides[0], &sides[1], Some(&path), BadFiles::Refuse).unwrap();
    assert_eq!(set.pairs[0].base, sides[0].join("2.png"));
    assert_eq!(set.pairs[1].prompt.as_deref(), Some("apple"));
    assert!(read(&path).unwrap_err().to_string().contains("--base"));
    std::fs::write(&path, "file\n3.png\n").unwrap();
    let error = PairSet::open(&sides[0], &sides[1], Some(&path), BadFiles::Refuse).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("line 2: the base folder holds no image named 3")
    );
}

#[test]
fn mistakes_are_reported_with_their_line() {
    let head = "prompt,base,personalized\n";
    assert!(message(&format!("{head}a,base/1.png,other/9.png\n"), 2).contains("other/9.png"));
    assert!(
        message(
            &format!("{head}a,base/1.png,other/1.png\nb,base/2.png\n"),
            3
        )
        .contains("2 cells")
    );
    assert!(message(&format!("{head}a,,other/1.png\n"), 2).contains("empty"));
    assert!(message(&format!("{head}a,base,other/1.png\n"), 2).contains("no file"));
    assert!(message(head, 1).contains("no rows"));
    assert!(message("", 1).contains("prompt,base,personalized"));
    assert!(message("prompt,basis,personalized\na,b,c\n", 1).contains("basis"));
    let twice = "a,base/1.png,other/1.png\n";
    assert!(message(&format!("{head}{twice}{twice}"), 3).contains("line 2 already"));
    let missing = read(Path::new("no-such.csv")).unwrap_err();
    assert!(missing.to_string().contains("no-such.csv"));
}

#[test]
fn no_path_leads_out_of_its_folder() {
    let head = "prompt,base,personalized\n";
    for path in ["../secret.png", "base/../../x.png", "/etc/hostname"] {
        let text = message(&format!("{head}a,{path},other/1.png\n"), 2);
        assert!(text.contains("leads out of its folder"), "{text}");
        let text = message(&format!("{head}a,base/1.png,{path}\n"), 2);
        assert!(text.contains("leads out of its folder"), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_refused() {
    let (root, path) = folder_with("base,personalized\nbase/1.png,other/link.png\n");
    let outside = tempfile::tempdir().unwrap();
    write_images(outside.path(), &["x.png"]);
    let link = root.path().join("other/link.png");
    std::os::unix::fs::symlink(outside.path().join("x.png"), &link).unwrap();
    let text = read(&path).unwrap_err().to_string();
    assert!(text.contains("leads out of its folder"), "{text}");
    // A link inside the folder is as good as a file.
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(root.path().join("other/1.png"), &link).unwrap();
    assert_eq!(read(&path).unwrap().pairs.len(), 1);
}

#[test]
fn bad_rows_can_be_left_out() {
    let (_root, path) = folder_with(
        "base,personalized\nbase/1.png,other/1.png\nbase/2.png,other/8.png\n../a.png,other/2.png\n",
    );
    let set = PairSet::from_manifest(&path, None, None, BadFiles::Skip).unwrap();
    assert_eq!(set.pairs.len(), 1);
    assert_eq!(set.notes.len(), 2);
    std::fs::write(&path, "base,personalized\nbase/1.png,other/8.png\n").unwrap();
    let error = PairSet::from_manifest(&path, None, None, BadFiles::Skip).unwrap_err();
    assert!(error.to_string().contains("none of 1"));
}
