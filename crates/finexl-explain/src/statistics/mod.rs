//! Uncertainty, significance and calibration; everything here is about numbers, not images.

mod auroc;
mod benjamini_hochberg;
mod bootstrap;
mod holm;
mod intervals;
mod isotonic;
mod quantile;
mod sign_flip;
mod spearman;
mod wilson;

pub use auroc::auroc;
pub use benjamini_hochberg::benjamini_hochberg;
pub use bootstrap::{Estimate, Replicates, Resampling, bootstrap, jackknife, weighted_means};
pub use holm::holm;
pub use intervals::{Interval, bca, percentile, studentized};
pub use isotonic::{Knot, MonotoneMap};
pub use quantile::{expanded, quantile};
pub use sign_flip::{Tail, sign_flip_test, smallest_pairs_that_can_pass};
pub use spearman::spearman;
pub use wilson::wilson;
