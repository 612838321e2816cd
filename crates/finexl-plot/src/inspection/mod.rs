//! What a person sees of `finexl inspect`: a table for a terminal and a page.

mod figures;
mod lines;
mod page;
mod page_sections;
mod table;
mod words;

pub use page::inspection_page;
pub use table::inspection_table;
