//! Uncertainty, significance and calibration; everything here is about numbers, not images.

mod auroc;
mod bootstrap;
mod conformal;
mod holm;
mod intervals;
mod isotonic;
mod jackknife;
mod quantile;
mod sign_flip;
mod spearman;
mod step_down;
mod wilson;

pub use auroc::auroc;
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
pub use sign_flip::{Tail, sign_flip_test};
pub use spearman::spearman;
pub use step_down::{fewest_pairs, step_down_test};
pub use wilson::wilson;
