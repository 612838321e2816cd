//! From the experiment file to the types of the explainer, with the rules of who may see what.

use crate::EvalError;
use finexl_core::experiment::{AnalysisChoice, Material};
use finexl_data::art::{Artist, Role, SpriteSet};
use finexl_data::aspects::Implementation;
use finexl_data::scenes::Split;
use finexl_explain::analysis::AnalysisSettings;

/// Called with the stage, how much of it is done, and how much there is.
pub type Progress<'a> = &'a (dyn Fn(&str, usize, usize) + Sync);

/// Artists with their drawings, implementations and sizes.
pub(crate) struct Stock {
    /// Loaded drawings.
    pub sprites: Vec<SpriteSet>,
    /// Implementations of the aspects.
    pub implementations: Vec<Implementation>,
    /// Sides at which scenes are drawn, in turn.
    pub sides: Vec<usize>,
    /// Artists left out.
    pub notes: Vec<String>,
}

impl Stock {
    /// Loads what a file names.
    ///
    /// Outside the test split, test artists and held-out implementations are refused: a choice that
    /// has seen them would make their figures worthless.
    ///
    /// # Errors
    /// A name that is unknown or may not be used here, no artist at all, damaged art.
    pub fn load(material: &Material, split: Split) -> Result<Self, EvalError> {
        let implementations = material.implementations.clone();
        if split != Split::Test && implementations.contains(&Implementation::HeldOut) {
            return Err(EvalError::setting(
                "implementations",
                "held-out implementations are for the test split only; remove held-out",
            ));
        }
        if implementations.is_empty() || material.sides.is_empty() || material.sides.contains(&0) {
            return Err(EvalError::setting(
                "material",
                "name at least one implementation and one side of at least 1 pixel",
            ));
        }
        let (sprites, notes) = load_artists(material, split)?;
        if sprites.is_empty() {
            return Err(EvalError::setting(
                "artists",
                "none of them is there; name twemoji or run scripts/fetch_art.py",
            ));
        }
        Ok(Self {
            sprites,
            implementations,
            sides: material.sides.clone(),
            notes,
        })
    }
}

fn load_artists(
    material: &Material,
    split: Split,
) -> Result<(Vec<SpriteSet>, Vec<String>), EvalError> {
    let available = Artist::available(&material.folder);
    let largest = material.sides.iter().copied().max().unwrap_or(0);
    let (mut sprites, mut notes) = (Vec::new(), Vec::new());
    for name in &material.artists {
        let artist = Artist::from(*name);
        if split != Split::Test && artist.role() == Role::Test {
            return Err(EvalError::setting(
                "artists",
                format!("{artist} is for the test split only; remove it"),
            ));
        }
        if available.contains(&artist) {
            sprites.push(SpriteSet::load(artist, &material.folder, largest)?);
        } else {
            notes.push(format!(
                "{artist} was not fetched and is left out; run scripts/fetch_art.py"
            ));
        }
    }
    Ok((sprites, notes))
}

/// The explainer's settings of a choice.
pub(crate) fn analysis(choice: &AnalysisChoice) -> AnalysisSettings {
    let defaults = AnalysisSettings::default();
    AnalysisSettings {
        method: choice.method.map_or(defaults.method, Into::into),
        interval: choice.interval.unwrap_or(defaults.interval),
        resamples: choice.resamples,
        flips: choice.flips,
        seed: choice.seed,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use finexl_core::names::ArtistName;

    fn material(artist: ArtistName, choice: Implementation) -> Material {
        Material {
            folder: "no-such-folder".into(),
            artists: vec![artist],
            implementations: vec![choice],
            sides: vec![64],
        }
    }

    #[test]
    fn what_is_for_tests_only_is_refused_elsewhere() {
        let held_out = material(ArtistName::Twemoji, Implementation::HeldOut);
        assert!(Stock::load(&held_out, Split::Validation).is_err());
        let fluent = material(ArtistName::FluentFlat, Implementation::Training);
        let error = Stock::load(&fluent, Split::Validation).err().unwrap();
        assert!(error.to_string().contains("test split only"), "{error}");
        let error = Stock::load(&fluent, Split::Test).err().unwrap();
        assert!(error.to_string().contains("fetch_art"), "{error}");
    }
}
