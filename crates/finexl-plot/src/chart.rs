//! The chart of an explanation: aspects with scores and 95% intervals.

use crate::bars::{Bar, BarChart, BarRow, Interval, Tone};
use crate::canvas::{self, Type, WIDTH};
use crate::error::PlotError;
use crate::rows::{Shown, scale};
use finexl_core::explanation::{Explanation, ThresholdSource};
use plotters::style::text_anchor::HPos;

/// What the chart shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChartOptions {
    /// At most this many aspects.
    pub top: usize,
}

impl Default for ChartOptions {
    fn default() -> Self {
        Self { top: 12 }
    }
}

/// Draws the aspects as horizontal bars with whiskers over their 95% intervals, as SVG.
///
/// Significant aspects are coloured, the others grey; the axis runs from 0 to 1 when scores are
/// calibrated, else over zero and all intervals. Aspects without a score are left out.
///
/// # Errors
/// [`PlotError::NotFinite`] for a score or an interval that is not finite.
pub fn aspect_chart(
    explanation: &Explanation,
    options: &ChartOptions,
) -> Result<String, PlotError> {
    let shown = Shown::of(explanation, options.top);
    if shown.rows.is_empty() {
        return nothing();
    }
    let rows: Vec<BarRow> = shown
        .rows
        .iter()
        .map(|aspect| BarRow {
            name: aspect.concept.clone(),
            bars: vec![Some(Bar {
                interval: Interval {
                    value: aspect.score,
                    low: aspect.low,
                    high: aspect.high,
                },
                tone: match aspect.significant {
                    true => Tone::Full,
                    false => Tone::Faint,
                },
            })],
            mark: None,
        })
        .collect();
    let faint = if explanation.testable {
        "not significant"
    } else {
        "too few pairs to tell"
    };
    BarChart {
        axis: format!("score: {}; whiskers: 95% interval", scale(explanation)),
        range: explanation.calibrated.then_some((0.0, 1.0)),
        series: vec!["significant".into()],
        faint: Some(faint.into()),
        goal: threshold(explanation),
        rows,
        ..BarChart::default()
    }
    .svg()
}

/// The line that intervals of significant aspects lie beyond, where it is not zero.
fn threshold(explanation: &Explanation) -> Option<(f64, String)> {
    let decision = &explanation.aspects.first()?.decision;
    let name = match decision.threshold_from {
        ThresholdSource::Zero => return None,
        ThresholdSource::Effect => "effect threshold",
        ThresholdSource::Spill => "what the strongest spills over",
    };
    Some((decision.threshold, name.to_string()))
}

fn nothing() -> Result<String, PlotError> {
    let words = "No aspect has a score.";
    canvas::svg("aspect chart", 60, words, |area| {
        let middle = Type::small().side(HPos::Center);
        canvas::write(area, words, (WIDTH as i32 / 2, 30), middle)
    })
}
