//! Colour profiles against LittleCMS.

use crate::fixtures::{images, largest_difference, path};
use finexl_data::decode::{Remark, decode_bytes, decode_file, remarks_in_words};
use std::path::Path;

#[test]
fn colours_come_out_as_littlecms_converts_them() {
    let cases = images("colours/expected.safetensors");
    assert!(cases.len() > 20);
    for (name, expected) in cases {
        let decoded = decode_file(path(&format!("colours/{name}"))).unwrap();
        let difference = largest_difference(&decoded.image, &expected);
        let tolerance = match name.as_str() {
            // What means sRGB changes nothing at all.
            "srgb.png" | "cicp-srgb.png" | "gamma-like-srgb.png" | "gamma-under-srgb.png" => 0,
            // JPEG decoders round differently, and profiles stretch that.
            jpeg if jpeg.ends_with(".jpg") => 4,
            // Between the nodes of a table LittleCMS interpolates in tetrahedra, we in cubes.
            "table.png" => 5,
            _ => 1,
        };
        assert!(difference <= tolerance, "{name}: {difference}");
        let unusable = matches!(decoded.remarks.as_slice(), [Remark::UnusableProfile(_)]);
        assert_eq!(
            unusable,
            name.starts_with("unusable"),
            "{name}: {:?}",
            decoded.remarks
        );
        let stated = decoded.remarks.contains(&Remark::StatedColours);
        assert_eq!(stated, name == "gamma-linear.png", "{name}");
    }
}

#[test]
fn a_profile_damaged_anywhere_is_a_remark_or_used_but_no_panic() {
    for name in ["table.png", "cmyk.jpg", "adobe-rgb.webp", "prophoto.tif"] {
        let whole = std::fs::read(path(&format!("colours/{name}"))).unwrap();
        let mut draw = finexl_core::seed::generator(5, &[whole.len() as u64]);
        for _ in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..2 {
                let number = rand::Rng::next_u64(&mut draw);
                let at = (number >> 8) as usize % bytes.len();
                bytes[at] = number as u8;
            }
            if let Ok(decoded) = decode_bytes(Path::new(name), &bytes) {
                assert!(decoded.image.pixels.iter().all(|v| (0.0..=1.0).contains(v)));
            }
        }
    }
}

#[test]
fn remarks_are_told_once_for_all_files() {
    let [a, b] = [Path::new("b.png"), Path::new("a.gif")];
    let remark = Remark::UnusableProfile("it is damaged".to_string());
    let remarks = [(a, &remark), (b, &Remark::FirstPicture), (b, &remark)];
    assert_eq!(
        remarks_in_words(remarks),
        [
            "a.gif is an animation: its first picture was taken",
            "each of 2 pictures has a colour profile that cannot be used (it is damaged): its colours were \
             taken for sRGB (a.gif, b.png)",
        ]
    );
}
