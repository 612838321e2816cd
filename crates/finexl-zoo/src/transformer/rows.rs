//! Rows of one width in memory.

/// A matrix `[n, width]`, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// `n * width` values.
    pub values: Vec<f32>,
    /// Columns, at least 1.
    pub width: usize,
}

impl Rows {
    /// Rows of zeros.
    pub fn zeros(count: usize, width: usize) -> Self {
        Self {
            values: vec![0.0; count * width],
            width,
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Row `index`, `[width]`.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.width..(index + 1) * self.width]
    }

    /// The rows at `indices`, in that order.
    pub fn select(&self, indices: &[usize]) -> Self {
        let mut values = Vec::with_capacity(indices.len() * self.width);
        for index in indices {
            values.extend_from_slice(self.row(*index));
        }
        Self {
            values,
            width: self.width,
        }
    }

    /// Rows that one task works on, so that tasks are neither tiny nor few.
    pub(super) fn rows_per_task(&self) -> usize {
        (16_384 / self.width).max(1)
    }
}
