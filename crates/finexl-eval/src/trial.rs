//! From scenarios to explanations, and what is read off them.

use crate::EvalError;
use crate::pool::{ProbePool, Scenario};
use crate::settings::Progress;
use finexl_core::explanation::{AspectScore, Explanation};
use finexl_explain::bank::ConceptBank;
use finexl_explain::divergence::Divergences;
use rayon::prelude::*;

/// Scenarios whose images are encoded, and which are then analysed, together.
const BLOCK: usize = 8;

/// Applies `work` to the divergences and the bank of every scenario, in parallel.
///
/// # Errors
/// The first error of the encoder or of `work`.
pub(crate) fn for_scenarios<T: Send>(
    pool: &mut ProbePool<'_>,
    (stage, progress): (&str, Progress),
    scenarios: &[Scenario],
    work: impl Fn(&Divergences, &ConceptBank) -> Result<T, EvalError> + Sync,
) -> Result<Vec<T>, EvalError> {
    let mut results = Vec::with_capacity(scenarios.len());
    for block in scenarios.chunks(BLOCK) {
        progress(stage, results.len(), scenarios.len());
        let divergences = pool.divergences(block)?;
        let pool = &*pool;
        let done: Vec<T> = block
            .par_iter()
            .zip(&divergences)
            .map(|(scenario, divergences)| work(divergences, &pool.bank(&scenario.probes)?))
            .collect::<Result<_, _>>()?;
        results.extend(done);
    }
    progress(stage, scenarios.len(), scenarios.len());
    Ok(results)
}

/// The rank of a concept from 0; none where its score is not above 0.
pub(crate) fn rank(record: &Explanation, concept: &str) -> Option<usize> {
    record
        .aspects
        .iter()
        .position(|aspect| aspect.concept == concept && aspect.score > 0.0)
}

/// The entry of a concept.
pub(crate) fn entry<'a>(record: &'a Explanation, concept: &str) -> Option<&'a AspectScore> {
    record.aspects.iter().find(|a| a.concept == concept)
}

/// Significant concepts that belong to none of the families.
pub(crate) fn outside(record: &Explanation, families: &[&str]) -> Vec<String> {
    record
        .aspects
        .iter()
        .filter(|aspect| {
            let inside = aspect
                .family
                .as_deref()
                .is_some_and(|f| families.contains(&f));
            aspect.significant && !inside
        })
        .map(|aspect| aspect.concept.clone())
        .collect()
}

/// The number of significant concepts.
pub(crate) fn significant(record: &Explanation) -> usize {
    record.aspects.iter().filter(|a| a.significant).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::{aspect, record};

    #[test]
    fn ranks_need_a_score_and_families_are_matched() {
        let record = record(vec![
            aspect("warm", Some("colour"), 0.5, true),
            aspect("gothic", None, 0.4, true),
            aspect("dark", Some("tone"), 0.0, false),
        ]);
        assert_eq!(rank(&record, "gothic"), Some(1));
        assert_eq!(rank(&record, "dark"), None);
        assert_eq!(outside(&record, &["colour"]), ["gothic"]);
        assert_eq!(significant(&record), 2);
    }
}
