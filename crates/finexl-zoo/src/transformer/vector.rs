//! Arithmetic that the compiler turns into vector instructions.
//!
//! Everything here is inlined into a function that was compiled for the instructions of the machine
//! at hand, see [`dispatch`].

use pulp::Arch;

/// Lanes of partial sums: one register of the widest instruction set.
pub(super) const LANES: usize = 16;

/// Runs `work` with the best vector instructions of the machine at hand (AVX-512, AVX2 or none).
///
/// `work` has to be a closure marked `#[inline(always)]`, and so has everything of weight that it
/// calls: what is not inlined is compiled for the oldest machine, and `mul_add` is then a call.
#[inline(always)]
pub(crate) fn dispatch<R>(work: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(work)
}

/// `e^x` with a relative error below 2e-7; 0 far below, a large finite number far above.
///
/// Cody and Waite's reduction to `2^n e^r`, `|r| <= ln 2 / 2`, and a polynomial of degree 6.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let mut p = 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits());
    let scale = f32::from_bits(exponent.wrapping_add(127) << 23);
    p * scale
}

/// Sum of all values, in an order of its own.
#[inline(always)]
pub(crate) fn sum(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0f32; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    fold(lanes) + rest.iter().sum::<f32>()
}

/// Sum of squared distances from `centre`.
#[inline(always)]
pub(crate) fn sum_of_squares(values: &[f32], centre: f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0f32; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            let distance = value - centre;
            *lane += distance * distance;
        }
    }
    let tail: f32 = rest.iter().map(|v| (v - centre) * (v - centre)).sum();
    fold(lanes) + tail
}

/// Inner product of two slices of one length.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (left, left_rest) = a.as_chunks::<LANES>();
    let (right, right_rest) = b.as_chunks::<LANES>();
    let mut lanes = [0.0f32; LANES];
    for (x, y) in left.iter().zip(right) {
        for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
            *lane += x * y;
        }
    }
    let tail: f32 = left_rest.iter().zip(right_rest).map(|(x, y)| x * y).sum();
    fold(lanes) + tail
}

/// Largest value; NaN counts as none.
#[inline(always)]
fn maximum(values: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, *value);
        }
    }
    let ends = lanes.iter().chain(rest);
    ends.fold(f32::NEG_INFINITY, |a, b| larger(a, *b))
}

/// Softmax in place.
#[inline(always)]
pub(crate) fn softmax(values: &mut [f32]) {
    let most = maximum(values);
    for value in values.iter_mut() {
        *value = exp(*value - most);
    }
    let scale = 1.0 / sum(values);
    for value in values.iter_mut() {
        *value *= scale;
    }
}

#[inline(always)]
fn fold(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        let (low, high) = lanes.split_at_mut(width);
        for (low, high) in low.iter_mut().zip(high) {
            *low += *high;
        }
        width /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_exact_to_seven_digits() {
        for step in -8600..8700 {
            let x = step as f32 / 100.0;
            let (found, expected) = (f64::from(exp(x)), f64::from(x).exp());
            assert!(
                (found / expected - 1.0).abs() < 3e-7,
                "e^{x}: {found} {expected}"
            );
        }
        assert!(exp(-1e9) < 1e-37 && exp(1e9).is_finite());
    }

    #[test]
    fn sums_take_every_value() {
        let values: Vec<f32> = (0..37).map(|v| v as f32).collect();
        assert_eq!(sum(&values), 666.0);
        assert_eq!(dot(&values, &values), 16206.0);
        assert_eq!((maximum(&values), maximum(&values[..5])), (36.0, 4.0));
        assert_eq!(sum_of_squares(&values, 0.0), 16206.0);
    }
}
