//! Sprites: an artist's drawings as pixels, kept in memory and resized with care for their edges.

use super::artist::Artist;
use super::drawings::{self, Drawing};
use crate::error::DataError;
use rayon::prelude::*;
use resvg::tiny_skia::Pixmap;
use std::path::Path;
use std::sync::OnceLock;

/// Long sides, in pixels, at which drawings are rasterised once and kept.
const LEVELS: [usize; 7] = [32, 48, 64, 96, 128, 256, 512];

/// Below this long side, sprites are drawn from a raster half as large again: area averaging from
/// barely more pixels than it yields would blur small subjects.
const FINE_BELOW: usize = 128;

/// Largest canvas for which all subjects are rasterised in advance; beyond it that would take
/// hundreds of megabytes, and only the subjects that occur are rasterised.
const PREPARED_UP_TO: usize = 128;

/// A drawing as pixels: RGBA, 8 bits, premultiplied, row-major; only its inked part.
#[derive(Clone, Debug)]
pub struct Sprite {
    /// Columns, at least 1.
    pub width: usize,
    /// Rows, at least 1.
    pub height: usize,
    /// `width * height * 4` bytes.
    pub rgba: Vec<u8>,
}

impl Sprite {
    /// The sum of all opacities in pixels, a measure of how much is drawn.
    pub fn ink(&self) -> f32 {
        let alphas = self.rgba.chunks_exact(4).map(|p| f32::from(p[3]));
        alphas.sum::<f32>() / 255.0
    }
}

impl From<Pixmap> for Sprite {
    fn from(pixmap: Pixmap) -> Self {
        Self {
            width: pixmap.width() as usize,
            height: pixmap.height() as usize,
            rgba: pixmap.take(),
        }
    }
}

/// All subjects by one artist, rasterised at the sizes that are asked for.
///
/// Rasters are made at most once and shared by threads.
#[derive(Debug)]
pub struct SpriteSet {
    artist: Artist,
    drawings: Vec<Drawing>,
    levels: Vec<[OnceLock<Sprite>; LEVELS.len()]>,
}

impl SpriteSet {
    /// Reads an artist's drawings and rasterises what scenes of `size` x `size` pixels need.
    ///
    /// `art_folder` is where `scripts/fetch_art.py` put the sets; it is not looked at for Twemoji.
    /// `size` only prepares: any other size can be drawn too, more slowly the first time. 0 and sizes
    /// above 128 prepare nothing. At 64 pixels one artist takes about 40 MB.
    ///
    /// # Errors
    /// [`DataError::ArtMissing`] where the set was not fetched; [`DataError::BadArtFile`],
    /// [`DataError::SubjectMissing`], [`DataError::BadDrawing`] where the file is not the pinned one.
    pub fn load(artist: Artist, art_folder: &Path, size: usize) -> Result<Self, DataError> {
        let drawings = drawings::load(artist, art_folder)?;
        let levels = drawings.iter().map(|_| Default::default()).collect();
        let set = Self {
            artist,
            drawings,
            levels,
        };
        // The shares of the canvas that the smallest and the largest subject of a scene take.
        let needed = |share: f32| level_for((size as f32 * share) as usize);
        if (1..=PREPARED_UP_TO).contains(&size)
            && let (Some(low), Some(high)) = (needed(0.3), needed(0.8))
        {
            (0..set.drawings.len()).into_par_iter().for_each(|subject| {
                for level in low..=high {
                    set.at_level(subject, level);
                }
            });
        }
        Ok(set)
    }

    /// Whose drawings these are.
    pub fn artist(&self) -> Artist {
        self.artist
    }

    /// Subjects in the set; equals the number of [`super::subjects`].
    pub fn len(&self) -> usize {
        self.drawings.len()
    }

    /// Whether the set holds no subject; never for a loaded set.
    pub fn is_empty(&self) -> bool {
        self.drawings.is_empty()
    }

    /// Rasterises one subject with its longer side at exactly `long_side` pixels (at least 1).
    ///
    /// # Errors
    /// [`DataError::SubjectIndex`] for an index beyond the set.
    pub fn sprite(&self, subject: usize, long_side: usize) -> Result<Sprite, DataError> {
        let drawing = self.drawings.get(subject).ok_or(DataError::SubjectIndex {
            index: subject,
            count: self.drawings.len(),
        })?;
        Ok(rasterise(drawing, long_side))
    }

    /// Calls `draw` with a raster of the subject that is at least `long_side` pixels long, for
    /// reduction to that size. An index beyond the set draws nothing.
    pub(crate) fn with_raster<T>(
        &self,
        subject: usize,
        long_side: f32,
        draw: impl FnOnce(&Sprite) -> T,
    ) -> Option<T> {
        match level_for(long_side.ceil() as usize) {
            Some(level) => self.at_level(subject, level).map(draw),
            // Larger than what is worth keeping: rasterised for this one use.
            None => {
                let drawing = self.drawings.get(subject)?;
                Some(draw(&rasterise(drawing, long_side.ceil() as usize)))
            }
        }
    }

    fn at_level(&self, subject: usize, level: usize) -> Option<&Sprite> {
        let drawing = self.drawings.get(subject)?;
        let kept = self.levels.get(subject)?.get(level)?;
        Some(kept.get_or_init(|| rasterise(drawing, LEVELS[level])))
    }
}

/// The level to reduce from, as an index of [`LEVELS`]; `None` above the largest.
fn level_for(long_side: usize) -> Option<usize> {
    let fine = (long_side * 3 / 2).min(FINE_BELOW);
    LEVELS
        .iter()
        .position(|&level| level >= long_side.max(fine))
}

fn rasterise(drawing: &Drawing, long_side: usize) -> Sprite {
    drawing.rasterise(long_side.max(1)).map_or_else(
        // Only a raster of no or of more than 2^31 bytes is refused; it then shows nothing.
        || Sprite {
            width: 1,
            height: 1,
            rgba: vec![0; 4],
        },
        Sprite::from,
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::art::subjects;

    #[test]
    fn every_subject_of_the_embedded_artist_leaves_ink() {
        let set = SpriteSet::load(Artist::Twemoji, Path::new("unused"), 0).unwrap();
        assert_eq!(set.len(), subjects().len());
        for (index, subject) in subjects().iter().enumerate() {
            let sprite = set.sprite(index, 48).unwrap();
            assert_eq!(sprite.width.max(sprite.height), 48, "{}", subject.name);
            assert!(sprite.ink() > 40.0, "{}: {}", subject.name, sprite.ink());
        }
        assert!(set.sprite(set.len(), 48).is_err());
    }

    #[test]
    fn art_that_was_not_fetched_is_an_error_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let error = SpriteSet::load(Artist::Noto, folder.path(), 64).unwrap_err();
        assert!(error.to_string().contains("scripts/fetch_art.py"));
        assert_eq!(Artist::available(folder.path()), [Artist::Twemoji]);
    }

    #[test]
    fn a_file_that_is_no_icon_set_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = Artist::Noto.file(folder.path()).unwrap();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, b"{\"icons\": {\"red-ap").unwrap();
        let error = SpriteSet::load(Artist::Noto, folder.path(), 64).unwrap_err();
        assert!(error.to_string().contains("icons.json"));
        std::fs::write(&file, b"{\"icons\": {}}").unwrap();
        let error = SpriteSet::load(Artist::Noto, folder.path(), 64).unwrap_err();
        assert!(matches!(error, DataError::SubjectMissing { .. }));
    }

    #[test]
    fn levels_are_at_least_as_large_as_what_is_drawn() {
        for side in 1..=512 {
            assert!(LEVELS[level_for(side).unwrap()] >= side);
        }
        assert_eq!(level_for(513), None);
    }
}
