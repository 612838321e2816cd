//! How pairs are to be found, and what becomes of those that do not fit.

use crate::image_folder::{BadFiles, Exclude};

/// A rule by which images are paired (`--pair`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// By their names, or by the seeds in these.
    Name,
    /// By prompt and seed as the files say.
    PromptSeed,
    /// The first with the first, in the natural order of their names.
    Order,
}

impl Pairing {
    /// All rules with their names on the command line.
    const ALL: [(&'static str, Self); 3] = [
        ("name", Self::Name),
        ("prompt-seed", Self::PromptSeed),
        ("order", Self::Order),
    ];

    /// The rule of a name.
    ///
    /// # Errors
    /// A sentence with the names that there are.
    pub fn parse(name: &str) -> Result<Self, String> {
        named(name, &Self::ALL)
    }
}

/// What is done to a pair whose images differ in shape (`--fit`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// It cannot be used.
    #[default]
    Refuse,
    /// The personalized model's image is cut about its centre to the shape of the base's.
    Crop,
    /// The personalized model's image is continued by its edges to the shape of the base's.
    Pad,
}

impl Fit {
    /// Those that can be chosen, with their names on the command line.
    const ALL: [(&'static str, Self); 2] = [("crop", Self::Crop), ("pad", Self::Pad)];

    /// The choice of a name.
    ///
    /// # Errors
    /// A sentence with the names that there are.
    pub fn parse(name: &str) -> Result<Self, String> {
        named(name, &Self::ALL)
    }

    /// A number that stands for it in keys of what is kept.
    pub fn key(self) -> u64 {
        match self {
            Self::Refuse => 0,
            Self::Crop => 1,
            Self::Pad => 2,
        }
    }
}

fn named<T: Copy>(name: &str, all: &[(&str, T)]) -> Result<T, String> {
    let found = all.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|(known, _)| *known).collect();
        format!("choose one of {}", known.join(", "))
    })
}

/// How the pairs of two folders are found.
#[derive(Clone, Debug)]
pub struct PairOptions {
    /// What to do with images that cannot be used.
    pub bad_files: BadFiles,
    /// The rule; without one the best that fits is found.
    pub pairing: Option<Pairing>,
    /// What to do with pairs whose images differ in shape.
    pub fit: Fit,
    /// Images that are left out.
    pub exclude: Exclude,
}

impl PairOptions {
    /// Without choices of a user.
    pub fn plain(bad_files: BadFiles) -> Self {
        Self {
            bad_files,
            pairing: None,
            fit: Fit::Refuse,
            exclude: Exclude::nothing(),
        }
    }
}
