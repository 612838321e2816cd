//! Text embeddings of probes with phrases, from which concept banks are put together.

use crate::error::ExplainError;
use crate::mapped_rows::MappedRows;
use crate::vocabulary::Vocabulary;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::mapped_file::MappedFile;
use finexl_data::captions::caption;
use finexl_zoo::encoders::{Encoder, Features};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

/// Version of what is kept: raised whenever the same phrases give other embeddings.
pub const VERSION: u32 = 2;

/// Names in the file.
const PLAIN: &str = "plain";
const STYLED: &str = "styled";
const PHRASES: &str = "phrases";

/// `E_txt("t_j")` and `E_txt("t_j, PHRASE style")` for every probe `t_j` and every phrase met so far.
///
/// It depends on the encoder and the probes only, so one file serves all models that are explained
/// with them, and a larger vocabulary only adds to it.
#[derive(Clone, Debug, PartialEq)]
pub struct PhraseFeatures {
    probes: usize,
    dimension: usize,
    /// `[probes, d]`
    plain: MappedRows,
    phrases: Vec<String>,
    /// `[phrases, probes, d]`
    styled: MappedRows,
}

impl PhraseFeatures {
    /// What the embeddings depend on.
    pub fn fingerprint(encoder: &dyn Encoder, probes: &[String]) -> Fingerprint {
        let mut builder = Fingerprint::of("phrase-features")
            .number("version", u64::from(VERSION))
            .nested("encoder", encoder.fingerprint())
            .text("device", encoder.device())
            .number("probes", probes.len() as u64);
        for probe in probes {
            builder = builder.text("probe", probe);
        }
        builder.finish()
    }

    /// Encodes every phrase of a vocabulary on every probe.
    ///
    /// # Errors
    /// A text that the encoder cannot read.
    pub fn encode(
        encoder: &dyn Encoder,
        vocabulary: &Vocabulary,
        probes: &[String],
    ) -> Result<Self, ExplainError> {
        let mut features = Self {
            probes: probes.len(),
            dimension: encoder.dimension(),
            plain: MappedRows::new(encoder.dimension()),
            phrases: Vec::new(),
            styled: MappedRows::new(encoder.dimension()),
        };
        features.extend(encoder, vocabulary, probes)?;
        Ok(features)
    }

    /// Encodes the phrases that are not there yet; says whether there were any.
    ///
    /// # Errors
    /// A text that the encoder cannot read.
    pub fn extend(
        &mut self,
        encoder: &dyn Encoder,
        vocabulary: &Vocabulary,
        probes: &[String],
    ) -> Result<bool, ExplainError> {
        let known: BTreeSet<&str> = self.phrases.iter().map(String::as_str).collect();
        let mut seen = known.clone();
        let missing: Vec<String> = vocabulary
            .concepts()
            .iter()
            .flat_map(|concept| &concept.phrases)
            .filter(|phrase| seen.insert(phrase))
            .cloned()
            .collect();
        let first = self.plain.len() == 0;
        if missing.is_empty() && !first {
            return Ok(false);
        }
        let mut texts = Vec::new();
        for probe in probes {
            if first {
                texts.push(caption(probe, &[]));
            }
            texts.extend(missing.iter().map(|phrase| caption(probe, &[phrase])));
        }
        let features = encoder.encode_texts(&texts)?;
        let block = missing.len() + usize::from(first);
        if first {
            for probe in 0..self.probes {
                self.plain.push(features.row(probe * block));
            }
        }
        for index in 0..missing.len() {
            for probe in 0..self.probes {
                let row = probe * block + usize::from(first) + index;
                self.styled.push(features.row(row));
            }
        }
        self.phrases.extend(missing);
        Ok(true)
    }

    /// Number of probes.
    pub fn probes(&self) -> usize {
        self.probes
    }

    /// The prompts alone, without any phrase.
    pub(crate) fn plain(&self) -> Features {
        let rows = (0..self.plain.len()).flat_map(|row| self.plain.row(row).to_vec());
        Features {
            dimension: self.dimension,
            values: rows.collect(),
        }
    }

    /// Dimension d.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    fn places(&self) -> HashMap<&str, usize> {
        let phrases = self.phrases.iter().enumerate();
        phrases
            .map(|(place, phrase)| (phrase.as_str(), place))
            .collect()
    }

    /// Whether all numbers that a vocabulary needs and that are there are finite.
    pub fn is_sound_for(&self, vocabulary: &Vocabulary) -> bool {
        let places = self.places();
        let phrases = vocabulary.concepts().iter().flat_map(|c| &c.phrases);
        let mut styled = phrases
            .filter_map(|phrase| places.get(phrase.as_str()))
            .flat_map(|place| place * self.probes..(place + 1) * self.probes);
        let finite = |row: &[f32]| row.iter().all(|value| value.is_finite());
        (0..self.plain.len()).all(|row| finite(&self.plain.row(row)))
            && styled.all(|row| finite(&self.styled.row(row)))
    }

    /// Directions of a vocabulary, `[probes, N, d]`: the mean over each concept's phrases of
    /// `E_txt("t_j, PHRASE style") - E_txt("t_j")`. Nothing where a phrase is missing.
    pub fn directions(&self, vocabulary: &Vocabulary) -> Option<Vec<f32>> {
        let places = self.places();
        let (n, d) = (vocabulary.concepts().len(), self.dimension);
        let mut values = vec![0.0f32; self.probes * n * d];
        for (probe, rows) in values.chunks_exact_mut((n * d).max(1)).enumerate() {
            let plain = self.plain.row(probe);
            for (concept, row) in vocabulary.concepts().iter().zip(rows.chunks_exact_mut(d)) {
                let share = 1.0 / concept.phrases.len() as f32;
                for phrase in &concept.phrases {
                    let place = places.get(phrase.as_str())? * self.probes + probe;
                    let styled = self.styled.row(place);
                    for ((value, s), p) in row.iter_mut().zip(&*styled).zip(&*plain) {
                        *value += share * (s - p);
                    }
                }
            }
        }
        Some(values)
    }

    /// Writes a safetensors file, tensors `plain` and `styled`, atomically.
    ///
    /// # Errors
    /// [`finexl_core::CoreError::Write`] naming the file.
    pub fn write(&self, path: &Path) -> Result<(), ExplainError> {
        let fault = |e: safetensors::SafeTensorError| ExplainError::Features {
            path: path.to_path_buf(),
            problem: format!("the features cannot be stored ({e})"),
        };
        let (plain, styled) = (self.plain.bytes(), self.styled.bytes());
        let (p, d) = (self.probes, self.dimension);
        let phrases = serde_json::to_string(&self.phrases).map_err(|source| {
            finexl_core::CoreError::Json {
                what: path.display().to_string(),
                source,
            }
        })?;
        let tensors = [
            (
                PLAIN,
                TensorView::new(Dtype::F32, vec![p, d], &plain).map_err(fault)?,
            ),
            (
                STYLED,
                TensorView::new(Dtype::F32, vec![self.phrases.len(), p, d], &styled)
                    .map_err(fault)?,
            ),
        ];
        let metadata = HashMap::from([(PHRASES.to_string(), phrases)]);
        let content = safetensors::serialize(tensors, Some(metadata)).map_err(fault)?;
        Ok(finexl_core::atomic::write(path, &content)?)
    }

    /// Opens what [`PhraseFeatures::write`] wrote. The file is mapped: numbers are read where they
    /// are used, so look at [`PhraseFeatures::is_sound_for`] before.
    ///
    /// # Errors
    /// A file that is not one of these.
    pub fn read(path: &Path) -> Result<Self, ExplainError> {
        let mapped = Arc::new(MappedFile::open(path)?);
        let fault = |problem: String| ExplainError::Features {
            path: path.to_path_buf(),
            problem,
        };
        let file = SafeTensors::deserialize(&mapped)
            .map_err(|e| fault(format!("it is no whole safetensors file ({e})")))?;
        let (header, metadata) =
            SafeTensors::read_metadata(&mapped).map_err(|e| fault(e.to_string()))?;
        let phrases: Option<Vec<String>> = metadata
            .metadata()
            .as_ref()
            .and_then(|m| m.get(PHRASES))
            .and_then(|json| serde_json::from_str(json).ok());
        let (Some(phrases), Ok(plain), Ok(styled)) =
            (phrases, file.tensor(PLAIN), file.tensor(STYLED))
        else {
            return Err(fault("it holds no phrases".to_string()));
        };
        let [probes, dimension] = *plain.shape() else {
            return Err(fault("its probes have a wrong shape".to_string()));
        };
        if styled.shape() != [phrases.len(), probes, dimension] || dimension == 0 {
            return Err(fault("its tensors do not fit each other".to_string()));
        }
        let rows = |name: &str| match metadata.info(name) {
            Some(info) if info.dtype == Dtype::F32 => {
                let (start, end) = info.data_offsets;
                // Eight bytes before the header say how long it is.
                let span = 8 + header + start..8 + header + end;
                Ok(MappedRows::of_file(dimension, Arc::clone(&mapped), span))
            }
            _ => Err(fault(format!("its {name} is not in single precision"))),
        };
        Ok(Self {
            probes,
            dimension,
            plain: rows(PLAIN)?,
            styled: rows(STYLED)?,
            phrases,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use finexl_core::atomic;
    use finexl_data::image::Image;
    use finexl_zoo::ZooError;
    use finexl_zoo::encoders::TextLength;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Embeds a text as its bytes' count and sum, and counts how often it is asked.
    struct Counting {
        fingerprint: Fingerprint,
        texts: AtomicUsize,
    }

    impl Encoder for Counting {
        fn name(&self) -> &str {
            "counting"
        }

        fn fingerprint(&self) -> &Fingerprint {
            &self.fingerprint
        }

        fn dimension(&self) -> usize {
            2
        }

        fn prepare(&self, image: &Image) -> Image {
            image.clone()
        }

        fn encode_images(&self, _: &[Image]) -> Result<Features, ZooError> {
            Ok(Features::empty(2))
        }

        fn encode_texts(&self, texts: &[String]) -> Result<Features, ZooError> {
            self.texts.fetch_add(texts.len(), Ordering::Relaxed);
            let values = texts.iter().flat_map(|text| {
                let sum: u32 = text.bytes().map(u32::from).sum();
                [text.len() as f32, sum as f32]
            });
            Ok(Features {
                dimension: 2,
                values: values.collect(),
            })
        }

        fn text_length(&self, text: &str) -> Result<TextLength, ZooError> {
            Ok(TextLength {
                tokens: text.len(),
                read: text.len(),
            })
        }

        fn check_text(&self, _: &str) -> Result<(), ZooError> {
            Ok(())
        }
    }

    #[test]
    fn a_larger_vocabulary_adds_only_what_is_new() {
        let encoder = Counting {
            fingerprint: Fingerprint::of_bytes(b"counting"),
            texts: AtomicUsize::new(0),
        };
        let asked = || encoder.texts.swap(0, Ordering::Relaxed);
        let names = |all: &[&str]| {
            let all: Vec<String> = all.iter().map(ToString::to_string).collect();
            Vocabulary::of_names(&all)
        };
        let (few, more) = (names(&["warm", "dark"]), names(&["dark", "vivid", "warm"]));
        let probes = ["a cat", "a dog."].map(str::to_string);
        let mut features = PhraseFeatures::encode(&encoder, &few, &probes).unwrap();
        assert_eq!(asked(), 6);
        assert_eq!(features.directions(&more), None);
        assert!(!features.extend(&encoder, &few, &probes).unwrap());
        assert!(features.extend(&encoder, &more, &probes).unwrap());
        assert_eq!(asked(), 2);
        let fresh = PhraseFeatures::encode(&encoder, &more, &probes).unwrap();
        assert_eq!(features.directions(&more), fresh.directions(&more));
        assert_eq!(features.directions(&few).unwrap().len(), 2 * 2 * 2);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("phrases.safetensors");
        features.write(&path).unwrap();
        let mut mapped = PhraseFeatures::read(&path).unwrap();
        assert_eq!(mapped, features);
        assert_eq!(mapped.directions(&more), fresh.directions(&more));
        // What is added to a mapped file stands behind it, and replaces it when it is written.
        let most = names(&["vivid", "soft", "dark"]);
        asked();
        assert!(mapped.extend(&encoder, &most, &probes).unwrap());
        assert_eq!(asked(), 2);
        mapped.write(&path).unwrap();
        assert_eq!(PhraseFeatures::read(&path).unwrap(), mapped);

        let mut bytes = std::fs::read(&path).unwrap();
        let end = bytes.len();
        bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
        atomic::write(&path, &bytes).unwrap();
        let spoilt = PhraseFeatures::read(&path).unwrap();
        assert!(spoilt.is_sound_for(&few) && !spoilt.is_sound_for(&most));
        atomic::write(&path, &bytes[..end - 4]).unwrap();
        assert!(PhraseFeatures::read(&path).is_err());
    }
}
