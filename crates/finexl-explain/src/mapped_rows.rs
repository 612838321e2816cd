//! Rows of numbers of which the first stand in a file and are read where they are used.

use finexl_core::mapped_file::MappedFile;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Rows of one width in single precision.
#[derive(Clone, Debug)]
pub(crate) struct MappedRows {
    width: usize,
    /// The first rows, little-endian, where they are in a file.
    file: Option<(Arc<MappedFile>, Range<usize>)>,
    /// All others.
    added: Vec<f32>,
}

impl MappedRows {
    /// No row yet; `width` at least 1.
    pub fn new(width: usize) -> Self {
        Self {
            width,
            file: None,
            added: Vec::new(),
        }
    }

    /// Rows that stand in a span of a file, whole ones.
    pub fn of_file(width: usize, file: Arc<MappedFile>, span: Range<usize>) -> Self {
        Self {
            width,
            file: Some((file, span)),
            added: Vec::new(),
        }
    }

    /// The rows in the file, as bytes.
    fn stored(&self) -> &[u8] {
        self.file
            .as_ref()
            .map_or(&[], |(file, span)| &file[span.clone()])
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        (self.stored().len() / 4 + self.added.len()) / self.width
    }

    /// Adds rows behind the others.
    pub fn push(&mut self, rows: &[f32]) {
        self.added.extend_from_slice(rows);
    }

    /// Row `index`, `[width]`; copied only where it stands in a file.
    pub fn row(&self, index: usize) -> Cow<'_, [f32]> {
        let (stored, size) = (self.stored(), 4 * self.width);
        let first = stored.len() / size;
        if index < first {
            let bytes = stored[index * size..(index + 1) * size].as_chunks().0;
            return bytes.iter().map(|b| f32::from_le_bytes(*b)).collect();
        }
        let start = (index - first) * self.width;
        Cow::Borrowed(&self.added[start..start + self.width])
    }

    /// All rows, little-endian.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.stored().to_vec();
        bytes.extend(self.added.iter().flat_map(|value| value.to_le_bytes()));
        bytes
    }
}

impl PartialEq for MappedRows {
    fn eq(&self, other: &Self) -> bool {
        self.width == other.width
            && self.len() == other.len()
            && (0..self.len()).all(|index| self.row(index) == other.row(index))
    }
}
