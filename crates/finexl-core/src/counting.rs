//! Numbers of things in sentences: one pair was found, two pairs were found.

/// "1 pair" or "3 pairs".
pub fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

/// "1 pair was" or "3 pairs were".
pub fn counted_were(count: usize, what: &str) -> String {
    format!("{} {}", counted(count, what), was_or_were(count))
}

/// "was" or "were".
pub fn was_or_were(count: usize) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "pair"), "1 pair");
        assert_eq!(counted(0, "pair"), "0 pairs");
        assert_eq!(counted_were(1, "image"), "1 image was");
        assert_eq!(counted_were(2, "image"), "2 images were");
    }
}
