//! A scene in words: drawing one at random, writing it as a prompt, reading a prompt back.

use super::{BACKGROUNDS, Background, Place, SceneSize, Split};
use crate::art;
use crate::error::DataError;
use finexl_core::seed::{self, ChaCha8Rng};
use rand::RngExt;

/// One or two subjects of one size at one place on one background.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scene {
    first: usize,
    second: Option<usize>,
    background: usize,
    place: Place,
    size: SceneSize,
}

impl Scene {
    /// A scene of subjects given as indices of [`art::subjects`] and a background as an index of
    /// [`BACKGROUNDS`].
    ///
    /// # Errors
    /// [`DataError::SubjectIndex`] for an index out of range, [`DataError::NotAScene`] for a subject
    /// given twice or an unknown background.
    pub fn new(
        first: usize,
        second: Option<usize>,
        background: usize,
        place: Place,
        size: SceneSize,
    ) -> Result<Self, DataError> {
        let name = art::subject(first)?.name.as_str();
        second.map(art::subject).transpose()?;
        let refuse = |reason: String| DataError::NotAScene {
            prompt: name.to_owned(),
            reason,
        };
        if second == Some(first) {
            return Err(refuse(format!("'{name}' stands in it twice")));
        }
        if background >= BACKGROUNDS.len() {
            return Err(refuse(format!("there is no background {background}")));
        }
        Ok(Self {
            first,
            second,
            background,
            place,
            size,
        })
    }

    /// The `index`-th random scene of a split: half have one subject, half two.
    ///
    /// The same arguments give the same scene everywhere; scenes of different indices may coincide.
    pub fn draw(split: Split, seed: u64, index: u64) -> Self {
        let subjects: Vec<usize> = (0..art::subjects().len()).collect();
        Self::draw_among(&subjects, split, seed, index)
    }

    /// As [`Scene::draw`], of some subjects only: at least two different indices of
    /// [`art::subjects`].
    pub fn draw_among(subjects: &[usize], split: Split, seed: u64, index: u64) -> Self {
        let keys = [seed::key("scene"), seed::key(split.name()), index];
        let mut random = seed::generator(seed, &keys);
        let count = subjects.len();
        loop {
            let first = random.random_range(0..count);
            let other = random.random_range(1..count);
            let scene = Self {
                first: subjects[first],
                second: random
                    .random_bool(0.5)
                    .then_some(subjects[(first + other) % count]),
                background: random.random_range(0..BACKGROUNDS.len()),
                place: Place::ALL[random.random_range(0..Place::ALL.len())],
                size: SceneSize::ALL[random.random_range(0..SceneSize::ALL.len())],
            };
            if scene.split() == split {
                return scene;
            }
        }
    }

    /// The first `count` different scenes of a split, fewer where the split has fewer.
    ///
    /// No two have the same prompt, so they can serve as each other's wrong answers.
    pub fn draw_distinct(split: Split, seed: u64, count: usize) -> Vec<Self> {
        let subjects: Vec<usize> = (0..art::subjects().len()).collect();
        Self::draw_distinct_among(&subjects, split, seed, count)
    }

    /// As [`Scene::draw_distinct`], of some subjects only; none where there are fewer than two.
    pub fn draw_distinct_among(
        subjects: &[usize],
        split: Split,
        seed: u64,
        count: usize,
    ) -> Vec<Self> {
        let mut seen = std::collections::HashSet::new();
        // Repeats are rare among the millions of scenes; the bound only keeps the search finite.
        let tries = (count as u64).saturating_mul(20).saturating_add(100);
        let tries = if subjects.len() < 2 { 0 } else { tries };
        (0..tries)
            .map(|index| Self::draw_among(subjects, split, seed, index))
            .filter(|scene| seen.insert(*scene))
            .take(count)
            .collect()
    }

    /// A scene of the same split that differs in one thing: the first subject, the background, the
    /// place or the size.
    pub fn altered(&self, split: Split, random: &mut ChaCha8Rng) -> Self {
        loop {
            let mut scene = *self;
            match random.random_range(0..4) {
                0 => scene.first = random.random_range(0..art::subjects().len()),
                1 => scene.background = random.random_range(0..BACKGROUNDS.len()),
                2 => scene.place = Place::ALL[random.random_range(0..Place::ALL.len())],
                _ => scene.size = SceneSize::ALL[random.random_range(0..SceneSize::ALL.len())],
            }
            if scene != *self && scene.second != Some(scene.first) && scene.split() == split {
                return scene;
            }
        }
    }

    /// The subjects as indices of [`art::subjects`], one or two, in the order of the prompt.
    pub fn subjects(&self) -> impl Iterator<Item = usize> + use<> {
        std::iter::once(self.first).chain(self.second)
    }

    /// The subjects' names in the order of the prompt.
    pub fn subject_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.subjects().map(name_of)
    }

    /// The background.
    pub fn background(&self) -> &'static Background {
        &BACKGROUNDS[self.background]
    }

    /// Where the subjects stand.
    pub fn place(&self) -> Place {
        self.place
    }

    /// How large they are.
    pub fn size(&self) -> SceneSize {
        self.size
    }

    /// The one wording of this scene, such as
    /// "small red apple and snail on a teal background, at the left".
    pub fn prompt(&self) -> String {
        let subjects = self.subject_names().collect::<Vec<_>>().join(" and ");
        let background = self.background().name;
        let article = article(background);
        let (size, place) = (self.size.word(), self.place.phrase());
        format!("{size} {subjects} on {article} {background} background, {place}")
    }

    /// Reads a prompt in the form that [`Scene::prompt`] writes.
    ///
    /// # Errors
    /// [`DataError::NotAScene`] for any other form, [`DataError::UnknownSubject`] for a subject that
    /// is not in the list.
    pub fn parse(prompt: &str) -> Result<Self, DataError> {
        let refuse = |reason: &str| DataError::NotAScene {
            prompt: prompt.to_owned(),
            reason: reason.to_owned(),
        };
        let (rest, phrase) = prompt
            .trim()
            .rsplit_once(", ")
            .ok_or_else(|| refuse("it does not end in a place"))?;
        let place = Place::ALL
            .into_iter()
            .find(|place| place.phrase() == phrase)
            .ok_or_else(|| refuse("its place is none of at the left, right, top, bottom"))?;
        let (word, rest) = rest
            .split_once(' ')
            .ok_or_else(|| refuse("it has no subject"))?;
        let size = SceneSize::ALL
            .into_iter()
            .find(|size| size.word() == word)
            .ok_or_else(|| refuse("it does not begin with small, medium or large"))?;
        let (names, colour) = rest
            .rsplit_once(" on ")
            .ok_or_else(|| refuse("it names no background"))?;
        let background = BACKGROUNDS
            .iter()
            .position(|b| colour == format!("{} {} background", article(b.name), b.name))
            .ok_or_else(|| refuse("its background is not a known colour"))?;
        let (first, second) = match names.split_once(" and ") {
            Some((first, second)) => (first, Some(second)),
            None => (names, None),
        };
        let first = art::subject_index(first)?;
        let second = second.map(art::subject_index).transpose()?;
        Self::new(first, second, background, place, size)
    }

    /// What the split goes by: the unordered pair, or all words of a scene of one subject.
    pub(super) fn combination(&self) -> String {
        let first = name_of(self.first);
        match self.second.map(name_of) {
            Some(second) if second < first => format!("pair|{second}|{first}"),
            Some(second) => format!("pair|{first}|{second}"),
            None => format!(
                "single|{first}|{}|{}|{}",
                self.background().name,
                self.place.phrase(),
                self.size.word()
            ),
        }
    }
}

fn name_of(subject: usize) -> &'static str {
    art::subjects().get(subject).map_or("", |s| s.name.as_str())
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::{HashMap, HashSet};

    #[test]
    fn prompts_of_all_splits_parse_back() {
        for split in Split::ALL {
            for index in 0..300 {
                let scene = Scene::draw(split, 3, index);
                assert_eq!(Scene::parse(&scene.prompt()).unwrap(), scene);
                assert_eq!(scene.split(), split);
            }
        }
    }

    #[test]
    fn every_subject_parses_back_alone_and_in_a_pair() {
        for index in 0..art::subjects().len() {
            let other = (index + 1) % art::subjects().len();
            for second in [None, Some(other)] {
                let scene = Scene::new(index, second, 4, Place::Top, SceneSize::Medium).unwrap();
                assert_eq!(Scene::parse(&scene.prompt()).unwrap(), scene);
            }
        }
    }

    #[test]
    fn draws_are_repeatable_and_differ() {
        let draw = |seed, index| Scene::draw(Split::Test, seed, index);
        assert_eq!(draw(1, 2), draw(1, 2));
        let scenes: HashSet<_> = (0..100).map(|index| draw(1, index)).collect();
        assert!(scenes.len() > 95);
        assert_eq!(Scene::draw_distinct(Split::Test, 1, 100).len(), 100);
    }

    #[test]
    fn an_altered_scene_differs_in_one_thing_and_stays_in_its_split() {
        let mut random = seed::generator(1, &[]);
        for index in 0..300 {
            let scene = Scene::draw(Split::Train, 4, index);
            let other = scene.altered(Split::Train, &mut random);
            assert_eq!(other.split(), Split::Train);
            let same = [
                scene.first == other.first,
                scene.second == other.second,
                scene.background == other.background,
                scene.place == other.place,
                scene.size == other.size,
            ];
            assert_eq!(same.iter().filter(|same| **same).count(), 4);
        }
    }

    #[test]
    fn no_pair_of_subjects_is_shared_by_two_splits() {
        let mut split_of = HashMap::new();
        for split in Split::ALL {
            for index in 0..2000 {
                let scene = Scene::draw(split, 9, index);
                let mut names: Vec<_> = scene.subject_names().collect();
                if names.len() == 2 {
                    names.sort_unstable();
                    assert_eq!(*split_of.entry(names).or_insert(split), split);
                }
            }
        }
        let swapped = |a, b| Scene::new(a, Some(b), 0, Place::Top, SceneSize::Small).unwrap();
        assert_eq!(swapped(3, 7).split(), swapped(7, 3).split());
    }

    #[test]
    fn eight_tenths_are_for_training() {
        let mut train = 0;
        for first in 0..100 {
            for second in 100..200 {
                let scene =
                    Scene::new(first, Some(second), 0, Place::Top, SceneSize::Small).unwrap();
                train += usize::from(scene.split() == Split::Train);
            }
        }
        assert!((7800..8200).contains(&train), "{train}");
    }

    #[test]
    fn what_is_no_scene_is_an_error() {
        for prompt in [
            "",
            "a photo of a dog",
            "small red apple on a teal background",
            "tiny red apple on a teal background, at the left",
            "small red apple on a turquoise background, at the left",
            "small red apple on a teal background, in the middle",
            "small flying carpet on a teal background, at the left",
            "small snail and snail on a teal background, at the left",
        ] {
            assert!(Scene::parse(prompt).is_err(), "{prompt}");
        }
        assert!(Scene::new(0, None, 16, Place::Top, SceneSize::Small).is_err());
        assert!(Scene::new(9999, None, 0, Place::Top, SceneSize::Small).is_err());
    }
}
