//! Decompositions and statistics against numpy and scipy, and what must hold for any input.
//!
//! Fixtures: `fixtures/decompositions/generate.py`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use finexl_explain::decompose::{Decomposition, Directions, Method, Ridge, Weights, contributions};
use finexl_explain::statistics;
use proptest::prelude::*;
use safetensors::SafeTensors;
use serde::Deserialize;
use std::path::{Path, PathBuf};

const TOLERANCE: f64 = 1e-8;

#[derive(Deserialize)]
struct Meta {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    problem: String,
    case: String,
    method: Method,
    /// Whether other weights would not be as good.
    unique: bool,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/decompositions")
        .join(name)
}

struct Tensors(Vec<u8>);

impl Tensors {
    fn read(name: &str) -> Self {
        Self(std::fs::read(fixture(name)).unwrap())
    }

    fn has(&self, key: &str) -> bool {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        file.tensor(key).is_ok()
    }

    fn bytes<T>(&self, key: &str, convert: fn([u8; 8]) -> T) -> (Vec<T>, Vec<usize>) {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = file.tensor(key).unwrap();
        let words = tensor.data().chunks_exact(8);
        let values = words
            .map(|word| convert(word.try_into().unwrap()))
            .collect();
        (values, tensor.shape().to_vec())
    }

    fn floats(&self, key: &str) -> Vec<f64> {
        self.bytes(key, f64::from_le_bytes).0
    }

    fn integers(&self, key: &str) -> Vec<usize> {
        let values = self.bytes(key, i64::from_le_bytes).0;
        values.into_iter().map(|value| value as usize).collect()
    }
}

fn assert_close(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (a, b)) in found.iter().zip(expected).enumerate() {
        let error = (a - b).abs();
        let allowed = TOLERANCE * b.abs().max(1.0);
        assert!(error <= allowed, "{what}[{place}]: {a} instead of {b}");
    }
}

fn combine(weights: &[f64], rows: &[f64], dimension: usize) -> Vec<f64> {
    let mut sum = vec![0.0; dimension];
    for (row, weight) in rows.chunks_exact(dimension).zip(weights) {
        sum.iter_mut()
            .zip(row)
            .for_each(|(sum, x)| *sum += weight * x);
    }
    sum
}

#[test]
fn decompositions_equal_numpy_and_scipy() {
    let meta: Meta = serde_json::from_slice(&std::fs::read(fixture("meta.json")).unwrap()).unwrap();
    let tensors = Tensors::read("problems.safetensors");
    for case in meta.cases {
        let key = format!("{}/{}", case.problem, case.case);
        let (values, shape) =
            tensors.bytes(&format!("{}/directions", case.problem), f64::from_le_bytes);
        let divergence = tensors.floats(&format!("{}/divergence", case.problem));
        let directions = Directions::new(&values, shape[0], shape[1]).unwrap();
        let method = case.method.build().unwrap();
        let prepared = method.prepare(directions).unwrap();
        let found = prepared.fit(&divergence, None).unwrap();
        let transformed = prepared.transformed();
        // Methods that fit in the plain space have no directions of their own in the fixture.
        let own = format!("{key}/transformed");
        let expected = if tensors.has(&own) {
            tensors.floats(&own)
        } else {
            values.clone()
        };
        assert_close(&transformed, &expected, &own);
        assert_close(
            &[found.residual_fitted],
            &tensors.floats(&format!("{key}/residuals"))[1..],
            &format!("{key} fitted residual"),
        );
        assert_close(
            &combine(&found.weights, &transformed, shape[1]),
            &tensors.floats(&format!("{key}/fitted")),
            &format!("{key} fitted vector"),
        );
        if case.unique {
            let expected = tensors.floats(&format!("{key}/weights"));
            assert_close(&found.weights, &expected, &format!("{key} weights"));
            let residuals = tensors.floats(&format!("{key}/residuals"));
            assert_close(
                &[found.residual],
                &residuals[..1],
                &format!("{key} residual"),
            );
        }
    }
}

#[test]
fn bootstrap_intervals_equal_scipy() {
    let tensors = Tensors::read("statistics.safetensors");
    let (data, shape) = tensors.bytes("bootstrap/data", f64::from_le_bytes);
    let probes = shape[1];
    let indices = tensors.integers("bootstrap/indices");
    let statistic = |values: &[f64], chosen: &[usize]| -> f64 {
        let mean = chosen.iter().map(|&i| values[i]).sum::<f64>() / chosen.len() as f64;
        mean * mean + 0.1 * mean
    };
    let (mut bca, mut percentile) = (Vec::new(), Vec::new());
    for row in data.chunks_exact(probes) {
        let all: Vec<usize> = (0..probes).collect();
        let replicates: Vec<f64> = indices
            .chunks_exact(probes)
            .map(|chosen| statistic(row, chosen))
            .collect();
        let left = statistics::jackknife(probes, 0, |rest| Ok(vec![statistic(row, rest)].into()));
        let pulls = left.unwrap().pulls(0);
        let estimate = statistic(row, &all);
        let interval = statistics::bca(estimate, &replicates, &pulls, 0.95);
        bca.extend([interval.low, interval.high]);
        let interval = statistics::percentile(&replicates, 0.95);
        percentile.extend([interval.low, interval.high]);
    }
    assert_close(&bca, &tensors.floats("bootstrap/bca"), "BCa");
    assert_close(
        &percentile,
        &tensors.floats("bootstrap/percentile"),
        "percentile",
    );
}

#[test]
fn intervals_of_two_samples_equal_scipy() {
    let tensors = Tensors::read("statistics.safetensors");
    let samples = ["two-samples/a", "two-samples/b"].map(|name| tensors.floats(name));
    let [first, second] = &samples;
    let indices =
        ["two-samples/indices-a", "two-samples/indices-b"].map(|name| tensors.integers(name));
    let mean = |values: &[f64], chosen: &[usize]| {
        chosen.iter().map(|&i| values[i]).sum::<f64>() / chosen.len() as f64
    };
    let statistic = |a: &[usize], b: &[usize]| mean(first, a) / (1.0 + mean(second, b));
    let draws = indices[0]
        .chunks_exact(first.len())
        .zip(indices[1].chunks_exact(second.len()));
    let replicates: Vec<f64> = draws.map(|(a, b)| statistic(a, b)).collect();
    let all = samples
        .each_ref()
        .map(|sample| (0..sample.len()).collect::<Vec<_>>());
    let without_a = |rest: &[usize]| Ok(vec![statistic(rest, &all[1])].into());
    let without_b = |rest: &[usize]| Ok(vec![statistic(&all[0], rest)].into());
    let pulls = [
        statistics::jackknife(first.len(), 0, without_a)
            .unwrap()
            .pulls(0),
        statistics::jackknife(second.len(), 0, without_b)
            .unwrap()
            .pulls(0),
    ];
    let estimate = statistic(&all[0], &all[1]);
    let found = statistics::bca(estimate, &replicates, &pulls.concat(), 0.95);
    assert_close(
        &[found.low, found.high],
        &tensors.floats("two-samples/bca"),
        "BCa of two samples",
    );
    let widening = statistics::widening(&pulls.each_ref().map(Vec::as_slice), 0.95);
    assert_close(
        &[widening],
        &tensors.floats("two-samples/widening"),
        "widening",
    );
}

#[test]
fn other_statistics_equal_scipy() {
    let tensors = Tensors::read("statistics.safetensors");
    let weights = tensors.floats("step-down/weights");
    let rows = tensors.floats("step-down/rows");
    let adjusted = statistics::step_down_test(&rows, &weights, 10, 1 << 10, 1).unwrap();
    assert_close(
        &adjusted,
        &tensors.floats("step-down/adjusted"),
        "adjusted p",
    );

    let (x, y) = (tensors.floats("spearman/x"), tensors.floats("spearman/y"));
    let rho = statistics::spearman(&x, &y).unwrap();
    assert_close(&[rho], &tensors.floats("spearman/rho"), "rho");

    let wilson: Vec<f64> = tensors
        .integers("wilson/trials")
        .chunks_exact(2)
        .map(|pair| statistics::wilson(pair[0], pair[1], 0.95))
        .flat_map(|interval| [interval.low, interval.high])
        .collect();
    assert_close(&wilson, &tensors.floats("wilson/intervals"), "Wilson");

    let (x, y) = (tensors.floats("isotonic/x"), tensors.floats("isotonic/y"));
    let map = statistics::MonotoneMap::fit(&x, &y).unwrap();
    let sorted = tensors.floats("isotonic/sorted");
    let fitted: Vec<f64> = sorted.iter().map(|&x| map.apply(x)).collect();
    assert_close(&fitted, &tensors.floats("isotonic/fitted"), "isotonic");
}

#[test]
fn bad_input_is_an_error_that_names_it() {
    assert!(Directions::new(&[], 0, 3).is_err());
    assert!(Directions::new(&[1.0; 5], 2, 3).is_err());
    let nan = Directions::new(&[1.0, 0.0, 0.0, f64::NAN], 2, 2).unwrap_err();
    assert!(nan.to_string().contains("row 1, column 1"), "{nan}");
    let values = [1.0, 0.0, 0.5, 0.5];
    let directions = Directions::new(&values, 2, 2).unwrap();
    for method in Method::all() {
        let method = method.build().unwrap();
        for bad in [&[f64::INFINITY, 0.0][..], &[1.0][..]] {
            let error = method.decompose(directions, bad).unwrap_err();
            assert!(error.to_string().contains("divergence"), "{error}");
        }
        let unchanged = method.decompose(directions, &[0.0; 2]).unwrap();
        assert_eq!(unchanged.weights, [0.0; 2], "{}", method.name());
        assert_eq!(unchanged.residual, 0.0);
    }
}

#[test]
fn a_bank_of_one_or_of_zeros_is_no_problem() {
    for values in [
        vec![0.0; 6],
        vec![1.0, 2.0, 3.0, 1.0, 2.0, 3.0],
        vec![0.5, 0.1, -0.2],
    ] {
        let directions = Directions::new(&values, values.len() / 3, 3).unwrap();
        for method in Method::all() {
            let found = method
                .build()
                .unwrap()
                .decompose(directions, &[0.3, 0.1, 0.0])
                .unwrap();
            assert!(
                found.weights.iter().all(|weight| weight.is_finite()),
                "{method:?}"
            );
            assert!(found.residual_fitted <= 1.0 + 1e-12, "{method:?}");
        }
    }
}

#[test]
fn contributions_of_pairs_average_to_the_fit_of_their_mean() {
    let tensors = Tensors::read("problems.safetensors");
    let (values, shape) = tensors.bytes("alike/directions", f64::from_le_bytes);
    let directions = Directions::new(&values, shape[0], shape[1]).unwrap();
    // Any vectors of the space will do as divergences: four of the directions.
    let divergences = &values[..4 * shape[1]];
    let each = contributions(directions, divergences, &Ridge::default()).unwrap();
    let mean = combine(&[0.25; 4], divergences, shape[1]);
    let whole = Ridge::default().decompose(directions, &mean).unwrap();
    assert_close(
        &combine(&[0.25; 4], &each, shape[0]),
        &whole.weights,
        "mean contribution",
    );
    assert!(contributions(directions, &divergences[1..], &Ridge::default()).is_err());
}

#[test]
fn a_resample_of_the_same_directions_changes_nothing() {
    let tensors = Tensors::read("problems.safetensors");
    let (values, shape) = tensors.bytes("alike/directions", f64::from_le_bytes);
    let divergence = tensors.floats("alike/divergence");
    let directions = Directions::new(&values, shape[0], shape[1]).unwrap();
    for method in Method::all() {
        let method = method.build().unwrap();
        let prepared = method.prepare(directions).unwrap();
        let first = prepared.fit(&divergence, None).unwrap();
        let again = prepared.resampled(directions).unwrap();
        let warm = again.fit(&divergence, Some(&first.weights)).unwrap();
        assert_close(&warm.weights, &first.weights, method.name());
        assert_close(&again.transformed(), &prepared.transformed(), method.name());
    }
}

#[test]
fn studentized_intervals_follow_their_formula() {
    // Pivots -2, -1, 0, 1, 4 of scale 0.5; an estimate of 3 with scale 2.
    let replicates = [2.0, 2.5, 3.0, 3.5, 5.0];
    let interval = statistics::studentized(3.0, 2.0, &replicates, &[0.5; 5], 0.5);
    assert_eq!((interval.low, interval.high), (1.0, 5.0));
}

/// A bank with copies, opposites and zeros among its rows, and a divergence.
fn problem() -> impl Strategy<Value = (usize, Vec<f64>, Vec<f64>)> {
    (1usize..14, 2usize..12).prop_flat_map(|(count, dimension)| {
        let rows = prop::collection::vec(-1.0..1.0f64, count * dimension);
        let kinds = prop::collection::vec(0u8..8, count);
        let divergence = prop::collection::vec(-1.0..1.0f64, dimension);
        (rows, kinds, divergence).prop_map(move |(mut rows, kinds, divergence)| {
            for (row, kind) in kinds.iter().enumerate() {
                let scale = match kind {
                    0 => 0.0,
                    1 => 1.0,
                    2 => -2.0,
                    _ => continue,
                };
                for column in 0..dimension {
                    rows[row * dimension + column] = scale * rows[column];
                }
            }
            (count, rows, divergence)
        })
    })
}

fn decompose(method: &Method, count: usize, rows: &[f64], divergence: &[f64]) -> Weights {
    let directions = Directions::new(rows, count, divergence.len()).unwrap();
    let method = method.build().unwrap();
    method.decompose(directions, divergence).unwrap()
}

proptest! {
    #[test]
    fn nnls_meets_the_optimality_conditions((count, rows, divergence) in problem()) {
        let dimension = divergence.len();
        let directions = Directions::new(&rows, count, dimension).unwrap();
        let method = Method::parse("nnls").unwrap().build().unwrap();
        let prepared = method.prepare(directions).unwrap();
        let cold = prepared.fit(&divergence, None).unwrap();
        let everything = vec![1.0; count];
        for found in [prepared.fit(&divergence, Some(&everything)).unwrap(), cold.clone()] {
            let sum = combine(&found.weights, &rows, dimension);
            let rest: Vec<f64> = divergence.iter().zip(sum).map(|(v, s)| v - s).collect();
            for (row, &weight) in directions.rows().zip(&found.weights) {
                let gradient: f64 = row.iter().zip(&rest).map(|(a, b)| a * b).sum();
                prop_assert!(weight >= 0.0);
                prop_assert!(gradient <= 1e-9);
                prop_assert!(weight == 0.0 || gradient.abs() <= 1e-9);
            }
            prop_assert!((found.residual - cold.residual).abs() < 1e-9);
        }
    }

    #[test]
    fn residuals_are_at_most_one((count, rows, divergence) in problem()) {
        for method in Method::all() {
            let found = decompose(&method, count, &rows, &divergence);
            prop_assert!(found.residual_fitted <= 1.0 + 1e-9, "{method:?} {found:?}");
        }
    }

    #[test]
    fn weights_scale_with_the_divergence((count, rows, divergence) in problem(), scale in 0.1..10.0f64) {
        let scaled: Vec<f64> = divergence.iter().map(|x| scale * x).collect();
        for method in Method::all() {
            let one = decompose(&method, count, &rows, &divergence);
            let other = decompose(&method, count, &rows, &scaled);
            prop_assert!((one.residual_fitted - other.residual_fitted).abs() < 1e-7, "{method:?}");
        }
        for name in ["lsq", "ridge"] {
            let method = Method::parse(name).unwrap();
            let one = decompose(&method, count, &rows, &divergence);
            let other = decompose(&method, count, &rows, &scaled);
            for (a, b) in one.weights.iter().zip(&other.weights) {
                prop_assert!((scale * a - b).abs() <= 1e-7 * (1.0 + b.abs()), "{name}");
            }
        }
    }

    #[test]
    fn the_order_of_concepts_does_not_matter(
        rows in prop::collection::vec(-1.0..1.0f64, 6 * 12),
        divergence in prop::collection::vec(-1.0..1.0f64, 12),
        turn in 1usize..6,
    ) {
        let mut turned = rows.clone();
        turned.rotate_left(turn * 12);
        for method in Method::all() {
            let one = decompose(&method, 6, &rows, &divergence);
            let other = decompose(&method, 6, &turned, &divergence);
            let mut expected = one.weights;
            expected.rotate_left(turn);
            for (a, b) in expected.iter().zip(&other.weights) {
                prop_assert!((a - b).abs() <= 1e-6 * (1.0 + a.abs()), "{method:?}");
            }
        }
    }
}
