//! The images of a folder by name, and what else it holds.

mod bad_files;
mod exclude;
mod grids;
mod listing;
mod names;
mod remarks;
mod walk;

pub use bad_files::BadFiles;
pub(crate) use bad_files::left_out_together;
pub use exclude::Exclude;
pub use listing::ImageFolder;
pub use names::{name_of, without_image_extension};
pub(crate) use names::{path_inside, unicode_form};
pub(crate) use remarks::examples;
