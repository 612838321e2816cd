//! Who may be selected.

use super::Candidate;
use finexl_core::selection::OTHER_RUNS;
use serde::{Deserialize, Serialize};

/// Which models may be selected for a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Any other model, as in the paper: neighbours from the same training make it easy.
    AnyOther,
    /// Models of other runs only, and of none that comes from the same training.
    OtherRuns,
}

impl Protocol {
    /// Its name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::AnyOther => "any other model",
            Self::OtherRuns => OTHER_RUNS,
        }
    }

    /// Indices of the candidates that may be selected for the one at `target`.
    pub fn eligible(self, target: usize, candidates: &[Candidate]) -> Vec<usize> {
        (0..candidates.len())
            .filter(|other| *other != target)
            .filter(|other| {
                self == Self::AnyOther || !candidates[*other].is_kin(&candidates[target])
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::candidate::made_up;
    use super::*;

    #[test]
    fn a_target_is_never_its_own_answer() {
        let all = [("a", 0), ("a", 1), ("b", 0)].map(|(run, level)| made_up(run, &["x"], level));
        assert_eq!(Protocol::AnyOther.eligible(0, &all), [1, 2]);
        assert_eq!(Protocol::OtherRuns.eligible(0, &all), [2]);
    }
}
