//! What a person sees of a result: figures, the HTML report, the model card, the terminal table.
//!
//! Everything is drawn from result records and plain numbers only, without a tensor, an image
//! decoder or a font file: text in SVG is set by whatever shows it.

pub mod bars;
mod canvas;
pub mod card;
pub mod chart;
pub mod error;
pub mod heatmap;
pub mod html;
mod html_style;
pub mod lines;
mod palette;
mod rows;
pub mod table;
mod text;

pub use bars::{Bar, BarChart, BarRow, Interval};
pub use card::{CardOptions, model_card};
pub use chart::{ChartOptions, aspect_chart};
pub use error::PlotError;
pub use heatmap::Heatmap;
pub use html::{TellingPair, html_report};
pub use lines::{LineChart, Series, SeriesPoint};
pub use table::{TableOptions, terminal_table};
