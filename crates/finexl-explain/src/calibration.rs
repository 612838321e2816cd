//! Raw weights -> levels, and how large an effect has to be: fitted on validation scenes.

use crate::calibrated_space::CalibratedSpace;
use crate::decompose::Method;
use crate::error::ExplainError;
use crate::heads::Head;
use crate::kept_calibrations::Found;
use crate::statistics::MonotoneMap;
use crate::vocabulary::Vocabulary;
use finexl_core::CoreError;
use finexl_core::explanation::Source;
use finexl_core::fingerprint::Fingerprint;
use finexl_zoo::encoders::Encoder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The calibration of the embedded encoder with the default vocabulary.
const EMBEDDED: &str = include_str!("../calibration/mini-clip.json");

/// Valid for one encoder, vocabulary and method only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Calibration {
    /// Encoder that it was fitted with.
    pub encoder: Fingerprint,
    /// Vocabulary that it was fitted with.
    pub vocabulary: Fingerprint,
    /// Method that it was fitted with.
    pub method: Method,
    /// Where divergences are decomposed; absent: in the encoder's own space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<CalibratedSpace>,
    /// Weight -> level per concept.
    pub maps: BTreeMap<String, MonotoneMap>,
    /// The same for concepts without a map of their own, fitted on all aspects together.
    pub shared: MonotoneMap,
    /// Level that the interval of a significant aspect has to lie beyond; nulls stay below it.
    pub effect: f64,
    /// Share of the highest level that a significant aspect has to reach; what one strong aspect
    /// spills over to others stays below it.
    pub spill: f64,
}

/// A calibration with where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationFile {
    /// What the file holds.
    pub calibration: Calibration,
    /// Name of the file, for messages and records.
    pub path: PathBuf,
    /// Its content.
    pub fingerprint: Fingerprint,
}

impl CalibrationFile {
    /// Reads a file that a `[calibrate]` experiment wrote.
    ///
    /// # Errors
    /// A file that cannot be read, or that is no calibration.
    pub fn read(path: &Path) -> Result<Self, ExplainError> {
        let bytes = finexl_core::atomic::read(path)?;
        Ok(Self {
            calibration: Calibration::parse(&bytes, &path.display().to_string())?,
            path: path.to_path_buf(),
            fingerprint: Fingerprint::of_bytes(&bytes),
        })
    }
}

/// Where levels come from.
#[derive(Clone, Debug, Default)]
pub enum CalibrationChoice {
    /// From the head where the method reads by one, else from one that is kept for the encoder, else from the calibration
    /// inside the program as far as it fits.
    #[default]
    Embedded,
    /// From a file, which has to fit encoder, vocabulary and method.
    File(Box<CalibrationFile>),
    /// From one that was just fitted to this encoder, vocabulary and method.
    Fitted(Box<Calibration>),
    /// From nowhere: raw weights, in a space that is given, or in that of a head, else in the encoder's own.
    Raw(Option<Box<CalibratedSpace>>),
}

/// What of a calibration applies to an explanation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Applicable {
    /// Where divergences are decomposed; it depends on the encoder and the method.
    pub space: Option<CalibratedSpace>,
    /// Where profiles are fitted; it depends on the encoder alone.
    pub profile_space: Option<CalibratedSpace>,
    /// Levels and thresholds; they depend on the vocabulary too.
    pub calibration: Option<Calibration>,
    /// The file or the embedded calibration of which something applies; none where all comes from a head.
    pub source: Option<Source>,
}

impl Applicable {
    /// Of what was chosen.
    ///
    /// # Errors
    /// A file that was fitted for something else; a damaged embedded calibration.
    pub fn of(
        choice: &CalibrationChoice,
        encoder: &dyn Encoder,
        vocabulary: &Vocabulary,
        method: &Method,
        head: Option<&Head>,
    ) -> Result<Self, ExplainError> {
        match choice {
            CalibrationChoice::Embedded => Self::embedded(encoder, vocabulary, (method, head)),
            CalibrationChoice::File(file) => {
                if let Some(what) = file.calibration.unlike(encoder, vocabulary, method) {
                    return Err(ExplainError::Calibration {
                        path: file.path.clone(),
                        what,
                    });
                }
                let source = Source {
                    name: file_name(&file.path),
                    fingerprint: file.fingerprint.clone(),
                };
                Ok(Self::whole(file.calibration.clone(), Some(source)))
            }
            CalibrationChoice::Fitted(calibration) => Ok(Self::whole(*calibration.clone(), None)),
            CalibrationChoice::Raw(space) => {
                let of_head = || head.map(|head| head.config().space.clone());
                let space = space.as_deref().cloned().or_else(of_head);
                Ok(Self {
                    profile_space: space.clone(),
                    space,
                    ..Self::default()
                })
            }
        }
    }

    /// The same with a calibration that is kept for the encoder. Profiles stay in the space that all of the encoder's are
    /// fitted in, so that records made with it and without it can be compared.
    pub fn with_kept(self, found: Found) -> Self {
        let calibration = found.kept.calibration;
        Self {
            space: calibration.space.clone(),
            calibration: found.whole.then_some(calibration),
            source: Some(found.source),
            ..self
        }
    }

    fn whole(calibration: Calibration, source: Option<Source>) -> Self {
        Self {
            space: calibration.space.clone(),
            profile_space: calibration.space.clone(),
            calibration: Some(calibration),
            source,
        }
    }

    /// What of the embedded calibration, or of a head, applies to this encoder, vocabulary and method.
    fn embedded(
        encoder: &dyn Encoder,
        vocabulary: &Vocabulary,
        (method, head): (&Method, Option<&Head>),
    ) -> Result<Self, ExplainError> {
        let parsed: Option<Calibration> = parse(EMBEDDED, "the embedded calibration")?;
        if let (Method::ByHead(reading), Some(head)) = (method, head) {
            // Profiles are the same whatever the method.
            let own = parsed.filter(|c| c.encoder == *encoder.fingerprint());
            return Ok(Self {
                source: own.is_some().then(embedded_source),
                profile_space: own.and_then(|c| c.space),
                ..head.applicable(*reading, vocabulary)
            });
        }
        let Some(calibration) = parsed else {
            return Ok(Self::default());
        };
        let source = Some(embedded_source());
        Ok(match calibration.unlike(encoder, vocabulary, method) {
            None => Self::whole(calibration, source),
            Some("vocabulary") => Self {
                calibration: None,
                ..Self::whole(calibration, source)
            },
            Some("method") => Self {
                profile_space: calibration.space,
                source,
                ..Self::default()
            },
            Some(_) => Self::default(),
        })
    }
}

impl Calibration {
    /// Reads the content of a file; `what` stands in messages.
    ///
    /// # Errors
    /// [`CoreError::Json`] for what is no calibration, or one whose thresholds are no shares.
    pub fn parse(bytes: &[u8], what: &str) -> Result<Self, ExplainError> {
        let text = String::from_utf8_lossy(bytes);
        let calibration: Self = parse(&text, what)?;
        let thresholds = [("effect", calibration.effect), ("spill", calibration.spill)];
        match thresholds.iter().find(|(_, v)| !(0.0..=1.0).contains(v)) {
            None => Ok(calibration),
            Some((name, value)) => Err(ExplainError::Core(CoreError::Json {
                what: what.to_string(),
                source: serde::de::Error::custom(format!("its {name} is {value}, not in [0, 1]")),
            })),
        }
    }

    /// In what a calibration differs from what is asked for; the vocabulary comes last.
    fn unlike(
        &self,
        encoder: &dyn Encoder,
        vocabulary: &Vocabulary,
        method: &Method,
    ) -> Option<&'static str> {
        if self.encoder != *encoder.fingerprint() {
            Some("encoder")
        } else if self.method != *method {
            Some("method")
        } else if self.vocabulary != *vocabulary.fingerprint() {
            Some("vocabulary")
        } else {
            None
        }
    }

    /// Writes the calibration as JSON, atomically.
    ///
    /// # Errors
    /// [`CoreError::Write`] naming the file.
    pub fn write(&self, path: &Path) -> Result<(), ExplainError> {
        let json = serde_json::to_vec_pretty(self).map_err(|source| CoreError::Json {
            what: path.display().to_string(),
            source,
        })?;
        Ok(finexl_core::atomic::write(path, &json)?)
    }

    /// The level of a weight, in [-1, 1]; signs are kept.
    pub fn level(&self, concept: &str, weight: f64) -> f64 {
        let map = self.maps.get(concept).unwrap_or(&self.shared);
        map.apply(weight.abs()).clamp(0.0, 1.0)
            * weight.signum()
            * f64::from(u8::from(weight != 0.0))
    }

    /// The level beyond which the interval of a significant aspect has to lie, where `highest` is
    /// the highest level of all.
    pub fn threshold(&self, highest: f64) -> f64 {
        self.effect.max(self.spill * highest)
    }
}

fn embedded_source() -> Source {
    Source {
        name: "mini-clip, embedded".to_string(),
        fingerprint: Fingerprint::of_bytes(EMBEDDED.as_bytes()),
    }
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

fn parse<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, ExplainError> {
    serde_json::from_str(text).map_err(|source| {
        ExplainError::Core(CoreError::Json {
            what: what.to_string(),
            source,
        })
    })
}
