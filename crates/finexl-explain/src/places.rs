//! Where in the pictures aspects show.
//!
//! The mean divergence says what changed, not where. So the pictures of some pairs are looked at part by part, and every
//! part's divergence is read for the aspects that were found: by the same linear fit that tells what pairs contribute.

use crate::decompose::{Directions, Ridge, contributions};
use crate::divergence::Divergences;
use crate::error::ExplainError;
use crate::explain::Subject;
use crate::explainer::Explainer;
use crate::place_features::PlaceDivergences;
use crate::statistics::step_down_test;
use crate::views::GRID;
use finexl_core::aspect_map::{AspectMap, PairMap, Region};
use finexl_core::explanation::AspectScore;

/// Version of how maps are made: raised whenever the same pictures give others.
pub(crate) const VERSION: u32 = 1;

/// Pairs that are looked at: those that show the leading aspects most, and others at equal distances.
const LOOKED_AT: usize = 16;
/// Leading aspects whose telling pairs are looked at first, and of which single pairs are kept.
const LEADING: usize = 3;
/// An aspect is confined to a part of the pictures if at most this share of what it is there is elsewhere.
const ELSEWHERE: f64 = 0.3;
/// Level of the test that there is more of it in the part.
const LEVEL: f64 = 0.01;
/// Parts of one picture.
const PLACES: usize = GRID * GRID;

/// Looks at the pictures of pairs part by part: [`crate::place_features::place_divergences`] of the pairs at some places.
pub(crate) type Look<'a> = &'a dyn Fn(&[usize]) -> Result<Option<PlaceDivergences>, ExplainError>;

/// Adds a map to every significant aspect, where pictures are large enough.
///
/// # Errors
/// Pictures that can no longer be read, a fit that fails.
pub(crate) fn add_maps(
    explainer: &Explainer,
    subject: &Subject<'_>,
    look: Look<'_>,
    aspects: &mut [AspectScore],
) -> Result<(), ExplainError> {
    if aspects.iter().all(|aspect| !aspect.significant) {
        return Ok(());
    }
    let chosen = chosen(&subject.pairs, aspects);
    let Some(seen) = look(&chosen)? else {
        return Ok(());
    };
    let names: Vec<&str> = seen
        .pairs
        .iter()
        .map(|pair| subject.pairs[chosen[*pair]].as_str())
        .collect();
    let rows = read(explainer, subject, seen.values)?;
    let concepts = explainer.vocabulary().concepts();
    let telling = telling(aspects);
    let mut shown = 0;
    for aspect in aspects.iter_mut().filter(|aspect| aspect.significant) {
        let place = concepts.iter().position(|c| c.name == aspect.concept);
        let Some(k) = place else { continue };
        let side = aspect.weight.signum();
        let own: Vec<f64> = (rows.iter().skip(k).step_by(concepts.len()))
            .map(|value| value * side)
            .collect();
        let kept = match shown < LEADING {
            true => &telling[..],
            false => &[],
        };
        aspect.map = Some(map_of(&own, &names, kept, explainer.settings().seed)?);
        shown += 1;
    }
    Ok(())
}

/// Names of the pairs that show the leading significant aspects most.
fn telling(aspects: &[AspectScore]) -> Vec<String> {
    let leading = aspects.iter().filter(|aspect| aspect.significant);
    let most = leading.take(LEADING).flat_map(|aspect| &aspect.most);
    most.map(|score| score.pair.clone()).collect()
}

/// Which pairs are looked at, in their order.
fn chosen(pairs: &[String], aspects: &[AspectScore]) -> Vec<usize> {
    let telling = telling(aspects);
    let mut chosen: Vec<usize> = (0..pairs.len())
        .filter(|pair| telling.contains(&pairs[*pair]))
        .take(LOOKED_AT)
        .collect();
    let others: Vec<usize> = (0..pairs.len())
        .filter(|pair| !chosen.contains(pair))
        .collect();
    let wanted = (LOOKED_AT - chosen.len()).min(others.len());
    chosen.extend((0..wanted).map(|i| others[i * others.len() / wanted]));
    chosen.sort_unstable();
    chosen
}

/// What every part contributes to every concept, `[parts, N]`.
fn read(
    explainer: &Explainer,
    subject: &Subject<'_>,
    values: Vec<f64>,
) -> Result<Vec<f64>, ExplainError> {
    let parts = Divergences::from_values(values, subject.divergences.dimension())?;
    let (parts, directions) = match explainer.space() {
        Some(space) => (
            space.divergences(&parts)?,
            space.directions(&subject.bank.mean(), explainer.vocabulary())?,
        ),
        None => (parts, subject.bank.mean()),
    };
    let directions = Directions::new(&directions, subject.bank.concepts(), parts.dimension())?;
    let prepared = explainer.decomposition().prepare(directions)?;
    match prepared.contributions(parts.values())? {
        Some(rows) => Ok(rows),
        None => contributions(directions, parts.values(), &Ridge::default()),
    }
}

/// The map of one aspect by what parts contribute to it, `[pairs * PLACES]`.
fn map_of(
    parts: &[f64],
    names: &[&str],
    kept: &[String],
    seed: u64,
) -> Result<AspectMap, ExplainError> {
    let single = |values: &[f64]| values.iter().map(|value| *value as f32).collect();
    let pairs: Vec<&[f64]> = parts.chunks_exact(PLACES).collect();
    let mean =
        |place: usize| pairs.iter().map(|pair| pair[place]).sum::<f64>() / pairs.len() as f64;
    let mean: Vec<f64> = (0..PLACES).map(mean).collect();
    let by_pair = names.iter().zip(&pairs);
    let by_pair = by_pair.filter(|(name, _)| kept.iter().any(|kept| kept == *name));
    Ok(AspectMap {
        columns: GRID,
        rows: GRID,
        mean: single(&mean),
        pairs: pairs.len(),
        region: region(&mean, &pairs, seed)?,
        by_pair: by_pair
            .map(|(name, values)| PairMap {
                pair: (*name).to_string(),
                values: single(values),
            })
            .collect(),
    })
}

/// The part of the pictures that nearly all of an aspect is in: of those that pass, the one with the least elsewhere.
fn region(mean: &[f64], pairs: &[&[f64]], seed: u64) -> Result<Option<Region>, ExplainError> {
    /// Enough for an exact test of few pairs, and for [`LEVEL`].
    const FLIPS: usize = 1 << LOOKED_AT;
    let contrasts: Vec<f64> = (pairs.iter())
        .flat_map(|pair| {
            Region::ALL.map(|region| {
                let [inside, outside] = in_and_out(pair, region);
                inside - outside
            })
        })
        .collect();
    let weights: Vec<f64> = (0..Region::ALL.len())
        .map(|k| contrasts.iter().skip(k).step_by(Region::ALL.len()).sum())
        .collect();
    let p = step_down_test(&contrasts, &weights, pairs.len(), FLIPS, seed)?;
    let passing = (Region::ALL.iter().zip(p)).filter_map(|(region, p)| {
        let [inside, outside] = in_and_out(mean, *region);
        (inside > 0.0 && outside <= ELSEWHERE * inside && p <= LEVEL)
            .then_some((*region, outside / inside))
    });
    Ok(passing
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(region, _)| region))
}

/// Means over the places of a region and over all others.
fn in_and_out(values: &[f64], region: Region) -> [f64; 2] {
    let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
    for (place, value) in values.iter().enumerate() {
        let outside = usize::from(!region.holds(place % GRID, place / GRID, GRID, GRID));
        sums[outside] += value;
        counts[outside] += 1.0;
    }
    [sums[0] / counts[0], sums[1] / counts[1]]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Parts of pairs with so much in the upper half and in the lower one, unlike from pair to pair.
    fn pairs(count: usize, upper: f64, lower: f64) -> Vec<f64> {
        let part = |i: usize| {
            let level = if i % PLACES < PLACES / 2 {
                upper
            } else {
                lower
            };
            level + 0.05 * ((i * 7) as f64).sin()
        };
        (0..count * PLACES).map(part).collect()
    }

    #[test]
    fn an_aspect_is_confined_to_where_nearly_all_of_it_is() {
        let names = ["a"; 12];
        let of = |parts: &[f64]| {
            let names = &names[..parts.len() / PLACES];
            map_of(parts, names, &["a".to_string()], 1).unwrap()
        };
        let upper = of(&pairs(12, 1.0, 0.1));
        assert_eq!(upper.region, Some(Region::Upper));
        assert_eq!((upper.mean.len(), upper.by_pair.len()), (16, 12));
        assert_eq!(of(&pairs(12, 1.0, 0.5)).region, None);
        assert_eq!(of(&pairs(12, 0.1, 1.0)).region, Some(Region::Lower));
        // With few pairs nothing is said, and where the aspect shows nowhere neither.
        assert_eq!(of(&pairs(4, 1.0, 0.0)).region, None);
        assert_eq!(of(&[0.0; 12 * PLACES]).region, None);
    }
}
