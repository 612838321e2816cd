#![allow(clippy::unwrap_used)]

use crate::IndexError;
use crate::additions::{IndexChange, Outcome};
use crate::by_words::ranked;
use crate::columns::{Fact, Number, Text};
use crate::entry::{Beside, Entry};
use crate::filters::Filters;
use crate::lexicon::{ConceptWords, Lexicon};
use crate::likeness::{Profiles, Target, alike};
use crate::models_index::ModelsIndex;
use crate::query::{Query, Want};
use crate::sample::record;
use finexl_core::explanation::Explanation;
use finexl_core::fingerprint::Fingerprint;
use std::collections::BTreeSet;
use std::path::Path;

fn entry(record: &Explanation, content: &str) -> Entry {
    let beside = Beside {
        record: format!("/records/{}.json", record.personalized),
        tags: vec!["mine".to_string()],
        ..Beside::default()
    };
    Entry::of(record, &beside, &Fingerprint::of_bytes(content.as_bytes())).unwrap()
}

fn add(path: &Path, records: &[Explanation], leaving: &[&str]) -> Result<Outcome, IndexError> {
    let entries: Vec<Entry> = records.iter().map(|record| entry(record, "one")).collect();
    let leaving: BTreeSet<String> = leaving.iter().map(|name| (*name).to_string()).collect();
    IndexChange::begin(path)?.finish(&entries, &leaving)
}

fn three() -> [Explanation; 3] {
    [
        record(
            "poster",
            [0.8, 0.6, 0.0, 0.1],
            &[[0.5, 0.25, 0.0, 0.125], [0.5, 0.5, 0.0, 0.0]],
        ),
        record(
            "night poster",
            [0.9, 0.6, 0.7, 0.0],
            &[[0.5, 0.25, 0.75, 0.0], [0.5, 0.0, 1.0, 0.0]],
        ),
        record(
            "night",
            [0.0, 0.0, 0.9, 0.0],
            &[[0.0, 0.0, 1.0, -0.5], [0.0, 0.0, 0.5, 0.0]],
        ),
    ]
}

fn lexicon(index: &ModelsIndex) -> Lexicon {
    let words = |name: &str, phrases: &[&str], antonym: &str| ConceptWords {
        name: name.to_string(),
        phrases: phrases.iter().map(|phrase| (*phrase).to_string()).collect(),
        antonym: Some(antonym.to_string()),
    };
    let known = [
        words("flat colour", &["flat shaded", "flatter in colour"], ""),
        words("outlined", &["bold outline", "black and white"], ""),
        words("dark", &["gloomy", "darker"], "bright"),
        words("bright", &["light", "low key"], "dark"),
    ];
    Lexicon::new(index.groups()[0].group(), &known)
}

#[test]
fn what_is_added_is_read_back_and_comes_and_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("models.finexl");
    assert!(matches!(
        ModelsIndex::open(&path),
        Err(IndexError::File { .. })
    ));
    let outcome = add(&path, &three(), &[]).unwrap();
    assert_eq!((outcome.added, outcome.models), (3, 3));
    let index = ModelsIndex::open(&path).unwrap();
    let file = index.group(None).unwrap();
    let (_, row) = index.find("/records/poster.json").unwrap();
    assert_eq!(file.text(Text::Title, row), "poster");
    assert_eq!(file.tags(row).collect::<Vec<_>>(), ["mine"]);
    assert_eq!(file.fact(Fact::Pairs, row), 2.0);
    assert!(file.fact(Fact::Size, row).is_nan());
    // Concepts are ordered by name: bright, dark, flat colour, outlined.
    assert_eq!(*file.numbers(Number::Score, row), [0.1, 0.0, 0.8, 0.6]);
    assert_eq!(*file.numbers(Number::Mean, row), [0.0625, 0.0, 0.5, 0.375]);
    assert_eq!(
        *file.numbers(Number::Significant, row),
        [0.0, 0.0, 1.0, 1.0]
    );
    assert_eq!(file.places(row).len(), 2);
    // The same again changes nothing, and not a byte of the folder.
    let before = index.data();
    assert_eq!(
        add(&path, &[], &[]).unwrap(),
        Outcome {
            models: 3,
            ..Outcome::default()
        }
    );
    assert_eq!(ModelsIndex::open(&path).unwrap().data(), before);
    let outcome = add(&path, &[three()[0].clone()], &["/records/night.json"]).unwrap();
    assert_eq!(
        (outcome.replaced, outcome.removed, outcome.models),
        (1, 1, 2)
    );
    let index = ModelsIndex::open(&path).unwrap();
    assert!(index.find("/records/night.json").is_none() && !before.exists());
    // Two records added one by one are the same index as both at once.
    let other = folder.path().join("other.finexl");
    let [poster, night_poster, _] = three();
    add(&other, &[night_poster], &[]).unwrap();
    add(&other, &[poster], &[]).unwrap();
    let files = |index: &ModelsIndex| -> Vec<Vec<u8>> {
        let mut names: Vec<_> = std::fs::read_dir(index.data())
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        names.sort();
        names
            .iter()
            .map(|name| std::fs::read(name).unwrap())
            .collect()
    };
    assert_eq!(files(&index), files(&ModelsIndex::open(&other).unwrap()));
}

#[test]
fn other_settings_are_a_group_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let [poster, mut night, _] = three();
    night.provenance.settings = Fingerprint::of("other").finish();
    add(folder.path(), &[poster, night], &[]).unwrap();
    let index = ModelsIndex::open(folder.path()).unwrap();
    assert_eq!(index.groups().len(), 2);
    let error = index.group(None).unwrap_err().to_string();
    let id = index.groups()[1].group().id();
    assert!(error.contains("--group") && error.contains(&id), "{error}");
    assert_eq!(index.group(Some(&id[..5])).unwrap().len(), 1);
    assert!(index.group(Some("nothing")).is_err());
}

#[test]
fn cut_and_foreign_files_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("models.finexl");
    add(&path, &three(), &[]).unwrap();
    let data = ModelsIndex::open(&path).unwrap().data();
    for name in ["models.parquet", "pairs.parquet", "concepts.parquet"] {
        let whole = std::fs::read(data.join(name)).unwrap();
        std::fs::write(data.join(name), &whole[..whole.len() - 9]).unwrap();
        let error = ModelsIndex::open(&path).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("cut"), "{error}");
        std::fs::write(data.join(name), whole).unwrap();
    }
    let manifest = path.join("index.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("finexl-index-2", "finexl-index-9")).unwrap();
    let error = ModelsIndex::open(&path).unwrap_err().to_string();
    assert!(
        error.contains("finexl-index-9") && error.contains("anew"),
        "{error}"
    );
    std::fs::write(
        &manifest,
        text.replace("\"data-000001\"", "\"../data-000001\""),
    )
    .unwrap();
    assert!(
        ModelsIndex::open(&path)
            .unwrap_err()
            .to_string()
            .contains("outside")
    );
    std::fs::write(&manifest, &text).unwrap();
    assert!(ModelsIndex::open(&path).is_ok());
    // A folder of something else is not taken over.
    let other = folder.path().join("pictures");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("a.png"), "").unwrap();
    assert!(
        add(&other, &three(), &[])
            .unwrap_err()
            .to_string()
            .contains("no index")
    );
}

#[test]
fn words_become_concepts_and_models_are_ranked_by_them() {
    let folder = tempfile::tempdir().unwrap();
    add(folder.path(), &three(), &[]).unwrap();
    let index = ModelsIndex::open(folder.path()).unwrap();
    let lexicon = lexicon(&index);
    let file = &index.groups()[0];
    let titles = |words: &str, filters: &Filters| -> Vec<String> {
        let query = Query::read(words, &lexicon, None).unwrap();
        let (hits, _) = ranked(file, &query, filters, 10);
        for hit in &hits {
            assert!(hit.low <= hit.value && hit.value <= hit.high);
        }
        hits.iter()
            .map(|hit| file.text(Text::Title, hit.row).to_string())
            .collect()
    };
    let all = Filters::default();
    assert_eq!(
        titles("flat colours and bold outlines, not darker", &all)[0],
        "poster"
    );
    assert_eq!(titles("Flat-shaded & gloomy", &all)[0], "night poster");
    assert_eq!(
        titles("less dark", &all),
        ["poster", "night poster", "night"]
    );
    let filters = Filters {
        min: Some(0.5),
        significant: true,
        ..Filters::default()
    };
    assert_eq!(titles("dark", &filters), ["night", "night poster"]);
    assert_eq!(titles("flat colour, not dark", &filters), ["poster"]);
    let filters = Filters {
        tags: vec!["yours".to_string()],
        ..Filters::default()
    };
    assert_eq!(titles("dark", &filters).len(), 0);
}

#[test]
fn every_word_counts_or_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    add(folder.path(), &three(), &[]).unwrap();
    let index = ModelsIndex::open(folder.path()).unwrap();
    let lexicon = lexicon(&index);
    let wants = |words: &str| -> Vec<(String, Want)> {
        let query = Query::read(words, &lexicon, None).unwrap();
        let name = |concept: usize| lexicon.name(concept).to_string();
        query
            .terms
            .iter()
            .map(|term| (name(term.concept), term.want))
            .collect()
    };
    let one = |name: &str, want: Want| (name.to_string(), want);
    assert_eq!(wants("slightly darker"), [one("dark", Want::Slightly)]);
    assert_eq!(
        wants("neither dark nor outlined but very bright"),
        [
            one("dark", Want::Not),
            one("outlined", Want::Not),
            one("bright", Want::Much)
        ]
    );
    assert_eq!(wants("not very dark"), [one("dark", Want::NotMuch)]);
    assert_eq!(
        wants("black and white, low-key"),
        [one("outlined", Want::More), one("bright", Want::More)]
    );
    assert_eq!(
        wants("which makes pictures flatter in color?"),
        [one("flat colour", Want::More)]
    );
    let refused = |words: &str| Query::read(words, &lexicon, None).unwrap_err().to_string();
    assert!(refused("dark and gothic").contains("\"gothic\""));
    assert!(refused("flat").contains("\"flat colour\""));
    assert!(refused("dark or bright").contains("\"or\""));
    assert!(refused("dark, gloomy").contains("twice"));
    assert!(refused("not less dark").contains("negated twice"));
    assert!(refused("the pictures").contains("nothing is asked for"));
    let dark = index.groups()[0].group().position("dark").unwrap();
    let nearest = |_: &str| Ok(vec![dark]);
    let query = Query::read("gothic", &lexicon, Some(&nearest)).unwrap();
    assert!(query.terms[0].concept == dark && query.notes[0].contains("gothic"));
}

#[test]
fn likeness_is_by_pairs_in_common_and_by_means() {
    let folder = tempfile::tempdir().unwrap();
    let mut records = three().to_vec();
    let mut apart = three()[0].clone();
    apart.personalized = "apart".to_string();
    apart.pair_fingerprints = vec![Fingerprint::of_bytes(b"x"), Fingerprint::of_bytes(b"y")];
    records.push(apart);
    add(folder.path(), &records, &[]).unwrap();
    let index = ModelsIndex::open(folder.path()).unwrap();
    let (file, row) = index.find("/records/poster.json").unwrap();
    let target = Target::row(file, row);
    let by = |profiles| alike(file, &target, profiles, &Filters::default(), 10);
    let pairs = by(Profiles::Pairs);
    assert_eq!((pairs.compared, pairs.apart), (2, 1));
    let products = |a: &[[f32; 4]], b: &[[f32; 4]]| -> f32 {
        a.iter()
            .flatten()
            .zip(b.iter().flatten())
            .map(|(x, y)| x * y)
            .sum()
    };
    let [a, b] = [
        [[0.5, 0.25, 0.0, 0.125], [0.5, 0.5, 0.0, 0.0]],
        [[0.5, 0.25, 0.75, 0.0], [0.5, 0.0, 1.0, 0.0]],
    ];
    let expected = products(&a, &b) / (products(&a, &a) * products(&b, &b)).sqrt();
    assert!(
        (pairs.hits[0].value - expected).abs() < 1e-6,
        "{pairs:?} {expected}"
    );
    assert_eq!(file.text(Text::Title, pairs.hits[0].row), "night poster");
    let means = by(Profiles::Mean);
    assert_eq!((means.compared, means.apart), (3, 0));
    assert_eq!(file.text(Text::Title, means.hits[0].row), "apart");
    assert!((means.hits[0].value - 1.0).abs() < 1e-6);
    let common = target.common(file, pairs.hits[0].row);
    assert_eq!(common[0].len(), 8);
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    let beside = Beside::default();
    let content = Fingerprint::of("content").finish();
    let refused = |record: &Explanation| Entry::of(record, &beside, &content).is_err();
    let mut large = three()[0].clone();
    large.aspects[0].score = 1e300;
    let mut twice = three()[0].clone();
    twice.aspects[1].concept = "flat colour".to_string();
    let none = record("none", [0.0; 4], &[]);
    assert!(refused(&large) && refused(&twice) && refused(&none) && !refused(&three()[0]));
}
