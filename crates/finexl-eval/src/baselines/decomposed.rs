//! The explainer's decompositions as methods.

use super::{Evidence, ExplanationMethod, MethodAnswer, Offer};
use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;
use finexl_explain::analysis::AnalysisSettings;
use finexl_explain::calibrated_space::CalibratedSpace;
use finexl_explain::calibration::Calibration;
use finexl_explain::decompose::{Decomposition, Directions, Method};
use finexl_explain::profile::profile_method;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;

/// Name of the profile in tables.
const PROFILE: &str = "profile of explain";
/// Name of the scores in tables.
const SCORES: &str = "scores of explain";

/// A decomposition of V_div, in the encoder's own space or in a calibrated one.
#[derive(Debug)]
pub struct Decomposed {
    name: String,
    decomposition: Box<dyn Decomposition>,
    space: Option<CalibratedSpace>,
    /// Fingerprint of the method, with what the head that it reads by holds.
    method: Fingerprint,
}

impl Decomposed {
    /// A method with its settings.
    ///
    /// # Errors
    /// A setting outside its range.
    pub fn new(method: &Method, space: Option<CalibratedSpace>) -> Result<Self, EvalError> {
        let name = match space {
            Some(_) => format!("{} (calibrated space)", method.name()),
            None => method.name().to_string(),
        };
        Ok(Self {
            name,
            decomposition: method.build()?,
            method: method.fingerprint()?,
            space,
        })
    }

    /// A method with its settings in the encoder's own space, or in that of the head that it reads by.
    ///
    /// # Errors
    /// A setting outside its range; a head that is not there, or that was trained with another encoder.
    pub fn for_encoder(method: &Method, encoder: &dyn Encoder) -> Result<Self, EvalError> {
        let Some(head) = method.head()? else {
            return Self::new(method, None);
        };
        head.check(encoder)?;
        Ok(Self {
            name: method.name().to_string(),
            ..Self::new(method, Some(head.config().space.clone()))?
        })
    }

    /// The profile that `finexl explain` writes, the mean over pairs, with this encoder and vocabulary: in the
    /// embedded calibrated space where there is one.
    ///
    /// # Errors
    /// Where the embedded calibration is damaged.
    pub fn profile_of(encoder: &dyn Encoder, vocabulary: &Vocabulary) -> Result<Self, EvalError> {
        Ok(Self {
            name: PROFILE.to_string(),
            ..Self::new(&profile_method(), space_of(encoder, vocabulary)?)?
        })
    }

    /// What `finexl explain` scores with by default, in the same space.
    ///
    /// # Errors
    /// Where the embedded calibration is damaged.
    pub fn scores_of(encoder: &dyn Encoder, vocabulary: &Vocabulary) -> Result<Self, EvalError> {
        let method = Method::default_for(encoder)?;
        let space = Calibration::embedded_for(encoder, vocabulary, &method)?.space;
        Ok(Self {
            name: SCORES.to_string(),
            ..Self::new(&method, space)?
        })
    }

    /// f(C) in its space, `[N, d]`.
    fn directions(&self, offer: &Offer<'_>) -> Result<Vec<f64>, EvalError> {
        let plain = offer.directions()?.values();
        Ok(match &self.space {
            Some(space) => space.directions(plain, offer.vocabulary())?,
            None => plain.to_vec(),
        })
    }

    /// f~(C): directions as it sees them, `[N, d]`.
    ///
    /// # Errors
    /// An offer of another encoder, a factorisation that fails.
    pub fn transformed(&self, offer: &Offer<'_>) -> Result<Vec<f64>, EvalError> {
        let values = self.directions(offer)?;
        let directions = Directions::new(&values, offer.concepts(), offer.dimension())?;
        let prepared = self.decomposition.prepare(directions)?;
        Ok(prepared.transformed().into_owned())
    }
}

impl ExplanationMethod for Decomposed {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn fingerprint(&self) -> Result<Fingerprint, EvalError> {
        Ok(Fingerprint::of("decomposition")
            .nested("method", &self.method)
            .nested("space", &fingerprint_of(self.space.as_ref())?)
            .finish())
    }

    fn explain(&self, offer: &Offer<'_>, model: &Evidence<'_>) -> Result<MethodAnswer, EvalError> {
        let mean = model.divergences().mean();
        let divergence = match &self.space {
            Some(space) => space.whitened(&mean)?,
            None => mean,
        };
        let values = self.directions(offer)?;
        let directions = Directions::new(&values, offer.concepts(), offer.dimension())?;
        let prepared = self.decomposition.prepare(directions)?;
        let fitted = prepared.fit(&divergence, None)?;
        Ok(MethodAnswer::with_directions(
            fitted.weights,
            prepared.transformed().into_owned(),
        ))
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
    encoder: &dyn Encoder,
    vocabulary: &Vocabulary,
) -> Result<Option<CalibratedSpace>, EvalError> {
    let method = AnalysisSettings::default().method;
    Ok(Calibration::embedded_for(encoder, vocabulary, &method)?.profile_space)
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
            let method = Decomposed::new(&method, None).unwrap();
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
        let method = Decomposed::new(&Method::default(), None).unwrap();
        let answer = method.explain(&offer, &toy.evidence(&offer, None)).unwrap();
        let weights = answer.weights();
        assert!(
            weights[0] > 0.4 && weights[1] < 1e-6 && weights[2] < 1e-6,
            "{weights:?}"
        );
    }
}
