//! Which prompts the concept directions are measured on.

use crate::error::ExplainError;
use finexl_core::seed;
use finexl_data::scenes::{Scene, Split};
use finexl_zoo::encoders::Encoder;
use rand::RngExt;
use std::collections::BTreeMap;

/// Number of default probes.
const DEFAULT_PROBES: usize = 25;
/// Seed of the default probes.
const DEFAULT_SEED: u64 = 25;

/// Probes that concepts are measured on at most: more of them take time and memory, and say the same. The directions
/// are means over them, whose error is a sixteenth of what prompts differ by.
pub const MOST_PROBES: usize = 256;

/// Probes of the concept bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probes {
    /// The prompts, each once.
    pub prompts: Vec<String>,
    /// Which of them each pair has, where they are the prompts of the pairs ("domain-matched"); none where they are
    /// default prompts, or some drawn from too many.
    pub of_pairs: Option<Vec<usize>>,
    /// Why they are not the prompts of the pairs, or not all of them, for the reader.
    pub note: Option<String>,
}

impl Probes {
    /// The pairs' own prompts if all are known and the encoder can read them, else default probes. Of more than
    /// [`MOST_PROBES`] different prompts as many are drawn.
    ///
    /// # Errors
    /// Default probes that the encoder cannot read.
    pub fn choose(encoder: &dyn Encoder, prompts: &[Option<String>]) -> Result<Self, ExplainError> {
        let known: Option<Vec<&str>> = prompts.iter().map(Option::as_deref).collect();
        let Some(known) = known else {
            return Self::default_with("no prompts were given (--prompts)".to_string());
        };
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut distinct = Vec::new();
        let of_pairs: Vec<usize> = (known.iter())
            .map(|prompt| {
                *places.entry(prompt).or_insert_with(|| {
                    distinct.push((*prompt).to_string());
                    distinct.len() - 1
                })
            })
            .collect();
        let unreadable = distinct.iter().find_map(|p| encoder.check_text(p).err());
        if let Some(error) = unreadable {
            return Self::default_with(format!("of the prompts: {error}"));
        }
        if distinct.len() > MOST_PROBES {
            return Ok(Self::drawn(distinct));
        }
        Ok(Self {
            prompts: distinct,
            of_pairs: Some(of_pairs),
            note: None,
        })
    }

    /// The default prompts.
    pub fn default_prompts() -> Vec<String> {
        let scenes = Scene::draw_distinct(Split::Train, DEFAULT_SEED, DEFAULT_PROBES);
        scenes.iter().map(Scene::prompt).collect()
    }

    /// [`MOST_PROBES`] of different prompts, whatever order they come in.
    fn drawn(mut distinct: Vec<String>) -> Self {
        let all = distinct.len();
        distinct.sort();
        let mut random = seed::generator(DEFAULT_SEED, &[seed::key("probes")]);
        for place in 0..MOST_PROBES {
            let other = random.random_range(place..all);
            distinct.swap(place, other);
        }
        distinct.truncate(MOST_PROBES);
        Self {
            prompts: distinct,
            of_pairs: None,
            note: Some(format!(
                "The directions of the concepts were measured on {MOST_PROBES} of the {all} prompts, drawn at random."
            )),
        }
    }

    fn default_with(reason: String) -> Result<Self, ExplainError> {
        Ok(Self {
            prompts: Self::default_prompts(),
            of_pairs: None,
            note: Some(format!(
                "The directions of the concepts were measured on {DEFAULT_PROBES} default prompts, since {reason}."
            )),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use finexl_zoo::encoders::open;

    fn chosen(prompts: impl Iterator<Item = String>) -> Probes {
        let encoder = open("mini-clip", &finexl_zoo::device::by_name("cpu").unwrap()).unwrap();
        let prompts: Vec<Option<String>> = prompts.map(Some).collect();
        Probes::choose(encoder.as_ref(), &prompts).unwrap()
    }

    fn scenes(count: usize) -> Vec<String> {
        let scenes = Scene::draw_distinct(Split::Train, 1, count);
        scenes.iter().map(Scene::prompt).collect()
    }

    #[test]
    fn pairs_of_one_prompt_share_a_probe() {
        let two = scenes(2);
        let order = [0, 1, 1, 0].map(|place: usize| two[place].clone());
        let probes = chosen(order.into_iter());
        assert_eq!(probes.prompts, two);
        assert_eq!(probes.of_pairs, Some(vec![0, 1, 1, 0]));
        assert_eq!(probes.note, None);
    }

    #[test]
    fn of_many_prompts_some_are_drawn_and_it_is_said() {
        let many = scenes(MOST_PROBES + 44);
        let probes = chosen(many.iter().cloned());
        assert_eq!((probes.prompts.len(), probes.of_pairs.clone()), (256, None));
        assert!(probes.note.clone().unwrap().contains("256 of the 300"));
        assert!(probes.prompts.iter().all(|prompt| many.contains(prompt)));
        assert_eq!(chosen(many.into_iter().rev()), probes);
    }
}
