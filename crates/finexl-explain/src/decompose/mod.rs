//! Decompositions of a divergence into weights of concept directions.

mod active_set;
mod centered;
mod cholesky;
mod decomposition;
mod dense;
mod directions;
mod explanation_vector;
mod lsq;
mod method;
mod minimum_norm;
mod nnls;
mod omp;
mod paper;
mod ridge;
mod subspace;

pub use centered::Centered;
pub use decomposition::{Decomposition, Prepared, Resample, Weights};
pub use dense::cosine;
pub use directions::{Directions, check_finite};
pub use explanation_vector::explanation_vector;
pub use lsq::Lsq;
pub use method::Method;
pub use nnls::Nnls;
pub use omp::{Omp, Sign};
pub use paper::Paper;
pub(crate) use ridge::RidgeFactor;
pub use ridge::{Ridge, contributions};
pub use subspace::{SubspaceNnls, Whitening};
