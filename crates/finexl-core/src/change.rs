//! The change as a whole: whether there is one, how large, how steady, before anything is named.

use serde::{Deserialize, Serialize};

/// What is known of the change as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What it comes to; the summary says this first.
    pub kind: ChangeKind,
    /// p of a sign-flip test on the length of the mean divergence: how often pairs that changed in no common direction
    /// would give one as long.
    pub p: f64,
    /// How far the two pictures of a pair are apart, relative to two pictures of different pairs of the base (root mean
    /// squares): 0 is no change, 1 is another picture. None where the base's features are not known, or all the same.
    pub size: Option<f64>,
    /// The same for the base's pictures saved again as JPEG; none where no picture was at hand.
    pub resaved: Option<f64>,
    /// Share of the change that all pairs have in common, in [0, 1]: the mean product of the divergences of two pairs,
    /// relative to the mean square of one. None below two pairs.
    pub steadiness: Option<Measured>,
    /// How far personalized pictures of different pairs are apart, relative to the base's: below 1 they are more alike.
    /// None where the features of a side are not known, or all the same, and below three pairs.
    pub diversity: Option<Measured>,
}

impl Default for Change {
    fn default() -> Self {
        Self {
            kind: ChangeKind::Untestable,
            p: 1.0,
            size: None,
            resaved: None,
            steadiness: None,
            diversity: None,
        }
    }
}

/// A number with its 95% interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The number.
    pub value: f64,
    /// Its interval; none where there are too few pairs for one.
    pub interval: Option<[f64; 2]>,
}

/// What a change comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// The images are the same.
    None,
    /// No more than saving again makes.
    Hardly,
    /// So few pairs cannot be told from chance.
    Untestable,
    /// Nothing that all pairs have in common can be proven.
    Unproven,
    /// Proven, and aspects say what it is.
    Named,
    /// Aspects are proven, and most of the change has no word.
    PartlyNamed,
    /// Proven, and no aspect is.
    Unnamed,
}
