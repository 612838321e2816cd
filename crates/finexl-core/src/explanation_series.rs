//! Explanations of one adapter at several scales, or of several snapshots of one training, side by side.
//!
//! The JSON form is versioned by `schema` and described by `datasets/explanation-series.schema.json`.

use crate::explanation::Explanation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The value of [`ExplanationSeries::schema`] that this version writes.
pub const SERIES_SCHEMA: &str = "finexl-explanation-series-1";

/// What differs from one column to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeriesAxis {
    /// The scale at which adapters are applied.
    Scale,
    /// The snapshot of a training.
    Snapshot,
}

/// A column: the base, or a scale or snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesColumn {
    /// Its head.
    pub label: String,
    /// The scale, where columns are scales; 0 of the base.
    pub scale: Option<f64>,
}

/// An aspect in one column.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurvePoint {
    /// Its score; 0 in the base, which does not differ from itself.
    pub score: f64,
    /// Lower end of the 95% interval.
    pub low: f64,
    /// Upper end of the 95% interval.
    pub high: f64,
    /// Whether it is significant.
    pub significant: bool,
}

/// How an aspect changes over the columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AspectCurve {
    /// The aspect.
    pub concept: String,
    /// A point per column, the base first.
    pub points: Vec<CurvePoint>,
}

/// Several explanations against the same base, with the same prompts and seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplanationSeries {
    /// Always [`SERIES_SCHEMA`].
    pub schema: String,
    /// One sentence for a person.
    pub summary: String,
    /// What the base is called.
    pub base: String,
    /// What differs.
    pub over: SeriesAxis,
    /// The columns, the base first.
    pub columns: Vec<SeriesColumn>,
    /// Aspects, those with the largest score in any column first.
    pub curves: Vec<AspectCurve>,
    /// The whole explanation of every column but the base's.
    pub explanations: Vec<Explanation>,
}

impl ExplanationSeries {
    /// Puts explanations side by side; each comes with its column.
    pub fn new(over: SeriesAxis, points: Vec<(SeriesColumn, Explanation)>) -> Self {
        let (columns, explanations): (Vec<_>, Vec<_>) = points.into_iter().unzip();
        let base = explanations
            .first()
            .map_or(String::new(), |e| e.base.clone());
        let curves = curves(&explanations);
        let scale = (over == SeriesAxis::Scale).then_some(0.0);
        let mut all = vec![SeriesColumn {
            label: base.clone(),
            scale,
        }];
        all.extend(columns);
        Self {
            schema: SERIES_SCHEMA.to_string(),
            summary: summary(over, &all, &curves),
            base,
            over,
            columns: all,
            curves,
            explanations,
        }
    }
}

/// A curve per aspect that any explanation has.
fn curves(explanations: &[Explanation]) -> Vec<AspectCurve> {
    let mut found: BTreeMap<&str, Vec<CurvePoint>> = BTreeMap::new();
    let none = CurvePoint {
        score: 0.0,
        low: 0.0,
        high: 0.0,
        significant: false,
    };
    for (place, explanation) in explanations.iter().enumerate() {
        for aspect in &explanation.aspects {
            let points = found.entry(aspect.concept.as_str());
            let points = points.or_insert_with(|| vec![none; explanations.len() + 1]);
            points[place + 1] = CurvePoint {
                score: aspect.score,
                low: aspect.low,
                high: aspect.high,
                significant: aspect.significant,
            };
        }
    }
    let mut curves: Vec<AspectCurve> = (found.into_iter())
        .map(|(concept, points)| AspectCurve {
            concept: concept.to_string(),
            points,
        })
        .collect();
    curves.sort_by(|a, b| {
        let by_size = b.most().total_cmp(&a.most());
        let by_proof = b.is_significant().cmp(&a.is_significant());
        by_proof.then(by_size).then(a.concept.cmp(&b.concept))
    });
    curves
}

impl AspectCurve {
    /// The largest size of its scores.
    pub fn most(&self) -> f64 {
        let sizes = self.points.iter().map(|point| point.score.abs());
        sizes.fold(0.0, f64::max)
    }

    /// Whether it is significant in any column.
    pub fn is_significant(&self) -> bool {
        self.points.iter().any(|point| point.significant)
    }
}

fn summary(over: SeriesAxis, columns: &[SeriesColumn], curves: &[AspectCurve]) -> String {
    let what = match over {
        SeriesAxis::Scale => "scales",
        SeriesAxis::Snapshot => "snapshots",
    };
    let count = columns.len().saturating_sub(1);
    match curves.first().filter(|curve| curve.is_significant()) {
        None => format!("No aspect is significant at any of {count} {what}."),
        Some(curve) => {
            let place = curve
                .points
                .iter()
                .position(|p| p.score.abs() == curve.most());
            let column = place.and_then(|place| columns.get(place));
            let label = column.map_or("", |column| column.label.as_str());
            let significant = curves.iter().filter(|curve| curve.is_significant()).count();
            let at = match over {
                SeriesAxis::Scale => format!("at scale {label}"),
                SeriesAxis::Snapshot => format!("in {label}"),
            };
            format!(
                "Over {count} {what} \"{}\" is strongest, {at}; {significant} aspects are significant in some column.",
                curve.concept
            )
        }
    }
}
