//! Contact sheets that programs write beside the images that they are made of.

/// Whether a path inside a folder is named like a grid of several images: `grid-0000.png` and `xyz_grid-0000.png` of
/// AUTOMATIC1111, `..._grid.png` of scripts, anything in a folder `...-grids`.
pub(crate) fn is_grid(inside: &str) -> bool {
    let inside = inside.to_lowercase();
    let (folders, name) = inside.rsplit_once('/').unwrap_or(("", &inside));
    let in_grids = folders.split('/').any(|folder| {
        folder == "grids" || folder.ends_with("-grids") || folder.ends_with("_grids")
    });
    let stem = super::without_image_extension(name);
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|rest| {
            let digits = rest.trim_start_matches(['-', '_', ' ']);
            rest.is_empty() || (digits.len() < rest.len() && begins_with_digit(digits))
        })
    };
    in_grids
        || ["grid", "xyz_grid", "xy_grid", "xyz-grid", "xy-grid"]
            .iter()
            .any(|prefix| numbered(prefix))
        || stem.ends_with("_grid")
        || [
            "contact_sheet",
            "contact-sheet",
            "contactsheet",
            "contact sheet",
        ]
        .contains(&stem)
}

fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_are_told_by_their_names() {
        for name in [
            "grid-0000.png",
            "sub/Grid-0012-7.JPG",
            "grid_3.webp",
            "grid.png",
            "xyz_grid-0001-5.png",
            "xy_grid-0001.png",
            "samples_grid.png",
            "contact_sheet.png",
            "txt2img-grids/2024-01-01/0001.png",
            "grids/a.png",
        ] {
            assert!(is_grid(name), "{name}");
        }
        for name in [
            "grid city.png",
            "gridlock-1.png",
            "00012-window-grid.png",
            "a grid-0000.png",
            "ingrid.png",
            "grid-city-1.png",
            "engrids/1.png",
        ] {
            assert!(!is_grid(name), "{name}");
        }
    }
}
