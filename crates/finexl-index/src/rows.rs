//! Rows that are there, and rows that are new, as one.

use crate::columns::{Fact, Number, Text};
use crate::entry::Entry;
use crate::group_file::GroupFile;
use std::borrow::Cow;

/// A model of a group, wherever it is kept.
#[derive(Clone, Copy)]
pub(crate) enum Row<'a> {
    /// In a file of the index.
    Kept(&'a GroupFile, usize),
    /// Joining it.
    New(&'a Entry),
}

impl<'a> Row<'a> {
    pub(crate) fn text(self, text: Text) -> &'a [u8] {
        match self {
            Self::Kept(file, row) => file.bytes(text, row),
            Self::New(entry) => entry.text(text),
        }
    }

    pub(crate) fn fact(self, fact: Fact) -> f32 {
        match self {
            Self::Kept(file, row) => file.fact(fact, row),
            Self::New(entry) => entry.fact(fact),
        }
    }

    pub(crate) fn numbers(self, number: Number) -> Cow<'a, [f32]> {
        match self {
            Self::Kept(file, row) => file.numbers(number, row),
            Self::New(entry) => Cow::Borrowed(entry.numbers(number)),
        }
    }

    pub(crate) fn number(self, number: Number, concept: usize) -> f32 {
        match self {
            Self::Kept(file, row) => file.number(number, concept, row),
            Self::New(entry) => entry.numbers(number)[concept],
        }
    }

    /// Fingerprint, name of the pair, profile in half precision, of every image of the base, by fingerprint.
    pub(crate) fn images(self) -> Vec<(&'a [u8], &'a [u8], &'a [u16])> {
        match self {
            Self::Kept(file, row) => {
                let places = file.places(row);
                let image = |at: usize| (file.image(at), file.pair_name(at), file.profile(at));
                places.map(image).collect()
            }
            Self::New(entry) => (entry.images())
                .map(|(image, pair, profile)| (image.as_slice(), pair.as_bytes(), profile))
                .collect(),
        }
    }
}
