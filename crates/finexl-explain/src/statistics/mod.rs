//! Uncertainty, significance and calibration; everything here is about numbers, not images.

mod auroc;
mod benjamini_hochberg;
mod bootstrap;
mod conformal;
mod holm;
mod intervals;
mod isotonic;
mod jackknife;
mod quantile;
mod sign_flip;
mod spearman;
mod wilson;

pub use auroc::auroc;
pub use benjamini_hochberg::benjamini_hochberg;
pub use bootstrap::{
    Estimate, Replicates, Resampling, bootstrap, bootstrap_blocks, bootstrap_samples,
    weighted_means,
};
pub use conformal::{conformal_width, least_for};
pub use holm::holm;
pub use intervals::{Interval, bca, percentile, studentized, widening};
pub use isotonic::{Knot, MonotoneMap};
pub use jackknife::{LeftOut, jackknife, jackknife_blocks};
pub use quantile::quantile;
pub use sign_flip::{Tail, sign_flip_test, signed_flip_test, smallest_pairs_that_can_pass};
pub use spearman::spearman;
pub use wilson::wilson;
