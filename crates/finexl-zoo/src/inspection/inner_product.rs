//! The inner product of two changes, the sum of the products of all their numbers.

use crate::lora_files::{Operator, product};

/// Of two matrices of one shape. Two that have factors are not multiplied out:
/// `<U V, X Y> = sum((U^T X) * (V Y^T))`; nor are two Kronecker products of equal parts.
pub(super) fn inner_product(first: &Operator, second: &Operator) -> f64 {
    match (first, second) {
        (
            Operator::Factors { left, right },
            Operator::Factors {
                left: left2,
                right: right2,
            },
        ) => {
            let inside = product(left.transpose(), left2.as_ref());
            let outside = product(right.as_ref(), right2.transpose());
            let mut sum = 0.0;
            for column in 0..inside.ncols() {
                for row in 0..inside.nrows() {
                    sum += inside[(row, column)] * outside[(row, column)];
                }
            }
            sum
        }
        (
            Operator::Kronecker { outer, inner },
            Operator::Kronecker {
                outer: outer2,
                inner: inner2,
            },
        ) if outer.shape() == outer2.shape() && inner.shape() == inner2.shape() => {
            inner_product(outer, outer2) * inner_product(inner, inner2)
        }
        (
            Operator::Dense { values, .. },
            Operator::Dense {
                values: values2, ..
            },
        ) => dot(values, values2),
        // Kinds of different structure: one layer at a time is multiplied out.
        _ => dot(&first.dense(), &second.dense()),
    }
}

fn dot(first: &[f32], second: &[f32]) -> f64 {
    let products = first.iter().zip(second);
    products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}
