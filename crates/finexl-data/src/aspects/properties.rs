//! What every operator promises, for all aspects and both implementations.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::filters::probe::picture;
use super::{Aspect, Draw, Implementation, all, reserved};
use crate::image::Image;

const BOTH: [Implementation; 2] = [Implementation::Training, Implementation::HeldOut];

fn every() -> impl Iterator<Item = &'static Aspect> {
    all().iter().chain(reserved())
}

fn apply(aspect: &Aspect, which: Implementation, image: &Image, level: f32, seed: u64) -> Image {
    aspect.operator(which)(image, level, &mut Draw::new(seed, seed ^ 0x5555))
}

/// Any size from 1x1 to 97x33 with a structured picture, brightened or darkened.
fn images() -> impl Strategy<Value = Image> {
    (1usize..=97, 1usize..=33, 0.0f32..1.0, 0.2f32..1.0).prop_map(|(width, height, turn, gain)| {
        picture(width, height).map(|[r, g, b]| {
            let turned = [r, g * (1.0 - turn) + b * turn, b * (1.0 - turn) + r * turn];
            turned.map(|v| v * gain)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn level_zero_copies_and_values_stay_in_range(image in images(), seed in any::<u64>()) {
        for aspect in every() {
            for which in BOTH {
                prop_assert_eq!(&apply(aspect, which, &image, 0.0, seed), &image);
                for level in [0.05, 0.6, 1.0] {
                    let result = apply(aspect, which, &image, level, seed);
                    prop_assert_eq!((result.width, result.height), (image.width, image.height));
                    let inside = result.pixels.iter().all(|v| (0.0..=1.0).contains(v));
                    prop_assert!(inside, "{} {:?} {}", aspect.name, which, level);
                    let again = apply(aspect, which, &image, level, seed);
                    prop_assert!(again == result, "{} {:?}", aspect.name, which);
                }
            }
        }
    }
}

/// Mean distance to the original over two dozen models.
fn mean_distance(aspect: &Aspect, which: Implementation, image: &Image, level: f32) -> f32 {
    let seeds = 24;
    let sum: f32 = (0..seeds)
        .map(|seed| apply(aspect, which, image, level, seed).mean_abs_difference(image))
        .sum();
    sum / seeds as f32
}

#[test]
fn distance_grows_with_level_and_half_is_plain_to_see() {
    let mut broken = Vec::new();
    for size in [40, 64] {
        let image = picture(size, size);
        for aspect in every() {
            for which in BOTH {
                let at = [0.0, 0.25, 0.5, 0.75, 1.0]
                    .map(|level| mean_distance(aspect, which, &image, level));
                let grows = at.windows(2).all(|pair| pair[1] >= pair[0] - 0.002);
                if !grows || at[2] < 0.012 || at[4] < 0.02 {
                    broken.push(format!("{} {which:?} at {size}: {at:?}", aspect.name));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn both_implementations_are_about_equally_strong() {
    let image = picture(64, 64);
    let mut broken = Vec::new();
    for aspect in all() {
        for level in [0.5, 1.0] {
            let [training, held_out] =
                BOTH.map(|which| mean_distance(aspect, which, &image, level));
            if !(0.5..2.0).contains(&(training / held_out)) {
                broken.push(format!("{} at {level}: {training} {held_out}", aspect.name));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn style_seeds_differ() {
    let image = picture(64, 64);
    for aspect in every() {
        for which in BOTH {
            let styles: Vec<_> = (0..8)
                .map(|seed| aspect.operator(which)(&image, 0.5, &mut Draw::new(seed, 1)))
                .collect();
            let distinct = (1..8).filter(|&i| styles[i] != styles[i - 1]).count();
            assert!(distinct >= 5, "{} {which:?}: {distinct}", aspect.name);
        }
    }
}
