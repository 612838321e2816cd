//! A calibration of any encoder, fitted on a folder of pictures that our own operators stylize.

mod calibration;
mod fitting;
mod makings;
mod pictures;
mod plan;
mod remarks;
mod worth;

pub use calibration::{OnPictures, PicturesCalibration};
