//! Folders of rendered images with a manifest.

use super::Scene;
use crate::art::{SpriteSet, subjects};
use crate::encode::write_png;
use crate::error::DataError;
use crate::image::Image;
use finexl_core::atomic;
use finexl_core::work_lock::WorkPlace;
use rayon::prelude::*;
use std::path::Path;

/// Name of the manifest that lists a folder's images; written last, so its presence says that the
/// folder is complete.
pub const MANIFEST: &str = "manifest.csv";

/// Longest file name made from a prompt, in characters.
const NAME_LENGTH: usize = 80;

/// Writes every scene as a PNG of `size` x `size` pixels, and `manifest.csv` with the columns
/// prompt, file, artist, subjects, split, seed.
///
/// Scene number i is rendered with the same `seed` for every artist, so folders of two artists are
/// pairs by file name. Returns the number of images.
///
/// # Errors
/// [`DataError::Core`] where the folder cannot be made or written to, or another process writes to it.
pub fn render_scenes(
    sprites: &SpriteSet,
    scenes: &[Scene],
    folder: &Path,
    size: usize,
    seed: u64,
) -> Result<usize, DataError> {
    let _lock = WorkPlace::folder(folder).claim()?;
    let draw = |(index, scene): (usize, &Scene)| {
        let prompt = scene.prompt();
        let file = format!("{index:05}-{}.png", file_stem(&prompt));
        write_png(folder.join(&file), &scene.render(sprites, size, seed))?;
        let names = scene.subject_names().collect::<Vec<_>>().join(" and ");
        let split = scene.split().name().to_owned();
        let artist = sprites.artist().name().to_owned();
        Ok([prompt, file, artist, names, split, seed.to_string()])
    };
    let rows: Result<Vec<_>, DataError> = scenes.par_iter().enumerate().map(draw).collect();
    let header = ["prompt", "file", "artist", "subjects", "split", "seed"];
    write_manifest(folder, header, &rows?)?;
    Ok(scenes.len())
}

/// Writes every subject alone on white as a PNG of `size` x `size` pixels, and `manifest.csv` with
/// the columns prompt, file, artist. Returns the number of images.
///
/// # Errors
/// [`DataError::Core`] where the folder cannot be made or written to, or another process writes to it.
pub fn render_subjects(
    sprites: &SpriteSet,
    folder: &Path,
    size: usize,
) -> Result<usize, DataError> {
    let _lock = WorkPlace::folder(folder).claim()?;
    let draw = |(index, subject): (usize, &crate::art::Subject)| {
        let file = format!("{}.png", file_stem(&subject.name));
        let image = portrait(sprites, index, size.max(1))?;
        write_png(folder.join(&file), &image)?;
        Ok([
            subject.name.clone(),
            file,
            sprites.artist().name().to_owned(),
        ])
    };
    let rows: Result<Vec<_>, DataError> = subjects().par_iter().enumerate().map(draw).collect();
    write_manifest(folder, ["prompt", "file", "artist"], &rows?)?;
    Ok(subjects().len())
}

/// One subject in the middle of a white canvas, nine tenths of its side.
fn portrait(sprites: &SpriteSet, subject: usize, size: usize) -> Result<Image, DataError> {
    let sprite = sprites.sprite(subject, (size * 9 / 10).max(1))?;
    let (left, top) = ((size - sprite.width) / 2, (size - sprite.height) / 2);
    let mut image = Image::filled(size, size, [1.0; 3]);
    for (at, pixel) in sprite.rgba.chunks_exact(4).enumerate() {
        let [red, green, blue, alpha] = [0, 1, 2, 3].map(|c| f32::from(pixel[c]) / 255.0);
        let (x, y) = (left + at % sprite.width, top + at / sprite.width);
        image.set(x, y, [red, green, blue].map(|v| v + 1.0 - alpha));
    }
    Ok(image)
}

/// A prompt as a portable file name: lower-case letters, digits and single hyphens.
fn file_stem(prompt: &str) -> String {
    let words = prompt
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut stem = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    stem.truncate(NAME_LENGTH);
    stem
}

/// Writes `manifest.csv` into a folder.
///
/// # Errors
/// [`DataError::Core`] where it cannot be written.
pub fn write_manifest<const N: usize>(
    folder: &Path,
    header: [&str; N],
    rows: &[[String; N]],
) -> Result<(), DataError> {
    let write = |file: &mut dyn std::io::Write| {
        let mut table = csv::Writer::from_writer(file);
        table.write_record(header)?;
        for row in rows {
            table.write_record(row)?;
        }
        table.flush()
    };
    Ok(atomic::write_with(folder.join(MANIFEST), write)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::art::Artist;
    use crate::scenes::Split;

    #[test]
    fn a_folder_of_scenes_lists_every_image() {
        let sprites = SpriteSet::load(Artist::Twemoji, Path::new("unused"), 0).unwrap();
        let scenes = Scene::draw_distinct(Split::Test, 1, 5);
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("scenes");
        assert_eq!(render_scenes(&sprites, &scenes, &out, 32, 4).unwrap(), 5);
        let mut table = csv::Reader::from_path(out.join(MANIFEST)).unwrap();
        let rows: Vec<_> = table.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 5);
        for (row, scene) in rows.iter().zip(&scenes) {
            assert_eq!(Scene::parse(&row[0]).unwrap(), *scene);
            let stored = image::open(out.join(&row[1])).unwrap().to_rgb8();
            assert_eq!(stored.into_raw(), scene.render(&sprites, 32, 4).to_rgb8());
        }
    }

    #[test]
    fn a_folder_of_subjects_has_one_image_each() {
        let sprites = SpriteSet::load(Artist::Twemoji, Path::new("unused"), 0).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let count = render_subjects(&sprites, folder.path(), 16).unwrap();
        assert_eq!(count, subjects().len());
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, count + 1);
    }

    #[test]
    fn file_names_are_portable() {
        assert_eq!(
            file_stem("../Red apple, at: the left"),
            "red-apple-at-the-left"
        );
        assert!(file_stem(&"word ".repeat(99)).len() <= NAME_LENGTH);
    }
}
