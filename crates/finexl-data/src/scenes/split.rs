//! Which scenes are for training and which are kept unseen.

use super::Scene;
use finexl_core::seed;

/// The part of all scenes that a scene belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// Eight tenths: the only scenes that training may use.
    Train,
    /// One tenth: for choices and calibration.
    Validation,
    /// One tenth: for reported figures.
    Test,
}

impl std::str::FromStr for Split {
    type Err = crate::DataError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|split| split.name() == name)
            .ok_or_else(|| crate::DataError::UnknownSplit {
                name: name.to_owned(),
            })
    }
}

impl Split {
    /// All splits.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// The name in TOML and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }

    /// The split of a scene, a pure function of its words.
    ///
    /// Two subjects are split by their unordered pair, so that test pairs never met in training on
    /// any background; one subject by the combination of all its words.
    pub fn of(scene: &Scene) -> Self {
        match seed::key(&scene.combination()) % 10 {
            0..=7 => Self::Train,
            8 => Self::Validation,
            _ => Self::Test,
        }
    }
}
