//! What was left out or assumed when a file was decoded.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// How many files a note names.
const EXAMPLES: usize = 3;

/// Something that a reader of the results should know about a picture.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Remark {
    /// An animation, of which the first picture was taken.
    FirstPicture,
    /// Several pages, of which the first was taken.
    FirstPage,
    /// A colour profile by which the colours were brought to sRGB.
    Converted,
    /// Transparent pixels, which were laid on white.
    Transparent,
    /// A picture of one colour.
    OneColour,
    /// Colours that are not sRGB by a gamma or primaries in the PNG itself, which some viewers heed.
    StatedColours,
    /// A colour profile that could not be used, for this reason; the values were taken for sRGB.
    UnusableProfile(String),
    /// Compressed data that say more than the picture needs, or a brightness that none has.
    Damaged,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstPicture => f.write_str("is an animation: its first picture was taken"),
            Self::FirstPage => f.write_str("has several pages: the first was taken"),
            Self::Converted => f.write_str("was brought to sRGB by the colour profile in it"),
            Self::Transparent => f.write_str("has transparent pixels: it was laid on white"),
            Self::OneColour => f.write_str(
                "is of one colour, as a safety filter or a decoder that overflows leaves it: it counts like any other; \
                 leave it out with --exclude if it is none",
            ),
            Self::StatedColours => f.write_str(
                "states a gamma or primaries other than those of sRGB: it was brought to sRGB by them, \
                 which not every program does",
            ),
            Self::Damaged => f.write_str(
                "seems to be damaged: its compressed data do not end with its picture, or say a brightness that none has: \
                 look at it, and export it again or leave it out with --exclude",
            ),
            Self::UnusableProfile(reason) => write!(
                f,
                "has a colour profile that cannot be used ({reason}): its colours were taken for sRGB"
            ),
        }
    }
}

/// The remarks on any number of files as notes, one for each kind of remark, in a fixed order.
pub fn remarks_in_words<'a>(
    remarks: impl IntoIterator<Item = (&'a Path, &'a Remark)>,
) -> Vec<String> {
    let mut files: BTreeMap<&Remark, Vec<PathBuf>> = BTreeMap::new();
    for (path, remark) in remarks {
        files.entry(remark).or_default().push(path.to_path_buf());
    }
    files
        .into_iter()
        .map(|(remark, mut paths)| {
            paths.sort();
            paths.dedup();
            match paths.as_slice() {
                [path] => format!("{} {remark}", path.display()),
                _ => {
                    let shown: Vec<String> = paths
                        .iter()
                        .take(EXAMPLES)
                        .map(|path| path.display().to_string())
                        .collect();
                    let more = match paths.len().saturating_sub(EXAMPLES) {
                        0 => String::new(),
                        more => format!(" and {more} more"),
                    };
                    format!(
                        "each of {} pictures {remark} ({}{more})",
                        paths.len(),
                        shown.join(", ")
                    )
                }
            }
        })
        .collect()
}
