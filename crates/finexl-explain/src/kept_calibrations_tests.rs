#![allow(clippy::unwrap_used)]
use super::*;
use crate::statistics::{Knot, MonotoneMap};
use finexl_zoo::device::by_name;
use finexl_zoo::encoders::open;

fn encoder() -> Box<dyn Encoder> {
    open("judge", &by_name("cpu").unwrap()).unwrap()
}

fn kept(
    name: &str,
    encoder: &dyn Encoder,
    vocabulary: &Vocabulary,
    views: Views,
) -> KeptCalibration {
    let calibration = Calibration {
        encoder: encoder.fingerprint().clone(),
        vocabulary: vocabulary.fingerprint().clone(),
        method: Method::default(),
        space: None,
        maps: BTreeMap::new(),
        shared: MonotoneMap::new(vec![Knot { x: 0.0, y: 0.0 }]).unwrap(),
        effect: 0.1,
        spill: 0.0,
    };
    let identity = Fingerprint::of("test").text("name", name).finish();
    KeptCalibration::new(identity, (encoder, views), 64, calibration)
}

#[test]
fn the_last_that_was_fitted_is_used_and_another_vocabulary_has_the_space() {
    let folder = tempfile::tempdir().unwrap();
    let store = KeptCalibrations::at(folder.path());
    let encoder = encoder();
    let encoder = encoder.as_ref();
    let vocabulary = Vocabulary::default_phrases().unwrap();
    let other = Vocabulary::of_names(&["warm".to_string()]);
    let find = |vocabulary: &Vocabulary, views| {
        let (found, note) = store.find(encoder, vocabulary, &Method::default(), views);
        let found = found.map(|found| (found.kept.identity, found.whole));
        (found, note)
    };
    assert_eq!(find(&vocabulary, None), (None, None));
    let [one, two] = ["a", "b"].map(|name| kept(name, encoder, &vocabulary, Views::Whole));
    for calibration in [&one, &two] {
        store.keep(encoder, calibration).unwrap();
    }
    assert_eq!(
        find(&vocabulary, None).0,
        Some((two.identity.clone(), true))
    );
    assert_eq!(find(&other, None).0, Some((two.identity.clone(), false)));
    // Asked for again, the first has its place back; both are still there.
    assert_eq!(store.get(encoder, &one.identity), Some(one.clone()));
    store.keep(encoder, &one).unwrap();
    assert_eq!(
        find(&vocabulary, None).0,
        Some((one.identity.clone(), true))
    );
    assert_eq!(list(&store.of(encoder).unwrap()).calibrations.len(), 1);
    let (none, note) = find(&vocabulary, Some(Views::Tiles));
    assert!(none.is_none() && note.unwrap().contains("--views whole"));
    let (_, lsq) = store.find(encoder, &vocabulary, &Method::parse("lsq").unwrap(), None);
    assert_eq!(lsq, None);
}

#[test]
fn what_is_damaged_or_of_another_version_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let store = KeptCalibrations::at(folder.path());
    let encoder = encoder();
    let encoder = encoder.as_ref();
    let vocabulary = Vocabulary::default_phrases().unwrap();
    let mut old = kept("a", encoder, &vocabulary, Views::Whole);
    old.code.insert("operators".to_string(), 0);
    let file = store.keep(encoder, &old).unwrap();
    let find = || store.find(encoder, &vocabulary, &Method::default(), None);
    let (none, note) = find();
    assert!(none.is_none() && note.unwrap().contains("another version"));
    let new = kept("a", encoder, &vocabulary, Views::Whole);
    store.keep(encoder, &new).unwrap();
    assert!(find().0.is_some());
    std::fs::write(&file, b"{").unwrap();
    assert!(find().0.is_none());
    std::fs::write(file.with_file_name(IN_USE), b"[]").unwrap();
    assert!(find().0.is_none());
}
