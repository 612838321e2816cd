//! Concepts that an encoder hardly tells apart, made one.

use crate::bank::ConceptBank;
use crate::cache::Cache;
use crate::error::ExplainError;
use crate::phrase_features::PhraseFeatures;
use crate::probe_room::Room;
use crate::vocabulary::Vocabulary;
use finexl_data::vocabulary::Concept;
use finexl_zoo::encoders::Encoder;

/// Cosine of two directions, what all concepts share taken out, from which on they are one concept.
const SAME: f64 = 0.9;
/// What the directions are measured on.
const PROMPT: &str = "a picture";

/// The vocabulary with concepts that mean the same to an encoder as one, which is called by the first of them and has the
/// phrases of all; and how many went into others. Opposites stay apart.
///
/// # Errors
/// Phrases that the encoder cannot read, or cannot tell from none at all.
pub(crate) fn merged(
    vocabulary: &Vocabulary,
    encoder: &dyn Encoder,
    cache: &Cache,
) -> Result<(Vocabulary, usize), ExplainError> {
    let (prompt, _) = Room::of(encoder, vocabulary)?.cut(PROMPT)?;
    let bank = cached_bank(vocabulary, encoder, &[prompt], cache)?;
    let d = bank.dimension();
    let directions = centred(&bank.mean(), d);
    let row = |concept: usize| &directions[concept * d..(concept + 1) * d];
    let concepts = vocabulary.concepts();
    let mut kept: Vec<(usize, Concept)> = Vec::new();
    let mut into: Vec<(String, String)> = Vec::new();
    for (index, concept) in concepts.iter().enumerate() {
        let same = kept.iter_mut().find(|(place, other)| {
            let cosine: f64 = row(*place).iter().zip(row(index)).map(|(a, b)| a * b).sum();
            cosine >= SAME && concept.antonym.as_ref() != Some(&other.name)
        });
        match same {
            Some((_, other)) => {
                other.phrases.extend(concept.phrases.iter().cloned());
                into.push((concept.name.clone(), other.name.clone()));
            }
            None => kept.push((index, concept.clone())),
        }
    }
    let mut kept: Vec<Concept> = kept.into_iter().map(|(_, concept)| concept).collect();
    for concept in &mut kept {
        let moved = |name: String| {
            let new = into.iter().find(|(from, _)| *from == name);
            new.map_or(name, |(_, to)| to.clone())
        };
        let own = concept.name.clone();
        concept.antonym = concept
            .antonym
            .take()
            .map(moved)
            .filter(|name| *name != own);
    }
    Ok((Vocabulary::of_concepts(kept), into.len()))
}

/// Rows without their mean, of length 1.
fn centred(rows: &[f64], d: usize) -> Vec<f64> {
    let count = (rows.len() / d).max(1) as f64;
    let mut mean = vec![0.0; d];
    for row in rows.chunks_exact(d) {
        mean.iter_mut().zip(row).for_each(|(m, v)| *m += v / count);
    }
    let unit = |row: &[f64]| {
        let centred: Vec<f64> = row.iter().zip(&mean).map(|(v, m)| v - m).collect();
        let length = centred.iter().map(|v| v * v).sum::<f64>().sqrt();
        let length = length.max(f64::MIN_POSITIVE);
        centred.into_iter().map(move |v| v / length)
    };
    rows.chunks_exact(d).flat_map(unit).collect()
}

/// Directions of a vocabulary's concepts on prompts, from the cache as far as it has them.
///
/// # Errors
/// Phrases that the encoder cannot read, or cannot tell from none at all.
pub(crate) fn cached_bank(
    vocabulary: &Vocabulary,
    encoder: &dyn Encoder,
    prompts: &[String],
    cache: &Cache,
) -> Result<ConceptBank, ExplainError> {
    let key = PhraseFeatures::fingerprint(encoder, prompts);
    let kept = (cache.phrases(&key))
        .filter(|phrases| phrases.probes() == prompts.len() && phrases.is_sound_for(vocabulary));
    let phrases = match kept {
        Some(mut phrases) => {
            if phrases.extend(encoder, vocabulary, prompts)? {
                cache.keep_phrases(&key, &phrases);
            }
            phrases
        }
        None => {
            let phrases = PhraseFeatures::encode(encoder, vocabulary, prompts)?;
            cache.keep_phrases(&key, &phrases);
            phrases
        }
    };
    ConceptBank::of_phrases(&phrases, vocabulary)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use finexl_zoo::device;
    use finexl_zoo::encoders::open;

    #[test]
    fn what_means_the_same_is_one_concept_and_opposites_are_two() {
        let encoder = open("judge", &device::by_name("cpu").unwrap()).unwrap();
        let concept = |name: &str, antonym: Option<&str>| Concept {
            antonym: antonym.map(str::to_string),
            ..Concept::phrase(name)
        };
        // One word in two spellings, and antonyms of the catalogue that the encoder was trained on.
        let vocabulary = Vocabulary::of_concepts(vec![
            concept("monochrome", None),
            concept("monochrome.", None),
            concept("warm", Some("cool")),
            concept("cool", Some("warm")),
            concept("pixelated", None),
        ]);
        let (merged, count) = merged(&vocabulary, encoder.as_ref(), &Cache::none()).unwrap();
        let names: Vec<&str> = merged.concepts().iter().map(|c| c.name.as_str()).collect();
        assert_eq!(
            (count, names),
            (1, vec!["monochrome", "warm", "cool", "pixelated"])
        );
        assert_eq!(merged.concepts()[0].phrases, ["monochrome", "monochrome."]);
    }
}
