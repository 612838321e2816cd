//! How alike two models change the same pictures, by their explanations alone.

use crate::analysis::CONFIDENCE;
use crate::error::ExplainError;
use crate::statistics::{Estimate, Interval, Resampling, bca, bootstrap, jackknife, widening};
use finexl_core::explanation::Explanation;
use finexl_core::fingerprint::Fingerprint;
use std::collections::BTreeMap;

/// Resamples of the interval.
const RESAMPLES: usize = 1000;

/// How alike two models are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity {
    /// Cosine of the profiles of all pairs, in [-1, 1]; 0 where one of the two changed nothing.
    pub cosine: f64,
    /// 95% interval over pairs: what other pairs of the same two models would give. Trainings are not resampled: another
    /// training of the same style may give a cosine outside it.
    pub interval: Interval,
    /// Images of the base that both records have.
    pub pairs: usize,
    /// Images of the base in either record.
    pub of: [usize; 2],
}

/// Why two records cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Incomparable {
    /// Other features.
    #[error("it was explained with another encoder; explain both with the same --encoder")]
    Encoder,
    /// Other concepts.
    #[error("it was explained with other phrases; explain both with the same --vocabulary")]
    Vocabulary,
    /// Other pictures or prompts.
    #[error(
        "it was explained beside other images of the base, or on other prompts, so the two have no pair in common; \
         explain both beside the same folder of the base's images, with the same --prompts"
    )]
    Base,
}

/// How alike two models are: the cosine of their profiles, pair by pair, over the images of the base that both
/// records have, whatever their names. Several pairs of one image of the base count as their mean.
///
/// # Errors
/// [`Incomparable`] for records of other encoders or phrases, or without a base image and prompt in common.
pub fn similarity(a: &Explanation, b: &Explanation) -> Result<Similarity, ExplainError> {
    let [of_a, of_b] = [a, b].map(|record| &record.provenance);
    if of_a.encoder != of_b.encoder {
        return Err(Incomparable::Encoder.into());
    }
    if of_a.vocabulary != of_b.vocabulary {
        return Err(Incomparable::Vocabulary.into());
    }
    let places = [a, b].map(places);
    let products = products([a, b], &places);
    if products.is_empty() {
        return Err(Incomparable::Base.into());
    }
    let all: Vec<usize> = (0..products.len()).collect();
    let cosine = cosine(&products, &all);
    Ok(Similarity {
        cosine,
        interval: interval(&products, cosine)?,
        pairs: products.len(),
        of: places.map(|places| places.len()),
    })
}

/// The pairs of every image of the base.
fn places(record: &Explanation) -> BTreeMap<&Fingerprint, Vec<usize>> {
    let mut places: BTreeMap<&Fingerprint, Vec<usize>> = BTreeMap::new();
    for (place, fingerprint) in record.pair_fingerprints.iter().enumerate() {
        places.entry(fingerprint).or_default().push(place);
    }
    places
}

/// Products of the profiles of an image: of both, of the first with itself, of the second with itself.
type Products = [f64; 3];

/// Of every image of the base that both records have, in the order of their fingerprints.
fn products(
    [a, b]: [&Explanation; 2],
    [of_a, of_b]: &[BTreeMap<&Fingerprint, Vec<usize>>; 2],
) -> Vec<Products> {
    let concepts: BTreeMap<&str, &[f32]> = (b.aspects.iter())
        .map(|aspect| (aspect.concept.as_str(), aspect.profile.as_slice()))
        .collect();
    let mean = |profile: Option<&[f32]>, places: &[usize]| {
        let values = places.iter().filter_map(|at| profile?.get(*at));
        values.map(|v| f64::from(*v)).sum::<f64>() / places.len() as f64
    };
    let of_image = |at_a: &[usize], at_b: &[usize]| {
        let mut sums = [0.0; 3];
        for aspect in &a.aspects {
            let other = concepts.get(aspect.concept.as_str()).copied();
            let (x, y) = (mean(Some(&aspect.profile), at_a), mean(other, at_b));
            for (sum, product) in sums.iter_mut().zip([x * y, x * x, y * y]) {
                *sum += product;
            }
        }
        sums
    };
    let shared = of_a
        .iter()
        .filter_map(|(image, places)| Some((places, of_b.get(image)?)));
    shared.map(|(at_a, at_b)| of_image(at_a, at_b)).collect()
}

fn cosine(products: &[Products], chosen: &[usize]) -> f64 {
    let sums = chosen.iter().fold([0.0; 3], |sums, pair| {
        [0, 1, 2].map(|k| sums[k] + products[*pair][k])
    });
    let size = (sums[1] * sums[2]).sqrt();
    if size == 0.0 { 0.0 } else { sums[0] / size }
}

/// BCa over pairs on Fisher's scale, on which a cosine near 1 is no less symmetric than one near 0, widened for few
/// pairs.
fn interval(products: &[Products], cosine_of_all: f64) -> Result<Interval, ExplainError> {
    /// Cosines this near to 1 are 1 but for rounding, and would be anywhere on that scale.
    const MOST: f64 = 1.0 - 1e-12;
    let pairs = products.len();
    if pairs < 2 {
        // One pair says nothing about spread.
        return Ok(Interval {
            low: -1.0,
            high: 1.0,
        });
    }
    let scaled = |cosine: f64| cosine.clamp(-MOST, MOST).atanh();
    let estimate = |chosen: &[usize]| Ok(Estimate::from(vec![scaled(cosine(products, chosen))]));
    let resampling = Resampling {
        resamples: RESAMPLES,
        seed: 0,
    };
    let replicates = bootstrap(pairs, &resampling, estimate)?;
    let pulls = jackknife(pairs, resampling.seed, estimate)?.pulls(0);
    let of_all = scaled(cosine_of_all);
    let found = bca(of_all, replicates.values(0), &pulls, CONFIDENCE)
        .widened(of_all, widening(&[&pulls], CONFIDENCE));
    let ends = Interval {
        low: found.low.tanh(),
        high: found.high.tanh(),
    };
    Ok(ends.holding(cosine_of_all))
}

/// The cosine of two models' profiles, `[n, N]` each, of the same pairs, with its 95% interval over pairs.
///
/// # Errors
/// Profiles of different shapes, no pair.
pub fn cosine_of_profiles(
    profiles: [&[f64]; 2],
    concepts: usize,
) -> Result<(f64, Interval), ExplainError> {
    let [a, b] = profiles;
    if a.len() != b.len() || concepts == 0 || a.is_empty() {
        return Err(ExplainError::Shape {
            what: "the profiles of the second model",
            expected: a.len(),
            found: b.len(),
        });
    }
    let of_pair = |(a, b): (&[f64], &[f64])| {
        a.iter().zip(b).fold([0.0; 3], |sums, (x, y)| {
            [sums[0] + x * y, sums[1] + x * x, sums[2] + y * y]
        })
    };
    let rows = a.chunks_exact(concepts).zip(b.chunks_exact(concepts));
    let products: Vec<Products> = rows.map(of_pair).collect();
    let cosine = cosine(&products, &(0..products.len()).collect::<Vec<_>>());
    Ok((cosine, interval(&products, cosine)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use finexl_core::explanation::{
        AspectScore, Decision, Generated, Provenance, SCHEMA, ThresholdSource, Verdict,
    };

    /// A record with the profiles of two concepts.
    fn record(pairs: &[&str], profiles: [&[f32]; 2]) -> Explanation {
        let aspect = |(concept, profile): (&str, &[f32])| AspectScore {
            concept: concept.to_string(),
            wording: String::new(),
            family: None,
            weight: 0.0,
            profile: profile.to_vec(),
            score: 0.0,
            low: 0.0,
            high: 0.0,
            level: None,
            p_adjusted: 1.0,
            view: Default::default(),
            significant: false,
            decision: Decision {
                verdict: Verdict::NoScore,
                threshold: 0.0,
                threshold_from: ThresholdSource::Zero,
                because: String::new(),
            },
            most: Vec::new(),
            least: Vec::new(),
            map: None,
        };
        let same = Fingerprint::of("test").finish();
        Explanation {
            schema: SCHEMA.to_string(),
            summary: String::new(),
            base: String::new(),
            personalized: String::new(),
            generated: Generated::default(),
            pairs: pairs.len(),
            pair_names: pairs.iter().map(|name| name.to_string()).collect(),
            pair_fingerprints: (pairs.iter())
                .map(|name| Fingerprint::of_bytes(name.as_bytes()))
                .collect(),
            method: String::new(),
            encoder: String::new(),
            views: vec![Default::default()],
            change: Default::default(),
            divergence: 1.0,
            residual: 0.0,
            residual_fitted: 0.0,
            unexplained: 0.0,
            calibrated: false,
            testable: true,
            aspects: ["warm", "dark"]
                .into_iter()
                .zip(profiles)
                .map(aspect)
                .collect(),
            notes: Vec::new(),
            provenance: Provenance {
                version: String::new(),
                encoder: same.clone(),
                images: same.clone(),
                base_images: same.clone(),
                vocabulary: same.clone(),
                settings: same,
                head: None,
                references: None,
                calibration: None,
                device: String::new(),
                code: BTreeMap::new(),
                seed: 0,
            },
        }
    }

    #[test]
    fn pairs_are_compared_one_by_one_and_by_their_images() {
        let a = record(&["x", "y"], [&[3.0, 0.0], &[0.0, 4.0]]);
        let found = similarity(&a, &a).unwrap();
        assert!((found.cosine - 1.0).abs() < 1e-12 && found.pairs == 2);
        // The means are the same, the pairs are not.
        let swapped = record(&["x", "y"], [&[0.0, 3.0], &[4.0, 0.0]]);
        assert_eq!(similarity(&a, &swapped).unwrap().cosine, 0.0);
        // Another order of pairs and concepts, one pair more, one less.
        let mut other = record(&["z", "y"], [&[9.0, 0.0], &[9.0, 4.0]]);
        other.aspects.reverse();
        let found = similarity(&a, &other).unwrap();
        assert_eq!((found.cosine, found.pairs), (1.0, 1));
        assert_eq!((found.interval.low, found.interval.high), (-1.0, 1.0));
        let nothing = record(&["x", "y"], [&[0.0; 2]; 2]);
        assert_eq!(similarity(&a, &nothing).unwrap().cosine, 0.0);
        // Names do not count.
        let mut renamed = a.clone();
        renamed.pair_names.reverse();
        assert!((similarity(&a, &renamed).unwrap().cosine - 1.0).abs() < 1e-12);
    }

    #[test]
    fn several_pairs_of_one_image_count_as_their_mean() {
        let a = record(&["x", "x", "y"], [&[2.0, 4.0, 0.0], &[0.0, 0.0, 4.0]]);
        let b = record(&["x", "y"], [&[3.0, 0.0], &[0.0, 4.0]]);
        let found = similarity(&a, &b).unwrap();
        assert!((found.cosine - 1.0).abs() < 1e-12);
        assert_eq!((found.pairs, found.of), (2, [2, 2]));
    }

    #[test]
    fn what_was_made_otherwise_is_not_compared() {
        let a = record(&["x"], [&[1.0], &[0.0]]);
        let refused = |change: &dyn Fn(&mut Explanation)| {
            let mut b = a.clone();
            change(&mut b);
            let error = similarity(&a, &b).unwrap_err();
            let ExplainError::Incomparable(reason) = error else {
                panic!("{error}");
            };
            reason
        };
        let other = || Fingerprint::of("other").finish();
        assert_eq!(
            refused(&|b| b.provenance.encoder = other()),
            Incomparable::Encoder
        );
        assert_eq!(
            refused(&|b| b.provenance.vocabulary = other()),
            Incomparable::Vocabulary
        );
        assert_eq!(
            refused(&|b| b.pair_fingerprints = vec![other()]),
            Incomparable::Base
        );
    }
}
