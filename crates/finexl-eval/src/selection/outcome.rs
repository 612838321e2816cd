//! What was selected for a target, and how right that is.

use super::{Candidate, Protocol, nearest};
use serde::{Deserialize, Serialize};

/// How right a selection is; a mean over several models where they tie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Credit {
    /// The share that was made with exactly the target's aspects.
    pub same_style: f64,
    /// The share that is within one level of the target.
    pub level_within_one: f64,
    /// F1 of its aspects as a guess of the target's.
    pub aspect_f1: f64,
}

impl Credit {
    /// Mean credit of some candidates for a target.
    pub(super) fn mean(target: &Candidate, chosen: &[usize], candidates: &[Candidate]) -> Self {
        let count = chosen.len().max(1) as f64;
        chosen.iter().fold(Self::default(), |sum, index| {
            let one = Self::of(target, &candidates[*index]);
            Self {
                same_style: sum.same_style + one.same_style / count,
                level_within_one: sum.level_within_one + one.level_within_one / count,
                aspect_f1: sum.aspect_f1 + one.aspect_f1 / count,
            }
        })
    }

    fn of(target: &Candidate, selected: &Candidate) -> Self {
        let share = |right: bool| f64::from(u8::from(right));
        Self {
            same_style: share(target.same_style(selected)),
            level_within_one: share(target.level.abs_diff(selected.level) <= 1),
            aspect_f1: target.overlap(selected),
        }
    }

    /// The larger of each.
    fn largest(self, other: Self) -> Self {
        Self {
            same_style: self.same_style.max(other.same_style),
            level_within_one: self.level_within_one.max(other.level_within_one),
            aspect_f1: self.aspect_f1.max(other.aspect_f1),
        }
    }
}

/// A target and what a method selected for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Index of the target.
    pub target: usize,
    /// Indices of the selected models; several where they tie.
    pub selected: Vec<usize>,
    /// How right they are.
    pub credit: Credit,
}

/// What a target allows for.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Index of the target.
    pub target: usize,
    /// Expected credit of a random selection.
    pub chance: Credit,
    /// The best possible credit, of each kind by itself.
    pub ceiling: Credit,
    /// What somebody selects who knows all: the most aspects in common, then the nearest level;
    /// several where they tie.
    pub oracle: Vec<usize>,
}

/// Selections of the targets by explanation vectors `[models][d]`. Targets of which no other model may
/// be selected are left out.
///
/// # Panics
/// If there are fewer vectors than candidates.
pub fn outcomes(
    candidates: &[Candidate],
    targets: &[usize],
    protocol: Protocol,
    vectors: &[Vec<f64>],
) -> Vec<Outcome> {
    with_choice(candidates, targets, protocol)
        .map(|(target, eligible)| {
            let selected = nearest(vectors, target, &eligible);
            Outcome {
                target,
                credit: Credit::mean(&candidates[target], &selected, candidates),
                selected,
            }
        })
        .collect()
}

/// Chance, ceiling and oracle of the same targets, in the same order.
pub fn reference(
    candidates: &[Candidate],
    targets: &[usize],
    protocol: Protocol,
) -> Vec<Reference> {
    with_choice(candidates, targets, protocol)
        .map(|(target, eligible)| {
            let of = &candidates[target];
            let best = |index: &usize| Credit::of(of, &candidates[*index]);
            let ceiling = eligible.iter().map(best);
            Reference {
                target,
                chance: Credit::mean(of, &eligible, candidates),
                ceiling: ceiling.fold(Credit::default(), Credit::largest),
                oracle: oracle(of, &eligible, candidates),
            }
        })
        .collect()
}

/// Targets with those that may be selected, where there are any.
fn with_choice(
    candidates: &[Candidate],
    targets: &[usize],
    protocol: Protocol,
) -> impl Iterator<Item = (usize, Vec<usize>)> {
    targets
        .iter()
        .map(move |target| (*target, protocol.eligible(*target, candidates)))
        .filter(|(_, eligible)| !eligible.is_empty())
}

fn oracle(target: &Candidate, eligible: &[usize], candidates: &[Candidate]) -> Vec<usize> {
    let rank = |index: usize| {
        let other = &candidates[index];
        let far = target.level.abs_diff(other.level) as f64;
        (target.overlap(other), -far)
    };
    let better = |a: (f64, f64), b: (f64, f64)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1));
    let best = eligible
        .iter()
        .map(|i| rank(*i))
        .max_by(|a, b| better(*a, *b));
    let among = eligible.iter().copied();
    among.filter(|i| Some(rank(*i)) == best).collect()
}

#[cfg(test)]
mod tests {
    use super::super::candidate::made_up;
    use super::*;

    fn pool() -> Vec<Candidate> {
        vec![
            made_up("warm-1", &["warm"], 0),
            made_up("warm-1", &["warm"], 1),
            made_up("warm-2", &["warm"], 0),
            made_up("dark-1", &["dark"], 2),
        ]
    }

    #[test]
    fn credit_is_what_the_selected_model_shares() {
        let vectors = [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]].map(Vec::from);
        let all = outcomes(&pool(), &[0, 2, 3], Protocol::AnyOther, &vectors);
        assert_eq!(all[0].selected, [1]);
        assert_eq!(
            all[0].credit,
            Credit {
                same_style: 1.0,
                level_within_one: 1.0,
                aspect_f1: 1.0
            }
        );
        assert_eq!(all[1].selected, [3]);
        assert_eq!(all[1].credit, Credit::default());
    }

    #[test]
    fn without_an_explanation_credit_is_chance() {
        let vectors = vec![vec![0.0]; 4];
        let targets = [0, 1, 2, 3];
        for protocol in [Protocol::AnyOther, Protocol::OtherRuns] {
            let found = outcomes(&pool(), &targets, protocol, &vectors);
            let known = reference(&pool(), &targets, protocol);
            for (found, known) in found.iter().zip(&known) {
                assert_eq!(found.credit, known.chance);
            }
        }
    }

    #[test]
    fn the_ceiling_is_what_the_pool_has() {
        let known = reference(&pool(), &[0, 3], Protocol::OtherRuns);
        assert_eq!(known[0].ceiling.same_style, 1.0);
        assert_eq!(known[0].oracle, [2]);
        assert_eq!(known[0].chance.same_style, 0.5);
        assert_eq!(known[1].ceiling.same_style, 0.0);
        assert_eq!(known[1].ceiling.level_within_one, 1.0);
        assert_eq!(known[1].oracle, [1]);
    }
}
