//! Files with prompts: lists of one per line, and tables that also say which images make a pair.
//!
//! A table is CSV (separated by commas, semicolons, tabs or `|`), JSON lines, or a JSON array of objects; which one is
//! told by the content. Columns are found by their names, in any order and case:
//!
//! - `base` and `personalized`: the two images of a pair;
//! - or `file`, `file_name`, `filename`, `image`: one name that both folders hold (extensions may differ);
//! - or neither: prompts alone, in the order of the pairs;
//! - `prompt`, `text`, `caption`, optional beside images: what both images were made from.
//!
//! Further columns (`seed`, `subject`, ...) are passed over. Texts are UTF-8, with or without a byte order mark, or
//! UTF-16 with one, with any line ends.

mod columns;
mod csv_table;
mod json_table;
mod manifest_rows;
mod prompt_file;
mod prompt_list;
mod table;
mod text;

pub use manifest_rows::{Manifest, Row, RowImages};
pub(crate) use prompt_file::mistake;
pub use prompt_file::{PromptFile, PromptList, read_prompts};
pub(crate) use text::read_text;
