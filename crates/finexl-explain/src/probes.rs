//! Which prompts the concept directions are measured on.

use crate::error::ExplainError;
use crate::probe_room::Room;
use crate::vocabulary::Vocabulary;
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

/// Fewer prompts that can be read are joined by the default ones.
const LEAST_PROBES: usize = 8;

/// Prompts that are left out.
#[derive(Default)]
struct Unread {
    /// Pairs without one.
    missing: usize,
    /// Prompts that the encoder cannot read.
    unreadable: usize,
    /// Why it cannot read the first of these.
    first: String,
}

impl Unread {
    fn add(&mut self, reason: String) {
        if self.unreadable == 0 {
            self.first = reason;
        }
        self.unreadable += 1;
    }

    /// Says how many of so many there are; nothing where there is none.
    fn note(&self, all: usize) -> Option<String> {
        let unreadable = (self.unreadable > 0).then(|| {
            format!(
                "{} of {all} prompts were left out where the directions of the concepts are measured: {}",
                self.unreadable, self.first
            )
        });
        let missing = (self.missing > 0).then(|| {
            format!(
                "{} of {all} pairs have no prompt; the directions of the concepts were measured on those of the others.",
                self.missing
            )
        });
        let notes: Vec<String> = unreadable.into_iter().chain(missing).collect();
        (!notes.is_empty()).then(|| notes.join(" "))
    }
}

/// Probes of the concept bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probes {
    /// The prompts, each once, cut so that with every concept they are read whole.
    pub prompts: Vec<String>,
    /// Which of them each pair has, where they are the prompts of the pairs ("domain-matched"); none where they are
    /// default prompts, some drawn from too many, or prompts of some pairs only.
    pub of_pairs: Option<Vec<usize>>,
    /// Why they are not the prompts of the pairs, or not all of them, and what was cut, for the reader.
    pub notes: Vec<String>,
}

impl Probes {
    /// The pairs' own prompts as far as they are known and the encoder can read them, cut to what it reads of "PROMPT,
    /// PHRASE style" with the longest phrase. Where some cannot be read the others count alone, beside default prompts
    /// if they are few; where none can, default prompts alone. Of more than [`MOST_PROBES`] different prompts as many
    /// are drawn.
    ///
    /// # Errors
    /// Default probes that the encoder cannot read; a phrase that is longer by itself than what it reads.
    pub fn choose(
        encoder: &dyn Encoder,
        vocabulary: &Vocabulary,
        prompts: &[Option<String>],
    ) -> Result<Self, ExplainError> {
        let room = Room::of(encoder, vocabulary)?;
        let known: Vec<&str> = prompts.iter().flatten().map(String::as_str).collect();
        if known.is_empty() {
            return Self::default_with(&room, "no prompts were given (--prompts)");
        }
        let (mut read, mut unread) = (Vec::new(), Unread::default());
        unread.missing = prompts.len() - known.len();
        for prompt in known {
            match encoder.text_length(prompt) {
                Ok(_) => read.push(prompt),
                Err(error) => unread.add(error.to_string()),
            }
        }
        if read.is_empty() {
            let reason = format!("of the prompts: {}", unread.first);
            return Self::default_with(&room, &reason);
        }
        let mut probes = Self::of_read(&room, &read)?;
        if let Some(note) = unread.note(prompts.len()) {
            probes.of_pairs = None;
            probes.notes.push(note);
            if probes.prompts.len() < LEAST_PROBES {
                let mut defaults = Self::default_with(&room, "few of the prompts can be read")?;
                probes.prompts.append(&mut defaults.prompts);
                probes.notes.push(format!(
                    "Beside {} the directions of the concepts were measured on {DEFAULT_PROBES} default prompts.",
                    match probes.prompts.len() - DEFAULT_PROBES {
                        1 => "the one prompt that is left".to_string(),
                        left => format!("the {left} that are left"),
                    }
                ));
            }
        }
        Ok(probes)
    }

    /// Of prompts that the encoder can read, one per pair.
    fn of_read(room: &Room<'_>, known: &[&str]) -> Result<Self, ExplainError> {
        let (whole, of_pairs) = distinct(known);
        let cut: Vec<(String, bool)> = (whole.iter())
            .map(|prompt| room.cut(prompt))
            .collect::<Result<_, _>>()?;
        let count = of_pairs.iter().filter(|place| cut[**place].1).count();
        let note = room.note(count, known.len());
        // Prompts that differ only in what was cut off are one probe.
        let kept: Vec<&str> = cut.iter().map(|(prompt, _)| prompt.as_str()).collect();
        let (prompts, of_whole) = distinct(&kept);
        let of_pairs = of_pairs.iter().map(|place| of_whole[*place]).collect();
        let mut probes = if prompts.len() > MOST_PROBES {
            Self::drawn(prompts)
        } else {
            Self {
                prompts,
                of_pairs: Some(of_pairs),
                notes: Vec::new(),
            }
        };
        probes.notes.extend(note);
        Ok(probes)
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
            notes: vec![format!(
                "The directions of the concepts were measured on {MOST_PROBES} of the {all} prompts, drawn at random."
            )],
        }
    }

    fn default_with(room: &Room<'_>, reason: &str) -> Result<Self, ExplainError> {
        let note = format!(
            "The directions of the concepts were measured on {DEFAULT_PROBES} default prompts, since {reason}."
        );
        let cut: Vec<(String, bool)> = (Self::default_prompts().iter())
            .map(|prompt| room.cut(prompt))
            .collect::<Result<_, _>>()?;
        let count = cut.iter().filter(|(_, cut)| *cut).count();
        let cut_note = room.note(count, cut.len());
        let kept: Vec<&str> = cut.iter().map(|(prompt, _)| prompt.as_str()).collect();
        Ok(Self {
            prompts: distinct(&kept).0,
            of_pairs: None,
            notes: std::iter::once(note).chain(cut_note).collect(),
        })
    }
}

/// Prompts, each once, in the order in which they come, and which of these each is.
fn distinct(prompts: &[&str]) -> (Vec<String>, Vec<usize>) {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut once = Vec::new();
    let which = prompts.iter().map(|prompt| {
        *places.entry(prompt).or_insert_with(|| {
            once.push((*prompt).to_string());
            once.len() - 1
        })
    });
    let which = which.collect();
    (once, which)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::probe_room::tests::Short;
    use finexl_zoo::encoders::open;

    fn chosen(prompts: impl Iterator<Item = String>) -> Probes {
        let encoder = open("mini-clip", &finexl_zoo::device::by_name("cpu").unwrap()).unwrap();
        let prompts: Vec<Option<String>> = prompts.map(Some).collect();
        let vocabulary = Vocabulary::default_phrases().unwrap();
        Probes::choose(encoder.as_ref(), &vocabulary, &prompts).unwrap()
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
        assert_eq!(probes.notes, [""; 0]);
    }

    #[test]
    fn of_many_prompts_some_are_drawn_and_it_is_said() {
        let many = scenes(MOST_PROBES + 44);
        let probes = chosen(many.iter().cloned());
        assert_eq!((probes.prompts.len(), probes.of_pairs.clone()), (256, None));
        assert!(probes.notes[0].contains("256 of the 300"));
        assert!(probes.prompts.iter().all(|prompt| many.contains(prompt)));
        assert_eq!(chosen(many.into_iter().rev()), probes);
    }

    #[test]
    fn a_prompt_that_cannot_be_read_costs_itself_only() {
        let strange = || std::iter::once("zyzzyvan brushwork".to_string());
        let probes = chosen(scenes(9).into_iter().chain(strange()));
        assert_eq!((probes.prompts.clone(), probes.of_pairs), (scenes(9), None));
        assert!(probes.notes[0].starts_with("1 of 10 prompts were left out"));
        let few = chosen(scenes(2).into_iter().chain(strange()));
        assert_eq!(few.prompts.len(), 2 + DEFAULT_PROBES);
        assert!(
            few.notes[1].contains("the 2 that are left"),
            "{:?}",
            few.notes
        );
        let none = chosen(strange());
        assert_eq!(none.prompts, Probes::default_prompts());
        // Punctuation is read over.
        let dotted = chosen(scenes(3).into_iter().map(|scene| format!("{scene}.")));
        assert!(dotted.of_pairs.is_some() && dotted.notes.is_empty());
    }

    #[test]
    fn prompts_that_are_cut_to_the_same_are_one_probe() {
        let words = Vocabulary::of_names(&["warm".to_string()]);
        let prompts = ["a red cat", "a red cow", "a dog"].map(|p| Some(p.to_string()));
        // Three tokens are ", warm style".
        let probes = Probes::choose(&Short::new(5), &words, &prompts).unwrap();
        assert_eq!(probes.prompts, ["a red", "a dog"]);
        assert_eq!(probes.of_pairs, Some(vec![0, 0, 1]));
        assert!(
            probes.notes[0].starts_with("2 of 3 prompts"),
            "{:?}",
            probes.notes
        );
        let probes = Probes::choose(&Short::new(8), &words, &[None]).unwrap();
        assert_eq!((probes.of_pairs, probes.notes.len()), (None, 2));
    }
}
