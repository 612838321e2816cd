//! What a person reads of a result: snapshots, escaping, and the schema of the JSON form.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cards;
mod escaping;
mod figures;
mod sample;
mod schema;
mod selection;
mod selection_sample;
mod snapshots;
