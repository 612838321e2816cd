//! Many models: their records in one index, and searches in it.

mod beside;
mod indexing;
mod nearest_words;
mod searching;
mod vocabulary_words;
pub mod watched_folder;
pub mod watched_records;

pub(crate) use beside::small_jpeg;
pub use indexing::{IndexOptions, Indexed, index_records};
pub use nearest_words::NearestWords;
pub use searching::{
    FoundModel, LikeRequest, Searched, WordsRequest, records_by_words, search_like, search_words,
};
pub use vocabulary_words::{known_words, lexicon_of};
