//! Concepts with directions that were made elsewhere.

use crate::bank::ConceptBank;
use crate::concept_features::read_concept_features;
use crate::error::ExplainError;
use crate::feature_rows;
use crate::features_file::FeaturesFile;
use crate::vocabulary::Vocabulary;
use finexl_core::fingerprint::Fingerprint;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Concepts with their directions in a space that only features come from.
#[derive(Clone, Debug)]
pub struct GivenDirections {
    vocabulary: Arc<Vocabulary>,
    bank: ConceptBank,
    fingerprint: Fingerprint,
    /// Where they lie, with the fingerprint of the encoder that the file names.
    file: Option<(PathBuf, Option<String>)>,
}

impl GivenDirections {
    /// Directions of a vocabulary.
    ///
    /// # Errors
    /// Another number of concepts; a concept without a direction.
    pub fn new(
        vocabulary: impl Into<Arc<Vocabulary>>,
        bank: ConceptBank,
    ) -> Result<Self, ExplainError> {
        let vocabulary = vocabulary.into();
        let expected = vocabulary.concepts().len();
        if bank.concepts() != expected {
            return Err(ExplainError::Shape {
                what: "the concept bank",
                expected,
                found: bank.concepts(),
            });
        }
        bank.check_lengths(&vocabulary)?;
        let bytes: Vec<u8> = bank.values().iter().flat_map(|v| v.to_le_bytes()).collect();
        Ok(Self {
            fingerprint: Fingerprint::of("directions")
                .number("probes", bank.probes() as u64)
                .nested("vocabulary", vocabulary.fingerprint())
                .bytes("values", &bytes)
                .finish(),
            vocabulary,
            bank,
            file: None,
        })
    }

    /// Reads a file of directions; `names` are those of its rows where it has none itself.
    ///
    /// # Errors
    /// As [`read_concept_features`].
    pub fn read(path: &Path, names: Option<&Vocabulary>) -> Result<Self, ExplainError> {
        let (vocabulary, bank) = read_concept_features(path, names)?;
        let metadata = FeaturesFile::read_metadata(path)?;
        Ok(Self {
            vocabulary: Arc::new(vocabulary),
            bank,
            fingerprint: Fingerprint::of_file(path)?,
            file: Some((
                path.to_path_buf(),
                feature_rows::fingerprint(&metadata).map(str::to_string),
            )),
        })
    }

    /// The concepts.
    pub fn vocabulary(&self) -> &Arc<Vocabulary> {
        &self.vocabulary
    }

    /// Their directions.
    pub fn bank(&self) -> &ConceptBank {
        &self.bank
    }

    /// Fingerprint of their content.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Where they lie, with the fingerprint of the encoder that the file names; nothing where they came from memory.
    pub(super) fn file(&self) -> Option<(&Path, Option<&str>)> {
        let (path, encoder) = self.file.as_ref()?;
        Some((path, encoder.as_deref()))
    }
}
