//! What can go wrong while drawing.

use std::error::Error;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// A value that has no place on an axis.
    #[error(
        "{figure}: a value of \"{name}\" is not a finite number; leave it out or mend the result it comes from"
    )]
    NotFinite {
        /// Which figure.
        figure: &'static str,
        /// Row or series.
        name: String,
    },
    /// Nothing to draw.
    #[error("{figure}: there is nothing to draw; give at least one {what}")]
    Empty {
        /// Which figure.
        figure: &'static str,
        /// What is missing.
        what: &'static str,
    },
    /// A row whose number of values is not the number of series.
    #[error(
        "{figure}: \"{name}\" has {found} values for {expected} series; give one (or none) for each"
    )]
    Mismatch {
        /// Which figure.
        figure: &'static str,
        /// Row.
        name: String,
        /// Values in the row.
        found: usize,
        /// Series of the chart.
        expected: usize,
    },
    /// A model card that nothing can be put into.
    #[error("nothing was written into the model card: {problem}")]
    Card {
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// The drawing library failed.
    #[error("{figure}: the figure could not be drawn")]
    Draw {
        /// Which figure.
        figure: &'static str,
        /// What it said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A figure that cannot be turned into pixels.
    #[error(
        "the figure cannot be turned into PNG: {problem}; use its SVG and report this as a bug"
    )]
    Png {
        /// Why.
        problem: String,
    },
}
