//! The order in which people read numbered names: `image2` before `image10`.

use std::cmp::Ordering;

/// Compares two names; runs of digits count as numbers of any length, all else by character.
///
/// Names that differ only in leading zeros are ordered by their characters, so that only equal names
/// compare as equal.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    while let (Some(x), Some(y)) = (left.chars().next(), right.chars().next()) {
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (number, other) = (take_digits(&mut left), take_digits(&mut right));
            number.len().cmp(&other.len()).then(number.cmp(other))
        } else {
            left = &left[x.len_utf8()..];
            right = &right[y.len_utf8()..];
            x.cmp(&y)
        };
        if order.is_ne() {
            return order;
        }
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// Takes the digits at the head of `text` off it and returns them without leading zeros.
fn take_digits<'a>(text: &mut &'a str) -> &'a str {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    *text = rest;
    digits.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_by_value() {
        let mut names = vec![
            "b",
            "a10",
            "a2",
            "a",
            "a02",
            "a2b",
            "a99999999999999999999",
            "é1",
        ];
        names.sort_by(|a, b| compare(a, b));
        let expected = [
            "a",
            "a02",
            "a2",
            "a2b",
            "a10",
            "a99999999999999999999",
            "b",
            "é1",
        ];
        assert_eq!(names, expected);
        assert_eq!(compare("x0", "x0"), Ordering::Equal);
    }
}
