//! Images that the user leaves out: `--exclude`.

use crate::DataError;
use glob::{MatchOptions, Pattern};

/// Patterns of names that are left out, in the manner of a shell: `*` is any text inside a name, `**` any folders, `?`
/// a character, `[ab]` one of several.
#[derive(Clone, Debug, Default)]
pub struct Exclude {
    patterns: Vec<Pattern>,
}

impl Exclude {
    /// Leaves nothing out.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Leaves out what any of the patterns fits.
    ///
    /// # Errors
    /// [`DataError::Pattern`] for one that is none.
    pub fn new(patterns: &[String]) -> Result<Self, DataError> {
        let compile = |text: &String| {
            Pattern::new(text).map_err(|error| DataError::Pattern {
                pattern: text.clone(),
                reason: error.msg.to_string(),
            })
        };
        Ok(Self {
            patterns: patterns.iter().map(compile).collect::<Result<_, _>>()?,
        })
    }

    /// The patterns as they were given.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(Pattern::as_str)
    }

    /// The first pattern that fits a path inside a folder: as a whole, or its last part alone.
    pub fn fits(&self, inside: &str) -> Option<&str> {
        const OPTIONS: MatchOptions = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        let name = inside.rsplit('/').next().unwrap_or(inside);
        let fits = |pattern: &&Pattern| {
            [inside, name]
                .iter()
                .any(|text| pattern.matches_with(text, OPTIONS))
        };
        self.patterns.iter().find(fits).map(Pattern::as_str)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn patterns_fit_paths_or_names() {
        let exclude = |pattern: &str| Exclude::new(&[pattern.to_string()]).unwrap();
        for (pattern, fitting, other) in [
            ("test*", "sub/test 1.png", "sub/a test.png"),
            ("sub/*", "sub/a.png", "sub/deeper/a.png"),
            ("sub/**", "sub/deeper/a.png", "other/a.png"),
            ("*.jpg", "a.jpg", "a.jpg.png"),
            ("0000[12].png", "00002.png", "00003.png"),
        ] {
            assert_eq!(exclude(pattern).fits(fitting), Some(pattern));
            assert_eq!(exclude(pattern).fits(other), None, "{pattern}");
        }
        let text = Exclude::new(&["a[".to_string()]).unwrap_err().to_string();
        assert!(text.contains("a["), "{text}");
    }
}
