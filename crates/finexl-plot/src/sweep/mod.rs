//! Figures and page of a sweep.

mod effects;
mod figures;
mod page;

pub use figures::{SweepFigure, sweep_figures};
pub use page::sweep_page;
