//! Putting an explainer together.

use super::given_directions::GivenDirections;
use super::known_base::KnownBase;
use super::object::{Explainer, Eyes};
use super::words;
use crate::alike;
use crate::analysis::{AnalysisSettings, IntervalKind};
use crate::cache::Cache;
use crate::calibration::{Applicable, CalibrationChoice};
use crate::decompose::Method;
use crate::error::ExplainError;
use crate::heads::{Head, HeadReading};
use crate::kept_calibrations::{Found, KeptCalibrations};
use crate::references::References;
use crate::views::Views;
use crate::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use std::sync::Arc;

/// What an [`Explainer`] is put together of. An encoder, or directions made elsewhere, has to be given; all else has
/// a default.
#[derive(Clone, Default)]
pub struct ExplainerBuilder {
    encoder: Option<Arc<dyn Encoder>>,
    directions: Option<Arc<GivenDirections>>,
    vocabulary: Option<Arc<Vocabulary>>,
    /// Without the method.
    settings: AnalysisSettings,
    method: Option<Method>,
    head: Option<Arc<Head>>,
    references: Option<Arc<References>>,
    calibration: CalibrationChoice,
    kept: KeptCalibrations,
    cache: Cache,
    views: Option<Views>,
}

impl ExplainerBuilder {
    /// What embeds images and texts.
    pub fn encoder(mut self, encoder: impl Into<Arc<dyn Encoder>>) -> Self {
        self.encoder = Some(encoder.into());
        self
    }

    /// Concepts with directions that were made elsewhere, in the place of an encoder: then only features can be
    /// explained.
    pub fn directions(mut self, directions: impl Into<Arc<GivenDirections>>) -> Self {
        self.directions = Some(directions.into());
        self
    }

    /// The concepts that may be named. Default: those of the head that is given, else of the directions, else
    /// [`Vocabulary::default_for`] the encoder.
    pub fn vocabulary(mut self, vocabulary: impl Into<Arc<Vocabulary>>) -> Self {
        self.vocabulary = Some(vocabulary.into());
        self
    }

    /// How divergences are decomposed. Default: `learned` where a head or reference models are given, or the head inside
    /// the program is for the encoder; else `nnls`.
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// A head of one's own. Default: the one inside the program, for methods that read by one.
    pub fn head(mut self, head: Arc<Head>) -> Self {
        self.head = Some(head);
        self
    }

    /// Reference models of the base, which the head is fitted to.
    pub fn references(mut self, references: impl Into<Arc<References>>) -> Self {
        self.references = Some(references.into());
        self
    }

    /// Where levels come from. Default: the head, or what of the calibration inside the program fits.
    pub fn calibration(mut self, calibration: CalibrationChoice) -> Self {
        self.calibration = calibration;
        self
    }

    /// Calibrations that were fitted to encoders, one of which is used where it fits and no other was chosen. Default: none.
    pub fn kept_calibrations(mut self, kept: KeptCalibrations) -> Self {
        self.kept = kept;
        self
    }

    /// Method, interval, resampling and seed at once.
    pub fn settings(mut self, settings: AnalysisSettings) -> Self {
        self.method = Some(settings.method.clone());
        self.settings = settings;
        self
    }

    /// Kind of interval.
    pub fn interval(mut self, interval: IntervalKind) -> Self {
        self.settings.interval = interval;
        self
    }

    /// Bootstrap resamples.
    pub fn resamples(mut self, resamples: usize) -> Self {
        self.settings.resamples = resamples;
        self
    }

    /// Random sign flips of the significance test.
    pub fn flips(mut self, flips: usize) -> Self {
        self.settings.flips = flips;
        self
    }

    /// Seed of resampling and flips.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// What of a picture is looked at. Default: what the head has learned from, the whole without a head.
    pub fn views(mut self, views: Views) -> Self {
        self.views = Some(views);
        self
    }

    /// Where features are kept. Default: nowhere.
    pub fn cache(mut self, cache: Cache) -> Self {
        self.cache = cache;
        self
    }

    /// The explainer.
    ///
    /// # Errors
    /// Neither an encoder nor directions, or both; a head, reference models or a calibration that do not fit the encoder
    /// or the method; phrases that the encoder cannot read; a setting outside its range.
    pub fn build(self) -> Result<Explainer, ExplainError> {
        let eyes = self.eyes()?;
        let method = self.chosen_method(&eyes)?;
        let (vocabulary, merged) = self.readable_vocabulary(&eyes)?;
        let head = self.chosen_head(&method, &eyes)?;
        let applicable = match &eyes {
            Eyes::Encoder(encoder) => Applicable::of(
                &self.calibration,
                encoder.as_ref(),
                &vocabulary,
                &method,
                head.as_deref(),
            )?,
            Eyes::Given(_) => Applicable::default(),
        };
        let (kept, unused) = self.found(&eyes, &vocabulary, &method);
        let of_words = match (&self.vocabulary, &self.head) {
            (Some(vocabulary), Some(head)) => words::left_out(vocabulary, head)?,
            _ => None,
        };
        let of_kept = kept.as_ref().map(Found::note).or(unused);
        let notes = merged.into_iter().chain(of_words).chain(of_kept);
        // A space alone was not fitted for these words, so it does not decide what is looked at.
        let of_calibration = kept.as_ref().filter(|found| found.whole);
        let of_head = head.as_ref().map(|head| head.config().views);
        let learned = of_head.or(of_calibration.map(|found| found.kept.views));
        Ok(Explainer {
            views: self.views.or(learned).unwrap_or_default(),
            views_asked_for: self.views.is_some(),
            eyes,
            vocabulary,
            decomposition: method.build_with(head.as_ref())?,
            settings: AnalysisSettings {
                method,
                ..self.settings
            },
            head,
            base: (self.references.as_deref()).map(|r| Arc::new(KnownBase::of(r))),
            applicable: Arc::new(match kept {
                Some(found) => applicable.with_kept(found),
                None => applicable,
            }),
            cache: self.cache,
            notes: notes.collect(),
        })
    }

    /// The kept calibration that applies where none was chosen, and why there is none although there could be.
    fn found(
        &self,
        eyes: &Eyes,
        vocabulary: &Vocabulary,
        method: &Method,
    ) -> (Option<Found>, Option<String>) {
        match (eyes, &self.calibration, method.has_head()) {
            (Eyes::Encoder(encoder), CalibrationChoice::Embedded, false) => {
                (self.kept).find(encoder.as_ref(), vocabulary, method, self.views)
            }
            _ => (None, None),
        }
    }

    fn eyes(&self) -> Result<Eyes, ExplainError> {
        let fault = |problem: &str| {
            Err(ExplainError::Explainer {
                problem: problem.to_string(),
            })
        };
        match (&self.encoder, &self.directions) {
            (Some(encoder), None) => Ok(Eyes::Encoder(encoder.clone())),
            (None, Some(directions)) => match self.calibration {
                CalibrationChoice::Embedded | CalibrationChoice::Raw(None) => {
                    Ok(Eyes::Given(directions.clone()))
                }
                _ => fault("directions that were made elsewhere have no calibration; leave it out"),
            },
            (None, None) => fault("an explainer needs an encoder, or directions made elsewhere"),
            (Some(_), Some(_)) => {
                fault("an explainer takes an encoder or directions made elsewhere, not both")
            }
        }
    }

    /// What was chosen, or what fits best to all else that was.
    fn chosen_method(&self, eyes: &Eyes) -> Result<Method, ExplainError> {
        let given = match (&self.head, &self.references) {
            (None, None) => None,
            (Some(_), _) => Some("--head"),
            (None, Some(_)) => Some("--references"),
        };
        let method = match (&self.method, given, eyes) {
            (Some(method), _, _) => method.clone(),
            (None, Some(_), _) => Method::ByHead(HeadReading::Learned),
            (None, None, Eyes::Encoder(encoder)) => match self.calibration {
                // A calibration that was made is for a method without a head.
                CalibrationChoice::File(_) | CalibrationChoice::Fitted(_) => Method::default(),
                _ => Method::default_for(encoder.as_ref())?,
            },
            (None, None, Eyes::Given(_)) => Method::default(),
        };
        let problem = match (given, method.has_head(), eyes) {
            (_, true, Eyes::Given(_)) => {
                "features from outside have no head; choose another --method".to_string()
            }
            (Some(what), false, _) => format!(
                "{} reads by no head; leave {what} out, or choose --method learned or calibrated",
                method.name()
            ),
            (_, true, _) if matches!(self.calibration, CalibrationChoice::File(_)) => format!(
                "{} has its levels from its head; leave --calibration out, or choose a --method without a head",
                method.name()
            ),
            _ => return Ok(method),
        };
        Err(ExplainError::NoHead { problem })
    }

    /// The concepts that may be named, all of which the encoder can read, and what there is to say of them.
    fn readable_vocabulary(
        &self,
        eyes: &Eyes,
    ) -> Result<(Arc<Vocabulary>, Option<String>), ExplainError> {
        let vocabulary = match (&self.vocabulary, eyes, &self.head) {
            (_, Eyes::Given(directions), _) => return Ok((directions.vocabulary().clone(), None)),
            (Some(vocabulary), _, _) => vocabulary.clone(),
            (None, _, Some(head)) => Arc::new(head.vocabulary()?),
            (None, Eyes::Encoder(encoder), None) => {
                Arc::new(Vocabulary::default_for(encoder.as_ref())?)
            }
        };
        let Eyes::Encoder(encoder) = eyes else {
            return Ok((vocabulary, None));
        };
        let phrases = vocabulary.concepts().iter().flat_map(|c| &c.phrases);
        for phrase in phrases {
            encoder.check_text(phrase)?;
        }
        if !vocabulary.to_merge {
            return Ok((vocabulary, None));
        }
        let (merged, count) = alike::merged(&vocabulary, encoder.as_ref(), &self.cache)?;
        let note = (count > 0).then(|| {
            format!(
                "{count} of {} concepts of the vocabulary styles mean to {} what others do, and count as these.",
                vocabulary.concepts().len(),
                encoder.name()
            )
        });
        Ok((Arc::new(merged), note))
    }

    /// The head that the method reads by, fitted to the reference models.
    fn chosen_head(&self, method: &Method, eyes: &Eyes) -> Result<Option<Arc<Head>>, ExplainError> {
        let Eyes::Encoder(encoder) = eyes else {
            return Ok(None);
        };
        if !method.has_head() {
            return Ok(None);
        }
        let head = match &self.head {
            Some(head) => head.clone(),
            None => Head::embedded()?,
        };
        let head = match &self.references {
            Some(references) => Arc::new(head.for_base(references)?),
            None => head,
        };
        head.check(encoder.as_ref())?;
        Ok(Some(head))
    }
}
