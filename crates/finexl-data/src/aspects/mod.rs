//! Image operators with known strength: one training and one held-out implementation per aspect.

mod catalogue;
mod colour;
mod definitions;
mod draw;
mod edge;
mod filters;
mod light;
mod mono;
#[cfg(test)]
mod properties;
mod reserved;
mod shape;
mod spaces;
mod temperature;
mod texture;
mod tone;

pub use catalogue::{Aspect, Family, Implementation, all, find, reserved, stylize};
pub use definitions::{Definition, Definitions, Wording};
pub use draw::{Draw, Operator};

/// Version of the operators: raised whenever one of them makes another picture of the same picture, level and seeds.
pub const VERSION: u32 = 1;
