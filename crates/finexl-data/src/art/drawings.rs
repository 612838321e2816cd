//! Vector drawings by artist: embedded or read from fetched icon sets, parsed and trimmed.

use super::artist::Artist;
use super::subjects::{Subject, subjects};
use crate::error::DataError;
use rayon::prelude::*;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use twemoji_assets::svg::SvgTwemojiAsset;

/// Long side, in pixels, at which the inked part of a drawing is looked for.
const TRIM_SIZE: f32 = 128.0;

/// One subject by one artist, with the part of its canvas that holds ink.
///
/// Sets differ in their margins; cutting them off gives every hand the same size in a scene.
#[derive(Debug)]
pub(super) struct Drawing {
    tree: Tree,
    /// Left, top, width, height of the ink in units of the drawing's canvas.
    ink: [f32; 4],
}

impl Drawing {
    fn parse(svg: &str, artist: Artist, subject: &Subject) -> Result<Self, DataError> {
        let bad = |reason: String| DataError::BadDrawing {
            artist: artist.name(),
            subject: subject.name.clone(),
            reason,
        };
        let tree = Tree::from_str(svg, &Options::default()).map_err(|e| bad(e.to_string()))?;
        let ink = find_ink(&tree).ok_or_else(|| bad("it leaves the canvas empty".to_owned()))?;
        Ok(Self { tree, ink })
    }

    /// Draws the ink so that its longer side is `long_side` pixels (at least 1).
    pub(super) fn rasterise(&self, long_side: usize) -> Option<Pixmap> {
        let [left, top, width, height] = self.ink;
        let scale = long_side as f32 / width.max(height);
        let pixels = |length: f32| ((length * scale).round() as u32).max(1);
        let mut pixmap = Pixmap::new(pixels(width), pixels(height))?;
        let transform = Transform::from_scale(scale, scale).pre_translate(-left, -top);
        resvg::render(&self.tree, transform, &mut pixmap.as_mut());
        Some(pixmap)
    }
}

/// The bounding box of what is visible, in canvas units, or `None` for an empty canvas.
fn find_ink(tree: &Tree) -> Option<[f32; 4]> {
    const VISIBLE: u8 = 12;
    let size = tree.size();
    let scale = TRIM_SIZE / size.width().max(size.height());
    let side = |length: f32| (length * scale).ceil() as u32;
    let mut pixmap = Pixmap::new(side(size.width()), side(size.height()))?;
    resvg::render(
        tree,
        Transform::from_scale(scale, scale),
        &mut pixmap.as_mut(),
    );
    let width = pixmap.width() as usize;
    let mut bounds: Option<[usize; 4]> = None;
    for (at, pixel) in pixmap.pixels().iter().enumerate() {
        if pixel.alpha() < VISIBLE {
            continue;
        }
        let (x, y) = (at % width, at / width);
        let b = bounds.get_or_insert([x, y, x, y]);
        *b = [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)];
    }
    let [x0, y0, x1, y1] = bounds?.map(|v| v as f32);
    Some([x0, y0, x1 - x0 + 1.0, y1 - y0 + 1.0].map(|v| v / scale))
}

/// The drawings of all subjects by one artist, in the order of [`subjects`].
///
/// # Errors
/// [`DataError::ArtMissing`] where the set was not fetched, [`DataError::BadArtFile`] for a file that
/// is not an icon set, [`DataError::SubjectMissing`] and [`DataError::BadDrawing`] for its content.
pub(super) fn load(artist: Artist, art_folder: &Path) -> Result<Vec<Drawing>, DataError> {
    match artist.file(art_folder) {
        None => parse_all(artist, |subject| twemoji(subject).map(Cow::Borrowed)),
        Some(file) => {
            let icons = IconSet::read(artist, &file)?;
            parse_all(artist, |subject| icons.svg(subject).map(Cow::Owned))
        }
    }
}

fn parse_all<'a>(
    artist: Artist,
    svg: impl Fn(&Subject) -> Option<Cow<'a, str>> + Sync,
) -> Result<Vec<Drawing>, DataError> {
    let draw = |subject: &Subject| {
        let text = svg(subject).ok_or_else(|| DataError::SubjectMissing {
            artist: artist.name(),
            subject: subject.name.clone(),
        })?;
        Drawing::parse(&text, artist, subject)
    };
    subjects().par_iter().map(draw).collect()
}

/// Twemoji lists some emoji with and some without the presentation selector.
fn twemoji(subject: &Subject) -> Option<&'static str> {
    const SELECTOR: char = '\u{fe0f}';
    let bare: String = subject.emoji.chars().filter(|&c| c != SELECTOR).collect();
    [subject.emoji.clone(), format!("{bare}{SELECTOR}"), bare]
        .iter()
        .find_map(|emoji| SvgTwemojiAsset::from_emoji(emoji))
        .map(|asset| asset.data.0)
}

/// An icon set in the JSON form of Iconify: bodies of SVG documents by name.
#[derive(Deserialize)]
struct IconSet {
    icons: HashMap<String, Icon>,
    #[serde(default = "default_side")]
    width: f32,
    #[serde(default = "default_side")]
    height: f32,
}

#[derive(Deserialize)]
struct Icon {
    body: String,
    width: Option<f32>,
    height: Option<f32>,
}

/// The side that the format assumes where none is given.
fn default_side() -> f32 {
    16.0
}

impl IconSet {
    fn read(artist: Artist, file: &Path) -> Result<Self, DataError> {
        if !file.is_file() {
            return Err(DataError::ArtMissing {
                artist: artist.name(),
                path: file.to_path_buf(),
            });
        }
        let bytes = finexl_core::atomic::read(file)?;
        serde_json::from_slice(&bytes).map_err(|source| DataError::BadArtFile {
            path: file.to_path_buf(),
            source,
        })
    }

    fn svg(&self, subject: &Subject) -> Option<String> {
        let icon = self.icons.get(&subject.key)?;
        let width = icon.width.unwrap_or(self.width);
        let height = icon.height.unwrap_or(self.height);
        Some(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
             width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">{}</svg>",
            icon.body
        ))
    }
}
