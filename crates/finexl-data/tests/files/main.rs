//! Files in and out: decoding, the resize, pairs of folders, manifests, stylized folders.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod colours;
mod decode;
mod fixtures;
mod formats;
mod generation;
mod lists;
mod manifest;
mod pairing;
mod pairs;
mod resize;
mod stylize;
