//! What this crate computes against plain second versions in numpy and scipy.

mod calibrated_space;
mod decompositions;
