//! The explainer's decompositions as methods.

use super::{Evidence, ExplanationMethod, MethodAnswer, Offer};
use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;
use finexl_explain::Explainer;
use finexl_explain::calibrated_space::CalibratedSpace;
use finexl_explain::calibration::CalibrationChoice;
use finexl_explain::decompose::Method;
use finexl_explain::explainer::ExplainerBuilder;
use finexl_explain::profile::profile_method;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use std::sync::Arc;

/// Name of the profile in tables.
const PROFILE: &str = "profile of explain";
/// Name of the scores in tables.
const SCORES: &str = "scores of explain";

/// A decomposition of V_div as an explainer makes it, by weights alone.
#[derive(Debug)]
pub struct Decomposed {
    name: String,
    explainer: Explainer,
}

impl Decomposed {
    /// What an explainer weighs, by the name of its method.
    pub fn new(explainer: Explainer) -> Self {
        Self {
            name: explainer.settings().method.name().to_string(),
            explainer,
        }
    }

    /// A method with its settings in the encoder's own space, or in that of the head that it reads by; `with` adds a
    /// head or reference models.
    ///
    /// # Errors
    /// A setting outside its range; a head that was trained with another encoder.
    pub fn of_method(
        method: Method,
        encoder: &Arc<dyn Encoder>,
        vocabulary: &Vocabulary,
        with: impl FnOnce(ExplainerBuilder) -> Result<ExplainerBuilder, EvalError>,
    ) -> Result<Self, EvalError> {
        let builder = builder(encoder, vocabulary)
            .method(method)
            .calibration(CalibrationChoice::Raw(None));
        Ok(Self::new(with(builder)?.build()?))
    }

    /// The profile that `finexl explain` writes, the mean over pairs, with this encoder and vocabulary: in the
    /// embedded calibrated space where there is one.
    ///
    /// # Errors
    /// Where the embedded calibration is damaged.
    pub fn profile_of(
        encoder: &Arc<dyn Encoder>,
        vocabulary: &Vocabulary,
    ) -> Result<Self, EvalError> {
        let space = space_of(encoder, vocabulary)?.map(Box::new);
        let explainer = builder(encoder, vocabulary)
            .method(profile_method())
            .calibration(CalibrationChoice::Raw(space))
            .build()?;
        Ok(Self {
            name: PROFILE.to_string(),
            explainer,
        })
    }

    /// What `finexl explain` scores with by default, in the same space.
    ///
    /// # Errors
    /// Where the embedded calibration is damaged.
    pub fn scores_of(
        encoder: &Arc<dyn Encoder>,
        vocabulary: &Vocabulary,
    ) -> Result<Self, EvalError> {
        Ok(Self {
            name: SCORES.to_string(),
            explainer: builder(encoder, vocabulary).build()?,
        })
    }

    /// Whether its method reads by a head.
    pub fn has_head(&self) -> bool {
        self.explainer.head().is_some()
    }

    /// f~(C): directions as it sees them, `[N, d]`.
    ///
    /// # Errors
    /// An offer of another encoder, a factorisation that fails.
    pub fn transformed(&self, offer: &Offer<'_>) -> Result<Vec<f64>, EvalError> {
        Ok(self.explainer.transformed(offer.directions()?.values())?)
    }
}

fn builder(encoder: &Arc<dyn Encoder>, vocabulary: &Vocabulary) -> ExplainerBuilder {
    Explainer::builder()
        .encoder(encoder.clone())
        .vocabulary(vocabulary.clone())
}

impl ExplanationMethod for Decomposed {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn fingerprint(&self) -> Result<Fingerprint, EvalError> {
        Ok(Fingerprint::of("decomposition")
            .nested("method", &self.explainer.method_fingerprint()?)
            .nested("space", &fingerprint_of(self.explainer.space())?)
            .finish())
    }

    fn explain(&self, offer: &Offer<'_>, model: &Evidence<'_>) -> Result<MethodAnswer, EvalError> {
        let directions = offer.directions()?.values();
        let mean = model.divergences().mean();
        let (fitted, seen) = self.explainer.fit_with_directions(&mean, directions)?;
        Ok(MethodAnswer::with_directions(fitted.weights, seen))
    }
}

/// Fingerprint of the space that is fitted in, or of there being none.
pub(super) fn fingerprint_of(space: Option<&CalibratedSpace>) -> Result<Fingerprint, EvalError> {
    match space {
        Some(space) => crate::report::fingerprint("calibrated space", space),
        None => Ok(Fingerprint::of("own space").finish()),
    }
}

/// Where profiles are fitted.
pub(super) fn space_of(
    encoder: &Arc<dyn Encoder>,
    vocabulary: &Vocabulary,
) -> Result<Option<CalibratedSpace>, EvalError> {
    let plain = builder(encoder, vocabulary).method(Method::default());
    Ok(plain.build()?.profile_space().cloned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::baselines::Column;
    use crate::baselines::toy::Toy;

    #[test]
    fn every_decomposition_answers_in_the_same_form() {
        let toy = Toy::new();
        let offer = toy.offer();
        for method in Method::all() {
            let method = toy.decomposed(method);
            let answer = method.explain(&offer, &toy.evidence(&offer, None)).unwrap();
            assert_eq!(
                answer.weights().len(),
                offer.concepts(),
                "{}",
                method.name()
            );
            for column in [Column::Plain, Column::Transformed] {
                let vector = answer.vector(&offer, column, Some(8)).unwrap();
                let length: f64 = vector.iter().map(|v| v * v).sum();
                assert!((length - 1.0).abs() < 1e-9, "{}", method.name());
            }
        }
    }

    #[test]
    fn nnls_finds_what_was_planted() {
        let toy = Toy::new();
        let offer = toy.offer();
        let method = toy.decomposed(Method::default());
        let answer = method.explain(&offer, &toy.evidence(&offer, None)).unwrap();
        let weights = answer.weights();
        assert!(
            weights[0] > 0.4 && weights[1] < 1e-6 && weights[2] < 1e-6,
            "{weights:?}"
        );
    }
}
