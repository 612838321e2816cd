//! Conditions that leave combinations out.

use toml::{Table, Value};

/// Refuses a condition that is none.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check(key: &str, condition: &Value) -> Result<(), String> {
    let Value::Table(bounds) = condition else {
        return Ok(());
    };
    for (bound, value) in bounds {
        if !["above", "below", "at-least", "at-most"].contains(&bound.as_str()) {
            return Err(format!(
                "the condition on `{key}` has no `{bound}`; there are above, below, at-least, at-most"
            ));
        }
        if number(value).is_none() {
            return Err(format!(
                "`{bound}` of the condition on `{key}` is no number"
            ));
        }
    }
    Ok(())
}

/// Whether a value fits a condition: that value, one of a list, or within bounds.
pub(super) fn fits(value: &Value, name: &str, condition: &Value) -> bool {
    match condition {
        Value::Array(any) => any.iter().any(|one| same(value, name, one)),
        Value::Table(bounds) => within(value, bounds),
        one => same(value, name, one),
    }
}

fn same(value: &Value, name: &str, other: &Value) -> bool {
    match (number(value), number(other)) {
        (Some(a), Some(b)) => a == b,
        _ => value == other || other.as_str() == Some(name),
    }
}

fn within(value: &Value, bounds: &Table) -> bool {
    let Some(value) = number(value) else {
        return false;
    };
    bounds.iter().all(|(bound, at)| {
        number(at).is_some_and(|at| match bound.as_str() {
            "above" => value > at,
            "below" => value < at,
            "at-least" => value >= at,
            "at-most" => value <= at,
            _ => false,
        })
    })
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_condition_is_a_value_a_list_or_bounds() {
        let condition = |text: &str| {
            let table: Table = toml::from_str(&format!("c = {text}")).unwrap();
            table["c"].clone()
        };
        let four = Value::Integer(4);
        for (text, right) in [
            ("4", true),
            ("4.0", true),
            ("[1, 4]", true),
            ("[1, 2]", false),
            ("{ above = 4 }", false),
            ("{ at-least = 4, below = 5 }", true),
            ("'four'", true),
        ] {
            assert_eq!(fits(&four, "four", &condition(text)), right, "{text}");
        }
        assert!(check("a", &condition("{ over = 3 }")).is_err());
        assert!(check("a", &condition("{ above = 'x' }")).is_err());
    }
}
