//! Tests of the explainer as a whole.

#![allow(clippy::unwrap_used)]

use super::{Explainer, FeaturePairs, Folders, GivenDirections, ImagePair, Sides};
use crate::bank::ConceptBank;
use crate::calibration::CalibrationChoice;
use crate::decompose::Method;
use crate::error::ExplainError;
use crate::heads::Head;
use crate::references::References;
use crate::vocabulary::Vocabulary;
use finexl_core::explanation::Explanation;
use finexl_data::art::{Artist, SpriteSet};
use finexl_data::aspects::{Implementation, find, stylize};
use finexl_data::encode::png_bytes;
use finexl_data::image::Image;
use finexl_data::scenes::{Scene, Split};
use finexl_zoo::device;
use finexl_zoo::encoders::{Encoder, Features, open};
use std::path::Path;
use std::sync::Arc;

fn encoder() -> Arc<dyn Encoder> {
    open("mini-clip", &device::by_name("cpu").unwrap())
        .unwrap()
        .into()
}

/// Scenes, and the same with coarse pixels.
fn pairs() -> Vec<ImagePair> {
    let sprites = SpriteSet::load(Artist::Twemoji, Path::new("not-looked-at"), 64).unwrap();
    let pixelated = [(find("pixelated").unwrap(), 0.8)];
    let scenes = Scene::draw_distinct(Split::Test, 3, 12).into_iter();
    scenes
        .enumerate()
        .map(|(number, scene)| {
            // As a file would hold it.
            let base = rounded(scene.render(&sprites, 64, number as u64));
            let noise = number as u64;
            let styled = stylize(&base, &pixelated, Implementation::Training, 1, noise);
            ImagePair {
                name: format!("{number:02}"),
                prompt: Some(scene.prompt()),
                personalized: rounded(styled),
                base,
            }
        })
        .collect()
}

fn rounded(mut image: Image) -> Image {
    for value in &mut image.pixels {
        *value = (*value * 255.0).round() / 255.0;
    }
    image
}

fn weights(record: &Explanation) -> Vec<(&str, f64, f64)> {
    let aspects = record.aspects.iter();
    aspects
        .map(|a| (a.concept.as_str(), a.score, a.p_adjusted))
        .collect()
}

/// What explaining somewhere was refused with.
fn refused<T>(result: Result<T, ExplainError>) -> String {
    result.err().unwrap().to_string()
}

#[test]
fn folders_images_and_features_of_the_same_pairs_say_the_same() {
    let (encoder, pairs, sides) = (encoder(), pairs(), Sides::named("base", "coarse"));
    let explainer = Explainer::builder()
        .encoder(encoder.clone())
        .resamples(50)
        .flips(2000)
        .build()
        .unwrap();
    assert_eq!(explainer.settings().method.name(), "learned");
    let of_images = explainer
        .explain_images(&pairs, &sides, &|_, _| ())
        .unwrap();
    assert_eq!(of_images.aspects[0].concept, "pixelated");
    assert!(of_images.aspects[0].significant && of_images.calibrated);
    assert_eq!(of_images.personalized, "coarse");

    let side = |image: fn(&ImagePair) -> &Image| {
        let images: Vec<Image> = pairs.iter().map(|p| encoder.prepare(image(p))).collect();
        encoder.encode_images(&images).unwrap()
    };
    let mut features = FeaturePairs::new(side(|p| &p.base), side(|p| &p.personalized));
    features.prompts = pairs.iter().map(|pair| pair.prompt.clone()).collect();
    let of_features = explainer.explain_features(&features, &sides).unwrap();
    assert_eq!(weights(&of_features), weights(&of_images));

    let root = tempfile::tempdir().unwrap();
    let folders = ["base", "coarse"].map(|name| root.path().join(name));
    for folder in &folders {
        std::fs::create_dir(folder).unwrap();
    }
    for pair in &pairs {
        for (folder, image) in folders.iter().zip([&pair.base, &pair.personalized]) {
            let path = folder.join(format!("{}.png", pair.name));
            std::fs::write(&path, png_bytes(&path, image).unwrap()).unwrap();
        }
    }
    let prompts: Vec<String> = pairs
        .iter()
        .filter_map(|pair| pair.prompt.clone())
        .collect();
    std::fs::write(root.path().join("prompts.txt"), prompts.join("\n")).unwrap();
    let [base, coarse] = folders;
    let mut folders = Folders::new(base, coarse);
    folders.prompts = Some(root.path().join("prompts.txt"));
    let of_folders = explainer.explain_folders(&folders, &|_, _| ()).unwrap();
    assert_eq!(of_folders.explanation.personalized, "coarse");
    assert_eq!(weights(&of_folders.explanation), weights(&of_images));
}

#[test]
fn directions_from_elsewhere_explain_features_and_nothing_else() {
    let vocabulary = Vocabulary::of_names(&["up", "right"].map(str::to_string));
    let bank = ConceptBank::from_values(vec![0.0, 1.0, 1.0, 0.0], 1, 2, 2).unwrap();
    let directions = Arc::new(GivenDirections::new(vocabulary, bank).unwrap());
    let builder = || Explainer::builder().directions(directions.clone());
    let explainer = builder().build().unwrap();
    let rows = |values: [f32; 2]| Features {
        dimension: 2,
        values: values.repeat(4),
    };
    let pairs = FeaturePairs::new(rows([0.0, 1.0]), rows([0.5, 1.0]));
    let record = explainer
        .explain_features(&pairs, &Sides::default())
        .unwrap();
    assert_eq!(record.aspects[0].concept, "right");
    assert_eq!(record.encoder, "features from outside");
    let images = explainer.explain_images(&self::pairs(), &Sides::default(), &|_, _| ());
    assert!(refused(images).contains("an encoder"));
    let learned = builder().method(Method::parse("learned").unwrap()).build();
    assert!(refused(learned).contains("have no head"));
    let mut uneven = pairs;
    uneven.names.pop();
    assert!(
        explainer
            .explain_features(&uneven, &Sides::default())
            .is_err()
    );
}

#[test]
fn what_does_not_go_together_is_refused() {
    let builder = || Explainer::builder().encoder(encoder());
    let nnls = || builder().method(Method::default());
    assert!(refused(Explainer::builder().build()).contains("needs an encoder"));
    let with_head = nnls().head(Head::embedded().unwrap()).build();
    assert!(refused(with_head).contains("nnls reads by no head"));
    let references = References::open(Path::new("mini-gan")).unwrap();
    let with_references = nnls().references(references.clone()).build();
    assert!(refused(with_references).contains("leave --references out"));
    let learned = builder().references(references).build().unwrap();
    assert!(learned.head().unwrap().references().is_some());
    let words = Vocabulary::of_names(&["a word of no language".to_string()]);
    assert!(builder().vocabulary(words).build().is_err());
    let raw = builder().calibration(CalibrationChoice::Raw(None)).build();
    assert!(raw.unwrap().calibration().is_none());
}

#[test]
fn damaged_images_are_named() {
    let explainer = Explainer::builder().encoder(encoder()).build().unwrap();
    let explained = |change: &dyn Fn(&mut ImagePair)| {
        let mut pairs = pairs();
        change(&mut pairs[2]);
        refused(explainer.explain_images(&pairs, &Sides::default(), &|_, _| ()))
    };
    for (words, message) in [
        ("width x height", explained(&|p| p.base.pixels.truncate(9))),
        ("NaN", explained(&|p| p.personalized.pixels[4] = f32::NAN)),
        ("holds 2", explained(&|p| p.base.pixels[4] = 2.0)),
        (
            "different cuts",
            explained(&|p| p.base = Image::filled(64, 32, [0.5; 3])),
        ),
    ] {
        let named = message.contains("the pair 02") && message.contains(words);
        assert!(named, "{message}");
    }
    let none = explainer.explain_images(&[], &Sides::default(), &|_, _| ());
    assert!(refused(none).contains("at least 1"));
}
