//! The object.

use super::builder::ExplainerBuilder;
use super::given_directions::GivenDirections;
use super::known_base::KnownBase;
use crate::analysis::{AnalysisSettings, IntervalKind};
use crate::bank::ConceptBank;
use crate::cache::Cache;
use crate::calibrated_space::CalibratedSpace;
use crate::calibration::{Applicable, Calibration};
use crate::decompose::{Decomposition, Directions, Prepared, Weights};
use crate::divergence::Divergences;
use crate::error::ExplainError;
use crate::explain::{Subject, explain};
use crate::heads::Head;
use crate::views::{self, Views};
use crate::vocabulary::Vocabulary;
use finexl_core::explanation::{Explanation, Generated, Source};
use finexl_core::fingerprint::Fingerprint;
use finexl_data::decode::Pictures;
use finexl_data::pairs::Pair;
use finexl_zoo::encoders::Encoder;
use rayon::prelude::*;
use std::borrow::Cow;
use std::sync::Arc;

/// Says in words how a personalized generator differs from its base.
///
/// Built once by [`Explainer::builder`], it owns all that it reads by and can be asked any number of times, from
/// several threads at once. A clone shares all that is large.
#[derive(Clone)]
pub struct Explainer {
    pub(super) eyes: Eyes,
    pub(super) vocabulary: Arc<Vocabulary>,
    pub(super) settings: AnalysisSettings,
    pub(super) decomposition: Arc<dyn Decomposition>,
    pub(super) head: Option<Arc<Head>>,
    /// The base that the head was fitted to, where it was.
    pub(super) base: Option<Arc<KnownBase>>,
    pub(super) applicable: Arc<Applicable>,
    pub(super) cache: Cache,
    pub(super) views: Views,
    /// Rather than left to the head.
    pub(super) views_asked_for: bool,
    /// What there is to say of how it was put together.
    pub(super) notes: Arc<[String]>,
}

/// What brings images and words into one space.
#[derive(Clone)]
pub(super) enum Eyes {
    /// An encoder.
    Encoder(Arc<dyn Encoder>),
    /// Somebody else, who embedded both elsewhere.
    Given(Arc<GivenDirections>),
}

/// An explanation with the pairs it is about.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The record.
    pub explanation: Explanation,
    /// The usable pairs, in the order of the features; none where these came from elsewhere.
    pub pairs: Vec<Pair>,
    /// Where their pictures are.
    pub pictures: Pictures,
    /// Whether no image had to be encoded.
    pub cached: bool,
}

/// What a method reads off one mean divergence, without intervals and tests.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The weight of every concept, `[N]`, with residuals.
    pub weights: Weights,
    /// How far the levels of weights may be off, `[N]`, where the method knows it.
    pub level_errors: Option<Vec<f64>>,
}

impl Explainer {
    /// Puts one together.
    pub fn builder() -> ExplainerBuilder {
        ExplainerBuilder::default()
    }

    /// A builder with the same encoder, words, cache, method and settings, to change some of them. A head of one's own, reference
    /// models and a calibration are not taken over.
    pub fn to_builder(&self) -> ExplainerBuilder {
        let builder = Self::builder()
            .vocabulary(self.vocabulary.clone())
            .cache(self.cache.clone())
            .settings(self.settings.clone());
        let builder = match self.views_asked_for {
            true => builder.views(self.views),
            false => builder,
        };
        match &self.eyes {
            Eyes::Encoder(encoder) => builder.encoder(encoder.clone()),
            Eyes::Given(directions) => builder.directions(directions.clone()),
        }
    }

    /// The same with another number of bootstrap resamples.
    pub fn with_resamples(mut self, resamples: usize) -> Self {
        self.settings.resamples = resamples;
        self
    }

    /// The same with another number of sign flips.
    pub fn with_flips(mut self, flips: usize) -> Self {
        self.settings.flips = flips;
        self
    }

    /// The same with another kind of interval.
    pub fn with_interval(mut self, interval: IntervalKind) -> Self {
        self.settings.interval = interval;
        self
    }

    /// The encoder; none where directions came from elsewhere.
    pub fn encoder(&self) -> Option<&Arc<dyn Encoder>> {
        match &self.eyes {
            Eyes::Encoder(encoder) => Some(encoder),
            Eyes::Given(_) => None,
        }
    }

    /// The concepts that it may name.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Method, resampling, seed.
    pub fn settings(&self) -> &AnalysisSettings {
        &self.settings
    }

    /// The head that the method reads by, where it does; fitted to the reference models where there are some.
    pub fn head(&self) -> Option<&Arc<Head>> {
        self.head.as_ref()
    }

    /// What turns weights into levels; none where scores are raw weights.
    pub fn calibration(&self) -> Option<&Calibration> {
        self.applicable.calibration.as_ref()
    }

    /// Where divergences are decomposed; none for the encoder's own space.
    pub fn space(&self) -> Option<&CalibratedSpace> {
        self.applicable.space.as_ref()
    }

    /// Where profiles are fitted, whatever the method; none for the encoder's own space.
    pub fn profile_space(&self) -> Option<&CalibratedSpace> {
        self.applicable.profile_space.as_ref()
    }

    /// What turned weights into levels, or where they were fitted, if that is a calibration.
    pub(crate) fn calibrated_by(&self) -> Option<&Source> {
        self.applicable.source.as_ref()
    }

    /// The method, built.
    pub(crate) fn decomposition(&self) -> &dyn Decomposition {
        self.decomposition.as_ref()
    }

    /// Fingerprint of everything that an explanation depends on beside encoder, words, calibration and input.
    ///
    /// # Errors
    /// As [`crate::decompose::Method::fingerprint`].
    pub fn fingerprint(&self) -> Result<Fingerprint, ExplainError> {
        let settings = self.settings.fingerprint(self.head.as_deref())?;
        Ok(match self.views {
            Views::Whole => settings,
            Views::Tiles => Fingerprint::of("settings with views")
                .nested("settings", &settings)
                .text("views", self.views.name())
                .number("version", u64::from(views::VERSION))
                .finish(),
        })
    }

    /// What of a picture is looked at.
    pub fn views(&self) -> Views {
        self.views
    }

    /// The same of the method alone.
    ///
    /// # Errors
    /// As [`crate::decompose::Method::fingerprint`].
    pub fn method_fingerprint(&self) -> Result<Fingerprint, ExplainError> {
        self.settings.method.fingerprint(self.head.as_deref())
    }

    /// Name, fingerprint and device of what embedded the images.
    pub(crate) fn embedded_by(&self) -> (&str, &Fingerprint, &str) {
        match &self.eyes {
            Eyes::Encoder(encoder) => (encoder.name(), encoder.fingerprint(), encoder.device()),
            Eyes::Given(given) => ("features from outside", given.fingerprint(), "none"),
        }
    }

    /// Explains divergences of which nothing else is known with a bank of the vocabulary: what measurements do.
    ///
    /// # Errors
    /// Dimensions or pairs that do not fit, settings outside their range, a solver that fails.
    pub fn explain_divergences(
        &self,
        divergences: &Divergences,
        bank: &ConceptBank,
    ) -> Result<Explanation, ExplainError> {
        self.explain_views(divergences, None, bank)
    }

    /// The same with those of tiles beside the whole pictures, where there are any.
    ///
    /// # Errors
    /// As [`Explainer::explain_divergences`].
    pub fn explain_views(
        &self,
        divergences: &Divergences,
        tiles: Option<&Divergences>,
        bank: &ConceptBank,
    ) -> Result<Explanation, ExplainError> {
        let unknown = Fingerprint::of("evaluation").finish();
        let subject = Subject {
            names: ["base", "personalized"].map(str::to_string),
            pairs: (0..divergences.pairs()).map(|i| i.to_string()).collect(),
            pair_fingerprints: vec![unknown.clone(); divergences.pairs()],
            divergences,
            tiles: tiles.cloned(),
            look: None,
            appearance: None,
            bank,
            rough: None,
            generated: Generated::default(),
            images: unknown.clone(),
            base_images: unknown,
            notes: Vec::new(),
        };
        explain(self, &subject)
    }

    /// Reads a mean divergence, `[d]`, with mean directions of the vocabulary's concepts, `[N, d]`, both in the encoder's
    /// own space.
    ///
    /// # Errors
    /// Dimensions that do not fit, numbers that are not finite, a solver that fails.
    pub fn fit(&self, mean: &[f64], directions: &[f64]) -> Result<Fitted, ExplainError> {
        let mean = self.in_space(mean)?;
        self.prepared(directions, |prepared| {
            Ok(Fitted {
                weights: prepared.fit(&mean, None)?,
                level_errors: prepared.level_errors(&mean)?,
            })
        })
    }

    /// The weights in each of some mean divergences, `[d]` each, as [`Explainer::fit`] reads them, by one factorisation.
    ///
    /// # Errors
    /// As [`Explainer::fit`].
    pub fn fit_each(
        &self,
        means: &[Vec<f64>],
        directions: &[f64],
    ) -> Result<Vec<Vec<f64>>, ExplainError> {
        self.prepared(directions, |prepared| {
            (means.par_iter())
                .map(|mean| Ok(prepared.fit(&self.in_space(mean)?, None)?.weights))
                .collect()
        })
    }

    /// As [`Explainer::fit`] with [`Explainer::transformed`], by one factorisation.
    ///
    /// # Errors
    /// As [`Explainer::fit`].
    pub fn fit_with_directions(
        &self,
        mean: &[f64],
        directions: &[f64],
    ) -> Result<(Weights, Vec<f64>), ExplainError> {
        let mean = self.in_space(mean)?;
        self.prepared(directions, |prepared| {
            let transformed = prepared.transformed().into_owned();
            Ok((prepared.fit(&mean, None)?, transformed))
        })
    }

    /// Directions of the vocabulary's concepts, `[N, d]`, in the encoder's own space, as the method sees them (centred,
    /// whitened), `[N, d]`.
    ///
    /// # Errors
    /// As [`Explainer::fit`].
    pub fn transformed(&self, directions: &[f64]) -> Result<Vec<f64>, ExplainError> {
        self.prepared(directions, |prepared| {
            Ok(prepared.transformed().into_owned())
        })
    }

    fn in_space<'a>(&self, mean: &'a [f64]) -> Result<Cow<'a, [f64]>, ExplainError> {
        Ok(match self.space() {
            Some(space) => Cow::Owned(space.whitened(mean)?),
            None => Cow::Borrowed(mean),
        })
    }

    fn prepared<T>(
        &self,
        directions: &[f64],
        work: impl FnOnce(&dyn Prepared) -> Result<T, ExplainError>,
    ) -> Result<T, ExplainError> {
        let count = self.vocabulary.concepts().len();
        let directions = match self.space() {
            Some(space) => Cow::Owned(space.directions(directions, &self.vocabulary)?),
            None => Cow::Borrowed(directions),
        };
        let dimension = directions.len() / count.max(1);
        let directions = Directions::new(&directions, count, dimension)?;
        work(self.decomposition.prepare(directions)?.as_ref())
    }

    /// The score of a concept's weight: its level where there is a calibration, else the weight.
    pub fn level(&self, concept: &str, weight: f64) -> f64 {
        self.calibration()
            .map_or(weight, |calibration| calibration.level(concept, weight))
    }
}

impl std::fmt::Debug for Explainer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Explainer")
            .field("encoder", &self.embedded_by().0)
            .field("settings", &self.settings)
            .field("concepts", &self.vocabulary.concepts().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn it_can_be_held_by_a_server() {
        fn check<T: Send + Sync + Clone + 'static>() {}
        check::<Explainer>();
    }
}
