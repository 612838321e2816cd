//! Tables of figures that experiments outside this crate write.

use crate::EvalError;
use crate::report::write_table;
use serde::Serialize;
use std::path::Path;

/// Writes rows as CSV, whole or not at all; their fields are the columns.
///
/// # Errors
/// A file that cannot be written.
pub fn write_figures<T: Serialize>(path: &Path, rows: &[T]) -> Result<(), EvalError> {
    write_table(path, rows)
}
