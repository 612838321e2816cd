//! An index of many explained models: who makes pictures flatter, with bold outlines, not darker?
//!
//! Records of `finexl explain` become rows of a folder ([`additions::IndexChange`]): a file per [`group::Group`] that a search maps
//! into memory ([`group_file::GroupFile`]), and Parquet for other engines ([`tables`]). Words become a [`query::Query`]
//! through a [`lexicon::Lexicon`]; [`by_words`] and [`likeness`] rank.

pub mod additions;
pub mod by_words;
pub mod columns;
pub mod entry;
pub mod error;
pub mod filters;
pub mod group;
pub mod group_file;
mod group_file_writing;
#[cfg(test)]
mod index_tests;
pub mod lexicon;
pub mod likeness;
pub mod manifest;
pub mod models_index;
mod parquet;
pub mod query;
mod rows;
#[cfg(test)]
mod sample;
pub mod tables;
pub mod titles;
mod word_forms;

pub use error::IndexError;
