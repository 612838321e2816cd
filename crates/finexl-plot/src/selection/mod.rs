//! What a person sees of model selection: figures, the report, and how two results differ.

mod column;
mod differences;
mod error_removed;
mod figures;
mod headline;
mod level_curves;
mod method_bars;
mod page_tables;
mod pair_curves;
mod provenance;
mod report;
mod selected_styles;

pub use differences::{ResultSet, selection_differences};
pub use figures::{SelectionFigure, selection_figures};
pub use report::SelectionReport;
