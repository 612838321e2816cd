//! What a user chooses of an explainer, by files and plain settings.

use crate::Error;
use finexl_explain::cache::Cache;
use finexl_explain::calibration::{CalibrationChoice, CalibrationFile};
use finexl_explain::decompose::Method;
use finexl_explain::explainer::{Explainer, ExplainerBuilder};
use finexl_explain::heads::Head;
use finexl_explain::kept_calibrations::KeptCalibrations;
use finexl_explain::references::References;
use finexl_explain::views::Views;
use finexl_explain::vocabulary::Vocabulary;
use finexl_explain::{ExplainError, explainer::GivenDirections};
use finexl_zoo::encoders::Encoder;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The phrases to explain with.
#[derive(Clone, Debug)]
pub enum Words {
    /// A file: one concept per line, synonyms separated by `|`.
    File(PathBuf),
    /// The lines of such a file.
    Lines(Vec<String>),
}

impl Words {
    /// What lines that are in no file are called in messages.
    const LIST: &'static str = "the vocabulary";

    /// Reads them.
    ///
    /// # Errors
    /// As [`Vocabulary::read`].
    pub fn vocabulary(&self) -> Result<Vocabulary, Error> {
        Ok(match self {
            Self::File(path) => Vocabulary::open(path)?,
            Self::Lines(lines) => {
                // A line break inside would make two concepts of one.
                let lines: Vec<String> = lines
                    .iter()
                    .map(|line| line.replace(['\n', '\r'], " "))
                    .collect();
                Vocabulary::parse(Path::new(Self::LIST), &lines.join("\n"))?
            }
        })
    }

    fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Lines(_) => Path::new(Self::LIST),
        }
    }
}

/// The parts of an explainer as files and plain settings; what is left out has the builder's default.
#[derive(Clone, Debug, Default)]
pub struct ExplainerChoices {
    /// How divergences are decomposed.
    pub method: Option<Method>,
    /// The concepts that may be named.
    pub words: Option<Words>,
    /// A head of one's own.
    pub head: Option<PathBuf>,
    /// Reference models of the base: a file, or a generator inside the program.
    pub references: Option<PathBuf>,
    /// A calibration, or [`NO_CALIBRATION`]; else one that is kept for the encoder, or what there is inside the program.
    pub calibration: Option<PathBuf>,
    /// Seed of resampling.
    pub seed: u64,
    /// What of each picture is looked at; else what the head has learned from.
    pub views: Option<Views>,
    /// Where features are kept.
    pub cache: Cache,
}

impl ExplainerChoices {
    /// Reads the files.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn builder(&self) -> Result<ExplainerBuilder, Error> {
        let mut builder = Explainer::builder()
            .seed(self.seed)
            .cache(self.cache.clone())
            .kept_calibrations(KeptCalibrations::of_user());
        if let Some(views) = self.views {
            builder = builder.views(views);
        }
        if let Some(method) = &self.method {
            builder = builder.method(method.clone());
        }
        if let Some(words) = &self.words {
            builder = builder.vocabulary(words.vocabulary()?);
        }
        if let Some(path) = &self.head {
            builder = builder.head(Head::open(path)?);
        }
        if let Some(path) = &self.references {
            builder = builder.references(References::open(path)?);
        }
        Ok(builder.calibration(calibration(self.calibration.as_deref())?))
    }

    /// Puts the explainer of a builder together that [`ExplainerChoices::builder`] gave.
    ///
    /// # Errors
    /// As [`ExplainerBuilder::build`]; [`Error::Text`] names the file of phrases that the encoder cannot read.
    pub fn build(
        &self,
        builder: ExplainerBuilder,
        encoder: Arc<dyn Encoder>,
    ) -> Result<Explainer, Error> {
        let explainer = builder.encoder(encoder).build();
        explainer.map_err(|error| match (error, &self.words) {
            (ExplainError::Zoo(source), Some(words)) => Error::Text {
                path: words.path().to_path_buf(),
                source,
            },
            (error, _) => error.into(),
        })
    }

    /// An explainer of features with directions that were made elsewhere, which has neither head nor calibration.
    ///
    /// # Errors
    /// As [`ExplainerBuilder::build`].
    pub fn build_given(&self, directions: Arc<GivenDirections>) -> Result<Explainer, Error> {
        let mut builder = Explainer::builder().seed(self.seed).directions(directions);
        if let Some(method) = &self.method {
            builder = builder.method(method.clone());
        }
        Ok(builder.build()?)
    }
}

/// What stands in the place of a calibration's file where there is to be none.
pub const NO_CALIBRATION: &str = "none";

/// Where levels come from: a file, nowhere ([`NO_CALIBRATION`]), or what there is inside the program.
///
/// # Errors
/// A file that cannot be read.
pub fn calibration(file: Option<&Path>) -> Result<CalibrationChoice, Error> {
    Ok(match file {
        Some(path) if path == Path::new(NO_CALIBRATION) => CalibrationChoice::Raw(None),
        Some(path) => CalibrationChoice::File(Box::new(CalibrationFile::read(path)?)),
        None => CalibrationChoice::Embedded,
    })
}
