//! Calibrations that `finexl calibrate` fitted, in a folder of the user's, by what they belong to.
//!
//! A folder per encoder (its fingerprint) holds every calibration under its identity, and a list of which is used with
//! which vocabulary, method and views. What is damaged or cannot be read counts as not there: it never stands in the way
//! of an explanation.

use crate::calibration::Calibration;
use crate::code_versions::code_versions;
use crate::decompose::Method;
use crate::error::ExplainError;
use crate::views::Views;
use crate::vocabulary::Vocabulary;
use finexl_core::change::Measured;
use finexl_core::explanation::Source;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::work_lock::{WorkLock, WorkPlace};
use finexl_core::{json_file, user_data};
use finexl_zoo::encoders::Encoder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Version of the files.
const VERSION: u32 = 1;
/// The list of what is used.
const IN_USE: &str = "in-use.json";

/// A calibration with what it was fitted on and what it is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeptCalibration {
    version: u32,
    /// Everything that it depends on.
    pub identity: Fingerprint,
    /// What the encoder was called.
    pub encoder_name: String,
    /// What of each picture was looked at.
    pub views: Views,
    /// Pictures that it was fitted and tested on.
    pub pictures: usize,
    /// Versions of the code that fitted it, see [`KeptCalibrations::code`].
    pub code: BTreeMap<String, u32>,
    /// What it is worth on pictures that it was not fitted on.
    pub worth: Worth,
    /// What there was to say of the pictures.
    pub notes: Vec<String>,
    /// Itself.
    pub calibration: Calibration,
}

/// How well aspects are recognised that operators made which no fit has seen, on pictures that no fit has seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Worth {
    /// Pictures that it was measured on.
    pub pictures: usize,
    /// Pairs of each case.
    pub pairs: usize,
    /// The figures; the first is how often one aspect comes first.
    pub rows: Vec<WorthRow>,
    /// Aspects that come first in less than half of their cases.
    pub weak: Vec<String>,
}

/// A figure with the calibration and without.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WorthRow {
    /// What is counted, in words.
    pub what: String,
    /// Cases.
    pub cases: usize,
    /// With the calibration.
    pub calibrated: Measured,
    /// With raw weights in the encoder's own space.
    pub raw: Measured,
}

impl KeptCalibration {
    /// One that was just fitted.
    pub fn new(
        identity: Fingerprint,
        (encoder, views): (&dyn Encoder, Views),
        pictures: usize,
        calibration: Calibration,
    ) -> Self {
        Self {
            version: VERSION,
            identity,
            encoder_name: encoder.name().to_string(),
            views,
            pictures,
            code: KeptCalibrations::code(&calibration.method),
            worth: Worth::default(),
            notes: Vec::new(),
            calibration,
        }
    }
}

/// Which calibration is used with what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct InUse {
    vocabulary: Fingerprint,
    method: Method,
    views: Views,
    code: BTreeMap<String, u32>,
    identity: Fingerprint,
}

impl InUse {
    fn of(kept: &KeptCalibration) -> Self {
        Self {
            vocabulary: kept.calibration.vocabulary.clone(),
            method: kept.calibration.method.clone(),
            views: kept.views,
            code: kept.code.clone(),
            identity: kept.identity.clone(),
        }
    }

    fn has_the_place_of(&self, other: &Self) -> bool {
        self.vocabulary == other.vocabulary
            && self.method == other.method
            && self.views == other.views
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct List {
    version: u32,
    /// The one that was fitted, or asked for, last stands last.
    calibrations: Vec<InUse>,
}

/// A kept calibration that applies to an explanation.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub kept: KeptCalibration,
    pub source: Source,
    /// Whether it was fitted with the vocabulary, too; else its space alone applies.
    pub whole: bool,
}

/// The folder of kept calibrations; without a folder there are none.
#[derive(Clone, Debug, Default)]
pub struct KeptCalibrations {
    folder: Option<PathBuf>,
}

impl KeptCalibrations {
    /// There are none.
    pub fn none() -> Self {
        Self::default()
    }

    /// In a folder of its own.
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: Some(folder.to_path_buf()),
        }
    }

    /// `calibrations` in the user's folder ([`user_data::folder`]).
    pub fn of_user() -> Self {
        Self {
            folder: user_data::folder().map(|folder| folder.join("calibrations")),
        }
    }

    /// Versions of the code that a calibration holds for.
    pub fn code(method: &Method) -> BTreeMap<String, u32> {
        let mut code = code_versions(method);
        let operators = finexl_data::aspects::VERSION;
        code.insert("operators".to_string(), operators);
        code
    }

    /// Where calibrations of an encoder are, or will be.
    ///
    /// # Errors
    /// There is no folder: nobody said where, and there is no home.
    pub fn folder_of(&self, encoder: &dyn Encoder) -> Result<PathBuf, ExplainError> {
        let folder = self.of(encoder);
        folder.ok_or_else(|| ExplainError::Explainer {
            problem: format!(
                "there is no folder to keep a calibration in: there is no home; set {}",
                user_data::DATA_VARIABLE
            ),
        })
    }

    fn of(&self, encoder: &dyn Encoder) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        Some(folder.join(encoder.fingerprint().as_str()))
    }

    /// The right to fit for an encoder; waits for another process that does.
    ///
    /// # Errors
    /// As [`KeptCalibrations::folder_of`]; a folder that cannot be written to.
    pub fn lock(&self, encoder: &dyn Encoder) -> Result<WorkLock, ExplainError> {
        Ok(WorkPlace::folder(self.folder_of(encoder)?).wait()?)
    }

    /// The calibration of an identity; none where it is not there or damaged.
    pub fn get(&self, encoder: &dyn Encoder, identity: &Fingerprint) -> Option<KeptCalibration> {
        let (kept, _) = self.read(encoder, identity)?;
        Some(kept)
    }

    fn read(
        &self,
        encoder: &dyn Encoder,
        identity: &Fingerprint,
    ) -> Option<(KeptCalibration, Source)> {
        let path = file_of(&self.of(encoder)?, identity);
        if !path.is_file() {
            return None;
        }
        let read = finexl_core::atomic::read(&path).and_then(|bytes| {
            let kept: KeptCalibration = json_file::parse(&path, &bytes, VERSION)?;
            Ok((kept, Fingerprint::of_bytes(&bytes)))
        });
        let (kept, fingerprint) = match read {
            Ok(read) => read,
            Err(error) => {
                tracing::warn!("ignoring a damaged calibration: {error}");
                return None;
            }
        };
        let fits = kept.calibration.encoder == *encoder.fingerprint() && kept.identity == *identity;
        let name = format!("finexl calibrate, {} pictures", kept.pictures);
        fits.then_some((kept, Source { name, fingerprint }))
    }

    /// Keeps a calibration, and uses it from now on with its vocabulary, method and views. Gives the file.
    ///
    /// # Errors
    /// As [`KeptCalibrations::lock`].
    pub fn keep(
        &self,
        encoder: &dyn Encoder,
        kept: &KeptCalibration,
    ) -> Result<PathBuf, ExplainError> {
        let folder = self.folder_of(encoder)?;
        finexl_core::atomic::create_folder(&folder)?;
        let file = file_of(&folder, &kept.identity);
        json_file::write(&file, kept)?;
        let own = InUse::of(kept);
        let mut list = list(&folder);
        list.calibrations
            .retain(|other| !other.has_the_place_of(&own));
        list.calibrations.push(own);
        list.version = VERSION;
        json_file::write(&folder.join(IN_USE), &list)?;
        Ok(file)
    }

    /// What applies to an encoder, vocabulary and method, and what to say where nothing does although there is something.
    /// With another vocabulary the one that was fitted last has its space used.
    pub(crate) fn find(
        &self,
        encoder: &dyn Encoder,
        vocabulary: &Vocabulary,
        method: &Method,
        views: Option<Views>,
    ) -> (Option<Found>, Option<String>) {
        let Some(folder) = self.of(encoder).filter(|folder| folder.is_dir()) else {
            return (None, None);
        };
        let of_method = |entry: &&InUse| entry.method == *method;
        let all = list(&folder).calibrations;
        let all: Vec<&InUse> = all.iter().rev().filter(of_method).collect();
        let code = Self::code(method);
        let current: Vec<&InUse> = all.iter().filter(|e| e.code == code).copied().collect();
        let seen = |entry: &&InUse| views.is_none_or(|views| views == entry.views);
        let fitting: Vec<&InUse> = current.iter().filter(|e| seen(e)).copied().collect();
        let same = |entry: &&InUse| entry.vocabulary == *vocabulary.fingerprint();
        let chosen = (fitting.iter().find(|e| same(e))).or(fitting.first());
        let Some(chosen) = chosen else {
            return (None, nothing(encoder, &all, &current));
        };
        let found = self.read(encoder, &chosen.identity);
        let found = found.map(|(kept, source)| Found {
            kept,
            source,
            whole: same(chosen),
        });
        (found, None)
    }
}

/// Why no calibration applies although there are some for the method; `current` are those of this version.
fn nothing(encoder: &dyn Encoder, all: &[&InUse], current: &[&InUse]) -> Option<String> {
    let name = encoder.name();
    match (current.first(), all.first()) {
        (Some(other), _) => Some(format!(
            "The calibration of {name} was fitted with --views {}, so it is not used here.",
            other.views.name()
        )),
        (None, Some(_)) => Some(format!(
            "The calibration of {name} was fitted by another version of the program and is not used; run finexl calibrate \
             again."
        )),
        (None, None) => None,
    }
}

impl Found {
    /// What a reader has to know of it.
    pub fn note(&self) -> String {
        let kept = &self.kept;
        let (name, pictures) = (&kept.encoder_name, kept.pictures);
        if !self.whole {
            return format!(
                "The calibration of {name} was fitted with another vocabulary: of it only the space is used, so scores stay \
                 raw weights. finexl calibrate takes --vocabulary, --calibration none leaves it out."
            );
        }
        let worth = kept.worth.rows.first().map_or(String::new(), |row| {
            format!(
                "; on pictures held out of it one aspect came first in {:.2} of the cases",
                row.calibrated.value
            )
        });
        format!(
            "Levels come from finexl calibrate with {name} on {pictures} pictures{worth}. --calibration none leaves it out."
        )
    }
}

fn file_of(folder: &Path, identity: &Fingerprint) -> PathBuf {
    folder.join(format!("{identity}.json"))
}

/// What is used; nothing where the list is damaged.
fn list(folder: &Path) -> List {
    let path = folder.join(IN_USE);
    if !path.is_file() {
        return List::default();
    }
    json_file::read(&path, VERSION).unwrap_or_else(|error| {
        tracing::warn!("ignoring a damaged list of calibrations: {error}");
        List::default()
    })
}

#[cfg(test)]
#[path = "kept_calibrations_tests.rs"]
mod tests;
