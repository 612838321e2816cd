//! Pairs of images.

use super::object::{Explained, Explainer, Eyes};
use super::sides::Sides;
use crate::alike::cached_bank;
use crate::bank::ConceptBank;
use crate::change::Appearance;
use crate::divergence::Divergences;
use crate::domain::Domain;
use crate::error::ExplainError;
use crate::exchanged::exchanged_note;
use crate::explain::{Subject, explain};
use crate::image_features::encode_pairs;
use crate::misplaced_prompts::misplaced_note;
use crate::place_features::place_divergences;
use crate::places::Look;
use crate::probes::Probes;
use crate::shuffled::shuffled_note;
use crate::unlike::unlike_note;
use crate::views::Views;
use finexl_core::explanation::Explanation;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::pairs::{Pair, PairOptions, PairSet};
use finexl_zoo::encoders::{Encoder, Features};
use std::path::Path;

/// Embedded pairs, as they come from files, from memory, or as features.
pub(super) struct Seen<'a, Ground> {
    pub names: Vec<String>,
    pub prompts: Vec<Option<String>>,
    pub base: &'a Features,
    pub personalized: &'a Features,
    /// Means over tiles of both sides, where there are any.
    pub tiles: Option<&'a [Features; 2]>,
    /// Looks at the pictures part by part, where they are there to be looked at.
    pub look: Option<Look<'a>>,
    /// How far the base's images move when saved again, see [`Appearance::resaved`].
    pub resaved: Option<f64>,
    /// What pairs that are no independent draws have in common.
    pub grounds: Vec<Ground>,
    /// Content of the base's side of every pair.
    pub contents: &'a [Fingerprint],
    /// Fingerprint of both sides.
    pub images: &'a Fingerprint,
    /// Fingerprint of the base's side.
    pub base_images: &'a Fingerprint,
    /// What there is to say of how they were found.
    pub notes: Vec<String>,
}

impl Explainer {
    /// Explains pairs of image files; `progress` is told pairs encoded and in all.
    ///
    /// # Errors
    /// An explainer without an encoder; reference models that are known to be of another base; images that cannot be used;
    /// dimensions that do not fit, a solver that fails.
    pub fn explain_pairs(
        &self,
        set: &PairSet,
        sides: &Sides,
        options: &PairOptions,
        progress: &dyn Fn(usize, usize),
    ) -> Result<Explained, ExplainError> {
        let encoder = self.needs_encoder()?;
        let mut notes = self.first_notes(sides)?;
        notes.extend(set.notes.clone());
        let features = encode_pairs(encoder, set, options, self.views, &self.cache, progress)?;
        notes.extend(features.notes.clone());
        let look = |chosen: &[usize]| {
            let chosen = chosen.iter().map(|pair| features.pairs[*pair].clone());
            let part = PairSet {
                pairs: chosen.collect(),
                notes: Vec::new(),
                pictures: set.pictures.clone(),
            };
            place_divergences(encoder, &part, options, &self.cache)
        };
        let pairs = features.pairs.iter();
        let seen = Seen {
            names: pairs.clone().map(|p| p.name.clone()).collect(),
            prompts: pairs.clone().map(|p| p.prompt.clone()).collect(),
            base: &features.base,
            personalized: &features.personalized,
            tiles: features.tiles.as_ref(),
            look: Some(&look),
            resaved: features.resaved,
            grounds: pairs.map(ground_of).collect(),
            contents: &features.base_contents,
            images: &features.fingerprint,
            base_images: &features.base_fingerprint,
            notes,
        };
        let explanation = self.explain_seen(encoder, seen, sides)?;
        Ok(Explained {
            explanation,
            pairs: features.pairs,
            pictures: set.pictures.clone(),
            cached: features.cached,
        })
    }

    /// The encoder, for what cannot be explained without one.
    pub(super) fn needs_encoder(&self) -> Result<&dyn Encoder, ExplainError> {
        match &self.eyes {
            Eyes::Encoder(encoder) => Ok(encoder.as_ref()),
            Eyes::Given(_) => Err(ExplainError::Explainer {
                problem: "directions that were made elsewhere come without an encoder of images; embed the images \
                          there too and explain the features, or build the explainer with an encoder"
                    .to_string(),
            }),
        }
    }

    /// What is said before anything is looked at.
    pub(super) fn first_notes(&self, sides: &Sides) -> Result<Vec<String>, ExplainError> {
        let mut notes = sides.notes.clone();
        notes.extend(self.notes.iter().cloned());
        if let Some(base) = &self.base {
            notes.extend(base.check(&sides.generated)?);
        }
        Ok(notes)
    }

    /// Explains embedded pairs with directions of texts.
    pub(super) fn explain_seen<Ground: Ord>(
        &self,
        encoder: &dyn Encoder,
        seen: Seen<'_, Ground>,
        sides: &Sides,
    ) -> Result<Explanation, ExplainError> {
        let probes = Probes::choose(encoder, &self.vocabulary, &seen.prompts)?;
        let bank = self.bank(encoder, &probes)?;
        let mut notes = seen.notes;
        notes.extend_from_slice(encoder.notes());
        notes.extend(pair_notes(seen.base, seen.personalized, &seen.names));
        notes.extend(misplaced_note(
            encoder,
            &probes,
            seen.base,
            &seen.names,
            &self.cache,
        )?);
        // Who leaves the views to the head has not asked for tiles, and pictures as small as the encoder's need none.
        if self.views == Views::Tiles && self.views_asked_for {
            notes.extend(untiled_note(seen.base, seen.tiles));
        }
        notes.extend_from_slice(&probes.notes);
        let remark = self.head.as_ref().and_then(|head| head.remark());
        notes.extend(remark.map(str::to_string));
        let divergences =
            Divergences::between(seen.base, seen.personalized)?.grouped_by(&seen.grounds)?;
        let tiles = seen.tiles.map(|[base, personalized]| {
            Divergences::between(base, personalized)?.grouped_by(&seen.grounds)
        });
        let subject = Subject {
            names: sides.names.clone(),
            pairs: seen.names,
            pair_fingerprints: pair_fingerprints(seen.contents, &probes),
            divergences: &divergences,
            tiles: tiles.transpose()?,
            look: seen.look.filter(|_| self.views == Views::Tiles),
            appearance: Some(Appearance {
                base: seen.base,
                personalized: seen.personalized,
                resaved: seen.resaved,
            }),
            bank: &bank,
            rough: distance_note(encoder, seen.base)?,
            generated: sides.generated.clone(),
            images: shown(seen.images, &seen.prompts),
            base_images: comparable(seen.base_images, &probes),
            notes,
        };
        explain(self, &subject)
    }

    /// Directions of the concepts where no prompts are known.
    ///
    /// # Errors
    /// An explainer without an encoder; phrases that the encoder cannot read.
    pub fn bank_without_prompts(&self) -> Result<ConceptBank, ExplainError> {
        let encoder = self.needs_encoder()?;
        let probes = Probes::choose(encoder, &self.vocabulary, &[None])?;
        self.bank(encoder, &probes)
    }

    fn bank(&self, encoder: &dyn Encoder, probes: &Probes) -> Result<ConceptBank, ExplainError> {
        let bank = cached_bank(&self.vocabulary, encoder, &probes.prompts, &self.cache)?;
        match &probes.of_pairs {
            Some(of_pairs) => bank.of_pairs(of_pairs.clone()),
            None => Ok(bank),
        }
    }
}

/// What speaks against the pairs as they are; of pairs in another order nothing more is asked.
pub(super) fn pair_notes(
    base: &Features,
    personalized: &Features,
    names: &[String],
) -> Vec<String> {
    if let Some(note) = shuffled_note(base, personalized, names) {
        return vec![note];
    }
    let exchanged = exchanged_note(base, personalized, names);
    (exchanged.into_iter())
        .chain(unlike_note(base, personalized, names))
        .collect()
}

/// A warning for where the base's images are far from everything the encoder was trained on.
fn distance_note(encoder: &dyn Encoder, base: &Features) -> Result<Option<String>, ExplainError> {
    let Some(domain) = Domain::embedded_for(encoder)? else {
        return Ok(None);
    };
    let far = (0..base.len())
        .filter(|row| domain.is_far(base.row(*row)))
        .count();
    let share = far as f64 / base.len() as f64;
    Ok((share > 0.5).then(|| {
        format!(
            "{far} of {} base images are unlike anything that {} was trained on (drawn scenes), and most of the change \
             stays unexplained: there the aspect that stands first is wrong more often than right. Trust the pictures, or \
             use a published encoder (--encoder).",
            base.len(),
            encoder.name()
        )
    }))
}

/// Fingerprint of all images with their prompts.
fn shown(images: &Fingerprint, prompts: &[Option<String>]) -> Fingerprint {
    let key = Fingerprint::of("images and prompts").nested("images", images);
    let prompts = prompts.iter().map(|prompt| prompt.as_deref());
    (prompts.fold(key, |key, prompt| match prompt {
        Some(prompt) => key.text("prompt", prompt),
        None => key.number("no prompt", 0),
    }))
    .finish()
}

/// What pairs that are no independent draws have in common: the prompt where it is known, else the base's image.
fn ground_of(pair: &Pair) -> (Option<&str>, &Path) {
    match pair.prompt.as_deref() {
        Some(prompt) => (Some(prompt), Path::new("")),
        None => (None, pair.base.as_path()),
    }
}

/// What the base gave in every pair: its image, and the prompt that concepts are measured on there. Where the probes
/// are not those of the pairs, concepts are measured on all of them.
fn pair_fingerprints(contents: &[Fingerprint], probes: &Probes) -> Vec<Fingerprint> {
    let identity = |(pair, content): (usize, &Fingerprint)| {
        let measured_on = match probes.of_pairs.as_ref().and_then(|of| of.get(pair)) {
            Some(probe) => probes.prompts.get(*probe..=*probe).unwrap_or_default(),
            None => &probes.prompts,
        };
        let image = Fingerprint::of("base image and prompts").nested("image", content);
        (measured_on.iter())
            .fold(image, |builder, prompt| builder.text("prompt", prompt))
            .finish()
    };
    contents.iter().enumerate().map(identity).collect()
}

/// The base's images, and the prompts that concepts are measured on.
fn comparable(base: &Fingerprint, probes: &Probes) -> Fingerprint {
    let grounds = Fingerprint::of("base and prompts").nested("base", base);
    (probes.prompts.iter())
        .fold(grounds, |builder, prompt| builder.text("prompt", prompt))
        .finish()
}

/// A note on pictures that are too small to be cut into tiles, whose features then stand for those of tiles.
fn untiled_note(whole: &Features, tiles: Option<&[Features; 2]>) -> Option<String> {
    let count = whole.len();
    let untiled = match tiles {
        None => count,
        Some([base, _]) => (0..count).filter(|i| base.row(*i) == whole.row(*i)).count(),
    };
    (untiled > 0).then(|| {
        format!(
            "{untiled} of {count} pairs have pictures that are hardly larger than what the encoder sees: of these no tiles \
             were looked at."
        )
    })
}
