//! The best one-to-one assignment.

/// For every row the column that it gets, such that the sum of what is chosen is largest; `similarity` is `[n, n]`
/// row-major and finite. Successive shortest augmenting paths with potentials (Kuhn 1955, Munkres 1957; in this form
/// Jonker and Volgenant 1987), O(n^3).
pub(crate) fn best_assignment(similarity: &[f64], n: usize) -> Vec<usize> {
    /// No row, and the column from which a path starts.
    const NONE: usize = usize::MAX;
    let cost = |row: usize, column: usize| -similarity[row * n + column];
    let mut row_potential = vec![0.0; n];
    // One column more than there are: the start of every path.
    let start = n;
    let mut column_potential = vec![0.0; n + 1];
    let mut row_of = vec![NONE; n + 1];
    for row in 0..n {
        row_of[start] = row;
        let mut least = vec![f64::INFINITY; n];
        let mut before = vec![start; n];
        let mut done = vec![false; n + 1];
        let mut at = start;
        // A path ends at a column that no row has yet.
        while row_of[at] != NONE {
            done[at] = true;
            let from = row_of[at];
            let (mut step, mut next) = (f64::INFINITY, start);
            for column in (0..n).filter(|column| !done[*column]) {
                let reduced = cost(from, column) - row_potential[from] - column_potential[column];
                if reduced < least[column] {
                    least[column] = reduced;
                    before[column] = at;
                }
                if least[column] < step {
                    step = least[column];
                    next = column;
                }
            }
            for column in 0..=n {
                if done[column] {
                    row_potential[row_of[column]] += step;
                    column_potential[column] -= step;
                } else if column < n {
                    least[column] -= step;
                }
            }
            at = next;
        }
        while at != start {
            let previous = before[at];
            row_of[at] = row_of[previous];
            at = previous;
        }
    }
    let mut column_of = vec![0; n];
    for (column, row) in row_of[..n].iter().enumerate() {
        column_of[*row] = column;
    }
    column_of
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The largest sum over all assignments.
    fn by_trying(similarity: &[f64], n: usize, row: usize, taken: &mut Vec<usize>) -> f64 {
        if row == n {
            return 0.0;
        }
        let mut best = f64::NEG_INFINITY;
        for column in 0..n {
            if !taken.contains(&column) {
                taken.push(column);
                let rest = by_trying(similarity, n, row + 1, taken);
                best = best.max(similarity[row * n + column] + rest);
                taken.pop();
            }
        }
        best
    }

    proptest! {
        #[test]
        fn no_assignment_is_better(
            (n, values) in (1usize..6).prop_flat_map(|n| {
                (Just(n), proptest::collection::vec(-1.0f64..1.0, n * n))
            }),
        ) {
            let columns = best_assignment(&values, n);
            let mut sorted = columns.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..n).collect::<Vec<_>>());
            let total: f64 = columns.iter().enumerate().map(|(row, c)| values[row * n + c]).sum();
            let best = by_trying(&values, n, 0, &mut Vec::new());
            prop_assert!((total - best).abs() < 1e-9, "{total} against {best}");
        }
    }
}
