//! Monotone calibration curves.

use crate::error::ExplainError;
use serde::{Deserialize, Serialize};

/// A point of a [`MonotoneMap`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knot {
    /// Where.
    pub x: f64,
    /// The value there.
    pub y: f64,
}

/// A map that never falls: linear between its knots and constant beyond them.
///
/// Reading one from a file checks it: at least one knot, all finite, `x` rising, `y` not falling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Knots", into = "Knots")]
pub struct MonotoneMap {
    knots: Vec<Knot>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Knots {
    knots: Vec<Knot>,
}

impl TryFrom<Knots> for MonotoneMap {
    type Error = ExplainError;

    fn try_from(raw: Knots) -> Result<Self, ExplainError> {
        Self::new(raw.knots)
    }
}

impl From<MonotoneMap> for Knots {
    fn from(map: MonotoneMap) -> Self {
        Self { knots: map.knots }
    }
}

impl MonotoneMap {
    /// A map through given knots.
    ///
    /// # Errors
    ///
    /// No knot, a number that is not finite, `x` that does not rise, `y` that falls.
    pub fn new(knots: Vec<Knot>) -> Result<Self, ExplainError> {
        let broken = |reason: &str| {
            Err(ExplainError::MonotoneMap {
                reason: reason.to_owned(),
            })
        };
        if knots.is_empty() {
            return broken("it has no knots");
        }
        if knots.iter().any(|k| !k.x.is_finite() || !k.y.is_finite()) {
            return broken("a knot is NaN or infinite");
        }
        if knots.windows(2).any(|pair| pair[0].x >= pair[1].x) {
            return broken("the x of its knots do not rise");
        }
        if knots.windows(2).any(|pair| pair[0].y > pair[1].y) {
            return broken("the y of its knots fall");
        }
        Ok(Self { knots })
    }

    /// The map that fits points best in squares among all that never fall (pool adjacent
    /// violators; Barlow et al. 1972). Points of equal `x` count by their mean.
    ///
    /// # Errors
    ///
    /// No points, unequal lengths, NaN or infinity.
    pub fn fit(x: &[f64], y: &[f64]) -> Result<Self, ExplainError> {
        let mut knots: Vec<Knot> = Vec::new();
        for pool in pools(x, y, &vec![1.0; x.len()])? {
            let y = pool.mean();
            knots.push(Knot { x: pool.first, y });
            if pool.last > pool.first {
                knots.push(Knot { x: pool.last, y });
            }
        }
        Self::new(knots)
    }

    /// The same fit with a weight above 0 for every point, without its steps: linear between the
    /// centres of the pools. Where the fit is flat for want of points, this still rises.
    ///
    /// # Errors
    ///
    /// As [`MonotoneMap::fit`].
    pub fn fit_smooth(x: &[f64], y: &[f64], weights: &[f64]) -> Result<Self, ExplainError> {
        let knot = |pool: Pool| Knot {
            x: pool.centre / pool.weight,
            y: pool.mean(),
        };
        let mut knots: Vec<Knot> = pools(x, y, weights)?.into_iter().map(knot).collect();
        // Rounding may move the centres of pools that nearly touch onto each other.
        knots.dedup_by(|right, left| right.x <= left.x);
        Self::new(knots)
    }

    /// The value at `x`; NaN stays NaN.
    pub fn apply(&self, x: f64) -> f64 {
        if x.is_nan() {
            return x;
        }
        let above = self.knots.partition_point(|knot| knot.x < x);
        let last = self.knots.len() - 1;
        if above == 0 || above > last {
            return self.knots[above.min(last)].y;
        }
        let (left, right) = (self.knots[above - 1], self.knots[above]);
        let share = (x - left.x) / (right.x - left.x);
        // Rounding must not leave the step.
        (left.y + share * (right.y - left.y)).clamp(left.y, right.y)
    }

    /// Its knots, by rising `x`.
    pub fn knots(&self) -> &[Knot] {
        &self.knots
    }
}

/// Pool adjacent violators: neighbouring points whose values would fall share their mean.
fn pools(x: &[f64], y: &[f64], weights: &[f64]) -> Result<Vec<Pool>, ExplainError> {
    for other in [y, weights] {
        if x.len() != other.len() {
            return Err(ExplainError::Shape {
                what: "the values of a calibration",
                expected: x.len(),
                found: other.len(),
            });
        }
    }
    let values = y.iter().zip(weights).map(|(y, w)| (*y, *w));
    let mut points: Vec<(f64, (f64, f64))> = x.iter().copied().zip(values).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut pools: Vec<Pool> = Vec::new();
    // `==` and not bits, so that -0 and 0 are one place.
    for tied in points.chunk_by(|a, b| a.0 == b.0) {
        let weight = tied.iter().map(|(_, (_, weight))| weight).sum();
        pools.push(Pool {
            first: tied[0].0,
            last: tied[0].0,
            sum: tied.iter().map(|(_, (y, weight))| y * weight).sum(),
            centre: tied[0].0 * weight,
            weight,
        });
        while let [.., left, right] = pools.as_mut_slice() {
            if left.mean() <= right.mean() {
                break;
            }
            left.last = right.last;
            left.sum += right.sum;
            left.weight += right.weight;
            left.centre += right.centre;
            pools.pop();
        }
    }
    Ok(pools)
}

/// Neighbouring points with one common value.
struct Pool {
    first: f64,
    last: f64,
    /// Values times weights.
    sum: f64,
    /// Places times weights.
    centre: f64,
    weight: f64,
}

impl Pool {
    fn mean(&self) -> f64 {
        self.sum / self.weight
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_smooth_fit_joins_the_centres_of_the_pools() {
        let (x, y) = ([0.0, 1.0, 3.0, 4.0], [0.0, 4.0, 2.0, 6.0]);
        let map = MonotoneMap::fit_smooth(&x, &y, &[1.0, 1.0, 3.0, 1.0]).unwrap();
        // Those at 1 and 3 pool to 10 / 4 at 10 / 4.
        let knots = [(0.0, 0.0), (2.5, 2.5), (4.0, 6.0)].map(|(x, y)| Knot { x, y });
        assert_eq!(map.knots(), knots);
    }

    #[test]
    fn violators_are_pooled_and_ends_are_constant() {
        let map = MonotoneMap::fit(&[4.0, 1.0, 2.0, 3.0, 2.0], &[5.0, 1.0, 4.0, 2.0, 2.0]).unwrap();
        // The three points at 2 and 3 pool to (4 + 2 + 2) / 3.
        let pooled = 8.0 / 3.0;
        assert_eq!(map.apply(0.0), 1.0);
        assert!((map.apply(2.5) - pooled).abs() < 1e-15);
        assert!((map.apply(3.5) - (pooled + 5.0) / 2.0).abs() < 1e-15);
        assert_eq!(map.apply(9.0), 5.0);
        assert!(map.apply(f64::NAN).is_nan());
    }

    #[test]
    fn files_are_checked() {
        let map = MonotoneMap::fit(&[0.0, 1.0], &[0.0, 1.0]).unwrap();
        let text = serde_json::to_string(&map).unwrap();
        assert_eq!(serde_json::from_str::<MonotoneMap>(&text).unwrap(), map);
        let falling = r#"{"knots":[{"x":0,"y":1},{"x":1,"y":0}]}"#;
        let error = serde_json::from_str::<MonotoneMap>(falling).unwrap_err();
        assert!(error.to_string().contains("fall"), "{error}");
        assert!(MonotoneMap::fit(&[], &[]).is_err());
        assert!(MonotoneMap::fit(&[f64::NAN], &[0.0]).is_err());
    }

    proptest! {
        #[test]
        fn never_falls(points in prop::collection::vec((-3.0..3.0, -1.0..1.0), 1..40)) {
            let (x, y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
            let map = MonotoneMap::fit(&x, &y).unwrap();
            let values: Vec<f64> = (-40..=40).map(|i| map.apply(f64::from(i) / 10.0)).collect();
            prop_assert!(values.windows(2).all(|pair| pair[0] <= pair[1]));
        }
    }
}
