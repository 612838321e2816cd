//! Manifests: what they may say, and mistakes that are reported with their line.

use crate::fixtures::write_images;
use finexl_data::DataError;
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{PairOptions, PairSet};
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
    PairSet::from_manifest(manifest, &PairOptions::plain(BadFiles::Refuse))
}

/// The message for a manifest, checked to name file and line.
fn message(manifest: &str, line: usize) -> String {
    let (_root, path) = folder_with(manifest);
    let text = read(&path).unwrap_err().to_string();
    assert!(text.contains(&format!("pairs.csv, line {line}:")), "{text}");
    text
}

#[test]
fn prompts_alone_are_read_with_a_word_on_other_columns() {
    let (_root, path) = folder_with("prompt,seed,negative\na cat,7,dogs\n");
    let list = finexl_data::manifest::read_prompts(&path).unwrap();
    assert_eq!(list.prompts, ["a cat"]);
    assert!(
        list.notes[0].contains("columns seed, negative"),
        "{:?}",
        list.notes
    );
    std::fs::write(&path, "prompt\na cat\n").unwrap();
    let list = finexl_data::manifest::read_prompts(&path).unwrap();
    assert!(list.notes.is_empty());
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
    let set = PairSet::open(
        &sides[0],
        &sides[1],
        Some(&path),
        &PairOptions::plain(BadFiles::Refuse),
    )
    .unwrap();
    assert_eq!(set.pairs[0].base, sides[0].join("2.png"));
    assert_eq!(set.pairs[0].personalized, sides[1].join("1.png"));
}

#[test]
fn a_manifest_of_files_speaks_for_both_folders() {
    let (root, path) = folder_with("file,prompt,seed\n2.webp,snail,1\n1.png,apple,2\n");
    let sides = [root.path().join("base"), root.path().join("other")];
    let set = PairSet::open(
        &sides[0],
        &sides[1],
        Some(&path),
        &PairOptions::plain(BadFiles::Refuse),
    )
    .unwrap();
    assert_eq!(set.pairs[0].base, sides[0].join("2.png"));
    assert_eq!(set.pairs[1].prompt.as_deref(), Some("apple"));
    assert!(read(&path).unwrap_err().to_string().contains("--base"));
    std::fs::write(&path, "file\n3.png\n").unwrap();
    let error = PairSet::open(
        &sides[0],
        &sides[1],
        Some(&path),
        &PairOptions::plain(BadFiles::Refuse),
    )
    .unwrap_err();
    assert!(error.to_string().contains("line 2: neither"));
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
fn links_are_followed() {
    let (root, path) = folder_with("base,personalized\nbase/1.png,other/link.png\n");
    let outside = tempfile::tempdir().unwrap();
    write_images(outside.path(), &["x.png"]);
    let link = root.path().join("other/link.png");
    std::os::unix::fs::symlink(outside.path().join("x.png"), &link).unwrap();
    assert_eq!(read(&path).unwrap().pairs.len(), 1);
    std::fs::remove_file(outside.path().join("x.png")).unwrap();
    let text = read(&path).unwrap_err().to_string();
    assert!(text.contains("line 2: there is no file"), "{text}");
}

#[test]
fn bad_rows_can_be_left_out() {
    let (_root, path) = folder_with(
        "base,personalized\nbase/1.png,other/1.png\nbase/2.png,other/8.png\n../a.png,other/2.png\n",
    );
    let set = PairSet::from_manifest(&path, &PairOptions::plain(BadFiles::Skip)).unwrap();
    assert_eq!(set.pairs.len(), 1);
    let [note] = set.notes.as_slice() else {
        panic!("{:?}", set.notes);
    };
    assert!(
        note.contains("2 rows") && note.contains("other/8.png"),
        "{note}"
    );
    std::fs::write(&path, "base,personalized\nbase/1.png,other/8.png\n").unwrap();
    let error = PairSet::from_manifest(&path, &PairOptions::plain(BadFiles::Skip)).unwrap_err();
    assert!(error.to_string().contains("none of 1"));
}

/// The pairs of a manifest beside images of other names, in two folders that are given.
fn in_folders(names: [&[&str]; 2], file: &str, content: &str) -> Result<PairSet, DataError> {
    let root = tempfile::tempdir().unwrap();
    let sides = ["base", "other"].map(|side| root.path().join(side));
    for (side, names) in sides.iter().zip(names) {
        std::fs::create_dir_all(side).unwrap();
        write_images(side, names);
    }
    let path = root.path().join(file);
    std::fs::write(&path, content).unwrap();
    let options = PairOptions::plain(BadFiles::Refuse);
    PairSet::open(&sides[0], &sides[1], Some(&path), &options)
}

#[test]
fn a_table_is_told_by_its_content() {
    let names: [&[&str]; 2] = [&["1.png", "2.png"]; 2];
    let tables = [
        ("t.csv", "file;prompt\n1.png;snail, large\n2.png;apple\n"),
        (
            "t.csv",
            "sep=;\r\nFile Name;Text\r\n1.png;snail, large\r\n2.png;apple\r\n",
        ),
        (
            "t.tsv",
            "image\tcaption\n1.png\tsnail, large\n2.png\tapple\n",
        ),
        (
            "t.txt",
            "file,prompt\n1.png,\"snail, large\"\n2.png,apple\n",
        ),
        (
            "metadata.jsonl",
            "{\"file_name\": \"1.png\", \"text\": \"snail, large\"}\n{\"file_name\": \"2.png\", \"text\": \"apple\"}\n",
        ),
        (
            "t.txt",
            "{\"file_name\": \"1.png\", \"text\": \"snail, large\"}\n{\"file_name\": \"2.png\", \"text\": \"apple\"}\n",
        ),
        (
            "t.json",
            "[{\"file_name\": \"base/1.png\", \"prompt\": \"snail, large\"},\n {\"file_name\": \"./2\", \"prompt\": \"apple\"}]",
        ),
        ("t.csv", "prompt;seed\nsnail, large;1\napple;2\n"),
        ("t.txt", "snail, large\napple\n"),
    ];
    for (file, content) in tables {
        let set = in_folders(names, file, content).unwrap();
        let prompts: Vec<&str> = set
            .pairs
            .iter()
            .map(|p| p.prompt.as_deref().unwrap())
            .collect();
        assert_eq!(prompts, ["snail, large", "apple"], "{content}");
        // Columns beside prompts, where no images are named, are not read, and said so.
        let unread = usize::from(content.starts_with("prompt;seed"));
        assert_eq!(set.notes.len(), unread, "{content}: {:?}", set.notes);
    }
    let text =
        |file: &str, content: &str| in_folders(names, file, content).unwrap_err().to_string();
    assert!(text("t.xlsx", "x").contains("save the table as CSV"));
    assert!(text("t.csv", "name;words\n1;2\n").contains("separated by \";\""));
    assert!(
        text("t.jsonl", "{\"file\": \"1.png\"}\n{\"file\": 3.}\n")
            .contains("line 2: this is no JSON")
    );
    assert!(text("t.csv", "file,prompt\r\n1.png,a\r\n9.png,b\r\n").contains("line 3: neither"));
    assert!(text("t.csv", "file,prompt\n1.png,a\n1,b\n").contains("line 2 already"));
    assert!(text("t.csv", "file,prompt\n../1.png,a\n").contains("leads out"));
}

#[test]
fn a_cell_means_the_file_that_is_named() {
    let dots: [&[&str]; 2] = [&["run0.png", "run0.5.png"], &["run0.png", "run0.5.png"]];
    let with = |names, cell: &str| {
        in_folders(
            names,
            "t.csv",
            &format!("base,personalized\n{cell},{cell}\n"),
        )
    };
    for cell in ["run0.5", "base/run0.5.png", "RUN0.5.PNG"] {
        let other = cell.replace("base", "other");
        let content = format!("base,personalized\n{cell},{other}\n");
        let set = in_folders(dots, "t.csv", &content).unwrap();
        assert!(set.pairs[0].base.ends_with("base/run0.5.png"), "{cell}");
        assert!(
            set.pairs[0].personalized.ends_with("other/run0.5.png"),
            "{cell}"
        );
        assert_eq!(set.pairs[0].name, "run0.5");
    }
    assert!(
        with(dots, "run0.7")
            .unwrap_err()
            .to_string()
            .contains("line 2: there is no file")
    );
    let two: [&[&str]; 2] = [&["a.png", "a.jpg"]; 2];
    for content in ["base,personalized\na,a\n", "file\na\n"] {
        let text = in_folders(two, "t.csv", content).unwrap_err().to_string();
        assert!(text.contains("line 2: a could be"), "{text}");
        assert!(
            text.contains("base/a.png") && text.contains("base/a.jpg"),
            "{text}"
        );
    }
    assert_eq!(
        with(two, "a.jpg").unwrap().pairs[0]
            .base
            .file_name()
            .unwrap(),
        "a.jpg"
    );
    let deep: [&[&str]; 2] = [&["sub/a.png"]; 2];
    assert_eq!(with(deep, "sub\\a.png").unwrap().pairs[0].name, "sub/a");
    let text = with(deep, "C:\\sub\\a.png").unwrap_err().to_string();
    assert!(text.contains("leads out"), "{text}");
}

#[test]
fn rows_that_do_not_name_all_images_say_so() {
    let many: [&[&str]; 2] = [&["1.png", "2.png", "3.png", "4.png", "5.png"]; 2];
    for content in [
        "file,prompt\n2.png,a\n4.png,b\n",
        "base,personalized,prompt\n2,2,a\n4,4,b\n",
    ] {
        let set = in_folders(many, "t.csv", content).unwrap();
        assert_eq!(set.pairs.len(), 2);
        assert_eq!(set.notes.len(), 2, "{:?}", set.notes);
        for note in &set.notes {
            assert!(
                note.contains("lists 2 of 5 images") && note.contains("3 were left out (1, 3, 5)"),
                "{note}"
            );
        }
    }
}

#[test]
fn an_image_of_the_base_may_have_several_partners() {
    let names: [&[&str]; 2] = [&["1.png", "2.png"], &["1a.png", "1b.png", "2a.png"]];
    let content = "base,personalized,prompt\n1,1a,x\n1,1b,x\n2,2a,y\n";
    let set = in_folders(names, "t.csv", content).unwrap();
    let pairs: Vec<&str> = set.pairs.iter().map(|pair| pair.name.as_str()).collect();
    assert_eq!(pairs, ["1 with 1a", "1 with 1b", "2"]);
    assert!(
        set.notes[0].contains("3 pairs share 2 images"),
        "{:?}",
        set.notes
    );
    let twice = "base,personalized\n1,1a\n2,1a\n";
    let text = in_folders(names, "t.csv", twice).unwrap_err().to_string();
    assert!(
        text.contains("line 3") && text.contains("line 2 already"),
        "{text}"
    );
}
