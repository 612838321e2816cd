//! The methods of a comparison against plain second versions in numpy, and what they ask others for.

mod baselines;
mod endpoint;
mod loopback;
