//! A model that draws the same whatever it is asked for.

/// Fewest images of which anything can be said.
const FEWEST: usize = 4;
/// Share of equal tokens beyond which images are one image.
const COLLAPSED: f64 = 0.97;

/// The mean share of tokens in which an image equals the next one; nothing of too few images.
pub fn agreement(images: &[Vec<u8>]) -> Option<f64> {
    if images.len() < FEWEST {
        return None;
    }
    let shares = images.windows(2).map(|pair| {
        let equal = pair[0].iter().zip(&pair[1]).filter(|(a, b)| a == b).count();
        equal as f64 / pair[0].len().max(1) as f64
    });
    Some(shares.sum::<f64>() / (images.len() - 1) as f64)
}

/// Whether images of different requests are one and the same.
pub fn collapsed(images: &[Vec<u8>]) -> bool {
    agreement(images).is_some_and(|share| share > COLLAPSED)
}

#[cfg(test)]
mod tests {
    use super::collapsed;

    #[test]
    fn equal_images_are_a_collapse_and_different_or_few_ones_are_not() {
        let same = vec![vec![1u8; 64]; 5];
        assert!(collapsed(&same));
        assert!(!collapsed(&same[..3]));
        let other: Vec<Vec<u8>> = (0..5).map(|i| vec![i; 64]).collect();
        assert!(!collapsed(&other));
    }
}
