//! Encoders and generators on burn, strict weight loading and their training.

pub mod device;
pub mod encoders;
pub mod error;
pub mod sampling;
pub mod training;
pub mod transformer;
pub mod weights;

pub use error::ZooError;
