//! The columns of a table: which models are in the pool, and which are targets.

use super::Candidate;
use finexl_core::experiment::PoolColumn;

/// The name of a column in tables.
pub fn name(column: &PoolColumn) -> String {
    match column {
        PoolColumn::Single { levels } => format!("single aspect, {levels} levels"),
        PoolColumn::Aspects { names } => format!("of {}", names.join(", ")),
        PoolColumn::Mixed { aspects } => format!("{aspects} aspects"),
    }
}

/// Indices of the models that can be selected, and of those that are targets.
pub fn members(column: &PoolColumn, candidates: &[Candidate]) -> [Vec<usize>; 2] {
    let which = |wanted: &dyn Fn(&Candidate) -> bool| -> Vec<usize> {
        let all = (0..candidates.len()).filter(|index| wanted(&candidates[*index]));
        all.collect()
    };
    match column {
        PoolColumn::Single { levels } => {
            let all = which(&|c| c.is_single() && spread(candidates, c, *levels));
            [all.clone(), all]
        }
        PoolColumn::Aspects { names } => {
            let own = |c: &Candidate| c.is_single() && c.aspects.iter().any(|a| names.contains(a));
            [which(&Candidate::is_single), which(&own)]
        }
        PoolColumn::Mixed { aspects } => {
            let targets = which(&|c| c.aspects.len() == *aspects);
            let mut all = which(&Candidate::is_single);
            all.extend(targets.iter().filter(|_| *aspects != 1));
            all.sort_unstable();
            [all, targets]
        }
    }
}

/// Whether a model is one of `wanted` that are spread evenly over the levels of its run, the strongest
/// included.
fn spread(candidates: &[Candidate], candidate: &Candidate, wanted: usize) -> bool {
    let of_run = candidates.iter().filter(|c| c.run == candidate.run);
    let levels = of_run.map(|c| c.level).max().unwrap_or(0) + 1;
    if wanted >= levels {
        return true;
    }
    (1..=wanted).any(|place| place * levels / wanted == candidate.level + 1)
}

#[cfg(test)]
mod tests {
    use super::super::candidate::made_up;
    use super::*;

    #[test]
    fn levels_are_spread_and_end_with_the_strongest() {
        let run: Vec<Candidate> = (0..8).map(|level| made_up("a", &["x"], level)).collect();
        let levels = |levels| members(&PoolColumn::Single { levels }, &run)[0].clone();
        assert_eq!(levels(3), [1, 4, 7]);
        assert_eq!(levels(5), [0, 2, 3, 5, 7]);
        assert_eq!(levels(8).len(), 8);
    }

    #[test]
    fn mixtures_are_sought_among_single_aspects_too() {
        let all = vec![
            made_up("a", &["x"], 0),
            made_up("b", &["x", "y"], 0),
            made_up("c", &["x", "y", "z"], 0),
        ];
        let [pool, targets] = members(&PoolColumn::Mixed { aspects: 2 }, &all);
        assert_eq!((pool, targets), (vec![0, 1], vec![1]));
    }
}
