//! Features in the place of images.

use super::given_directions::GivenDirections;
use super::object::{Explainer, Eyes};
use super::pairs::Seen;
use super::pairs::pair_notes;
use super::sides::Sides;
use crate::change::Appearance;
use crate::divergence::Divergences;
use crate::error::ExplainError;
use crate::explain::{Subject, explain};
use crate::feature_rows::{check_encoders, fingerprint, pair_rows};
use crate::features_file::FeaturesFile;
use finexl_core::explanation::Explanation;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::pairs::Pairing;
use finexl_zoo::encoders::Features;
use std::path::Path;

/// Embeddings of both sides, row by row of one pair.
#[derive(Clone, Debug, PartialEq)]
pub struct FeaturePairs {
    /// The base's, `[n, d]`, rows of length 1.
    pub base: Features,
    /// The personalized model's, `[n, d]`, rows of length 1.
    pub personalized: Features,
    /// Names of the pairs, `[n]`.
    pub names: Vec<String>,
    /// What the images were made from, `[n]`; only an encoder's explainer asks for it.
    pub prompts: Vec<Option<String>>,
    /// What a reader should know of them.
    pub notes: Vec<String>,
    /// Content of base and personalized side.
    contents: [Fingerprint; 2],
}

impl FeaturePairs {
    /// Rows that belong together as they stand, named by their numbers, without prompts.
    pub fn new(base: Features, personalized: Features) -> Self {
        Self {
            names: (0..base.len()).map(|row| row.to_string()).collect(),
            prompts: vec![None; base.len()],
            notes: Vec::new(),
            contents: [&base, &personalized]
                .map(|side| Fingerprint::of_bytes(&bytes(&side.values))),
            base,
            personalized,
        }
    }

    /// Reads two files of features that go with directions, and pairs their rows by their names or by another rule.
    ///
    /// # Errors
    /// Files that cannot be read, dimensions or encoders that differ, rows that make no pairs.
    pub fn read(
        base: &Path,
        personalized: &Path,
        directions: &GivenDirections,
        pairing: Option<Pairing>,
    ) -> Result<Self, ExplainError> {
        let sides = [FeaturesFile::read(base)?, FeaturesFile::read(personalized)?];
        let paths = [base, personalized];
        check_dimensions(paths, &sides, directions)?;
        let rows = pair_rows((base, &sides[0]), (personalized, &sides[1]), pairing)?;
        let mut encoders = vec![
            (base, fingerprint(&sides[0].metadata)),
            (personalized, fingerprint(&sides[1].metadata)),
        ];
        encoders.extend(directions.file());
        check_encoders(&encoders)?;
        let [of_base, of_personalized] = paths.map(Fingerprint::of_file);
        Ok(Self {
            contents: [of_base?, of_personalized?],
            prompts: vec![None; rows.names.len()],
            base: rows.base,
            personalized: rows.personalized,
            names: rows.names,
            notes: rows.notes,
        })
    }

    fn check(&self) -> Result<(), ExplainError> {
        for (what, found) in [
            ("the names of feature pairs", self.names.len()),
            ("the prompts of feature pairs", self.prompts.len()),
        ] {
            if found != self.base.len() {
                return Err(ExplainError::Shape {
                    what,
                    expected: self.base.len(),
                    found,
                });
            }
        }
        Ok(())
    }
}

impl Explainer {
    /// Explains embeddings of images: with the directions that the explainer was built with, else with those that its
    /// encoder gives the words.
    ///
    /// # Errors
    /// Sides that do not fit each other or the directions; else as [`Explainer::explain_pairs`].
    pub fn explain_features(
        &self,
        features: &FeaturePairs,
        sides: &Sides,
    ) -> Result<Explanation, ExplainError> {
        features.check()?;
        let mut notes = self.first_notes(sides)?;
        notes.extend(features.notes.iter().cloned());
        let given = match &self.eyes {
            Eyes::Given(given) => given,
            Eyes::Encoder(encoder) => {
                return self.explain_of_encoder(encoder.as_ref(), features, sides, notes);
            }
        };
        let divergences = Divergences::between(&features.base, &features.personalized)?;
        notes.extend(pair_notes(
            &features.base,
            &features.personalized,
            &features.names,
        ));
        let [base, _] = &features.contents;
        let subject = Subject {
            names: sides.names.clone(),
            pairs: features.names.clone(),
            pair_fingerprints: row_fingerprints(&features.base, given.fingerprint()),
            divergences: &divergences,
            tiles: None,
            look: None,
            appearance: Some(Appearance {
                base: &features.base,
                personalized: &features.personalized,
                resaved: None,
            }),
            bank: given.bank(),
            rough: None,
            generated: sides.generated.clone(),
            images: both(&features.contents),
            base_images: base.clone(),
            notes,
        };
        explain(self, &subject)
    }

    fn explain_of_encoder(
        &self,
        encoder: &dyn finexl_zoo::encoders::Encoder,
        features: &FeaturePairs,
        sides: &Sides,
        notes: Vec<String>,
    ) -> Result<Explanation, ExplainError> {
        for side in [&features.base, &features.personalized] {
            if side.dimension != encoder.dimension() {
                return Err(ExplainError::Shape {
                    what: "the features' dimension",
                    expected: encoder.dimension(),
                    found: side.dimension,
                });
            }
        }
        let rows = features.base.values.chunks_exact(encoder.dimension());
        let contents: Vec<Fingerprint> =
            rows.map(|row| Fingerprint::of_bytes(&bytes(row))).collect();
        let prompts = features.prompts.iter();
        let seen = Seen {
            names: features.names.clone(),
            prompts: features.prompts.clone(),
            base: &features.base,
            personalized: &features.personalized,
            tiles: None,
            look: None,
            resaved: None,
            grounds: (prompts.zip(&contents))
                .map(|(prompt, base)| match prompt.as_deref() {
                    Some(prompt) => (Some(prompt), None),
                    None => (None, Some(base.as_str())),
                })
                .collect(),
            contents: &contents,
            images: &both(&features.contents),
            base_images: &features.contents[0],
            notes,
        };
        self.explain_seen(encoder, seen, sides)
    }
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn both([base, personalized]: &[Fingerprint; 2]) -> Fingerprint {
    Fingerprint::of("features")
        .nested("base", base)
        .nested("personalized", personalized)
        .finish()
}

/// What the base gave in every pair: its features, and the concepts' directions.
fn row_fingerprints(base: &Features, directions: &Fingerprint) -> Vec<Fingerprint> {
    let row = |values: &[f32]| {
        Fingerprint::of("base features and directions")
            .nested("features", &Fingerprint::of_bytes(&bytes(values)))
            .nested("directions", directions)
            .finish()
    };
    let rows = base.values.chunks_exact(base.dimension.max(1));
    rows.map(row).collect()
}

/// Refuses features of other dimensions than the concepts, by file.
fn check_dimensions(
    paths: [&Path; 2],
    sides: &[FeaturesFile; 2],
    directions: &GivenDirections,
) -> Result<(), ExplainError> {
    let dimension = directions.bank().dimension();
    let concepts = match directions.file() {
        Some((path, _)) => format!("the concepts of {}", path.display()),
        None => "the concepts".to_string(),
    };
    for (path, side) in paths.into_iter().zip(sides) {
        let found = side.features.dimension;
        if found != dimension {
            return Err(ExplainError::Features {
                path: path.to_path_buf(),
                problem: format!(
                    "its rows have {found} numbers, {concepts} have {dimension}; make both with one encoder"
                ),
            });
        }
    }
    Ok(())
}
