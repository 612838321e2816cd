//! The resize against Pillow, bit for bit.

use crate::fixtures::{images, largest_difference, path};
use finexl_data::image::Image;
use finexl_data::resize::{
    CropRounding, Filter, crop_centre, fit_square, resize, resize_shorter, resize_with,
};
use std::path::PathBuf;

/// Lines of a sweep: those that are committed, or those of a larger one made by hand.
fn sweep(name: &str) -> Vec<Vec<String>> {
    let folder = std::env::var_os("FINEXL_RESIZE_SWEEP").map(PathBuf::from);
    let file = folder.unwrap_or_else(|| path("resize")).join(name);
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().skip(1);
    lines
        .map(|l| l.split(',').map(str::to_string).collect())
        .collect()
}

/// The pixels that `generate.py` draws by a formula.
fn drawn(width: usize, height: usize, edges: bool) -> Image {
    let mut bytes = Vec::with_capacity(width * height * 3);
    for y in 0..height as u32 {
        for x in 0..width as u32 {
            for c in 0..3u32 {
                let sum = x.wrapping_mul(7919).wrapping_add(y.wrapping_mul(104_729));
                let sum = sum.wrapping_add(c * 1_299_709 + 1);
                let mixed = sum.wrapping_mul(2_654_435_761);
                let value = ((mixed ^ (mixed >> 15)).wrapping_mul(2_246_822_519) >> 24) as u8;
                bytes.push(match edges {
                    true => {
                        if value > 127 {
                            255
                        } else {
                            0
                        }
                    }
                    false => value,
                });
            }
        }
    }
    Image::from_rgb8(width, height, &bytes)
}

fn crc(image: &Image) -> String {
    let mut crc = flate2::Crc::new();
    crc.update(&image.to_rgb8());
    format!("{:08x}", crc.sum())
}

#[test]
fn random_sizes_are_those_of_pillow_bit_for_bit() {
    let cases = sweep("sizes.csv");
    assert!(cases.len() >= 2000);
    for case in &cases {
        let size = |at: usize| case[at].parse::<usize>().unwrap();
        let filter = match case[4].as_str() {
            "bicubic" => Filter::Bicubic,
            _ => Filter::Bilinear,
        };
        let image = drawn(size(0), size(1), size(5) == 1);
        let resized = resize_with(&image, size(2), size(3), filter);
        assert_eq!(crc(&resized), case[6], "{case:?}");
    }
}

#[test]
fn random_sizes_are_those_of_transformers_image_processor() {
    let cases = sweep("clip.csv");
    assert!(cases.len() >= 500);
    for case in &cases {
        let size = |at: usize| case[at].parse::<usize>().unwrap();
        let image = resize_shorter(&drawn(size(0), size(1), true), size(2), Filter::Bicubic);
        let cut = crop_centre(&image, size(2), CropRounding::Down);
        assert_eq!(crc(&cut), case[3], "{case:?}");
    }
}

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
