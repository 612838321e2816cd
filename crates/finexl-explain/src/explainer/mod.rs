//! The explainer: encoder, method, head, references, calibration and words, put together once.

mod builder;
mod features;
mod folders;
mod given_directions;
mod images;
mod known_base;
mod object;
mod pairs;
mod sides;
#[cfg(test)]
mod tests;
mod words;

pub use builder::ExplainerBuilder;
pub use features::FeaturePairs;
pub use folders::Folders;
pub use given_directions::GivenDirections;
pub use images::ImagePair;
pub use object::{Explained, Explainer, Fitted};
pub use sides::{Sides, display_name, display_names};
