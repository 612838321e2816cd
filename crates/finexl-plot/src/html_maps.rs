//! Where in the pictures aspects show, drawn as grids.

use crate::html_pairs::PictureMap;
use crate::rows::Shown;
use crate::text::html;
use finexl_core::aspect_map::AspectMap;
use std::fmt::Write;

/// A small grid per aspect that has a map.
pub(crate) fn maps(shown: &Shown<'_>) -> String {
    let mapped: Vec<(&str, &AspectMap)> = (shown.rows.iter())
        .filter_map(|aspect| Some((aspect.concept.as_str(), aspect.map.as_ref()?)))
        .collect();
    let Some((_, first)) = mapped.first() else {
        return String::new();
    };
    let mut section =
        String::from("<section>\n<h2>Where in the pictures</h2>\n<div class=\"maps\">\n");
    for (concept, map) in &mapped {
        let concept = html(concept);
        let place = map
            .region
            .map_or("no part in particular", |region| region.words());
        let grid = PictureMap {
            columns: map.columns,
            values: &map.mean,
        };
        let _ = writeln!(
            section,
            "<figure class=\"panel\">{}<figcaption><b>{concept}</b>{place}</figcaption></figure>",
            drawn(grid, "", &format!("where {concept} shows: {place}")),
        );
    }
    let _ = write!(
        section,
        "</div>\n<p class=\"small\">The fuller the colour, the more of the aspect, on average over {} pairs, each map on a scale of its own. A \
         part of the pictures is named where nearly all of the aspect is there.</p>\n</section>\n",
        first.pairs
    );
    section
}

/// A map to lie over a picture.
pub(crate) fn overlay(map: PictureMap<'_>) -> String {
    drawn(map, " class=\"map\" aria-hidden=\"true\"", "")
}

/// A grid of squares that are the more opaque the more there is; `said`, for who cannot see it, is escaped already.
fn drawn(map: PictureMap<'_>, attributes: &str, said: &str) -> String {
    let rows = map.values.len() / map.columns.max(1);
    let most = map.values.iter().fold(0.0f32, |most, v| most.max(*v));
    let role = match said {
        "" => String::new(),
        said => format!(" role=\"img\" aria-label=\"{said}\""),
    };
    let mut grid = format!(
        "<svg{attributes}{role} viewBox=\"0 0 {} {rows}\" preserveAspectRatio=\"none\">",
        map.columns
    );
    for (place, value) in map.values.iter().enumerate() {
        let share = match most > 0.0 {
            true => (value / most).max(0.0),
            false => 0.0,
        };
        let _ = write!(
            grid,
            "<rect x=\"{}\" y=\"{}\" width=\"1\" height=\"1\" fill-opacity=\"{:.2}\"/>",
            place % map.columns,
            place / map.columns,
            share
        );
    }
    grid + "</svg>"
}
