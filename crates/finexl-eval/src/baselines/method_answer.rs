//! What a method says of a model: weights, and a vector that stands for them.

use super::Offer;
use crate::EvalError;
use finexl_explain::decompose::{Directions, explanation_vector};

/// Directions that an explanation vector is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// f(C) as it is.
    Plain,
    /// f~(C): as a decomposition sees it itself, for a baseline as the offer's reference sees it.
    Transformed,
}

/// Weights of concepts with what their vector is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodAnswer {
    weights: Vec<f64>,
    made_of: MadeOf,
}

#[derive(Clone, Debug, PartialEq)]
enum MadeOf {
    /// The offer's directions.
    Offer,
    /// In the transformed column directions of its own, `[N, d]`.
    Own(Vec<f64>),
    /// A vector that no weights stand behind, `[d]`.
    Itself(Vec<f64>),
    /// Weights of every pair, `[n, N]`.
    Pairs(Vec<f64>),
}

impl MethodAnswer {
    /// The answer of a baseline, `[N]`.
    pub fn of_weights(weights: Vec<f64>) -> Self {
        Self {
            weights,
            made_of: MadeOf::Offer,
        }
    }

    /// The answer of a method with directions of its own, `[N]` and `[N, d]`.
    pub fn with_directions(weights: Vec<f64>, transformed: Vec<f64>) -> Self {
        Self {
            weights,
            made_of: MadeOf::Own(transformed),
        }
    }

    /// A vector, `[d]`, without any weight.
    pub fn of_vector(concepts: usize, vector: Vec<f64>) -> Self {
        Self {
            weights: vec![0.0; concepts],
            made_of: MadeOf::Itself(vector),
        }
    }

    /// Weights of every pair, `[n, N]`, whose mean, `[N]`, are the weights of the answer.
    pub fn of_pairs(weights: Vec<f64>, by_pair: Vec<f64>) -> Self {
        Self {
            weights,
            made_of: MadeOf::Pairs(by_pair),
        }
    }

    /// One weight per concept, `[N]`; what is not named has 0.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The same without weights below a threshold, signs aside. A vector without weights stays.
    pub fn thresholded(&self, threshold: f64) -> Self {
        let kept = |weight: &f64| {
            if weight.abs() < threshold {
                0.0
            } else {
                *weight
            }
        };
        Self {
            weights: self.weights.iter().map(kept).collect(),
            made_of: self.made_of.clone(),
        }
    }

    /// `normalise(sum_i w_i f(C_i))`, `[d]`, of the `top` largest weights (all where there is none): a unit
    /// vector, or zeros where nothing is named. Of weights of every pair, those of the same concepts, `[n, N]`.
    ///
    /// # Errors
    /// An answer to another offer.
    pub fn vector(
        &self,
        offer: &Offer<'_>,
        column: Column,
        top: Option<usize>,
    ) -> Result<Vec<f64>, EvalError> {
        let transformed: &[f64] = match &self.made_of {
            MadeOf::Offer => offer.transformed(),
            MadeOf::Own(own) => own,
            MadeOf::Itself(vector) => {
                let one = Directions::new(vector, 1, vector.len())?;
                return Ok(explanation_vector(&[1.0], one, None));
            }
            MadeOf::Pairs(by_pair) => return Ok(self.of_named(by_pair, top)),
        };
        let directions = match column {
            Column::Plain => offer.directions()?,
            Column::Transformed => {
                Directions::new(transformed, offer.concepts(), offer.dimension())?
            }
        };
        Ok(explanation_vector(&self.weights, directions, top))
    }

    /// Weights of every pair, `[n, N]`, of the `top` largest concepts that are named, brought to length 1.
    fn of_named(&self, by_pair: &[f64], top: Option<usize>) -> Vec<f64> {
        let mut named: Vec<usize> = (0..self.weights.len())
            .filter(|concept| self.weights[*concept] != 0.0)
            .collect();
        named.sort_by(|a, b| self.weights[*b].abs().total_cmp(&self.weights[*a].abs()));
        named.truncate(top.unwrap_or(named.len()));
        let mut vector = vec![0.0; by_pair.len()];
        let count = self.weights.len().max(1);
        for (row, from) in vector
            .chunks_exact_mut(count)
            .zip(by_pair.chunks_exact(count))
        {
            named
                .iter()
                .for_each(|concept| row[*concept] = from[*concept]);
        }
        let length = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        if length > 0.0 {
            vector.iter_mut().for_each(|v| *v /= length);
        }
        vector
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::baselines::toy::Toy;

    #[test]
    fn vectors_are_made_of_plain_transformed_or_no_directions() {
        let toy = Toy::new();
        let offer = toy.offer();
        let answer = MethodAnswer::of_weights(vec![3.0, -4.0, 0.5]);
        let plain = answer.vector(&offer, Column::Plain, Some(2)).unwrap();
        assert_eq!(plain, [0.6, -0.8, 0.0]);
        let own = [[0.0, 0.0, 1.0]; 3].concat();
        let answer = MethodAnswer::with_directions(vec![3.0, 0.0, 0.0], own);
        let vector = |column| answer.vector(&offer, column, None).unwrap();
        assert_eq!(vector(Column::Plain), [1.0, 0.0, 0.0]);
        assert_eq!(vector(Column::Transformed), [0.0, 0.0, 1.0]);
        let control = MethodAnswer::of_vector(3, vec![0.0, 2.0, 0.0]).thresholded(9.0);
        assert_eq!(
            control.vector(&offer, Column::Plain, None).unwrap(),
            [0.0, 1.0, 0.0]
        );
    }

    #[test]
    fn weights_of_pairs_are_those_of_what_is_named() {
        let toy = Toy::new();
        let offer = toy.offer();
        let by_pair = vec![3.0, 9.0, 0.0, 0.0, -9.0, 4.0];
        let answer = MethodAnswer::of_pairs(vec![1.5, 0.0, 2.0], by_pair);
        let vector = |top| answer.vector(&offer, Column::Transformed, top).unwrap();
        assert_eq!(vector(None), [0.6, 0.0, 0.0, 0.0, 0.0, 0.8]);
        assert_eq!(vector(Some(1)), [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        let nothing = answer.thresholded(9.0);
        let vector = nothing.vector(&offer, Column::Transformed, None);
        assert_eq!(vector.unwrap(), [0.0; 6]);
    }

    #[test]
    fn a_threshold_takes_small_weights_of_either_sign() {
        let answer = MethodAnswer::of_weights(vec![0.5, -0.2, -0.6]);
        assert_eq!(answer.thresholded(0.5).weights(), [0.5, 0.0, -0.6]);
        assert_eq!(answer.thresholded(0.0), answer);
        let toy = Toy::new();
        let nothing = answer.thresholded(1.0);
        let vector = nothing.vector(&toy.offer(), Column::Transformed, None);
        assert_eq!(vector.unwrap(), [0.0; 3]);
    }
}
