//! The two sides of an explanation beside their images: what they are called, and how they were made.

use finexl_core::explanation::{Applied, Generated};
use finexl_data::pairs::{Pair, PairSet};
use finexl_zoo::generators::GenerationRecord;
use std::path::{Component, Path, PathBuf};

/// What is known of the two sides beside their images.
#[derive(Clone, Debug)]
pub struct Sides {
    /// What base and personalized model are called.
    pub names: [String; 2],
    /// How the images were generated, where that is known.
    pub generated: Generated,
    /// What a reader should know of them.
    pub notes: Vec<String>,
}

impl Default for Sides {
    fn default() -> Self {
        Self::named("base", "personalized")
    }
}

impl Sides {
    /// Sides of which the names are known.
    pub fn named(base: impl Into<String>, personalized: impl Into<String>) -> Self {
        Self {
            names: [base.into(), personalized.into()],
            generated: Generated::default(),
            notes: Vec::new(),
        }
    }

    /// Sides called after files or folders.
    pub fn of_paths(base: &Path, personalized: &Path) -> Self {
        let [base, personalized] = display_names([base, personalized]);
        Self::named(base, personalized)
    }

    /// Sides of the pairs of a manifest, called after the folders of their images where each side's lie in one.
    pub fn of_pairs(set: &PairSet) -> Self {
        let folder = |file: fn(&Pair) -> &PathBuf| {
            let mut folders = set.pairs.iter().map(|pair| file(pair).parent());
            let first = folders.next()??;
            folders.all(|folder| folder == Some(first)).then_some(first)
        };
        match [folder(|pair| &pair.base), folder(|pair| &pair.personalized)] {
            [Some(base), Some(personalized)] if base != personalized => {
                Self::of_folders(base, personalized)
            }
            _ => Self::default(),
        }
    }

    /// Folders of images. Those that finexl generated say how; the scale of what personalizes a side is added to its
    /// name.
    pub fn of_folders(base: &Path, personalized: &Path) -> Self {
        let mut sides = Self::of_paths(base, personalized);
        let [base, personalized] = [base, personalized].map(|folder| {
            let record = GenerationRecord::read(folder);
            let unknown = |error| {
                format!(
                    "How the images in {} were generated is not known: {error}.",
                    folder.display()
                )
            };
            match record {
                Ok(record) => (record.map(|record| record.images()), None),
                Err(error) => (None, Some(unknown(error))),
            }
        });
        sides.notes.extend(base.1);
        sides.notes.extend(personalized.1);
        sides.generated = Generated {
            base: base.0,
            personalized: personalized.0,
        };
        let images = sides.generated.personalized.as_ref();
        let applied = images.map_or(&[][..], |images| &images.personalization[..]);
        if let [
            Applied {
                scale: Some(scale), ..
            },
        ] = applied
        {
            sides.names[1] = format!("{} at scale {scale}", sides.names[1]);
        }
        sides
    }
}

/// The last part of a path, as a name for a reader: the whole name of a folder, dots included, and that of a file
/// without the extension of weights, features or records.
pub fn display_name(path: &Path) -> String {
    const KNOWN: [&str; 6] = ["safetensors", "json", "bin", "pt", "pth", "ckpt"];
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let known = whole.extension().is_some_and(|extension| {
        KNOWN
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    });
    let part = match known && !whole.is_dir() {
        true => whole.file_stem(),
        false => whole.file_name(),
    };
    part.map_or_else(
        || path.display().to_string(),
        |n| n.to_string_lossy().into(),
    )
}

/// Names of two sides; where they are the same, with the folders that tell them apart.
pub fn display_names(paths: [&Path; 2]) -> [String; 2] {
    let names = paths.map(display_name);
    if names[0] != names[1] {
        return names;
    }
    let whole = paths.map(|path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf()));
    let parts = whole
        .each_ref()
        .map(|path| path.components().rev().collect::<Vec<_>>());
    let same = (parts[0].iter().zip(&parts[1]))
        .take_while(|(a, b)| a == b)
        .count();
    let longer = |name: &String, parts: &[Component<'_>]| match parts.get(same) {
        Some(apart) => format!("{}/{name}", apart.as_os_str().to_string_lossy()),
        None => name.clone(),
    };
    [longer(&names[0], &parts[0]), longer(&names[1], &parts[1])]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn folders_keep_their_dots_and_files_lose_what_is_known() {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = root.path().join(name);
            std::fs::create_dir_all(&path).unwrap();
            path
        };
        assert_eq!(display_name(&folder("cosy-v1.5")), "cosy-v1.5");
        assert_eq!(display_name(&folder("a.json")), "a.json");
        assert_eq!(display_name(Path::new("x/base.v2.safetensors")), "base.v2");
        assert_eq!(display_name(Path::new("x/lora.v2")), "lora.v2");
        let (a, b) = (folder("sd1.4/out"), folder("cosy/out"));
        assert_eq!(display_names([&a, &b]), ["sd1.4/out", "cosy/out"]);
        assert_eq!(display_names([&a, &a]), ["out", "out"]);
    }
}
