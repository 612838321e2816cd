//! Numbers on the command line.

use std::time::Duration;

/// A number that is one: neither NaN nor infinite.
pub fn finite(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => Err("give a finite number".to_string()),
        Err(_) => Err("it is no number".to_string()),
    }
}

/// A number of things, of which none would be no result.
pub fn count(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(0) | Err(_) => Err("give a whole number of at least 1".to_string()),
        Ok(count) => Ok(count),
    }
}

/// A time in seconds.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = finite(text)?;
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| "give a number of seconds from 0 on".to_string())
}

/// Aspects with their scores, in a line.
pub fn scores<T: std::fmt::Display>(aspects: &[(String, T)]) -> String {
    let each = aspects
        .iter()
        .map(|(concept, score)| format!("{concept} {score:.2}"));
    match aspects.is_empty() {
        true => "none is significant".to_string(),
        false => each.collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_of_anything_is_refused() {
        for text in ["nan", "inf", "-inf", "much", ""] {
            assert!(finite(text).is_err(), "{text}");
        }
        assert_eq!(finite("-0.5"), Ok(-0.5));
        for text in ["0", "-1", "2.5", "nan"] {
            assert!(count(text).is_err(), "{text}");
        }
        assert_eq!(count("3"), Ok(3));
        assert!(seconds("-1").is_err() && seconds("soon").is_err());
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
    }
}
