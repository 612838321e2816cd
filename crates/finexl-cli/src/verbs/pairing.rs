//! What a user says of how images make pairs, and what the sides are called.

use crate::diagnostics::CliError;
use finexl_data::image_folder::{BadFiles, Exclude};
use finexl_data::pairs::{Fit, PairOptions, Pairing};
use std::path::{Component, Path};

/// How images make pairs.
#[derive(Debug, clap::Args)]
pub struct PairingArguments {
    /// Pair images by name, prompt-seed or order [default: by name where the files do not say otherwise, else by the
    /// prompt and seed that they say, else by the seed in the name].
    #[arg(long, value_name = "RULE", value_parser = Pairing::parse)]
    pair: Option<Pairing>,
    /// Bring the images of a pair that differ in shape to one: crop the personalized one about its centre, or pad it by
    /// its edges.
    #[arg(long, value_name = "crop|pad", value_parser = Fit::parse)]
    fit: Option<Fit>,
    /// Leave out images whose path inside the folder, or whose name, fits this pattern, like 'test-*'; may be given
    /// several times.
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
}

impl PairingArguments {
    /// The rule that was chosen.
    pub fn rule(&self) -> Option<Pairing> {
        self.pair
    }

    /// All choices together.
    pub fn options(&self, skip_bad: bool) -> Result<PairOptions, CliError> {
        Ok(PairOptions {
            bad_files: BadFiles::from_skip(skip_bad),
            pairing: self.pair,
            fit: self.fit.unwrap_or_default(),
            exclude: Exclude::new(&self.exclude)?,
        })
    }
}

/// The last part of a path, as a name for a reader: the whole name of a folder, dots included, and that of a file
/// without the extension of weights, features or records.
pub(crate) fn display_name(path: &Path) -> String {
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
pub(crate) fn display_names(paths: [&Path; 2]) -> [String; 2] {
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
