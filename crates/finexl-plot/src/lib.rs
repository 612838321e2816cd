//! What a person sees of a result: figures, the HTML report, the model card, the terminal table.
//!
//! Everything is drawn from result records and plain numbers only, without a tensor or an image
//! decoder. Text in SVG is set by whatever shows it; for PNG there is a font inside.

pub mod bars;
mod canvas;
pub mod card;
mod card_merge;
pub mod chart;
pub mod error;
mod front_matter;
pub mod heatmap;
pub mod html;
mod html_maps;
mod html_page;
mod html_pairs;
mod html_style;
pub mod inspection;
pub mod lines;
pub mod page_pictures;
mod palette;
pub mod png;
mod rows;
pub mod selection;
pub mod series;
pub mod sweep;
pub mod table;
mod text;
mod yaml_places;

pub use bars::{Bar, BarChart, BarRow, Interval, Tone};
pub use card::{CardOptions, model_card};
pub use card_merge::{MergedCard, check_card, merged_card};
pub use chart::{ChartOptions, aspect_chart};
pub use error::PlotError;
pub use heatmap::Heatmap;
pub use html::html_report;
pub use html_pairs::{PagePairs, PictureMap, SmallPair, TellingPair};
pub use inspection::{inspection_page, inspection_table};
pub use lines::{LineChart, Series, SeriesPoint};
pub use page_pictures::{PagePicture, page_pictures};
pub use png::png;
pub use selection::{
    ResultSet, SelectionFigure, SelectionReport, selection_differences, selection_figures,
};
pub use series::{series_page, series_table};
pub use sweep::{SweepFigure, sweep_figures, sweep_page};
pub use table::{TableOptions, terminal_table};
