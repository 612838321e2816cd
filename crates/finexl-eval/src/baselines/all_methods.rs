//! Everything that a comparison sets side by side.

use super::{
    Decomposed, ExplanationMethod, GsClip, Naive, NearestNeighbour, Random, Ranking, Splice,
    VisDiff,
};
use crate::EvalError;
use finexl_explain::calibrated_space::CalibratedSpace;
use finexl_explain::decompose::Method;

/// All decompositions with their defaults, in the encoder's own space and in the calibrated one where there
/// is one; the baselines; the control. With `proposals` false those are left out that need them.
///
/// # Errors
/// None with the defaults.
pub fn all_methods(
    space: Option<&CalibratedSpace>,
    proposals: bool,
    seed: u64,
) -> Result<Vec<Box<dyn ExplanationMethod>>, EvalError> {
    let mut methods: Vec<Box<dyn ExplanationMethod>> = Vec::new();
    for method in Method::all() {
        methods.push(Box::new(Decomposed::new(&method, None)?));
        if let Some(space) = space {
            methods.push(Box::new(Decomposed::new(&method, Some(space.clone()))?));
        }
    }
    let by_means = VisDiff {
        ranking: Ranking::MeanDifference,
        ..VisDiff::default()
    };
    methods.push(Box::new(Random { seed }));
    methods.push(Box::new(Naive));
    methods.push(Box::new(GsClip::default()));
    methods.push(Box::new(VisDiff::default()));
    methods.push(Box::new(by_means));
    methods.push(Box::new(Splice::default()));
    methods.push(Box::new(NearestNeighbour));
    methods.retain(|method| proposals || !method.needs_proposals());
    Ok(methods)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::baselines::Column;
    use crate::baselines::toy::Toy;
    use std::collections::BTreeSet;

    #[test]
    fn all_answer_in_the_same_form_under_names_of_their_own() {
        let toy = Toy::new();
        let offer = toy.offer();
        let table = toy.proposals(&[("first", 0.0, 0.5)]);
        let methods = all_methods(None, true, 1).unwrap();
        let mut names = BTreeSet::new();
        for method in &methods {
            let answer = method
                .explain(&offer, &toy.evidence(&offer, Some(&table)))
                .unwrap();
            assert_eq!(answer.weights().len(), offer.concepts());
            for column in [Column::Plain, Column::Transformed] {
                let vector = answer.vector(&offer, column, Some(8)).unwrap();
                assert!(vector.iter().all(|v| v.is_finite()), "{}", method.name());
            }
            assert!(names.insert(method.name()), "{}", method.name());
        }
        let without = all_methods(None, false, 1).unwrap();
        assert_eq!(without.len(), methods.len() - 4);
        for method in &without {
            assert!(method.explain(&offer, &toy.evidence(&offer, None)).is_ok());
        }
    }
}
