//! The vector that stands for a whole explanation when models are compared.

use super::dense::{add_scaled, norm};
use super::directions::Directions;

/// `normalise(sum_i w_i f~(C_i))`, `[d]`: a unit vector, or zeros where the sum is zero.
///
/// `transformed` are the directions as the method sees them ([`super::Prepared::transformed`]).
/// With `top`, only that many concepts with the largest `|w|` count (the authors' selection runs
/// keep 8); of equal ones the first.
pub fn explanation_vector(
    weights: &[f64],
    transformed: Directions<'_>,
    top: Option<usize>,
) -> Vec<f64> {
    let mut order: Vec<usize> = (0..weights.len().min(transformed.count())).collect();
    order.sort_by(|&a, &b| weights[b].abs().total_cmp(&weights[a].abs()));
    order.truncate(top.unwrap_or(order.len()));
    let mut sum = vec![0.0; transformed.dimension()];
    for concept in order {
        add_scaled(&mut sum, weights[concept], transformed.row(concept));
    }
    let length = norm(&sum);
    if length > 0.0 {
        sum.iter_mut().for_each(|value| *value /= length);
    }
    sum
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn is_a_unit_vector_of_the_largest_weights() {
        let values = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0];
        let bank = Directions::new(&values, 3, 2).unwrap();
        assert_eq!(
            explanation_vector(&[3.0, -4.0, 0.0], bank, None),
            [0.6, -0.8]
        );
        assert_eq!(
            explanation_vector(&[3.0, -4.0, 0.0], bank, Some(1)),
            [0.0, -1.0]
        );
        assert_eq!(explanation_vector(&[0.0; 3], bank, None), [0.0, 0.0]);
    }
}
