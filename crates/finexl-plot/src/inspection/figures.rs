//! The heat map of a file's strength.

use crate::error::PlotError;
use crate::heatmap::Heatmap;
use finexl_core::inspection::InspectedFile;

/// Blocks from left to right, what layers are there for from top to bottom, the strongest cell being 100;
/// nothing for a file that changes no weights.
///
/// # Errors
/// As [`Heatmap::svg`].
pub(super) fn strength(file: &InspectedFile) -> Result<Option<String>, PlotError> {
    let cells = file.blocks.iter().flat_map(|block| block.places.values());
    let strongest = cells.copied().fold(0.0, f64::max);
    if strongest <= 0.0 || !strongest.is_finite() {
        return Ok(None);
    }
    let places: Vec<&str> = file
        .places
        .iter()
        .map(|place| place.place.as_str())
        .collect();
    let shares = |place: &&str| {
        let cell = |norm: Option<&f64>| norm.copied().unwrap_or(0.0) / strongest;
        (file.blocks.iter())
            .map(|block| cell(block.places.get(*place)))
            .collect()
    };
    let map = Heatmap {
        title: None,
        row_axis: "layers".to_string(),
        column_axis: "block; 100 is the strongest cell".to_string(),
        rows: places.iter().map(ToString::to_string).collect(),
        columns: file
            .blocks
            .iter()
            .map(|block| block.block.clone())
            .collect(),
        shares: places.iter().map(shares).collect(),
    };
    map.svg().map(Some)
}
