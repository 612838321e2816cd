//! Pairs of two lists: files, and pictures that somebody else has.

use crate::fixtures::write_images;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::DataError;
use finexl_data::decode::{Decoded, PictureSource, Pictures, decode_file};
use finexl_data::image::Image;
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{Fit, ListedPicture, PairOptions, PairSet, Pairing, PictureList};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn list(folder: &Path, names: &[&str]) -> PictureList {
    fs::create_dir_all(folder).unwrap();
    write_images(folder, names);
    let file = |name: &&str| ListedPicture::File(folder.join(name));
    PictureList {
        title: "a list".to_string(),
        pictures: names.iter().map(file).collect(),
    }
}

fn pairs(lists: [&PictureList; 2], pairing: Option<Pairing>) -> Result<PairSet, DataError> {
    let options = PairOptions {
        pairing,
        ..PairOptions::plain(BadFiles::Refuse)
    };
    PairSet::from_lists(lists, None, Pictures::files(), &options)
}

#[test]
fn files_of_lists_are_paired_as_those_of_folders() {
    let root = tempfile::tempdir().unwrap();
    let [base, other] = ["base", "other"].map(|name| root.path().join(name));
    let first = list(&base, &["2.png", "10.png", "1.png", "alone.png"]);
    let second = list(&other, &["1.webp", "2.png", "10.png"]);
    fs::write(base.join("10.txt"), "a hare").unwrap();
    assert_eq!(first.folder(), Some(base));
    let set = pairs([&first, &second], None).unwrap();
    let names: Vec<&str> = set.pairs.iter().map(|pair| pair.name.as_str()).collect();
    // In the order of the list, not of names.
    assert_eq!(names, ["2", "10", "1"]);
    assert_eq!(set.pairs[2].personalized, other.join("1.webp"));
    assert_eq!(set.pairs[1].prompt.as_deref(), Some("a hare"));
    assert!(set.notes[0].contains("1 of 4 images in"), "{:?}", set.notes);
    let third = list(&root.path().join("third"), &["x.png", "y.png", "z.png"]);
    let message = pairs([&second, &third], None).unwrap_err().to_string();
    assert!(message.contains("no image name in common"), "{message}");
    let forced = pairs([&second, &third], Some(Pairing::Order)).unwrap();
    assert_eq!(forced.pairs[1].name, "2");
    assert!(forced.pairs[1].personalized.ends_with("y.png"));
}

/// One grey picture under a path, files under all others.
struct Grey;

impl PictureSource for Grey {
    fn decode(&self, path: &Path) -> Result<Decoded, DataError> {
        if path != Path::new("base[0]") {
            return decode_file(path);
        }
        Ok(Decoded {
            image: Image::filled(24, 24, [0.5; 3]),
            fingerprint: self.fingerprint(path)?,
            remarks: Vec::new(),
        })
    }

    fn fingerprint(&self, _: &Path) -> Result<Fingerprint, DataError> {
        Ok(Fingerprint::of("grey").finish())
    }
}

#[test]
fn pictures_in_memory_may_stand_beside_files() {
    let root = tempfile::tempdir().unwrap();
    let held = PictureList {
        title: "base".to_string(),
        pictures: vec![ListedPicture::Held {
            name: "first".to_string(),
            path: PathBuf::from("base[0]"),
        }],
    };
    let files = list(&root.path().join("other"), &["a.png"]);
    let options = PairOptions::plain(BadFiles::Refuse);
    let pictures = Pictures::of(Arc::new(Grey));
    let set = PairSet::from_lists([&held, &files], None, pictures, &options).unwrap();
    assert_eq!(set.pairs[0].name, "first");
    let loaded = set.load(&set.pairs[0], Fit::Crop).unwrap();
    assert_eq!(loaded.base.image.pixels[0], 0.5);
    assert_eq!(loaded.base.image.width, 24);
    assert!(held.folder().is_none());
}
