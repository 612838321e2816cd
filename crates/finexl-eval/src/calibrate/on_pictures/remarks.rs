//! What the pictures cannot teach.

use super::fitting::FittedCalibration;
use super::pictures::Pictures;
use finexl_zoo::encoders::Features;

/// An aspect that moves pictures by less than so many times what disturbances do cannot be learned from them.
const HARDLY: f64 = 2.0;
/// Pictures that lie closer together than so much of what an aspect does to them are of one kind.
const ALIKE: f64 = 0.5;
/// Share of grey pictures that is worth a word.
const GREY: f64 = 0.5;

/// Remarks on pictures as an encoder sees them.
pub(super) fn remarks(
    pictures: &Pictures,
    base: &Features,
    fitted: &FittedCalibration,
) -> Vec<String> {
    let mut notes = Vec::new();
    let hardly = (fitted.lengths.iter()).filter(|(_, length)| **length < HARDLY * fitted.nothing);
    let hardly: Vec<&str> = hardly.map(|(name, _)| *name).collect();
    if !hardly.is_empty() {
        notes.push(format!(
            "hardly anything comes of {} on these pictures with this encoder: it will seldom be found",
            hardly.join(", ")
        ));
    }
    let grey = pictures.grey();
    if grey > GREY {
        notes.push(format!(
            "{:.0} of {} pictures are grey: aspects of colour cannot be learned from these",
            grey * pictures.len() as f64,
            pictures.len()
        ));
    }
    let mut lengths: Vec<f64> = fitted.lengths.values().copied().collect();
    lengths.sort_by(f64::total_cmp);
    let usual = lengths.get(lengths.len() / 2).copied().unwrap_or(0.0);
    if spread(base) < ALIKE * usual {
        notes.push(
            "the pictures are all of one kind to this encoder; what is fitted on them holds for pictures of this kind: add \
             others, if others are to be explained"
                .to_string(),
        );
    }
    notes
}

/// Root mean square distance of rows from their mean.
fn spread(features: &Features) -> f64 {
    let count = features.len().max(1) as f64;
    let mut mean = vec![0.0f64; features.dimension];
    for row in features.values.chunks_exact(features.dimension.max(1)) {
        let values = row.iter().map(|v| f64::from(*v) / count);
        mean.iter_mut().zip(values).for_each(|(m, v)| *m += v);
    }
    let rows = features.values.chunks_exact(features.dimension.max(1));
    let squares = rows.flat_map(|row| {
        row.iter()
            .zip(&mean)
            .map(|(v, m)| (f64::from(*v) - m).powi(2))
    });
    (squares.sum::<f64>() / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_the_distance_from_the_mean() {
        let features = |values: &[f32]| Features {
            dimension: 2,
            values: values.to_vec(),
        };
        assert_eq!(spread(&features(&[1.0, 0.0, 1.0, 0.0])), 0.0);
        assert!((spread(&features(&[1.0, 0.0, 0.0, 1.0])) - 0.5f64.sqrt()).abs() < 1e-9);
    }
}
