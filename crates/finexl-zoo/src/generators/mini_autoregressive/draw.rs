//! Drawing a token.

use crate::generators::TokenSampling;

/// The level that a number in [0, 1) means under a distribution: the inverse of its cumulative sums, so
/// that models that expect nearly the same draw nearly the same.
///
/// Of equally likely levels the lower ones count as likelier.
pub fn draw(logits: &[f32], sampling: &TokenSampling, uniform: f64) -> u8 {
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]).then(a.cmp(b)));
    let Some(likeliest) = order.first().copied() else {
        return 0;
    };
    if sampling.temperature <= 0.0 {
        return likeliest as u8;
    }
    order.truncate(sampling.top_k.unwrap_or(logits.len()).max(1));
    order.sort_unstable();
    let most = f64::from(logits[likeliest]);
    let share = |level: &usize| ((f64::from(logits[*level]) - most) / sampling.temperature).exp();
    let total: f64 = order.iter().map(share).sum();
    let mut left = uniform * total;
    for level in &order {
        left -= share(level);
        if left < 0.0 {
            return *level as u8;
        }
    }
    order.last().map_or(0, |level| *level as u8)
}

#[cfg(test)]
mod tests {
    use super::draw;
    use crate::generators::TokenSampling;
    use proptest::prelude::*;

    fn sampling(temperature: f64, top_k: Option<usize>) -> TokenSampling {
        TokenSampling { temperature, top_k }
    }

    #[test]
    fn levels_come_as_often_as_they_are_likely() {
        let logits = [0.0f32, 2.0, 1.0].map(|x: f32| x * 0.5);
        let mut counts = [0.0f64; 3];
        const DRAWS: usize = 30_000;
        for draws in 0..DRAWS {
            let uniform = (draws as f64 + 0.5) / DRAWS as f64;
            counts[usize::from(draw(&logits, &sampling(0.5, None), uniform))] += 1.0;
        }
        let weights = [0.0f64, 2.0, 1.0].map(f64::exp);
        let total: f64 = weights.iter().sum();
        for (count, weight) in counts.iter().zip(weights) {
            assert!((count / DRAWS as f64 - weight / total).abs() < 1e-3);
        }
    }

    proptest! {
        #[test]
        fn only_the_likeliest_are_drawn(
            logits in prop::collection::vec(-5f32..5.0, 2..9),
            uniform in 0f64..1.0,
            kept in 1usize..9,
        ) {
            let drawn = usize::from(draw(&logits, &sampling(1.0, Some(kept)), uniform));
            let better = logits.iter().filter(|l| **l > logits[drawn]).count();
            prop_assert!(better < kept);
            let likeliest = usize::from(draw(&logits, &sampling(0.0, None), uniform));
            prop_assert!(logits.iter().all(|l| *l <= logits[likeliest]));
            prop_assert_eq!(
                draw(&logits, &sampling(1.0, Some(1)), uniform),
                draw(&logits, &sampling(0.0, None), uniform)
            );
        }
    }
}
