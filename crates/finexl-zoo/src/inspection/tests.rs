#![allow(clippy::unwrap_used)]
use super::inner_product::inner_product;
use super::spectrum::Spectrum;
use crate::lora_files::{Operator, product};
use faer::Mat;
use finexl_core::seed;
use proptest::prelude::*;
use rand::RngExt;

fn random(rows: usize, columns: usize, seed: u64) -> Mat<f64> {
    let mut random = seed::generator(seed, &[]);
    Mat::from_fn(rows, columns, |_, _| random.random_range(-1.0..1.0))
}

fn factors(rows: usize, rank: usize, columns: usize, seed: u64) -> Operator {
    Operator::Factors {
        left: random(rows, rank, seed),
        right: random(rank, columns, seed + 1),
    }
}

fn kronecker(seed: u64) -> Operator {
    Operator::Kronecker {
        outer: Box::new(factors(3, 2, 4, seed)),
        inner: Box::new(factors(5, 2, 2, seed + 2)),
    }
}

fn dense(operator: &Operator) -> Operator {
    Operator::Dense {
        columns: operator.shape()[1],
        values: operator.dense(),
    }
}

#[track_caller]
fn close(a: f64, b: f64, tolerance: f64) {
    assert!(
        (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs())),
        "{a} {b}"
    );
}

proptest! {
    /// Whether from factors, Kronecker parts or all numbers: singular values are those of faer's own.
    #[test]
    fn every_form_has_the_same_spectrum(rows in 1usize..12, rank in 1usize..6, columns in 1usize..12, seed in 0u64..99) {
        for operator in [factors(rows, rank, columns, seed), kronecker(seed)] {
            let found = Spectrum::of(&operator).unwrap();
            let [rows, columns] = operator.shape();
            let numbers = operator.dense();
            let matrix = Mat::from_fn(rows, columns, |r, c| f64::from(numbers[r * columns + c]));
            let values = matrix.singular_values().unwrap();
            close(found.spectral, values[0], 1e-5);
            close(found.norm, values.iter().map(|v| v * v).sum::<f64>().sqrt(), 1e-5);
            let again = Spectrum::of(&dense(&operator)).unwrap();
            close(found.norm, again.norm, 1e-5);
            close(found.effective_rank.unwrap(), again.effective_rank.unwrap(), 1e-2);
        }
    }

    #[test]
    fn inner_products_do_not_depend_on_the_form(seed in 0u64..99) {
        let (a, b) = (factors(15, 3, 8, seed), factors(15, 2, 8, seed + 9));
        let (k, l) = (kronecker(seed), kronecker(seed + 9));
        for (x, y) in [(&a, &b), (&a, &k), (&k, &l), (&k, &b), (&a, &a)] {
            close(inner_product(x, y), inner_product(&dense(x), &dense(y)), 1e-5);
        }
        let norm = Spectrum::of(&k).unwrap().norm;
        close(inner_product(&k, &k), norm * norm, 1e-6);
    }
}

/// Beyond the size up to which all singular values are computed.
#[test]
fn the_largest_singular_value_of_a_large_matrix_is_found() {
    let (rows, columns) = (700, 600);
    let wide = random(rows, columns, 5);
    let values: Vec<f32> = (0..rows * columns)
        .map(|at| wide[(at / columns, at % columns)] as f32)
        .collect();
    let found = Spectrum::of(&Operator::Dense { columns, values }).unwrap();
    let gram = product(wide.transpose(), wide.as_ref());
    let squares = gram.self_adjoint_eigenvalues(faer::Side::Lower).unwrap();
    let largest = squares.iter().copied().fold(0.0, f64::max).sqrt();
    close(found.spectral, largest, 1e-3);
    assert_eq!(found.effective_rank, None);
    let zero = Operator::Dense {
        columns,
        values: vec![0.0; rows * columns],
    };
    assert_eq!(Spectrum::of(&zero).unwrap().spectral, 0.0);
}

#[test]
fn nothing_has_no_directions() {
    let zero = Operator::Factors {
        left: Mat::zeros(4, 2),
        right: random(2, 5, 1),
    };
    let found = Spectrum::of(&zero).unwrap();
    assert_eq!((found.norm, found.effective_rank), (0.0, Some(0.0)));
}
