//! Which images make a pair: the rules, and which of them applies.

use super::by_generation::{Found, Free, by_prompt_and_seed, by_seed};
use super::by_name::{NameMatches, match_names};
use super::by_words::{by_prompt, by_words};
use super::contradictions::{Contradiction, contradictions, error, forced_note, negatives_note};
use super::options::{PairOptions, Pairing};
use super::side::Side;
use crate::DataError;
use crate::image_folder::{BadFiles, examples, left_out_together};
use finexl_core::counting::counted_were;
use std::collections::BTreeSet;

/// Pairs of two sides with what has to be said of them; positions in the sides.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub pairs: Vec<(usize, usize)>,
    pub notes: Vec<String>,
}

/// Chooses the pairs of two sides.
///
/// # Errors
/// No pair; with [`BadFiles::Refuse`] images that contradict each other, that a name or prompt and seed do not tell
/// apart; sides of different size that are to be paired by their order.
pub(super) fn choose(sides: &[Side; 2], options: &PairOptions) -> Result<Chosen, DataError> {
    let mut chosen = match options.pairing {
        None => automatic(sides, options.bad_files)?,
        Some(Pairing::Name) => forced_by_name(sides, options.bad_files)?,
        Some(Pairing::PromptSeed) => forced_by_generation(sides, options.bad_files)?,
        Some(Pairing::Order) => by_order(sides)?,
    };
    chosen.pairs.sort_unstable();
    chosen.notes.extend(negatives_note(sides, &chosen.pairs));
    Ok(chosen)
}

fn automatic(sides: &[Side; 2], bad_files: BadFiles) -> Result<Chosen, DataError> {
    let named = by_name(sides);
    let against = contradictions(sides, &named.pairs);
    let found = by_prompt_and_seed(sides, &all(sides));
    let mut chosen = if named.pairs.is_empty() {
        without_names(sides, found, &named, bad_files)?
    } else if !against.is_empty() && disproves(&found, &against) {
        by_files(sides, found, &against, bad_files)?
    } else {
        agreeing_names(sides, &named, &against, bad_files)?
    };
    if chosen.pairs.is_empty() {
        return Err(no_pair(sides));
    }
    add_leftovers(sides, &mut chosen, bad_files)?;
    Ok(chosen)
}

fn by_name(sides: &[Side; 2]) -> NameMatches {
    let names = sides.each_ref().map(|side| {
        side.images
            .iter()
            .map(|image| image.inside.as_str())
            .collect::<Vec<_>>()
    });
    match_names(&names[0], &names[1])
}

fn all(sides: &[Side; 2]) -> Free {
    sides
        .each_ref()
        .map(|side| (0..side.images.len()).collect())
}

/// Whether prompt and seed give an image that its name gave a false partner to another one.
fn disproves(found: &Found, against: &[((usize, usize), Contradiction)]) -> bool {
    let paired: BTreeSet<usize> = found.pairs.iter().map(|(a, _)| *a).collect();
    let second: BTreeSet<usize> = found.pairs.iter().map(|(_, b)| *b).collect();
    against
        .iter()
        .any(|((a, b), _)| paired.contains(a) || second.contains(b))
}

/// Names count, and no file says otherwise.
fn agreeing_names(
    sides: &[Side; 2],
    named: &NameMatches,
    against: &[((usize, usize), Contradiction)],
    bad_files: BadFiles,
) -> Result<Chosen, DataError> {
    let mut errors: Vec<DataError> = (against.iter())
        .map(|(pair, found)| error(sides, *pair, found))
        .collect();
    errors.extend(ambiguous(sides, named));
    let false_pairs: BTreeSet<(usize, usize)> = against.iter().map(|(pair, _)| *pair).collect();
    Ok(Chosen {
        pairs: (named.pairs.iter())
            .filter(|pair| !false_pairs.contains(pair))
            .copied()
            .collect(),
        notes: case_note(sides, named)
            .into_iter()
            .chain(refuse_or_note(errors, bad_files)?)
            .collect(),
    })
}

/// Names are no guide: another image has the prompt and seed.
fn by_files(
    sides: &[Side; 2],
    found: Found,
    against: &[((usize, usize), Contradiction)],
    bad_files: BadFiles,
) -> Result<Chosen, DataError> {
    let mut notes = vec![format!(
        "{} found by prompt and seed, as their files say: images of one name do not belong together \
         ({} have {}); --pair chooses another rule",
        counted_were(found.pairs.len(), "pair"),
        sides[0].images[against[0].0.0].inside,
        against[0].1.words()
    )];
    notes.extend(found.notes);
    notes.extend(refuse_or_note(uneven(sides, &found.uneven), bad_files)?);
    Ok(Chosen {
        pairs: found.pairs,
        notes,
    })
}

/// No name is in both folders.
fn without_names(
    sides: &[Side; 2],
    found: Found,
    named: &NameMatches,
    bad_files: BadFiles,
) -> Result<Chosen, DataError> {
    let mut notes = Vec::new();
    let mut errors = uneven(sides, &found.uneven);
    errors.extend(ambiguous(sides, named));
    notes.extend(refuse_or_note(errors, bad_files)?);
    if !found.pairs.is_empty() {
        notes.push(format!(
            "{} found by prompt and seed, as their files say, since no name is in both folders; --pair \
             chooses another rule",
            counted_were(found.pairs.len(), "pair")
        ));
        notes.extend(found.notes);
        return Ok(Chosen {
            pairs: found.pairs,
            notes,
        });
    }
    let found = by_guess(sides, &all(sides), true);
    notes.extend(found.notes);
    Ok(Chosen {
        pairs: found.pairs,
        notes,
    })
}

/// Pairs by the seed alone, else by what names mean that are not equal, else by the prompt alone.
fn by_guess(sides: &[Side; 2], free: &Free, whole: bool) -> Found {
    let mut found = by_seed(sides, free, false);
    if found.pairs.is_empty() {
        found = by_words(sides, free, whole);
    }
    if found.pairs.is_empty() {
        found = by_prompt(sides, free);
    }
    found
}

/// What the chosen rule left may still have prompt and seed in common; where it left most, also what is guessed by.
fn add_leftovers(
    sides: &[Side; 2],
    chosen: &mut Chosen,
    bad_files: BadFiles,
) -> Result<(), DataError> {
    let mut free = all(sides);
    for (a, b) in &chosen.pairs {
        free[0].remove(a);
        free[1].remove(b);
    }
    let found = by_prompt_and_seed(sides, &free);
    if found.pairs.is_empty() {
        if free.iter().all(|left| left.len() > chosen.pairs.len()) {
            let found = by_guess(sides, &free, false);
            chosen.notes.extend(found.notes);
            chosen.pairs.extend(found.pairs);
        }
        return Ok(());
    }
    chosen.notes.push(format!(
        "{} further pairs were found by prompt and seed, as their files say",
        found.pairs.len()
    ));
    chosen.notes.extend(found.notes);
    chosen
        .notes
        .extend(refuse_or_note(uneven(sides, &found.uneven), bad_files)?);
    chosen.pairs.extend(found.pairs);
    Ok(())
}

fn forced_by_name(sides: &[Side; 2], bad_files: BadFiles) -> Result<Chosen, DataError> {
    let named = by_name(sides);
    let mut notes: Vec<String> = case_note(sides, &named).into_iter().collect();
    notes.extend(refuse_or_note(ambiguous(sides, &named), bad_files)?);
    let mut pairs = named.pairs;
    if pairs.is_empty() {
        let mut found = by_seed(sides, &all(sides), false);
        if found.pairs.is_empty() {
            found = by_words(sides, &all(sides), true);
        }
        notes.extend(found.notes);
        pairs = found.pairs;
    }
    if pairs.is_empty() {
        return Err(no_pair(sides));
    }
    notes.extend(forced_note(sides, &pairs));
    Ok(Chosen { pairs, notes })
}

fn forced_by_generation(sides: &[Side; 2], bad_files: BadFiles) -> Result<Chosen, DataError> {
    let found = by_prompt_and_seed(sides, &all(sides));
    let mut notes = refuse_or_note(uneven(sides, &found.uneven), bad_files)?;
    let found = match found.pairs.is_empty() {
        true => by_seed(sides, &all(sides), true),
        false => found,
    };
    notes.extend(found.notes);
    if found.pairs.is_empty() {
        let known = |side: &Side| {
            let both =
                |image: &&super::side::Candidate| image.prompt.is_some() && image.seed.is_some();
            side.images.iter().filter(both).count()
        };
        return Err(DataError::NoCommonGeneration {
            base: sides[0].listing.folder.clone(),
            personalized: sides[1].listing.folder.clone(),
            known: sides
                .each_ref()
                .map(|side| format!("{} of {}", known(side), side.images.len())),
        });
    }
    Ok(Chosen {
        pairs: found.pairs,
        notes,
    })
}

fn by_order(sides: &[Side; 2]) -> Result<Chosen, DataError> {
    let [first, second] = sides.each_ref().map(|side| side.images.len());
    if first != second {
        return Err(DataError::OrderCounts {
            base: sides[0].listing.folder.clone(),
            base_images: first,
            personalized: sides[1].listing.folder.clone(),
            personalized_images: second,
        });
    }
    let pairs: Vec<(usize, usize)> = (0..first).map(|at| (at, at)).collect();
    let [Some(base), Some(personalized)] = sides.each_ref().map(|side| side.images.first()) else {
        return Err(no_pair(sides));
    };
    let mut notes = vec![format!(
        "{} made by the order of the names, as --pair order asks: the first is {} with {}",
        counted_were(first, "pair"),
        base.inside,
        personalized.inside
    )];
    notes.extend(forced_note(sides, &pairs));
    Ok(Chosen { pairs, notes })
}

/// The first error, or one note for all.
fn refuse_or_note(errors: Vec<DataError>, bad_files: BadFiles) -> Result<Vec<String>, DataError> {
    match bad_files {
        BadFiles::Refuse => match errors.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(Vec::new()),
        },
        BadFiles::Skip => Ok(left_out_together("pairs", &errors).into_iter().collect()),
    }
}

fn case_note(sides: &[Side; 2], named: &NameMatches) -> Option<String> {
    let (a, b) = named.by_case.first()?;
    Some(format!(
        "in {} of {} pairs the names differ in case ({} and {})",
        named.by_case.len(),
        named.pairs.len(),
        sides[0].images[*a].inside,
        sides[1].images[*b].inside
    ))
}

/// Errors for names that could mean several.
fn ambiguous(sides: &[Side; 2], named: &NameMatches) -> Vec<DataError> {
    let error = |group: &[Vec<usize>; 2]| {
        // The side with several; its partner is the first of the other.
        let several = usize::from(group[0].len() < 2);
        let file = |side: usize, at: usize| sides[side].images[group[side][at]].file.clone();
        DataError::AmbiguousName {
            first: file(several, 0),
            second: file(several, 1),
            partner: file(1 - several, 0),
        }
    };
    named.ambiguous.iter().map(error).collect()
}

/// Errors for images of one prompt and seed that the other side has more or fewer of.
fn uneven(sides: &[Side; 2], groups: &[[Vec<usize>; 2]]) -> Vec<DataError> {
    let error = |group: &[Vec<usize>; 2]| {
        let names = [0, 1].map(|side| {
            examples(
                group[side]
                    .iter()
                    .map(|at| sides[side].images[*at].inside.as_str()),
            )
        });
        let [base, personalized] = names;
        DataError::UnevenGeneration {
            folders: sides.each_ref().map(|side| side.listing.folder.clone()),
            base,
            personalized,
        }
    };
    groups.iter().map(error).collect()
}

/// The error where nothing goes together, with what the files say where that is why.
fn no_pair(sides: &[Side; 2]) -> DataError {
    let names = |side: &Side| examples(side.images.iter().map(|image| image.name.as_str()));
    let [base, personalized] = sides;
    DataError::NoCommonNames {
        base: base.listing.folder.clone(),
        personalized: personalized.listing.folder.clone(),
        base_examples: names(base),
        personalized_examples: names(personalized),
        reason: same_seed_other_prompt(sides)
            .or_else(|| not_understood(sides))
            .unwrap_or_default(),
    }
}

/// What a program wrote and was not understood, where that is why files do not say.
fn not_understood(sides: &[Side; 2]) -> Option<String> {
    let mut images = sides.iter().flat_map(|side| &side.images);
    images.find_map(|image| {
        let reason = image.not_understood.as_ref()?;
        Some(format!("; in {} {reason}", image.inside))
    })
}

/// What stands in the way where seeds are the same and prompts are not.
fn same_seed_other_prompt(sides: &[Side; 2]) -> Option<String> {
    sides[0].images.iter().find_map(|image| {
        let other = (sides[1].images.iter())
            .find(|other| image.seed.is_some() && other.seed == image.seed)?;
        let found = Contradiction::between(image, other)?;
        Some(format!(
            "; {} and {} have the same seed, but {}",
            image.inside,
            other.inside,
            found.words()
        ))
    })
}
