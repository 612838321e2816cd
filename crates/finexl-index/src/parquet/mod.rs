//! Writes Parquet files, plainly: no compression, no dictionaries, every column in one page per group of rows.
//!
//! Source of the format: <https://parquet.apache.org/docs/file-format/>.

mod column;
mod levels;
mod thrift;
mod writer;

pub(crate) use column::{Column, Kind, Values};
pub(crate) use writer::ParquetWriter;
