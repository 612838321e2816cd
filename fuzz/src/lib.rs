//! What every fuzz target does with its bytes: it hands them to a reader, which may refuse them in words and do nothing
//! else.
//!
//! The tests of `finexl-cli` include both files and feed them the corpora, so what fuzzing once found stays mended.

#[cfg(feature = "models")]
mod models;
mod plain;

#[cfg(feature = "models")]
pub use models::*;
pub use plain::*;
