//! What a caller chooses, as Python hands it over: a dictionary with all of these keys.

use crate::errors::InputError;
use finexl::data::image_folder::{BadFiles, Exclude};
use finexl::data::pairs::{Fit, Pairing};
use finexl::{Cache, Error, ExplainerChoices, Method, PairOptions, Words};
use pyo3::prelude::*;
use std::path::PathBuf;

/// How something is explained.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Choices {
    method: Option<String>,
    /// A file of phrases.
    vocabulary_file: Option<PathBuf>,
    /// Its lines, in the place of a file.
    vocabulary_lines: Option<Vec<String>>,
    head: Option<PathBuf>,
    references: Option<PathBuf>,
    calibration: Option<PathBuf>,
    seed: u64,
    /// What of each picture is looked at.
    views: Option<String>,
    /// Whether features are kept on disk.
    cache: bool,
}

impl Choices {
    /// As the library takes them.
    pub fn explainer(self) -> PyResult<ExplainerChoices> {
        let words = match (self.vocabulary_file, self.vocabulary_lines) {
            (Some(file), _) => Some(Words::File(file)),
            (None, Some(lines)) => Some(Words::Lines(lines)),
            (None, None) => None,
        };
        let method = self.method.as_deref().map(Method::parse).transpose();
        let views = self.views.as_deref().map(str::parse).transpose();
        Ok(ExplainerChoices {
            method: method.map_err(|error| InputError::new_err(error.to_string()))?,
            words,
            head: self.head,
            references: self.references,
            calibration: self.calibration,
            seed: self.seed,
            views: views.map_err(InputError::new_err)?,
            cache: match self.cache {
                true => Cache::of_user(),
                false => Cache::none(),
            },
        })
    }
}

/// How pictures make pairs.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct PairChoices {
    pair: Option<String>,
    fit: Option<String>,
    exclude: Vec<String>,
    skip_bad: bool,
}

impl PairChoices {
    /// As the library takes them.
    pub fn options(&self) -> PyResult<PairOptions> {
        let wrong = |what: &str, name: &str, problem: String| {
            InputError::new_err(format!("{what}=\"{name}\": {problem}"))
        };
        let rule = self
            .pair
            .as_deref()
            .map(|name| Pairing::parse(name).map_err(|problem| wrong("pair", name, problem)));
        let fit = self
            .fit
            .as_deref()
            .map(|name| Fit::parse(name).map_err(|problem| wrong("fit", name, problem)));
        let exclude = Exclude::new(&self.exclude);
        Ok(PairOptions {
            bad_files: BadFiles::from_skip(self.skip_bad),
            pairing: rule.transpose()?,
            fit: fit.transpose()?.unwrap_or_default(),
            exclude: exclude.map_err(|error| crate::errors::raised(Error::from(error)))?,
        })
    }
}
