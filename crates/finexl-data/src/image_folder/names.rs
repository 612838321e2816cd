//! Names of images.

use crate::decode::{PictureKind, kind_of_extension};
use std::path::{Component, Path};
use unicode_normalization::UnicodeNormalization;

/// A name in the one Unicode form that names are compared and shown in (NFC): macOS stores `é` as two characters.
pub(crate) fn unicode_form(name: &str) -> String {
    name.nfc().collect()
}

/// A name without the extension of an image file; all else that follows a dot is part of the name (`run0.5`).
pub fn without_image_extension(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, extension))
            if !stem.is_empty()
                && !stem.ends_with('/')
                && kind_of_extension(extension) != PictureKind::Other =>
        {
            stem
        }
        _ => name,
    }
}

/// A path inside a folder as text, parts joined by `/`, in one Unicode form.
///
/// `None` where the path is not UTF-8, empty, or leads anywhere but down.
pub(crate) fn path_inside(inside: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = inside
        .components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| match part {
            Component::Normal(text) => text.to_str(),
            _ => None,
        })
        .collect();
    parts
        .map(|parts| unicode_form(&parts.join("/")))
        .filter(|name| !name.is_empty())
}

/// The name of an image: its path inside a folder without the extension of an image, parts joined by `/`.
///
/// `None` where the path is not UTF-8, empty, or leads anywhere but down.
pub fn name_of(inside: &Path) -> Option<String> {
    path_inside(inside).map(|name| without_image_extension(&name).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_extension_of_an_image_is_cut_off() {
        for (path, name) in [
            ("a.png", "a"),
            ("sub/a.b.JPEG", "sub/a.b"),
            ("run0.5", "run0.5"),
            ("run0.5.png", "run0.5"),
            ("a.png.webp", "a.png"),
            ("./a.avif", "a"),
            (".png", ".png"),
            ("sub/.png", "sub/.png"),
            ("cafe\u{301}.png", "caf\u{e9}"),
        ] {
            assert_eq!(name_of(Path::new(path)).as_deref(), Some(name));
        }
        assert_eq!(name_of(Path::new("../a.png")), None);
        assert_eq!(name_of(Path::new("")), None);
    }
}
