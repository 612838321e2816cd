//! Model selection: figures, PNG, report, differences.

use crate::selection_sample::{OURS, selection};
use finexl_core::published::Published;
use finexl_plot::{
    PlotError, ResultSet, SelectionFigure, SelectionReport, png, selection_differences,
    selection_figures,
};
use serde_json::{Value, json};

const HOSTILE: &str = "</text><script>alert('1')</script>\"><img src=x> & \u{1b}[2J/../x";

fn figures() -> Vec<SelectionFigure> {
    let (columns, records) = selection();
    selection_figures(&columns, &records, &Published::embedded().unwrap()).unwrap()
}

fn figure(name: &str) -> String {
    let figures = figures();
    let found = figures.iter().find(|figure| figure.name == name);
    found.unwrap_or_else(|| panic!("{name}")).svg.clone()
}

/// The texts of a figure, in the order in which they were drawn.
fn texts(svg: &str) -> Vec<&str> {
    let opened = svg.split("<text").skip(1);
    let texts = opened.filter_map(|rest| rest.split_once(">\n")?.1.split_once("\n</text>"));
    texts.map(|(text, _)| text).collect()
}

#[test]
fn every_column_has_its_figures() {
    let names: Vec<String> = figures().into_iter().map(|figure| figure.name).collect();
    insta::assert_snapshot!(names.join("\n"));
}

#[test]
fn bars_begin_with_ours_and_mark_what_was_published() {
    let svg = figure("diffusion-single-aspect-8-levels-other-runs-only-same-style");
    let texts = texts(&svg);
    let place = |name: &str| texts.iter().position(|text| *text == name).unwrap();
    assert!(place(OURS) < place("subspace-nnls"));
    assert!(place("nearest neighbour (raw divergence)") < place("random"));
    for legend in [
        "chance",
        "baselines and controls",
        "published on another pool, so no test of ours",
    ] {
        place(legend);
    }
    // Naive, GSCLIP, the paper and subspace-nnls, and the mark of the legend; each has a white edge.
    assert_eq!(svg.matches("<polygon").count(), 2 * 5);
}

#[test]
fn distances_have_an_oracle_instead_of_a_ceiling() {
    let svg = figure("diffusion-single-aspect-8-levels-other-runs-only-lpips");
    assert!(texts(&svg).contains(&"oracle: somebody who knows all"));
    assert!(!svg.contains("ceiling"));
}

#[test]
fn levels_are_counted_from_one() {
    let svg = figure("diffusion-single-aspect-8-levels-other-runs-only-by-level");
    let texts = texts(&svg);
    for words in ["1", "8", "paper", "subspace-nnls", "chance"] {
        assert!(texts.contains(&words), "{words}");
    }
    assert!(!texts.contains(&"0"));
}

#[test]
fn one_level_has_no_curve_and_no_method_of_ours_no_map() {
    let (columns, mut records) = selection();
    records.retain(|record| record.level == 3 && record.method != OURS);
    let figures = selection_figures(&columns, &records, &Published::embedded().unwrap()).unwrap();
    let named = |end: &str| figures.iter().any(|figure| figure.name.ends_with(end));
    assert!(!named("by-level") && !named("selected-styles") && named("same-style"));
}

#[test]
fn many_mixtures_are_told_by_their_aspects() {
    let (mut columns, mut records) = selection();
    columns.truncate(1);
    for (place, record) in records.iter_mut().enumerate() {
        let aspects = [place % 7, 7 + place % 11].map(|aspect| format!("aspect {aspect:02}"));
        record.selected_styles = vec![aspects.join(" + "), aspects[0].clone()];
        record.aspects = aspects.to_vec();
    }
    let figures = selection_figures(&columns, &records, &Published::embedded().unwrap()).unwrap();
    let map = figures.iter().find(|f| f.name.ends_with("selected-styles"));
    let svg = &map.unwrap().svg;
    let texts = texts(svg);
    assert!(texts.contains(&"target has") && texts.contains(&"aspect 17"));
    assert!(!svg.contains(" + "));
    // The first aspect is in both selected models, the second in one of them.
    assert_eq!(texts.iter().filter(|text| **text == "100").count(), 7);
    assert_eq!(texts.iter().filter(|text| **text == "50").count(), 11);
}

#[test]
fn without_columns_there_is_nothing_to_draw() {
    let published = Published::embedded().unwrap();
    assert!(selection_figures(&[], &[], &published).unwrap().is_empty());
}

#[test]
fn png_shows_the_text_of_the_figure() {
    let svg = figure("error-removed");
    let image = png(&svg).unwrap();
    assert!(image.starts_with(b"\x89PNG"));
    let width = u32::from_be_bytes(image[16..20].try_into().unwrap());
    assert_eq!(width, 2 * 880);
    // A text that cannot be set leaves nothing behind, so the picture without it would be the same.
    let without = svg.replace(&format!("\n{}\n", texts(&svg)[0]), "\n\n");
    assert!(image != png(&without).unwrap());
    assert_eq!(image, png(&svg).unwrap());
    assert!(matches!(png("no drawing"), Err(PlotError::Png { .. })));
}

fn page(name: &str, provenance: &serde_json::Value) -> String {
    let (columns, mut records) = selection();
    let mut columns = columns;
    for column in &mut columns {
        column.pool.push_str(name);
        column.rows[6].method.push_str(name);
    }
    for record in &mut records {
        record.pool.push_str(name);
        record.problem = record
            .problem
            .as_ref()
            .map(|problem| format!("{problem}{name}"));
    }
    let mut published = Published::embedded().unwrap();
    published.rows.retain(|row| row.column.contains("8 levels"));
    let figures = selection_figures(&columns, &records, &published).unwrap();
    let report = SelectionReport {
        name: &format!("selection{name}"),
        columns: &columns,
        records: &records,
        figures: &figures,
        published: &published,
        provenance: Some(provenance),
    };
    report.html()
}

#[test]
fn report_without_style_and_figures() {
    let page = page(
        "",
        &json!({ "version": "0.1.0", "experiment": { "pools": ["a", "b"] } }),
    );
    for outside in ["<script", "http://", "https://", "<link", "url("] {
        let found = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!found.contains(outside), "{outside}");
    }
    let (head, body) = page.split_once("</style>").unwrap();
    assert!(head.contains("default-src 'none'"));
    let mut parts = body.split("<svg ");
    let mut rest = parts.next().unwrap().to_string();
    for part in parts {
        rest.push_str("[figure]");
        rest.push_str(part.split_once("</svg>").unwrap().1);
    }
    insta::assert_snapshot!(rest);
}

#[test]
fn no_name_becomes_markup_or_steers_a_terminal() {
    let page = page(HOSTILE, &json!({ HOSTILE: HOSTILE }));
    assert!(!page.contains("<script") && !page.contains("<img"));
    assert!(!page.contains('\u{1b}'));
    let (columns, mut records) = selection();
    records[0].target = HOSTILE.to_string();
    let document = json!({ HOSTILE: HOSTILE });
    let result = ResultSet {
        name: HOSTILE,
        columns: &columns,
        records: &records,
        provenance: Some(&document),
    };
    let none = ResultSet {
        columns: &[],
        records: &[],
        provenance: Some(&Value::Null),
        ..result
    };
    assert!(!selection_differences(&result, &none).contains('\u{1b}'));
}

#[test]
fn differences_of_two_results() {
    let (columns, records) = selection();
    let (mut other_columns, mut other_records) = (columns.clone(), records.clone());
    other_columns[0].rows[2]
        .figures
        .get_mut("same style")
        .unwrap()
        .value += 0.125;
    other_columns[0].rows[3].figures.remove("LPIPS");
    let ours = other_records
        .iter_mut()
        .find(|record| record.method == OURS);
    ours.unwrap().selected = vec!["warm-0-0030".to_string(), "dark-1-0030".to_string()];
    other_records.retain(|record| record.method != "splice" || record.pool != "diffusion");
    other_columns[0].rows.retain(|row| row.method != "splice");
    other_columns[1].rows.retain(|row| row.method != "splice");
    other_records.retain(|record| record.method != "random" || record.target != "dark-0-0030");
    let made_from = |base: &str, level: usize| {
        json!({
            "experiment": { "output": base, "columns": [{ "single": { "levels": level } }] },
            "pools": { "levels": { "base": base } },
            "device": "cpu",
        })
    };
    let documents = [made_from("mini-gan", 8), made_from("mini-diffusion", 5)];
    let a = ResultSet {
        name: "results/a",
        columns: &columns,
        records: &records,
        provenance: Some(&documents[0]),
    };
    let b = ResultSet {
        name: "results/b",
        columns: &other_columns,
        records: &other_records,
        provenance: Some(&documents[1]),
    };
    insta::assert_snapshot!(selection_differences(&a, &b));
    let same = selection_differences(&a, &a);
    assert!(same.contains("Settings: the same"));
    let unknown = ResultSet {
        provenance: None,
        ..a
    };
    assert!(selection_differences(&a, &unknown).contains("no provenance.json of B"));
    assert!(same.contains("Figures: 0 differ") && same.contains("Selections: 0 of"));
    assert!(!same.contains("Only in"));
}
