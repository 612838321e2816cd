//! Figures: what is drawn, and what is refused.

use crate::sample;
use finexl_plot::{
    Bar, BarChart, BarRow, ChartOptions, Interval, LineChart, PlotError, Series, SeriesPoint, Tone,
    aspect_chart,
};

fn interval(value: f64) -> Interval {
    Interval {
        value,
        low: value - 0.05,
        high: value + 0.05,
    }
}

fn point(x: f64, y: f64) -> SeriesPoint {
    SeriesPoint {
        x,
        y,
        low: y - 0.1,
        high: y + 0.1,
    }
}

#[test]
fn the_chart_shows_names_scores_and_intervals() {
    let chart = aspect_chart(&sample::explanation(), &ChartOptions { top: 4 }).unwrap();
    for words in [
        "pixelated",
        "warm",
        "saturated",
        "0.78",
        "0.69 to 0.86",
        "1.0",
        "not significant",
    ] {
        assert!(chart.contains(&format!(">\n{words}\n<")), "{words}");
    }
    assert!(!chart.contains("vignette"));
}

#[test]
fn raw_weights_may_be_negative() {
    let chart = aspect_chart(&sample::uncalibrated(), &ChartOptions::default()).unwrap();
    assert!(chart.contains("-0.31 to -0.12"));
    assert!(chart.contains("too few pairs to tell"));
}

#[test]
fn no_scores_make_a_chart_that_says_so() {
    let mut explanation = sample::explanation();
    explanation.aspects.clear();
    let chart = aspect_chart(&explanation, &ChartOptions::default()).unwrap();
    assert!(chart.contains("No aspect has a score."));
}

#[test]
fn values_without_a_place_are_refused() {
    let mut explanation = sample::explanation();
    explanation.aspects[1].high = f64::NAN;
    let refused = aspect_chart(&explanation, &ChartOptions::default()).unwrap_err();
    assert!(refused.to_string().contains("\"warm\""), "{refused}");
    let chart = LineChart {
        series: vec![Series {
            name: "level".into(),
            points: vec![point(0.0, f64::INFINITY)],
        }],
        ..LineChart::default()
    };
    assert!(matches!(chart.svg(), Err(PlotError::NotFinite { .. })));
}

#[test]
fn rows_are_sorted_by_the_first_series() {
    let row = |name: &str, values: [Option<f64>; 2]| BarRow {
        name: name.into(),
        bars: values
            .map(|value| {
                value.map(|value| Bar {
                    interval: interval(value),
                    tone: Tone::Full,
                })
            })
            .to_vec(),
        mark: None,
    };
    let chart = BarChart {
        series: vec!["seen".into(), "unseen".into()],
        percent: true,
        goal: Some((0.9, "goal".into())),
        sorted: true,
        rows: vec![
            row("blurry", [None, Some(0.5)]),
            row("warm", [Some(0.4), Some(0.3)]),
            row("neon", [Some(0.95), None]),
        ],
        ..BarChart::default()
    };
    let svg = chart.svg().unwrap();
    let place = |name: &str| svg.find(&format!("\n{name}\n")).unwrap();
    assert!(place("neon") < place("warm") && place("warm") < place("blurry"));
    assert!(svg.contains("95%") && svg.contains("goal"));
}

#[test]
fn rows_must_match_the_series() {
    let mut chart = BarChart {
        series: vec!["one".into(), "two".into()],
        rows: vec![BarRow::single("row", interval(0.5))],
        ..BarChart::default()
    };
    assert!(matches!(
        chart.svg(),
        Err(PlotError::Mismatch {
            found: 1,
            expected: 2,
            ..
        })
    ));
    chart.rows.clear();
    assert!(matches!(
        chart.svg(),
        Err(PlotError::Empty { what: "row", .. })
    ));
}

#[test]
fn equal_and_extreme_values_are_drawn() {
    for value in [0.0, 5.0, -3.0, 1e-300, 1e300] {
        let same = Interval {
            value,
            low: value,
            high: value,
        };
        let chart = BarChart {
            series: vec!["one".into()],
            rows: vec![BarRow::single("row", same)],
            ..BarChart::default()
        };
        assert!(chart.svg().is_ok(), "{value}");
    }
    let chart = LineChart {
        series: vec![Series {
            name: "one point".into(),
            points: vec![point(1.0, 1.0)],
        }],
        ..LineChart::default()
    };
    assert!(chart.svg().unwrap().contains("<circle"));
}
