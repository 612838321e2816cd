//! From the experiment file to the types of the explainer, with the rules of who may see what.

use crate::EvalError;
use finexl_core::experiment::{AnalysisChoice, ImplementationChoice, Material, SplitChoice};
use finexl_data::art::{Artist, Role, SpriteSet};
use finexl_data::aspects::Implementation;
use finexl_data::scenes::Split;
use finexl_explain::analysis::{AnalysisSettings, IntervalKind};
use finexl_explain::decompose::Method;

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
        let implementations: Vec<Implementation> = material
            .implementations
            .iter()
            .map(implementation)
            .collect();
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
        let artist: Artist = name.parse()?;
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

fn implementation(choice: &ImplementationChoice) -> Implementation {
    match choice {
        ImplementationChoice::Training => Implementation::Training,
        ImplementationChoice::HeldOut => Implementation::HeldOut,
    }
}

/// Name of an implementation in tables.
pub(crate) fn implementation_name(implementation: Implementation) -> &'static str {
    match implementation {
        Implementation::Training => "training",
        Implementation::HeldOut => "held-out",
    }
}

pub(crate) fn split(choice: SplitChoice) -> Split {
    match choice {
        SplitChoice::Train => Split::Train,
        SplitChoice::Validation => Split::Validation,
        SplitChoice::Test => Split::Test,
    }
}

/// The explainer's settings of a choice.
///
/// # Errors
/// An unknown method or interval.
pub(crate) fn analysis(choice: &AnalysisChoice) -> Result<AnalysisSettings, EvalError> {
    let defaults = AnalysisSettings::default();
    Ok(AnalysisSettings {
        method: match &choice.method {
            Some(name) => Method::parse(name)?,
            None => defaults.method.clone(),
        },
        interval: match &choice.interval {
            Some(name) => interval(name)?,
            None => defaults.interval,
        },
        resamples: choice.resamples,
        flips: choice.flips,
        seed: choice.seed,
    })
}

/// An interval by its name in TOML.
///
/// # Errors
/// An unknown name; the message lists the known ones.
pub(crate) fn interval(name: &str) -> Result<IntervalKind, EvalError> {
    serde_json::from_value(serde_json::Value::String(name.to_owned()))
        .map_err(|e| EvalError::setting("interval", e.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn material(artist: &str, choice: ImplementationChoice) -> Material {
        Material {
            folder: "no-such-folder".into(),
            artists: vec![artist.to_owned()],
            implementations: vec![choice],
            sides: vec![64],
        }
    }

    #[test]
    fn what_is_for_tests_only_is_refused_elsewhere() {
        let held_out = material("twemoji", ImplementationChoice::HeldOut);
        assert!(Stock::load(&held_out, Split::Validation).is_err());
        let fluent = material("fluent-emoji-flat", ImplementationChoice::Training);
        let error = Stock::load(&fluent, Split::Validation).err().unwrap();
        assert!(error.to_string().contains("test split only"), "{error}");
        let error = Stock::load(&fluent, Split::Test).err().unwrap();
        assert!(error.to_string().contains("fetch_art"), "{error}");
    }

    #[test]
    fn names_of_methods_and_intervals_are_checked() {
        let mut choice = AnalysisChoice::default();
        assert_eq!(analysis(&choice).unwrap(), AnalysisSettings::default());
        choice.interval = Some("percentil".to_owned());
        let error = analysis(&choice).unwrap_err().to_string();
        assert!(error.contains("percentile"), "{error}");
    }
}
