//! The measurements, one file each.

mod coverage;
mod few_pairs;
mod levels;
mod methods;
mod nulls;
mod one_aspect;
mod photographs;
mod reserved;
mod single_images;
mod two_aspects;

pub(crate) use coverage::coverage;
pub(crate) use few_pairs::few_pairs;
pub(crate) use levels::levels;
pub(crate) use methods::{Choices, methods};
pub(crate) use nulls::nulls;
pub(crate) use one_aspect::one_aspect;
pub(crate) use photographs::photographs;
pub(crate) use reserved::reserved;
pub(crate) use single_images::{prompt_is_first, single_images};
pub(crate) use two_aspects::two_aspects;
