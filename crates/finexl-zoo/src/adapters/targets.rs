//! Which modules an adapter belongs to, with the meaning that PEFT gives to `target_modules`.

use regex::Regex;
use std::collections::BTreeSet;

/// Modules by name or by pattern.
#[derive(Clone, Debug)]
pub(super) enum Targets {
    /// Whole paths, or the last segments of them.
    Names(Vec<String>),
    /// A regular expression that a whole path has to fulfil: as written, and as used.
    Pattern(String, Regex),
}

impl Targets {
    /// A pattern for whole paths.
    ///
    /// # Errors
    /// Where it is no regular expression.
    pub fn pattern(pattern: &str) -> Result<Self, regex::Error> {
        let whole = Regex::new(&format!("^(?:{pattern})$"))?;
        Ok(Self::Pattern(pattern.to_string(), whole))
    }

    /// Whether a module is meant.
    pub fn matches(&self, module: &str) -> bool {
        match self {
            Self::Names(names) => names.iter().any(|name| is_end_of(name, module)),
            Self::Pattern(_, whole) => whole.is_match(module),
        }
    }

    /// The shortest targets that mean exactly the modules of `adapted` among all of `known`.
    ///
    /// # Errors
    /// Where the pattern that it may need cannot be made.
    pub fn exactly<'a>(
        adapted: &BTreeSet<&'a str>,
        known: &BTreeSet<&'a str>,
    ) -> Result<Self, regex::Error> {
        let ends: BTreeSet<&str> = adapted
            .iter()
            .map(|module| module.rsplit('.').next().unwrap_or(module))
            .collect();
        for names in [&ends, adapted] {
            let targets = Self::Names(names.iter().map(ToString::to_string).collect());
            if known
                .iter()
                .all(|module| targets.matches(module) == adapted.contains(module))
            {
                return Ok(targets);
            }
        }
        // A whole path may be the end of another one; a pattern is never taken for an end.
        let escaped: Vec<String> = adapted.iter().map(|module| regex::escape(module)).collect();
        Self::pattern(&escaped.join("|"))
    }
}

/// Whether a name is a path or the last segments of it.
pub(super) fn is_end_of(name: &str, path: &str) -> bool {
    path.strip_suffix(name)
        .is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_are_whole_segments() {
        let targets = Targets::Names(vec!["query".to_string(), "mlp.up".to_string()]);
        for module in ["query", "blocks.0.query", "blocks.1.mlp.up", "mlp.up"] {
            assert!(targets.matches(module), "{module}");
        }
        for module in ["big_query", "query.norm", "blocks.1.up", "xmlp.up"] {
            assert!(!targets.matches(module), "{module}");
        }
    }

    #[test]
    fn patterns_are_whole_paths() {
        let targets = Targets::pattern(r"blocks\.\d+\.query|head").unwrap();
        assert!(targets.matches("blocks.12.query") && targets.matches("head"));
        assert!(!targets.matches("x.head") && !targets.matches("blocks.12.query.x"));
        assert!(Targets::pattern("(").is_err());
    }

    #[test]
    fn the_shortest_targets_are_found() {
        let known: BTreeSet<&str> = ["a.up", "a.down", "b.up", "b.down", "up.a.up"].into();
        let found = |adapted: &[&'static str]| {
            let adapted = adapted.iter().copied().collect();
            let targets = Targets::exactly(&adapted, &known).unwrap();
            for module in &known {
                assert_eq!(targets.matches(module), adapted.contains(module));
            }
            match targets {
                Targets::Names(names) => names.join(" "),
                Targets::Pattern(pattern, _) => pattern,
            }
        };
        assert_eq!(found(&["a.down", "b.down"]), "down");
        assert_eq!(found(&["b.up", "a.down"]), "a.down b.up");
        assert_eq!(found(&["a.up"]), r"a\.up");
    }
}
