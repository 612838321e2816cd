//! Which scenes are for training and which are kept unseen.

use super::Scene;
use finexl_core::seed;

pub use finexl_core::names::Split;

impl Scene {
    /// The split that it belongs to, a pure function of its words.
    ///
    /// Two subjects are split by their unordered pair, so that test pairs never met in training on
    /// any background; one subject by the combination of all its words.
    pub fn split(&self) -> Split {
        match seed::key(&self.combination()) % 10 {
            0..=7 => Split::Train,
            8 => Split::Validation,
            _ => Split::Test,
        }
    }
}
