//! Pairs of two folders, with everything that can be wrong about them.

use crate::fixtures::{write_image, write_images};
use finexl_data::DataError;
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{
    Fit, LoadingFacts, PairOptions, PairSet, SizesDiffer, load_pair, loading_notes,
};
use std::fs;
use std::path::{Path, PathBuf};

/// Two folders in a temporary one.
struct Folders {
    _root: tempfile::TempDir,
    base: PathBuf,
    personalized: PathBuf,
}

impl Folders {
    fn new(base_names: &[&str], personalized_names: &[&str]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let base = root.path().join("base");
        let personalized = root.path().join("personalized");
        for (folder, names) in [(&base, base_names), (&personalized, personalized_names)] {
            fs::create_dir_all(folder).unwrap();
            write_images(folder, names);
        }
        Self {
            _root: root,
            base,
            personalized,
        }
    }

    fn pairs(&self) -> Result<PairSet, DataError> {
        PairSet::from_folders(&self.base, &self.personalized, &plain(BadFiles::Refuse))
    }

    fn message(&self) -> String {
        self.pairs().unwrap_err().to_string()
    }
}

fn plain(bad_files: BadFiles) -> PairOptions {
    PairOptions::plain(bad_files)
}

fn facts(sizes: &[(usize, SizesDiffer)]) -> LoadingFacts {
    let mut facts = LoadingFacts::default();
    facts.sizes = sizes.to_vec();
    facts
}

fn names(set: &PairSet) -> Vec<&str> {
    set.pairs.iter().map(|pair| pair.name.as_str()).collect()
}

#[test]
fn names_are_matched_without_extension_in_natural_order() {
    let folders = Folders::new(
        &[
            "img10.png",
            "img2.png",
            "deep/img1.png",
            "alone.png",
            "Img3.png",
        ],
        &[
            "img10.webp",
            "img2.PNG",
            "deep/img1.png",
            "img3.png",
            ".hidden.png",
        ],
    );
    fs::write(folders.base.join("notes.txt"), "not an image").unwrap();
    let set = folders.pairs().unwrap();
    assert_eq!(names(&set), ["Img3", "deep/img1", "img2", "img10"]);
    let expected = [
        "1 other file was not used (notes.txt)",
        "1 hidden item was left out (.hidden.png)",
        "in 1 of 4 pairs the names differ in case (Img3.png and img3.png)",
        "1 of 5 images in",
    ];
    assert_eq!(set.notes.len(), expected.len(), "{:?}", set.notes);
    for (note, words) in set.notes.iter().zip(expected) {
        assert!(note.contains(words), "{note}");
    }
    // The content is PNG whatever the extension says.
    let loaded = load_pair(&set.pairs[3], Fit::Refuse).unwrap();
    assert_eq!(loaded.personalized.image.width, 12);
    assert!(loaded.sizes.is_none());
}

#[test]
fn missing_empty_and_foreign_folders_are_named() {
    let folders = Folders::new(&["a.png"], &[]);
    let text = folders.message();
    assert!(text.contains("personalized holds no images"), "{text}");
    let missing = folders.base.join("nowhere");
    let error =
        PairSet::from_folders(&missing, &folders.base, &plain(BadFiles::Refuse)).unwrap_err();
    assert!(error.to_string().contains("nowhere is not a folder"));
    let file = folders.base.join("a.png");
    let error = PairSet::from_folders(&file, &folders.base, &plain(BadFiles::Refuse)).unwrap_err();
    assert!(error.to_string().contains("a.png is not a folder"));
    let text = Folders::new(&["a.png", "b.png", "c.png", "d.png"], &["x.png"]).message();
    assert!(text.contains("a, b, c and 1 more against x"), "{text}");
    assert!(text.contains("prompt,base,personalized"), "{text}");
}

#[test]
fn two_files_of_one_name_are_ambiguous() {
    // The whole name decides where it can.
    let folders = Folders::new(&["a.png", "a.webp", "b.png"], &["a.png", "b.png"]);
    assert_eq!(names(&folders.pairs().unwrap()), ["a.png", "b"]);
    let folders = Folders::new(&["a.png", "a.webp", "b.png"], &["a.jpg", "b.png"]);
    let text = folders.message();
    assert!(
        text.contains("base/a.png") && text.contains("base/a.webp"),
        "{text}"
    );
    assert!(text.contains("personalized/a.jpg"), "{text}");
    let set = PairSet::from_folders(&folders.base, &folders.personalized, &plain(BadFiles::Skip))
        .unwrap();
    assert_eq!(names(&set), ["b"]);
    assert!(set.notes[0].contains("ambiguous"), "{:?}", set.notes);
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_utf8_is_shown_as_far_as_it_can_be_read() {
    use std::os::unix::ffi::OsStrExt;
    let folders = Folders::new(&["a.png"], &["a.png"]);
    let odd = std::ffi::OsStr::from_bytes(b"caf\xe9.png");
    fs::copy(folders.base.join("a.png"), folders.base.join(odd)).unwrap();
    let text = folders.message();
    assert!(
        text.contains("caf\u{fffd}.png") && text.contains("rename"),
        "{text}"
    );
    let set = PairSet::from_folders(&folders.base, &folders.personalized, &plain(BadFiles::Skip))
        .unwrap();
    assert_eq!(names(&set), ["a"]);
}

#[test]
fn sizes_may_differ_but_not_shapes() {
    let folders = Folders::new(&["a.png", "b.png"], &["a.png", "b.png"]);
    write_image(&folders.personalized.join("a.png"), 24, 20, 0.3);
    write_image(&folders.personalized.join("b.png"), 20, 20, 0.3);
    let set = folders.pairs().unwrap();
    let sizes = load_pair(&set.pairs[0], Fit::Refuse)
        .unwrap()
        .sizes
        .unwrap();
    let notes = loading_notes(&set, &facts(&[(0, sizes), (1, sizes)]), &[], Fit::Refuse);
    assert_eq!(
        notes,
        [
            "in 2 of 2 pairs the images differ in size (a: 12 x 10 against 24 x 20); both are scaled to the same"
        ]
    );
    let text = load_pair(&set.pairs[1], Fit::Refuse)
        .unwrap_err()
        .to_string();
    for words in ["(12 x 10)", "(20 x 20)", "--fit crop"] {
        assert!(text.contains(words), "{text}");
    }
    for (fit, width, became) in [(Fit::Crop, 20, "was cut"), (Fit::Pad, 24, "was continued")] {
        let loaded = load_pair(&set.pairs[1], fit).unwrap();
        assert_eq!(loaded.personalized.image.width, width);
        let notes = loading_notes(&set, &facts(&[(1, loaded.sizes.unwrap())]), &[], fit);
        assert!(
            notes[0].contains(became) && notes[0].contains("differ in shape"),
            "{notes:?}"
        );
    }
}

#[test]
fn bad_images_stop_the_work_or_become_notes() {
    let folders = Folders::new(&["a.png", "b.png", "c.png"], &["a.png", "b.png", "c.png"]);
    fs::write(folders.personalized.join("b.png"), b"\x89PNG\r\n\x1a\n cut").unwrap();
    let set = folders.pairs().unwrap();
    let name = |_, pair: &finexl_data::pairs::Pair, _| pair.name.clone();
    let error = set.map_loaded(&plain(BadFiles::Refuse), name).unwrap_err();
    assert!(error.to_string().contains("b.png") && error.to_string().contains("--skip-bad"));
    let loaded = set.map_loaded(&plain(BadFiles::Skip), name).unwrap();
    assert_eq!(loaded.results, [(0, "a".to_string()), (2, "c".to_string())]);
    let [(1, failure)] = loaded.failures.as_slice() else {
        panic!("{:?}", loaded.failures);
    };
    assert!(failure.to_string().contains("b.png"));
}

#[test]
fn a_list_of_prompts_goes_with_the_order_of_the_names() {
    let folders = Folders::new(&["p10.png", "p9.png"], &["p9.png", "p10.png"]);
    let list = folders.base.join("prompts.txt");
    let open = |list: &Path| {
        PairSet::open(
            &folders.base,
            &folders.personalized,
            Some(list),
            &plain(BadFiles::Refuse),
        )
    };
    fs::write(&list, "\u{feff}red apple\r\n\r\n  snail \u{1f40c}\r\n").unwrap();
    let set = open(&list).unwrap();
    assert_eq!(names(&set), ["p9", "p10"]);
    assert_eq!(set.pairs[0].prompt.as_deref(), Some("red apple"));
    assert_eq!(set.pairs[1].prompt.as_deref(), Some("snail \u{1f40c}"));
    fs::write(&list, "one\ntwo\nthree").unwrap();
    let text = open(&list).unwrap_err().to_string();
    assert!(text.contains("3 prompts for 2 pairs"), "{text}");
    fs::write(&list, b"fine\nna\xefve\n").unwrap();
    let text = open(&list).unwrap_err().to_string();
    assert!(
        text.contains("prompts.txt, line 2") && text.contains("UTF-8"),
        "{text}"
    );
    fs::write(&list, "\n").unwrap();
    assert!(open(&list).unwrap_err().to_string().contains("no prompts"));
}
