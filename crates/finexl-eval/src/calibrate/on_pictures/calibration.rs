//! From a folder of pictures to a calibration.

use super::fitting::Fitting;
use super::makings::Looks;
use super::pictures::Pictures;
use super::plan::Plan;
use super::remarks::remarks;
use super::worth;
use crate::EvalError;
use crate::settings::Progress;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::aspects::{Aspect, Definitions, all};
use finexl_data::image_folder::BadFiles;
use finexl_explain::Explainer;
use finexl_explain::analysis::AnalysisSettings;
use finexl_explain::cache::Cache;
use finexl_explain::calibration::CalibrationChoice;
use finexl_explain::decompose::Method;
use finexl_explain::kept_calibrations::{KeptCalibration, KeptCalibrations};
use finexl_explain::views::Views;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use std::path::PathBuf;
use std::sync::Arc;

/// Version of the fit: raised whenever the same pictures give another calibration.
const VERSION: u32 = 1;
/// Fewest aspects that have to have a word.
const LEAST_ASPECTS: usize = 8;
/// Resamples of the intervals of each case: fewer than `explain` takes, since there are many cases.
const RESAMPLES: usize = 200;

/// What is calibrated, and on what.
#[derive(Clone, Debug)]
pub struct OnPictures {
    /// Folders of pictures.
    pub folders: Vec<PathBuf>,
    /// What becomes of pictures that cannot be used.
    pub bad_files: BadFiles,
    /// Words; else the default of the encoder.
    pub vocabulary: Option<Vocabulary>,
    /// The method; one without a head.
    pub method: Method,
    /// What of each picture is looked at.
    pub views: Views,
    /// How often each aspect is made: more take longer and say more.
    pub styles: usize,
    /// Seed of all that is drawn.
    pub seed: u64,
}

/// A calibration that is about to be fitted.
pub struct PicturesCalibration {
    choice: OnPictures,
    explainer: Explainer,
    encoder: Arc<dyn Encoder>,
    cache: Cache,
    pictures: Pictures,
    aspects: Vec<&'static Aspect>,
    definitions: Definitions,
}

impl PicturesCalibration {
    /// Reads the pictures and looks whether everything is there.
    ///
    /// # Errors
    /// Pictures that cannot be used or are too few; a method that reads by a head; words that the encoder cannot read or
    /// that hardly name any aspect.
    pub fn prepare(
        choice: OnPictures,
        encoder: Arc<dyn Encoder>,
        cache: Cache,
        progress: Progress,
    ) -> Result<Self, EvalError> {
        if choice.method.has_head() {
            let problem = format!(
                "{} has its levels from its head and needs no calibration; choose a --method without a head",
                choice.method.name()
            );
            return Err(EvalError::Pictures { problem });
        }
        let builder = Explainer::builder()
            .encoder(encoder.clone())
            .settings(AnalysisSettings {
                method: choice.method.clone(),
                resamples: RESAMPLES,
                seed: choice.seed,
                ..AnalysisSettings::default()
            })
            .views(choice.views)
            .cache(cache.clone())
            .calibration(CalibrationChoice::Raw(None));
        let builder = match &choice.vocabulary {
            Some(vocabulary) => builder.vocabulary(vocabulary.clone()),
            None => builder,
        };
        let explainer = builder.build()?;
        let known = |aspect: &&Aspect| explainer.vocabulary().position(aspect.name).is_some();
        let aspects: Vec<&'static Aspect> = all().iter().filter(known).collect();
        if aspects.len() < LEAST_ASPECTS {
            let names: Vec<&str> = all().iter().map(|aspect| aspect.name).collect();
            return Err(EvalError::Pictures {
                problem: format!(
                    "the vocabulary has a phrase for {} of the {} aspects that a calibration makes, and {LEAST_ASPECTS} are \
                     needed; leave --vocabulary out, or add some of: {}",
                    aspects.len(),
                    names.len(),
                    names.join(", ")
                ),
            });
        }
        let pictures = Pictures::read(&choice.folders, choice.bad_files, choice.seed, progress)?;
        Ok(Self {
            choice,
            explainer,
            encoder,
            cache,
            pictures,
            aspects,
            definitions: Definitions::embedded()?,
        })
    }

    /// What there is to say of the pictures' files.
    pub fn notes(&self) -> &[String] {
        &self.pictures.notes
    }

    /// Everything that the calibration depends on.
    ///
    /// # Errors
    /// As [`Explainer::fingerprint`].
    pub fn identity(&self) -> Result<Fingerprint, EvalError> {
        let key = Fingerprint::of("calibration on pictures")
            .number("version", u64::from(VERSION))
            .nested("encoder", self.encoder.fingerprint())
            .text("device", self.encoder.device())
            .nested("pictures", &self.pictures.fingerprint)
            .nested("vocabulary", self.explainer.vocabulary().fingerprint())
            .nested("settings", &self.explainer.fingerprint()?)
            .text("views", self.choice.views.name())
            .number("styles", self.choice.styles as u64)
            .number("seed", self.choice.seed);
        let code = KeptCalibrations::code(&self.choice.method);
        Ok((code.iter())
            .fold(key, |key, (name, version)| {
                key.number(name, u64::from(*version))
            })
            .finish())
    }

    /// Fits it and measures what it is worth. What is encoded is kept in the cache, so that a run that was ended goes on.
    ///
    /// # Errors
    /// An encoder or a solver that fails.
    pub fn fit(&self, progress: Progress) -> Result<KeptCalibration, EvalError> {
        let part = |part| self.pictures.part(part);
        let drawn = (self.choice.styles, self.choice.seed);
        let plan = Plan::new(&self.aspects, &self.definitions, &part, drawn);
        let encoder = self.encoder.as_ref();
        let bank = self.explainer.bank_without_prompts()?;
        let looks = Looks::new(
            encoder,
            &self.pictures,
            (self.choice.views, &self.cache),
            plan.pictures(),
            progress,
        )?;
        let fitting = Fitting {
            explainer: &self.explainer,
            looks: &looks,
            bank,
            progress,
        };
        let fitted = fitting.fit(&plan)?;
        let checked = part(worth::MEASURED_ON).len();
        let worth = worth::measure(&fitting, &plan, &fitted.calibration, checked)?;
        let notes = remarks(&self.pictures, looks.base(), &fitted);
        let mut kept = KeptCalibration::new(
            self.identity()?,
            (encoder, self.choice.views),
            self.pictures.len(),
            fitted.calibration,
        );
        kept.worth = worth;
        kept.notes = notes;
        Ok(kept)
    }
}
