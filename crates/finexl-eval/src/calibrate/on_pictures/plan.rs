//! What is made of the pictures.

use super::pictures::Part;
use finexl_core::fingerprint::{Fingerprint, FingerprintBuilder};
use finexl_core::seed::{self, ChaCha8Rng};
use finexl_data::aspects::{Aspect, Definitions, Implementation};
use finexl_data::nuisance::Nuisance;
use rand::{Rng, RngExt};
use std::ops::Range;

/// Pairs of a case that is analysed as `explain` does: enough for one finding.
pub(super) const PAIRS: usize = 16;
/// Pictures of a case whose mean alone counts.
const FEW: usize = 8;
/// Cases of one aspect on the pictures to fit, at levels that are spread over (0, 1].
const LEVELS: usize = 4;
/// The same of cases that the space is chosen by.
const LEVELS_RANKED: usize = 2;
/// Cases of two aspects to fit, of two aspects to choose by, without any to choose by and to check: for each style.
const MIXTURES: usize = 24;
const DOUBLES: usize = 12;
const NULLS: usize = 16;
/// Levels of cases to choose by and to check.
const LEVELS_LOOKED_FOR: Range<f32> = 0.4..1.0;
/// Levels of the aspects of a mixture.
const LEVELS_MIXED: Range<f32> = 0.2..1.0;

/// One made-up personalized model: what is done to some of the pictures.
#[derive(Clone, Debug)]
pub(super) struct Making {
    /// Aspects with levels; none where nothing is to be found.
    pub aspects: Vec<(&'static Aspect, f32)>,
    pub implementation: Implementation,
    pub style_seed: u64,
    pub nuisance: Option<Nuisance>,
    /// Places of the pictures.
    pub pictures: Vec<usize>,
}

impl Making {
    /// All that its pictures are made by, beside the pictures.
    pub fn key(&self, key: FingerprintBuilder) -> FingerprintBuilder {
        let implementation = match self.implementation {
            Implementation::Training => 0,
            Implementation::HeldOut => 1,
        };
        let key = (self.aspects.iter()).fold(key, |key, (aspect, level)| {
            key.text("aspect", aspect.name)
                .real("level", f64::from(*level))
        });
        key.number("implementation", implementation)
            .number("style", self.style_seed)
            .text("nuisance", self.nuisance.map_or("", Nuisance::name))
    }
}

/// All that is made.
pub(super) struct Plan {
    /// One aspect, and mixtures of two, on the pictures to fit.
    pub fit: Vec<Making>,
    /// One aspect on the pictures to choose by, of which the means alone are asked.
    pub ranked: Vec<Making>,
    /// On these as well, analysed.
    pub singles: Vec<Making>,
    pub doubles: Vec<Making>,
    pub nulls: Vec<Making>,
    /// On those to check, by held-out operators.
    pub check_singles: Vec<Making>,
    pub check_nulls: Vec<Making>,
}

impl Plan {
    /// A function of these arguments alone. `aspects` are those that have a word.
    pub fn new(
        aspects: &[&'static Aspect],
        definitions: &Definitions,
        part: &dyn Fn(Part) -> Range<usize>,
        (styles, seed): (usize, u64),
    ) -> Self {
        let draw = Draw {
            aspects,
            definitions,
            seed,
        };
        let [fit, tune, check] = [Part::Fit, Part::Tune, Part::Check].map(part);
        let held_out = Implementation::HeldOut;
        let once = styles.div_ceil(2);
        let mut all = draw.singles("fit", (styles, LEVELS), &fit, Implementation::Training);
        all.extend(draw.pairs("mixtures", styles * MIXTURES, FEW, &fit));
        Self {
            fit: all,
            ranked: draw.singles(
                "rank",
                (styles, LEVELS_RANKED),
                &tune,
                Implementation::Training,
            ),
            singles: draw.singles("choose", (once, 1), &tune, Implementation::Training),
            doubles: draw.pairs("doubles", styles * DOUBLES, PAIRS, &tune),
            nulls: draw.nulls("nulls", styles * NULLS, &tune),
            check_singles: draw.singles("check", (styles, 1), &check, held_out),
            check_nulls: draw.nulls("check nulls", styles * NULLS, &check),
        }
    }

    /// Pictures that are made in all.
    pub fn pictures(&self) -> usize {
        let parts = [
            &self.fit,
            &self.ranked,
            &self.singles,
            &self.doubles,
            &self.nulls,
            &self.check_singles,
            &self.check_nulls,
        ];
        let makings = parts.into_iter().flatten();
        makings.map(|making| making.pictures.len()).sum()
    }
}

struct Draw<'a> {
    aspects: &'a [&'static Aspect],
    definitions: &'a Definitions,
    seed: u64,
}

impl Draw<'_> {
    /// Random numbers of one making, and its style.
    fn random(&self, kind: &str, number: usize) -> (ChaCha8Rng, u64) {
        let keys = [seed::key("on pictures"), seed::key(kind), number as u64];
        let mut random = seed::generator(self.seed, &keys);
        let style = random.next_u64();
        (random, style)
    }

    /// Every aspect in so many styles and at so many levels: one level stands for a case that is analysed.
    fn singles(
        &self,
        kind: &str,
        (styles, levels): (usize, usize),
        part: &Range<usize>,
        implementation: Implementation,
    ) -> Vec<Making> {
        let mut all = Vec::new();
        for number in 0..styles * levels * self.aspects.len() {
            let aspect = self.aspects[number % self.aspects.len()];
            let step = (number / self.aspects.len()) % levels;
            let (mut random, style_seed) = self.random(kind, number);
            let (level, pairs) = match levels {
                1 => (random.random_range(LEVELS_LOOKED_FOR), PAIRS),
                _ => {
                    let share: f32 = random.random();
                    ((step as f32 + 1.0 - share) / levels as f32, FEW)
                }
            };
            all.push(Making {
                aspects: vec![(aspect, level)],
                implementation,
                style_seed,
                nuisance: None,
                pictures: drawn(part, pairs, &mut random),
            });
        }
        all
    }

    /// Two aspects that go together.
    fn pairs(&self, kind: &str, count: usize, pairs: usize, part: &Range<usize>) -> Vec<Making> {
        let together: Vec<[&'static Aspect; 2]> = (self.aspects.iter())
            .flat_map(|one| self.aspects.iter().map(move |other| [*one, *other]))
            .filter(|[one, other]| one.name < other.name)
            .filter(|[one, other]| self.definitions.compatible(one.name, other.name))
            .collect();
        let of_two = |number| {
            let (mut random, style_seed) = self.random(kind, number);
            let levels = match pairs {
                FEW => LEVELS_MIXED,
                _ => LEVELS_LOOKED_FOR,
            };
            let two = together[random.random_range(0..together.len())];
            Making {
                aspects: (two.map(|aspect| (aspect, random.random_range(levels.clone())))).to_vec(),
                implementation: Implementation::Training,
                style_seed,
                nuisance: None,
                pictures: drawn(part, pairs, &mut random),
            }
        };
        match together.is_empty() {
            true => Vec::new(),
            false => (0..count).map(of_two).collect(),
        }
    }

    /// Disturbed below visibility.
    fn nulls(&self, kind: &str, count: usize, part: &Range<usize>) -> Vec<Making> {
        let disturbed = |number| {
            let (mut random, style_seed) = self.random(kind, number);
            Making {
                aspects: Vec::new(),
                implementation: Implementation::Training,
                style_seed,
                nuisance: Some(Nuisance::ALL[number % Nuisance::ALL.len()]),
                pictures: drawn(part, PAIRS, &mut random),
            }
        };
        (0..count).map(disturbed).collect()
    }
}

/// So many different pictures of a part, or all of them.
fn drawn(part: &Range<usize>, count: usize, random: &mut impl Rng) -> Vec<usize> {
    let mut all: Vec<usize> = part.clone().collect();
    let count = count.min(all.len());
    for place in 0..count {
        let other = random.random_range(place..all.len());
        all.swap(place, other);
    }
    all.truncate(count);
    all
}

/// The plan's part of a key: all makings in order.
pub(super) fn makings_key(makings: &[Making]) -> Fingerprint {
    (makings.iter())
        .fold(Fingerprint::of("makings"), |key, making| {
            (making.pictures.iter()).fold(making.key(key), |key, picture| {
                key.number("picture", *picture as u64)
            })
        })
        .finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use finexl_data::aspects::all;
    use std::collections::BTreeSet;

    fn part(part: Part) -> Range<usize> {
        match part {
            Part::Fit => 0..32,
            Part::Tune => 32..48,
            Part::Check => 48..64,
        }
    }

    #[test]
    fn no_picture_and_no_operator_of_the_check_is_fitted_on() {
        let aspects: Vec<&Aspect> = all().iter().collect();
        let definitions = Definitions::embedded().unwrap();
        let plan = Plan::new(&aspects, &definitions, &part, (2, 1));
        let used = |makings: &[&[Making]]| -> BTreeSet<usize> {
            let makings = makings.iter().flat_map(|m| m.iter());
            makings.flat_map(|m| m.pictures.clone()).collect()
        };
        assert!(used(&[&plan.fit]).iter().all(|p| *p < 32));
        let tune = used(&[&plan.ranked, &plan.singles, &plan.doubles, &plan.nulls]);
        assert!(tune.iter().all(|p| (32..48).contains(p)));
        let check = used(&[&plan.check_singles, &plan.check_nulls]);
        assert!(check.iter().all(|p| *p >= 48));
        assert!((plan.check_singles.iter()).all(|m| m.implementation == Implementation::HeldOut));
        assert!(
            plan.fit
                .iter()
                .all(|m| m.implementation == Implementation::Training)
        );
        // Levels are spread over all of their range.
        let of_one = plan.fit.iter().filter(|m| m.aspects.len() == 1);
        let low = of_one.clone().filter(|m| m.aspects[0].1 <= 0.25).count();
        assert_eq!(low * LEVELS, of_one.count());
        assert_eq!(plan.check_singles.len(), 2 * 29);
        let seed = |seed| makings_key(&Plan::new(&aspects, &definitions, &part, (2, seed)).fit);
        assert_eq!(seed(1), makings_key(&plan.fit));
        assert_ne!(seed(2), seed(1));
    }
}
