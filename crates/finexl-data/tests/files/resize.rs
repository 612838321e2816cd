//! The resize against Pillow, bit for bit.

use crate::fixtures::{images, largest_difference};
use finexl_data::image::Image;
use finexl_data::resize::{Filter, fit_square, resize, resize_with};

#[test]
fn every_case_of_pillow_is_met_exactly() {
    let cases: std::collections::BTreeMap<_, _> =
        images("resize/pillow.safetensors").into_iter().collect();
    let mut compared = 0;
    for (name, input) in &cases {
        let Some(case) = name.strip_suffix(".input") else {
            continue;
        };
        let expected = &cases[&format!("{case}.output")];
        let ours = resize(input, expected.width, expected.height);
        assert_eq!(largest_difference(&ours, expected), 0, "{case}");
        let expected = &cases[&format!("{case}.bilinear")];
        let ours = resize_with(input, expected.width, expected.height, Filter::Bilinear);
        assert_eq!(largest_difference(&ours, expected), 0, "{case} bilinear");
        let square = fit_square(input, 24);
        let expected = &cases[&format!("{case}.square")];
        assert_eq!(largest_difference(&square, expected), 0, "{case} square");
        compared += 1;
    }
    assert_eq!(compared, 10);
}

#[test]
fn one_colour_stays_that_colour_at_any_size() {
    let colour = [0.2, 0.6, 1.0];
    let image = Image::filled(33, 9, colour);
    for (width, height) in [(1, 1), (0, 5), (7, 64), (33, 9), (200, 3)] {
        let resized = resize(&image, width, height);
        assert_eq!((resized.width, resized.height), (width.max(1), height));
        let expected = Image::filled(resized.width, resized.height, colour);
        assert_eq!(largest_difference(&resized, &expected), 0);
    }
}
