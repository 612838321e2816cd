//! Names come from folders, prompts and vocabularies of strangers: none may become markup.

use crate::sample;
use finexl_core::explanation::Explanation;
use finexl_plot::{
    CardOptions, ChartOptions, PagePairs, SmallPair, TableOptions, TellingPair, aspect_chart,
    html_report, model_card, terminal_table,
};

const HOSTILE: &str =
    "</text><script>alert('1')</script>\"><img src=x onerror=\"y\"> & |\n---\u{1b}[2J\u{0}";

fn hostile() -> Explanation {
    let mut explanation = sample::explanation();
    let first = &mut explanation.aspects[0];
    for field in [
        &mut explanation.summary,
        &mut explanation.base,
        &mut explanation.personalized,
        &mut explanation.method,
        &mut explanation.encoder,
        &mut first.concept,
        &mut first.wording,
        &mut explanation.notes[0],
        &mut explanation.provenance.version,
    ] {
        *field = HOSTILE.into();
    }
    explanation
}

#[test]
fn html_holds_no_foreign_markup() {
    let telling = vec![TellingPair {
        name: HOSTILE.into(),
        prompt: None,
        base_png: sample::PIXEL,
        personalized_png: sample::PIXEL,
        note: HOSTILE.into(),
        map: None,
    }];
    let all = vec![SmallPair {
        name: HOSTILE.into(),
        base_jpeg: b"base",
        personalized_jpeg: b"personalized",
    }];
    let pairs = PagePairs {
        telling,
        all,
        count: 1,
    };
    let page = html_report(&hostile(), &pairs, &[], &ChartOptions::default()).unwrap();
    assert!(!page.contains("<script"));
    assert!(!page.contains("<img src=x"));
    assert!(!page.contains("onerror=\"y"));
    assert!(!page.contains(['\u{1b}', '\u{0}']));
    assert_eq!(page.matches("<img ").count(), 4);
}

#[test]
fn the_chart_holds_no_foreign_markup() {
    let chart = aspect_chart(&hostile(), &ChartOptions::default()).unwrap();
    assert!(!chart.contains("<script"));
    assert!(!chart.contains(['\u{1b}', '\u{0}']));
    assert_eq!(
        chart.matches("<text").count(),
        chart.matches("</text>").count()
    );
}

#[test]
fn the_card_keeps_its_form() {
    let options = CardOptions {
        base_model: Some(format!("a: \"b\" # {HOSTILE}")),
        top: 12,
        adapters: Vec::new(),
    };
    let card = model_card(&hostile(), &options);
    let (_, body) = card.split_once("\n---\n").unwrap();
    assert!(!body.contains("<script") && !body.contains("<img"));
    assert_eq!(card.lines().filter(|line| *line == "---").count(), 2);
    let rows: Vec<&str> = card.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 + 12);
    for row in rows {
        let bars = row.matches('|').count() - row.matches("\\|").count();
        assert_eq!(bars, 6, "{row}");
    }
    let base = card.lines().find(|line| line.starts_with("base_model:"));
    assert!(
        base.unwrap()
            .starts_with(r#"base_model: "a: \"b\" # </text>"#)
    );
    assert!(
        base.unwrap()
            .ends_with(r#"& |\n---\U0000001B[2J\U00000000""#)
    );
}

#[test]
fn the_table_cannot_steer_the_terminal() {
    let table = terminal_table(&hostile(), &TableOptions::default());
    assert!(!table.contains('\u{1b}'));
    assert!(table.lines().all(|line| line.chars().count() <= 80));
}
