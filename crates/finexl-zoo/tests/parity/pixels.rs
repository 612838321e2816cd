//! Preprocessing against the PIL image processors.

use crate::fixture::{MODELS, expected, images, load};
use finexl_zoo::encoders::Encoder;

#[test]
fn pixels_differ_by_at_most_one_step() {
    for name in MODELS {
        let (clip, expected, images) = (load(name), expected(name), images());
        let pixels = &expected["images.pixels"];
        let size = clip.config().image.image_size;
        assert_eq!(pixels.shape[1..], [3, size, size]);
        let siglip = name == "siglip";
        let (mean, deviation) = if siglip {
            ([0.5; 3], [0.5; 3])
        } else {
            (
                [0.48145466, 0.4578275, 0.40821073],
                [0.26862954, 0.261_302_6, 0.275_777_1],
            )
        };
        for (index, image) in images.iter().enumerate() {
            let ours = clip.prepare(image);
            let reference = pixels.item(index);
            for (channel, (mean, deviation)) in mean.iter().zip(&deviation).enumerate() {
                for place in 0..size * size {
                    let normalised = reference[channel * size * size + place];
                    let value = normalised * deviation + mean;
                    let difference = (value - ours.pixels[place * 3 + channel]).abs();
                    assert!(
                        difference <= 1.001 / 255.0,
                        "{name}, image {index}: {difference}"
                    );
                }
            }
        }
    }
}
