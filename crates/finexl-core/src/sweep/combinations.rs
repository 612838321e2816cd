//! Every combination of the rows of groups of axes.

/// Places of one row in every group, the last group counting fastest; nothing where a group is empty.
pub(super) fn combinations(sizes: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let sizes = sizes.to_vec();
    let total = match sizes.contains(&0) {
        true => 0,
        false => sizes
            .iter()
            .try_fold(1usize, |all, size| all.checked_mul(*size))
            .unwrap_or(usize::MAX),
    };
    (0..total).map(move |number| {
        let mut rest = number;
        let mut places = vec![0; sizes.len()];
        for (place, size) in places.iter_mut().zip(&sizes).rev() {
            *place = rest % size;
            rest /= size;
        }
        places
    })
}

/// How many there are; nothing where they cannot be counted.
pub(super) fn count(sizes: &[usize]) -> Option<usize> {
    sizes
        .iter()
        .try_fold(1usize, |all, size| all.checked_mul(*size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_group_counts_fastest() {
        let all: Vec<Vec<usize>> = combinations(&[2, 3]).collect();
        assert_eq!(all.len(), 6);
        assert_eq!((&all[1][..], &all[3][..]), (&[0, 1][..], &[1, 0][..]));
        assert_eq!(combinations(&[]).count(), 1);
        assert_eq!(combinations(&[2, 0]).count(), 0);
        assert_eq!(count(&[usize::MAX, 2]), None);
    }
}
