//! A model as it joins the index.

use crate::columns::{Fact, Number, Text};
use crate::error::IndexError;
use crate::group::Group;
use finexl_core::explanation::{AspectScore, Explanation};
use finexl_core::fingerprint::Fingerprint;
use half::f16;
use std::collections::BTreeMap;

/// Version of what is made of a record: raised whenever the same files give another entry.
pub const VERSION: u64 = 1;

/// What is known of a model beside its record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    /// Path of the record, whole, by which it is known again.
    pub record: String,
    /// The user's name for its prompts, see [`crate::group::Prompts::Named`].
    pub prompts: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Path of its page.
    pub page: Option<String>,
    /// What `finexl inspect` says of its adapter.
    pub inspection: Option<Inspected>,
    /// Telling pictures.
    pub pictures: Option<Pictures>,
}

/// Of an adapter, what the index keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspected {
    /// As short JSON.
    pub json: String,
    /// The family of models that it fits best.
    pub family: Option<String>,
    /// Tags of its training's captions.
    pub tags: Vec<String>,
}

/// Small pictures of a telling pair (JPEG).
#[derive(Clone, Debug, PartialEq)]
pub struct Pictures {
    /// Of the base.
    pub base: Vec<u8>,
    /// Of the model.
    pub personalized: Vec<u8>,
    /// What they show, e.g. "most pixelated".
    pub note: String,
}

/// A row of the index.
#[derive(Clone, Debug)]
pub struct Entry {
    pub(crate) group: Group,
    texts: Vec<Vec<u8>>,
    facts: [f32; Fact::ALL.len()],
    /// `[Number::ALL, N]`.
    numbers: Vec<f32>,
    images: Vec<[u8; 32]>,
    image_pairs: Vec<String>,
    /// `[images, N]`, half precision.
    profiles: Vec<u16>,
}

impl Entry {
    /// Of a record; `content` is the fingerprint of all that it and `beside` were read from.
    ///
    /// # Errors
    /// [`IndexError::Record`] for one with no pair or no aspect, one that names an aspect twice, and numbers that single
    /// precision has no room for.
    pub fn of(
        record: &Explanation,
        beside: &Beside,
        content: &Fingerprint,
    ) -> Result<Self, IndexError> {
        let refused = |problem: String| IndexError::Record {
            record: beside.record.clone(),
            problem,
        };
        let group = Group::of(record, beside.prompts.as_deref());
        let aspects = in_order(record, &group).map_err(refused)?;
        if record.pairs == 0 {
            return Err(refused(
                "it has no pair; explain the model anew".to_string(),
            ));
        }
        let mut numbers = Vec::with_capacity(Number::ALL.len() * aspects.len());
        for number in Number::ALL {
            for aspect in &aspects {
                let value = value(number, aspect);
                // Intervals may be open, levels absent.
                let open = matches!(
                    number,
                    Number::Low | Number::High | Number::LevelLow | Number::LevelHigh
                );
                if !open && !value.is_finite() {
                    return Err(refused(format!(
                        "the {} of \"{}\" does not fit single precision; explain the model anew",
                        number.name(),
                        aspect.concept
                    )));
                }
                numbers.push(value);
            }
        }
        let by_image = by_image(record);
        let scale = scale(&aspects);
        let profiles = (by_image.values())
            .flat_map(|places| aspects.iter().map(|aspect| mean_at(aspect, places)))
            .map(|value| f16::from_f64(value / scale).to_bits())
            .collect();
        Ok(Self {
            texts: texts(record, beside, content),
            facts: facts(record, scale),
            numbers,
            images: by_image.keys().map(|image| digest(image)).collect(),
            image_pairs: (by_image.values())
                .map(|places| {
                    let name = places.first().and_then(|at| record.pair_names.get(*at));
                    name.cloned().unwrap_or_default()
                })
                .collect(),
            profiles,
            group,
        })
    }

    pub(crate) fn text(&self, text: Text) -> &[u8] {
        &self.texts[text as usize]
    }

    pub(crate) fn fact(&self, fact: Fact) -> f32 {
        self.facts[fact as usize]
    }

    pub(crate) fn numbers(&self, number: Number) -> &[f32] {
        let concepts = self.group.concepts.len();
        &self.numbers[number as usize * concepts..][..concepts]
    }

    pub(crate) fn images(&self) -> impl Iterator<Item = (&[u8; 32], &str, &[u16])> {
        let profiles = self.profiles.chunks_exact(self.group.concepts.len().max(1));
        (self.images.iter().zip(&self.image_pairs).zip(profiles))
            .map(|((image, pair), profile)| (image, pair.as_str(), profile))
    }
}

/// The aspects in the order of the group's concepts.
fn in_order<'a>(record: &'a Explanation, group: &Group) -> Result<Vec<&'a AspectScore>, String> {
    if record.aspects.is_empty() {
        return Err("it has no aspect; explain the model anew".to_string());
    }
    let mut aspects: Vec<&AspectScore> = record.aspects.iter().collect();
    aspects.sort_by(|a, b| a.concept.cmp(&b.concept));
    match aspects
        .windows(2)
        .find(|two| two[0].concept == two[1].concept)
    {
        Some(two) => Err(format!(
            "it has the aspect \"{}\" twice; explain the model anew",
            two[0].concept
        )),
        None => {
            debug_assert_eq!(aspects.len(), group.concepts.len());
            Ok(aspects)
        }
    }
}

fn value(number: Number, aspect: &AspectScore) -> f32 {
    let level = |end: usize| aspect.level.map_or(f64::NAN, |level| level[end]);
    let value = match number {
        Number::Score => aspect.score,
        Number::Low => aspect.low,
        Number::High => aspect.high,
        Number::LevelLow => level(0),
        Number::LevelHigh => level(1),
        Number::P => aspect.p_adjusted,
        Number::Significant => f64::from(u8::from(aspect.significant)),
        Number::Mean => {
            let sum: f64 = aspect.profile.iter().map(|v| f64::from(*v)).sum();
            sum / aspect.profile.len().max(1) as f64
        }
    };
    value as f32
}

/// The pairs of every image of the base, as `finexl similar` takes them: several of one image are one, their mean.
fn by_image(record: &Explanation) -> BTreeMap<&Fingerprint, Vec<usize>> {
    let mut places: BTreeMap<&Fingerprint, Vec<usize>> = BTreeMap::new();
    for (place, image) in record.pair_fingerprints.iter().enumerate() {
        places.entry(image).or_default().push(place);
    }
    places
}

fn mean_at(aspect: &AspectScore, places: &[usize]) -> f64 {
    let values = places.iter().filter_map(|at| aspect.profile.get(*at));
    values.map(|v| f64::from(*v)).sum::<f64>() / places.len().max(1) as f64
}

/// A power of two that brings the largest number of the profiles to between 1 and 2, where half precision is as exact
/// for them as it gets.
fn scale(aspects: &[&AspectScore]) -> f64 {
    let all = aspects.iter().flat_map(|aspect| &aspect.profile);
    let largest = all.fold(0.0f32, |most, value| most.max(value.abs()));
    match largest > f32::MIN_POSITIVE {
        true => f64::from(largest).log2().floor().exp2(),
        false => 1.0,
    }
}

/// The 32 bytes behind 64 digits.
fn digest(fingerprint: &Fingerprint) -> [u8; 32] {
    let digits = fingerprint.as_str().as_bytes();
    let mut bytes = [0; 32];
    for (byte, two) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
        *byte = value(two[0]) << 4 | value(two[1]);
    }
    bytes
}

fn texts(record: &Explanation, beside: &Beside, content: &Fingerprint) -> Vec<Vec<u8>> {
    let text = |text: Text| -> Vec<u8> {
        let said = |text: &str| text.as_bytes().to_vec();
        let picture = |of: fn(&Pictures) -> &[u8]| {
            let found = beside.pictures.as_ref().map(of);
            found.map(<[u8]>::to_vec).unwrap_or_default()
        };
        match text {
            Text::Title | Text::Model => said(&record.personalized),
            Text::Record => said(&beside.record),
            Text::Content => said(content.as_str()),
            Text::Base => said(&record.base),
            Text::Family => said(&family(record, beside)),
            Text::Tags => said(&tags(beside).join("\n")),
            Text::Summary => said(&record.summary),
            Text::Kind => serde_json::to_value(record.change.kind)
                .ok()
                .and_then(|kind| kind.as_str().map(said))
                .unwrap_or_default(),
            Text::Page => said(beside.page.as_deref().unwrap_or_default()),
            Text::Inspection => {
                let json = beside.inspection.as_ref().map(|known| known.json.as_str());
                said(json.unwrap_or_default())
            }
            Text::PictureBase => picture(|pictures| &pictures.base),
            Text::PicturePersonalized => picture(|pictures| &pictures.personalized),
            Text::PictureNote => picture(|pictures| pictures.note.as_bytes()),
        }
    };
    Text::ALL.into_iter().map(text).collect()
}

/// The family that the adapter fits, else the generator that made the base's images.
fn family(record: &Explanation, beside: &Beside) -> String {
    let inspected = beside.inspection.as_ref();
    let inspected = inspected.and_then(|known| known.family.clone());
    let generator = record.generated.base.as_ref().map(|base| &base.generator);
    inspected.or(generator.cloned()).unwrap_or_default()
}

/// The user's tags and those of the training, each once, without line breaks.
fn tags(beside: &Beside) -> Vec<String> {
    let of_training = beside.inspection.iter().flat_map(|known| &known.tags);
    let mut tags: Vec<String> = (beside.tags.iter().chain(of_training))
        .map(|tag| tag.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|tag| !tag.is_empty())
        .collect();
    tags.sort();
    tags.dedup();
    tags
}

fn facts(record: &Explanation, scale: f64) -> [f32; Fact::ALL.len()] {
    let change = &record.change;
    let measured =
        |known: &Option<finexl_core::change::Measured>| known.map_or(f64::NAN, |m| m.value);
    Fact::ALL.map(|fact| {
        let value = match fact {
            Fact::Pairs => record.pairs as f64,
            Fact::Unexplained => record.unexplained,
            Fact::Divergence => record.divergence,
            Fact::ChangeP => change.p,
            Fact::Size => change.size.unwrap_or(f64::NAN),
            Fact::Steadiness => measured(&change.steadiness),
            Fact::Diversity => measured(&change.diversity),
            Fact::Testable => f64::from(u8::from(record.testable)),
            Fact::ProfileScale => scale,
        };
        value as f32
    })
}
