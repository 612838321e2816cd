//! Emoji art: the hands that draw, the subjects they draw, and their sprites at any size.

mod artist;
mod drawings;
mod sprites;
mod subjects;

pub use artist::{Artist, Role};
pub use sprites::{Sprite, SpriteSet};
pub use subjects::{Subject, subject, subject_index, subject_indices, subjects};
