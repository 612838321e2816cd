//! Values that are drawn by lot.

use super::file::{RandomAxes, RandomAxis};
use crate::seed;
use rand::RngExt;
use toml::Value;

/// As many values of an axis as there are draws; each is a function of seed, key and number alone.
///
/// # Errors
/// A range that is none.
pub(super) fn drawn(
    key: &str,
    axis: &RandomAxis,
    random: &RandomAxes,
) -> Result<Vec<Value>, String> {
    let range = match (axis.from, axis.to, axis.values.is_empty()) {
        (None, None, false) => None,
        (Some(from), Some(to), true) if from < to && from.is_finite() && to.is_finite() => {
            Some((from, to))
        }
        (Some(_), Some(_), true) => {
            return Err(format!(
                "`{key}` is drawn from a range that is none; `from` has to be below `to`"
            ));
        }
        _ => {
            return Err(format!(
                "`{key}` is drawn from nothing; give `from` and `to`, or `values`"
            ));
        }
    };
    if let Some((from, _)) = range
        && axis.logarithmic
        && from <= 0.0
    {
        return Err(format!(
            "`{key}` is drawn on a logarithmic scale from {from}; `from` has to be above 0 there"
        ));
    }
    let of_draw = |number: u64| {
        let mut generator =
            seed::generator(random.seed, &[seed::key("sweep"), seed::key(key), number]);
        let Some((from, to)) = range else {
            return axis.values[generator.random_range(0..axis.values.len())].clone();
        };
        let share: f64 = generator.random();
        let value = match axis.logarithmic {
            true => (from.ln() + share * (to.ln() - from.ln())).exp(),
            false => from + share * (to - from),
        };
        match axis.whole {
            true => Value::Integer(value.round().clamp(from.ceil(), to.floor()) as i64),
            // Four digits: nobody needs more, and they can be read.
            false => Value::Float(rounded(value, from, to)),
        }
    };
    Ok((0..random.count as u64).map(of_draw).collect())
}

fn rounded(value: f64, from: f64, to: f64) -> f64 {
    let text = format!("{value:.3e}");
    text.parse().unwrap_or(value).clamp(from, to)
}
