//! Lines from weights to levels.

use crate::error::ExplainError;
use crate::statistics::{Knot, MonotoneMap};
use std::collections::BTreeMap;

/// Lines through the origin up to level 1.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    /// By aspect; what has none takes the shared one.
    pub maps: BTreeMap<String, MonotoneMap>,
    /// Of all aspects together.
    pub shared: MonotoneMap,
}

impl Lines {
    /// Of each aspect by least squares on what has it: weights `[N]` and levels `[A]`, `A <= N`, side by side. As maps
    /// they hold for weights that know already whether it is there.
    pub fn fit<L: Copy + Into<f64>>(
        names: &[String],
        weights: &[Vec<f64>],
        levels: &[&[L]],
    ) -> Result<Self, ExplainError> {
        let mut maps = BTreeMap::new();
        // Sums of weight times level and of squared weights.
        let mut all = [0.0; 2];
        for (aspect, name) in names.iter().enumerate() {
            let both = weights.iter().zip(levels);
            let both = both.map(|(weights, levels)| (weights[aspect], levels[aspect].into()));
            let there = both.filter(|(_, level)| *level > 0.0);
            let sums = there.fold([0.0; 2], |[xy, xx], (x, y): (f64, f64)| {
                [xy + x * y, xx + x * x]
            });
            (0..2).for_each(|i| all[i] += sums[i]);
            if let Some(line) = line(sums)? {
                maps.insert(name.clone(), line);
            }
        }
        Ok(Self {
            maps,
            shared: line(all)?.map_or_else(identity, Ok)?,
        })
    }
}

/// A map that changes nothing.
pub(super) fn identity() -> Result<MonotoneMap, ExplainError> {
    MonotoneMap::new([0.0, 1.0].map(|at| Knot { x: at, y: at }).to_vec())
}

/// The line through the origin by its sums, up to level 1; none where no weight is above 0.
fn line([xy, xx]: [f64; 2]) -> Result<Option<MonotoneMap>, ExplainError> {
    if xy <= 0.0 {
        return Ok(None);
    }
    let ends = [[0.0, 0.0], [xx / xy, 1.0]].map(|[x, y]| Knot { x, y });
    MonotoneMap::new(ends.to_vec()).map(Some)
}
