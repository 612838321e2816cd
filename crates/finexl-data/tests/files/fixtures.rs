//! Committed reference data, made by the `generate.py` beside it.

use finexl_data::image::Image;
use std::path::PathBuf;

/// The path of a committed file.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// The `[height, width, 3]` u8 tensors of a fixture file, sorted by name.
pub fn images(name: &str) -> Vec<(String, Image)> {
    let bytes = std::fs::read(path(name)).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut images: Vec<(String, Image)> = tensors
        .iter()
        .map(|(name, tensor)| {
            let [height, width, 3] = *tensor.shape() else {
                panic!("{name} has the shape {:?}", tensor.shape());
            };
            (
                name.to_string(),
                Image::from_rgb8(width, height, tensor.data()),
            )
        })
        .collect();
    images.sort_by(|a, b| a.0.cmp(&b.0));
    images
}

/// Largest difference of two images of one size, in steps of 1/255.
pub fn largest_difference(a: &Image, b: &Image) -> u8 {
    assert_eq!((a.width, a.height), (b.width, b.height));
    let pairs = a.to_rgb8().into_iter().zip(b.to_rgb8());
    pairs.map(|(a, b)| a.abs_diff(b)).max().unwrap()
}

/// Writes small images of one colour each, in folders made as needed.
pub fn write_images(folder: &std::path::Path, names: &[&str]) {
    for (index, name) in names.iter().enumerate() {
        write_image(
            &folder.join(name),
            12,
            10,
            index as f32 / names.len() as f32,
        );
    }
}

/// Writes an image of one size: a ramp on a ground of one grey.
pub fn write_image(path: &std::path::Path, width: usize, height: usize, grey: f32) {
    let mut image = Image::filled(width, height, [grey; 3]);
    for x in 0..width {
        image.set(x, height / 2, [x as f32 / width as f32, 0.5, grey]);
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    finexl_data::encode::write_png(path, &image).unwrap();
}
