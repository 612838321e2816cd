//! Snapshots; to accept a change, run the tests with `INSTA_UPDATE=always` and read the difference.

use crate::sample;
use finexl_plot::{
    CardOptions, ChartOptions, PagePairs, PictureMap, SmallPair, TableOptions, TellingPair,
    html_report, model_card, terminal_table,
};

#[test]
fn table_of_80_columns() {
    let table = terminal_table(&sample::explanation(), &TableOptions::default());
    assert!(table.lines().all(|line| line.chars().count() <= 80));
    insta::assert_snapshot!(table);
}

#[test]
fn table_of_raw_weights_in_ascii() {
    let options = TableOptions {
        top: 3,
        width: 60,
        colour: true,
        ascii: true,
        quiet: true,
    };
    let table = terminal_table(&sample::uncalibrated(), &options);
    assert!(table.is_ascii());
    insta::assert_snapshot!(table.replace('\u{1b}', "ESC"));
}

#[test]
fn table_of_no_change() {
    let mut explanation = sample::explanation();
    explanation.aspects.clear();
    explanation.notes.clear();
    explanation.summary = "The images are the same.".into();
    explanation.unexplained = 0.0;
    insta::assert_snapshot!(terminal_table(&explanation, &TableOptions::default()));
}

#[test]
fn card() {
    let options = CardOptions {
        base_model: Some("artist/base-model".into()),
        top: 6,
        ..CardOptions::default()
    };
    insta::assert_snapshot!(model_card(&sample::explanation(), &options));
}

#[test]
fn report_without_style_and_chart() {
    let telling = vec![TellingPair {
        name: "red-apple".into(),
        prompt: Some("red apple on teal".into()),
        base_png: sample::PIXEL,
        personalized_png: sample::PIXEL,
        note: "most pixelated".into(),
        map: Some(PictureMap {
            columns: 2,
            values: &[0.4, 0.2, -0.1, 0.0],
        }),
    }];
    let all = ["red-apple", "snail"].map(|name| SmallPair {
        name: name.into(),
        base_jpeg: b"base",
        personalized_jpeg: b"personalized",
    });
    let pairs = PagePairs {
        telling,
        all: all.into(),
        count: 25,
    };
    let options = ChartOptions { top: 6 };
    let page = html_report(&sample::explanation(), &pairs, &[], &options).unwrap();
    for outside in ["<script", "http://", "https://", "<link", "url("] {
        let found = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!found.contains(outside), "{outside}");
    }
    let page = without(&without(&page, "<style>", "</style>"), "<svg ", "</svg>");
    insta::assert_snapshot!(page);
}

fn without(page: &str, from: &str, to: &str) -> String {
    let (before, rest) = page.split_once(from).unwrap();
    let (_, after) = rest.split_once(to).unwrap();
    format!("{before}[…]{after}")
}
