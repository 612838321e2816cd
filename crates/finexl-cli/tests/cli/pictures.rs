//! Pictures that differ in what an encoder sees, and files that say how they were made.

#![allow(clippy::unwrap_used)]

use image::{ImageFormat, Rgb, RgbImage};
use serde_json::json;
use std::io::Cursor;

/// A picture of its own for every index: a ground and two shapes in colours and places that few others share.
pub fn same_scene(index: usize) -> RgbImage {
    const COLOURS: [[u8; 3]; 8] = [
        [220, 60, 50],
        [60, 160, 70],
        [50, 90, 200],
        [240, 210, 70],
        [250, 250, 245],
        [40, 40, 45],
        [150, 80, 170],
        [240, 150, 60],
    ];
    let colour = |step: usize| Rgb(COLOURS[(index * step + step) % 8]);
    let (ground, disc, bar) = (colour(1), colour(3), colour(5));
    let (across, down) = (
        12 + 24 * (index as i32 % 2),
        12 + 24 * (index as i32 / 2 % 2),
    );
    let upright = index.is_multiple_of(3);
    RgbImage::from_fn(48, 48, |x, y| {
        let (x, y) = (x as i32, y as i32);
        let along = if upright { x } else { y };
        if (x - across).pow(2) + (y - down).pow(2) < 90 {
            disc
        } else if (along - 36).abs() < 3 + index as i32 % 4 {
            bar
        } else {
            ground
        }
    })
}

/// A PNG in which a program wrote prompt and seed.
pub fn made_with(picture: &RgbImage, tool: &str, prompt: &str, seed: u64) -> Vec<u8> {
    let (key, text) = match tool {
        "a1111" => (
            "parameters",
            format!(
                "{prompt}\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: {seed}, \
                 Size: 48x48, Model: m"
            ),
        ),
        _ => (
            "prompt",
            json!({
                "3": {"class_type": "KSampler", "inputs": {"seed": seed, "positive": ["6", 0], "negative": ["7", 0]}},
                "6": {"class_type": "CLIPTextEncode", "inputs": {"text": prompt}},
                "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry"}},
            })
            .to_string(),
        ),
    };
    with_text(picture, key, &text)
}

/// A PNG with a text of its own.
pub fn with_text(picture: &RgbImage, key: &str, text: &str) -> Vec<u8> {
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).unwrap();
    let mut png = png.into_inner();
    let data = [key.as_bytes(), b"\0", text.as_bytes()].concat();
    let mut chunk = (data.len() as u32).to_be_bytes().to_vec();
    chunk.extend(b"tEXt");
    chunk.extend(&data);
    chunk.extend(checksum(&chunk[4..]).to_be_bytes());
    // Behind the signature and the header.
    png.splice(33..33, chunk);
    png
}

/// The checksum of a chunk (CRC-32).
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
        })
    })
}
