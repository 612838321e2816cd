//! SpLiCE: both sets in sparse concepts, and the difference.

use super::concept_texts::normalise;
use super::offer::mean_embedding;
use super::{Evidence, ExplanationMethod, MethodAnswer, NonNegativeLasso, Offer};
use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;
use finexl_explain::decompose::Directions;
use finexl_zoo::encoders::Features;

/// Version of the code below: raised whenever it answers otherwise.
const VERSION: u32 = 1;

/// The mean embedding of each set as a sparse non-negative sum of the concepts' text embeddings, and the
/// difference of the two (Bhalla et al., NeurIPS 2024, "Interpreting CLIP with Sparse Linear Concept
/// Embeddings").
///
/// As there, images and texts are centred by their own means, which closes the gap between the two, and
/// normalised before the lasso. Since the two sets are compared, each result is given back the length that
/// its set's mean had after centring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Splice {
    /// Weight of the sum of weights beside half the squared error; the means have length 1.
    pub penalty: f64,
}

impl Default for Splice {
    fn default() -> Self {
        Self { penalty: 0.05 }
    }
}

impl ExplanationMethod for Splice {
    fn name(&self) -> String {
        "splice".to_string()
    }

    fn fingerprint(&self) -> Result<Fingerprint, EvalError> {
        Ok(Fingerprint::of("splice")
            .number("version", u64::from(VERSION))
            .real("penalty", self.penalty)
            .finish())
    }

    fn explain(&self, offer: &Offer<'_>, model: &Evidence<'_>) -> Result<MethodAnswer, EvalError> {
        let dictionary = centred_texts(offer);
        let directions = Directions::new(&dictionary, offer.concepts(), offer.dimension())?;
        let lasso = NonNegativeLasso::new(directions, self.penalty)?;
        let weights = |set: &Features| -> Result<Vec<f64>, EvalError> {
            let mut mean = mean_embedding(&[set]);
            subtract(&mut mean, offer.image_mean());
            let length = normalise(&mut mean);
            let weights = lasso.solve(&mean)?;
            Ok(weights.into_iter().map(|w| length * w).collect())
        };
        let mut difference = weights(model.personalized())?;
        subtract(&mut difference, &weights(model.base())?);
        Ok(MethodAnswer::of_weights(difference))
    }
}

/// The concepts' texts less their mean, normalised, `[N, d]`.
fn centred_texts(offer: &Offer<'_>) -> Vec<f64> {
    let (n, d) = (offer.concepts(), offer.dimension());
    let mut values = offer.texts().values().to_vec();
    let mut centre = vec![0.0; d];
    for row in values.chunks_exact(d) {
        centre
            .iter_mut()
            .zip(row)
            .for_each(|(c, v)| *c += v / n as f64);
    }
    for row in values.chunks_exact_mut(d) {
        subtract(row, &centre);
        normalise(row);
    }
    values
}

fn subtract(values: &mut [f64], other: &[f64]) {
    values.iter_mut().zip(other).for_each(|(v, o)| *v -= o);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::baselines::toy::Toy;

    fn weights(toy: &Toy) -> Vec<f64> {
        let offer = toy.offer();
        let answer = Splice::default()
            .explain(&offer, &toy.evidence(&offer, None))
            .unwrap();
        answer.weights().to_vec()
    }

    #[test]
    fn the_planted_concept_grows_most() {
        let found = weights(&Toy::new());
        assert!(
            found[0] > 0.1 && found[0] > found[1] && found[0] > found[2],
            "{found:?}"
        );
    }

    #[test]
    fn equal_sets_differ_in_nothing_and_a_set_at_the_mean_is_no_error() {
        let mut toy = Toy::new();
        toy.personalized = toy.base.clone();
        assert_eq!(weights(&toy), [0.0; 3]);
        toy.keep(1);
        toy.image_mean = mean_embedding(&[&toy.base]);
        assert_eq!(weights(&toy), [0.0; 3]);
    }
}
