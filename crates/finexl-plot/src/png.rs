//! Figures as PNG, for where SVG cannot go.

use crate::error::PlotError;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};
use std::sync::{Arc, LazyLock};

/// Pixels of the PNG per pixel of the SVG, so that small letters stay sharp.
const SCALE: f32 = 2.0;

/// The letters of all PNGs: inside the program, so that a figure is the same everywhere.
static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(dejavu::sans_condensed::regular().to_vec());
    fonts.load_font_data(dejavu::sans_condensed::bold().to_vec());
    // What all figures name last, see `canvas`.
    fonts.set_sans_serif_family("DejaVu Sans");
    Arc::new(fonts)
});

/// Turns a figure of this crate into a PNG of twice its size, with the same text in DejaVu Sans.
///
/// # Errors
/// [`PlotError::Png`] for what is no SVG, or is too large.
pub fn png(svg: &str) -> Result<Vec<u8>, PlotError> {
    let failed = |problem: String| PlotError::Png { problem };
    let options = Options {
        fontdb: Arc::clone(&FONTS),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| failed(error.to_string()))?;
    let side = |length: f32| (length * SCALE).ceil() as u32;
    let (width, height) = (side(tree.size().width()), side(tree.size().height()));
    let mut pixels = Pixmap::new(width, height)
        .ok_or_else(|| failed(format!("{width} x {height} pixels are too many")))?;
    let scale = Transform::from_scale(SCALE, SCALE);
    resvg::render(&tree, scale, &mut pixels.as_mut());
    pixels
        .encode_png()
        .map_err(|error| failed(error.to_string()))
}
