//! Which rows see which.

use super::rotary::Rotary;

/// What every row attends to.
#[derive(Clone, Copy, Debug)]
pub enum Pattern<'a> {
    /// Equal sequences one after the other; a row sees all rows of its own sequence.
    Sequences {
        /// Rows per sequence.
        length: usize,
        /// Rotation of queries and keys by position, where there is one.
        rotary: Option<&'a Rotary>,
    },
    /// A tree of tokens; a row sees itself and its ancestors.
    Tree(&'a Paths),
}

/// For every row the rows that it sees, itself last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// Where the path of each row begins in `rows`, and the end of the last.
    starts: Vec<usize>,
    rows: Vec<usize>,
}

impl Paths {
    /// No row yet.
    pub fn new() -> Self {
        Self {
            starts: vec![0],
            rows: Vec::new(),
        }
    }

    /// Adds a row that sees `ancestors`, which were added before, and itself.
    pub fn push(&mut self, ancestors: &[usize]) {
        let own = self.len();
        self.rows.extend_from_slice(ancestors);
        self.rows.push(own);
        self.starts.push(self.rows.len());
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows that `row` sees, in order, itself last.
    pub fn path(&self, row: usize) -> &[usize] {
        &self.rows[self.starts[row]..self.starts[row + 1]]
    }

    /// Length of the longest path.
    pub(super) fn longest(&self) -> usize {
        (0..self.len())
            .map(|r| self.path(r).len())
            .max()
            .unwrap_or(0)
    }
}
