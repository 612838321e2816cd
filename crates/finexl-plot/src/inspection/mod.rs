//! What a person sees of `finexl inspect`: a table for a terminal and a page.

mod adapters;
mod figures;
mod lines;
mod page;
mod page_sections;
mod table;
mod words;

pub(crate) use adapters::{adapter_facts, adapter_sections};
pub use page::inspection_page;
pub use table::inspection_table;
