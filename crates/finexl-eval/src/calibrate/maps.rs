//! Maps from weights to levels.

use super::Fit;
use crate::EvalError;
use crate::pool::Scenario;
use crate::trial::for_scenarios;
use finexl_data::aspects::all;
use finexl_explain::statistics::{Knot, MonotoneMap};
use serde::Serialize;
use std::collections::BTreeMap;

/// One personalized model at one level.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Point {
    pub aspect: String,
    pub artist: String,
    pub style: usize,
    pub level: f64,
    pub weight: f64,
}

/// Weights of every aspect at every level, in several styles; artists take turns.
pub(super) fn fit_points(fit: &mut Fit<'_>) -> Result<Vec<Point>, EvalError> {
    let levels = fit.config.levels;
    let mut scenarios = Vec::new();
    for style in 0..fit.config.styles {
        for (number, aspect) in all().iter().enumerate() {
            let trial = style * all().len() + number;
            let mut cell = fit.scenario("maps", trial, Vec::new())?;
            // Counted by style, so that every aspect meets every artist.
            cell.artist = (style + number) % fit.pool.artists().len();
            scenarios.extend((1..=levels).map(|step| Scenario {
                aspects: vec![(aspect, step as f32 / levels as f32)],
                ..cell.clone()
            }));
        }
    }
    let explainer = &fit.explainer;
    let weights = for_scenarios(
        &mut fit.pool,
        ("levels", fit.progress),
        &scenarios,
        |divergences, bank| explainer.weights(&divergences.mean(), &bank.mean(), bank.concepts()),
    )?;
    let artists = fit.pool.artists();
    let per_style = all().len() * levels;
    let mut points = Vec::with_capacity(scenarios.len());
    for (number, (scenario, weights)) in scenarios.iter().zip(weights).enumerate() {
        let (aspect, level) = scenario.aspects[0];
        if let Some(concept) = explainer.vocabulary.position(aspect.name) {
            points.push(Point {
                aspect: aspect.name.to_owned(),
                artist: artists[scenario.artist].name().to_owned(),
                style: number / per_style.max(1),
                level: f64::from(level),
                weight: weights[concept].max(0.0),
            });
        }
    }
    Ok(points)
}

/// The best map of every aspect, and that of all together.
pub(super) fn anchored(
    points: &[Point],
) -> Result<(BTreeMap<String, MonotoneMap>, MonotoneMap), EvalError> {
    let mut by_aspect: BTreeMap<&str, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    let mut together = (Vec::new(), Vec::new());
    for point in points {
        for side in [by_aspect.entry(&point.aspect).or_default(), &mut together] {
            side.0.push(point.weight);
            side.1.push(point.level);
        }
    }
    let maps = by_aspect
        .into_iter()
        .map(|(aspect, (x, y))| Ok((aspect.to_owned(), through_zero(&x, &y)?)))
        .collect::<Result<_, EvalError>>()?;
    Ok((maps, through_zero(&together.0, &together.1)?))
}

/// The monotone fit, made to begin at (0, 0): no weight is no level. Without that, aspects whose
/// weakest levels have no weight would begin at the mean of those levels.
fn through_zero(weights: &[f64], levels: &[f64]) -> Result<MonotoneMap, EvalError> {
    let fitted = MonotoneMap::fit(weights, levels)?;
    let mut knots = vec![Knot { x: 0.0, y: 0.0 }];
    knots.extend(fitted.knots().iter().filter(|knot| knot.x > 0.0).copied());
    Ok(MonotoneMap::new(knots)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn point(aspect: &str, level: f64, weight: f64) -> Point {
        Point {
            aspect: aspect.to_owned(),
            artist: String::new(),
            style: 0,
            level,
            weight,
        }
    }

    #[test]
    fn maps_begin_at_zero_and_invert_what_was_measured() {
        let mut points = vec![point("warm", 0.25, 0.0)];
        points.extend((1..=8).map(|i| point("warm", f64::from(i) / 8.0, f64::from(i) / 4.0)));
        points.push(point("dark", 1.0, 0.5));
        let (maps, shared) = anchored(&points).unwrap();
        let warm = &maps["warm"];
        assert_eq!(warm.apply(0.0), 0.0);
        assert!((warm.apply(1.0) - 0.5).abs() < 1e-12);
        assert_eq!(warm.apply(9.0), 1.0);
        assert_eq!(maps["dark"].apply(0.25), 0.5);
        assert!(shared.apply(0.5) > 0.25);
    }
}
