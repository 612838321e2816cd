//! Pairs by what the files say of their making.

use super::contradictions::{Contradiction, key_of_prompt};
use super::seed_in_name::{all_distinct, seeds_in_names};
use super::side::{Candidate, Side};
use finexl_core::counting::counted_were;
use std::collections::{BTreeMap, BTreeSet};

/// Seeds of the images of both sides, as far as they are known.
type SeedsOfSides = [Vec<Option<u64>>; 2];

/// Pairs with what has to be said of them.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Positions in the two sides.
    pub pairs: Vec<(usize, usize)>,
    /// How they were found.
    pub notes: Vec<String>,
    /// Images of one prompt and seed, of which the sides have different numbers.
    pub uneven: Vec<[Vec<usize>; 2]>,
}

/// Images of both sides that are still to be paired.
pub(super) type Free = [BTreeSet<usize>; 2];

/// Pairs the images of one prompt and seed. Several of them, as a batch makes, are paired in their order where both
/// sides have as many.
pub(super) fn by_prompt_and_seed(sides: &[Side; 2], free: &Free) -> Found {
    let mut groups: BTreeMap<(String, u64), [Vec<usize>; 2]> = BTreeMap::new();
    for (side, members) in free.iter().enumerate() {
        for at in members {
            let image = &sides[side].images[*at];
            if let (Some(prompt), Some(seed)) = (&image.prompt, image.seed) {
                groups.entry((key_of_prompt(prompt), seed)).or_default()[side].push(*at);
            }
        }
    }
    let mut found = Found::default();
    let mut in_batches = 0;
    for [first, second] in groups.into_values() {
        if first.is_empty() || second.is_empty() {
            continue;
        }
        if first.len() != second.len() {
            found.uneven.push([first, second]);
            continue;
        }
        if first.len() > 1 {
            in_batches += first.len();
        }
        found.pairs.extend(first.into_iter().zip(second));
    }
    found.pairs.sort_unstable();
    if in_batches > 0 {
        found.notes.push(format!(
            "{in_batches} images share prompt and seed with another one of their side; they were paired in the order \
             of their names"
        ));
    }
    found
}

/// Pairs images by their seed alone, as the file says or, where it does not, as the name does; only where every seed
/// stands for one image of a side, and prompts, where both are known, do not differ. `files_only` leaves names aside.
pub(super) fn by_seed(sides: &[Side; 2], free: &Free, files_only: bool) -> Found {
    let of_files = |side: usize| -> Vec<Option<u64>> {
        (free[side].iter())
            .map(|at| sides[side].images[*at].seed)
            .collect()
    };
    let files = [of_files(0), of_files(1)];
    let mut attempts = vec![(None, files.clone())];
    if !files_only {
        let names = [0, 1].map(|side| -> Vec<&str> {
            let images = free[side].iter().map(|at| &sides[side].images[*at]);
            images.map(|image| image.inside.as_str()).collect()
        });
        for way in seeds_in_names([&names[0], &names[1]]) {
            let seeds = [0, 1].map(|side| {
                let both = files[side].iter().zip(&way.seeds[side]);
                both.map(|(file, name)| file.or(*name)).collect()
            });
            attempts.push((Some(way.example), seeds));
        }
        attempts.extend(one_side_by_name(&names, &files));
    }
    for (example, seeds) in attempts {
        let pairs = pair_up(sides, free, &seeds);
        let least = free
            .iter()
            .map(BTreeSet::len)
            .min()
            .unwrap_or(0)
            .div_ceil(2);
        if !pairs.is_empty() && pairs.len() >= least {
            return Found {
                notes: vec![seed_note(sides, &pairs, example)],
                pairs,
                uneven: Vec::new(),
            };
        }
    }
    Found::default()
}

/// Attempts in which one side's files say their seeds and the other side's names do.
fn one_side_by_name(
    names: &[Vec<&str>; 2],
    files: &[Vec<Option<u64>>; 2],
) -> Vec<(Option<&'static str>, SeedsOfSides)> {
    let mut attempts = Vec::new();
    for side in 0..2 {
        let own = [names[side].as_slice(); 2];
        for way in seeds_in_names(own) {
            let mut seeds = files.clone();
            for (seed, name) in seeds[side].iter_mut().zip(&way.seeds[0]) {
                *seed = seed.or(*name);
            }
            attempts.push((Some(way.example), seeds));
        }
    }
    attempts
}

/// Pairs of equal seeds; none where a seed is not of one image alone, or prompts differ.
fn pair_up(sides: &[Side; 2], free: &Free, seeds: &[Vec<Option<u64>>; 2]) -> Vec<(usize, usize)> {
    if !seeds
        .iter()
        .all(|side| all_distinct(side.iter().flatten().copied()))
    {
        return Vec::new();
    }
    let of_second: BTreeMap<u64, usize> = (seeds[1].iter().zip(&free[1]))
        .filter_map(|(seed, at)| Some(((*seed)?, *at)))
        .collect();
    let pairs: Vec<(usize, usize)> = (seeds[0].iter().zip(&free[0]))
        .filter_map(|(seed, at)| Some((*at, *of_second.get(&(*seed)?)?)))
        .collect();
    let agree = |(a, b): &(usize, usize)| {
        Contradiction::between(&sides[0].images[*a], &sides[1].images[*b]).is_none()
    };
    if pairs.iter().all(agree) {
        pairs
    } else {
        Vec::new()
    }
}

fn seed_note(sides: &[Side; 2], pairs: &[(usize, usize)], example: Option<&str>) -> String {
    let from_name = example.filter(|_| {
        let says_nothing = |image: &Candidate| image.seed.is_none();
        pairs
            .iter()
            .any(|(a, b)| says_nothing(&sides[0].images[*a]) || says_nothing(&sides[1].images[*b]))
    });
    let source = match from_name {
        Some(example) => format!("the seed in their names (like {example})"),
        None => {
            "the seed that their files say, since no prompts are known on both sides".to_string()
        }
    };
    format!(
        "{} found by {source}, and not by their names; --pair chooses another rule",
        counted_were(pairs.len(), "pair")
    )
}
