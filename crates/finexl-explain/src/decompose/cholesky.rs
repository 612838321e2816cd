//! A Cholesky factor that grows and shrinks by one row, for active sets.

use super::dense::{add_scaled, dot};

/// What is left of a direction, relative to its squared length, below which it counts as a
/// combination of those already in: the rounding of the Gram matrix hides anything smaller.
const DEPENDENT: f64 = 1e-12;

/// `L` with `L L^T = G` for the Gram matrix `G` of the rows appended so far, `p` by `p`.
#[derive(Clone, Debug, Default)]
pub(super) struct Cholesky {
    rows: Vec<Vec<f64>>,
}

impl Cholesky {
    /// Adds a row: its inner products with the earlier ones, in order, and with itself.
    ///
    /// Returns whether it was independent of them; if not, nothing changed.
    pub fn append(&mut self, mut products: Vec<f64>, square: f64) -> bool {
        self.solve_lower(&mut products);
        let rest = square - dot(&products, &products);
        // Not `rest <= ...`, so that NaN is refused too.
        let independent = rest > DEPENDENT * square;
        if independent {
            products.push(rest.sqrt());
            self.rows.push(products);
        }
        independent
    }

    /// Takes out row `place`; plane rotations restore the triangle.
    pub fn remove(&mut self, place: usize) {
        self.rows.remove(place);
        for pivot in place..self.rows.len() {
            let (a, b) = (self.rows[pivot][pivot], self.rows[pivot][pivot + 1]);
            let length = a.hypot(b);
            let (cosine, sine) = (a / length, b / length);
            for row in &mut self.rows[pivot..] {
                let (x, y) = (row[pivot], row[pivot + 1]);
                row[pivot] = cosine * x + sine * y;
                row[pivot + 1] = cosine * y - sine * x;
            }
            self.rows[pivot].truncate(pivot + 1);
        }
    }

    /// Solves `G x = b`.
    pub fn solve(&self, mut b: Vec<f64>) -> Vec<f64> {
        self.solve_lower(&mut b);
        for place in (0..self.rows.len()).rev() {
            let row = &self.rows[place];
            let value = b[place] / row[place];
            b[place] = value;
            add_scaled(&mut b[..place], -value, &row[..place]);
        }
        b
    }

    fn solve_lower(&self, b: &mut [f64]) {
        for (place, row) in self.rows.iter().enumerate() {
            b[place] = (b[place] - dot(&row[..place], &b[..place])) / row[place];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gram(rows: &[&[f64]]) -> Cholesky {
        let mut factor = Cholesky::default();
        for (place, row) in rows.iter().enumerate() {
            let products = rows[..place].iter().map(|other| dot(row, other)).collect();
            assert!(factor.append(products, dot(row, row)));
        }
        factor
    }

    #[test]
    fn removal_equals_a_fresh_factor() {
        let rows: [&[f64]; 4] = [
            &[1.0, 0.2, 0.0, 0.3],
            &[0.1, 2.0, 0.5, 0.0],
            &[0.0, 0.7, 1.5, 0.1],
            &[0.4, 0.0, 0.2, 1.1],
        ];
        let mut shrunk = gram(&rows);
        shrunk.remove(1);
        let fresh = gram(&[rows[0], rows[2], rows[3]]);
        for (a, b) in shrunk
            .rows
            .iter()
            .flatten()
            .zip(fresh.rows.iter().flatten())
        {
            assert!((a - b).abs() < 1e-14);
        }
    }

    #[test]
    fn a_dependent_row_is_refused() {
        let row = [0.3, -0.7, 0.2];
        let mut factor = gram(&[&row]);
        assert!(!factor.append(vec![2.0 * dot(&row, &row)], 4.0 * dot(&row, &row)));
        assert!(!factor.append(vec![0.0], 0.0));
        assert_eq!(factor.rows.len(), 1);
    }
}
