//! Pairs of images: the same prompt and seed through the base and the personalized model.

mod across;
mod by_generation;
mod by_name;
mod by_words;
mod choose;
mod contradictions;
mod folder_table;
mod from_manifest;
mod listed_images;
mod lists;
mod loading;
mod looks;
mod lookup;
mod making;
mod name_words;
mod options;
mod overlays;
mod pair_set;
mod seed_in_name;
mod shapes;
mod side;
mod sketch;
mod turn;

pub use across::Across;
pub use by_name::{NameMatches, match_names};
pub use lists::{ListedPicture, PictureList};
pub(crate) use loading::nothing_usable;
pub use loading::{Loaded, LoadedPair, LoadingFacts, SizesDiffer, load_pair, loading_notes};
pub use looks::Look;
pub use options::{Fit, PairOptions, Pairing};
pub use overlays::Overlay;
pub use pair_set::{Pair, PairSet};
pub use shapes::{cut_to_near_shape, same_shape};
pub use turn::Turn;
