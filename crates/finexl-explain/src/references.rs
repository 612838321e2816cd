//! Reference models: what tunings of one base change, whatever they are asked about.
//!
//! A base shows an aspect in its own way, and any tuning of it changes more than what it was trained on. Other models
//! of the same base tell both: those whose aspects are known how the base shows these, all of them what comes along.
//! [`crate::heads::Head::for_base`] makes use of them. They are kept as the mean divergences of their images, `[M, d]`,
//! for one encoder, in a file of features ([`FeaturesFile`]).

use crate::error::ExplainError;
use crate::features_file::FeaturesFile;
use finexl_core::fingerprint::Fingerprint;
use finexl_zoo::encoders::{Encoder, Features};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Metadata key of everything but the divergences, as JSON.
const RECORD: &str = "references";
/// Fewest models that say anything of what comes along with a tuning.
pub const FEWEST: usize = 8;

/// Reference models of the bases inside the program, by the bases' names.
static EMBEDDED: [(&str, &[u8]); 3] = [
    (
        "mini-gan",
        include_bytes!("../weights/mini-gan.references.safetensors"),
    ),
    (
        "mini-autoregressive",
        include_bytes!("../weights/mini-autoregressive.references.safetensors"),
    ),
    (
        "mini-diffusion",
        include_bytes!("../weights/mini-diffusion.references.safetensors"),
    ),
];

/// A model of the base.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceModel {
    /// Its name.
    pub name: String,
    /// The training that it comes from: models of one training at several steps are not independent.
    pub training: String,
    /// Aspects that it is known to have, by the names of a head's aspects, with their levels in (0, 1]; none where
    /// nothing is known.
    pub aspects: BTreeMap<String, f64>,
    /// Pairs of images behind its mean divergence.
    pub pairs: usize,
}

/// Models of one base, as one encoder sees their images beside the base's.
#[derive(Clone, Debug, PartialEq)]
pub struct References {
    record: Record,
    /// Mean divergences, `[M, d]`.
    means: Features,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// Name of the base.
    base: String,
    /// Fingerprint of the base, where it is known.
    base_fingerprint: Option<Fingerprint>,
    encoder: String,
    encoder_fingerprint: Fingerprint,
    models: Vec<ReferenceModel>,
}

impl References {
    /// No model yet, of a base of that name.
    pub fn new(base: &str, base_fingerprint: Option<Fingerprint>, encoder: &dyn Encoder) -> Self {
        Self {
            record: Record {
                base: base.to_string(),
                base_fingerprint,
                encoder: encoder.name().to_string(),
                encoder_fingerprint: encoder.fingerprint().clone(),
                models: Vec::new(),
            },
            means: Features::empty(encoder.dimension()),
        }
    }

    /// Adds a model with its mean divergence, `[d]`.
    ///
    /// # Errors
    /// A divergence of another dimension or with numbers that are not finite; levels outside (0, 1].
    pub fn push(&mut self, model: ReferenceModel, mean: &[f64]) -> Result<(), ExplainError> {
        if mean.len() != self.means.dimension {
            return Err(ExplainError::Shape {
                what: "the mean divergence of a reference model",
                expected: self.means.dimension,
                found: mean.len(),
            });
        }
        crate::decompose::check_finite("the mean divergence", mean, mean.len())?;
        check_levels(&model).map_err(|value| ExplainError::Setting {
            setting: "level",
            value,
            allowed: "above 0 and at most 1",
        })?;
        self.means.values.extend(mean.iter().map(|v| *v as f32));
        self.record.models.push(model);
        Ok(())
    }

    /// Name of the base.
    pub fn base(&self) -> &str {
        &self.record.base
    }

    /// Fingerprint of the base, where it is known.
    pub fn base_fingerprint(&self) -> Option<&Fingerprint> {
        self.record.base_fingerprint.as_ref()
    }

    /// Name of the encoder.
    pub fn encoder(&self) -> &str {
        &self.record.encoder
    }

    /// Fingerprint of the encoder; with features of another one they mean nothing.
    pub fn encoder_fingerprint(&self) -> &Fingerprint {
        &self.record.encoder_fingerprint
    }

    /// The models, in order.
    pub fn models(&self) -> &[ReferenceModel] {
        &self.record.models
    }

    /// Dimension d of the divergences.
    pub fn dimension(&self) -> usize {
        self.means.dimension
    }

    /// The mean divergence of a model, `[d]`.
    ///
    /// # Panics
    /// If there is none of that number.
    pub fn mean(&self, model: usize) -> Vec<f64> {
        self.means
            .row(model)
            .iter()
            .map(|v| f64::from(*v))
            .collect()
    }

    /// Some of the models, by their index.
    pub(crate) fn subset(&self, kept: impl Fn(usize) -> bool) -> Self {
        let rows: Vec<usize> = (0..self.models().len())
            .filter(|model| kept(*model))
            .collect();
        let models = rows.iter().map(|model| self.models()[*model].clone());
        let values = rows.iter().flat_map(|model| self.means.row(*model));
        Self {
            record: Record {
                models: models.collect(),
                ..self.record.clone()
            },
            means: Features {
                values: values.copied().collect(),
                dimension: self.means.dimension,
            },
        }
    }

    /// Fingerprint of everything.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut all = Fingerprint::of("references 2")
            .text("base", self.base())
            .nested("encoder", self.encoder_fingerprint());
        for (index, model) in self.models().iter().enumerate() {
            all = (all.text("model", &model.name))
                .text("training", &model.training)
                .number("pairs", model.pairs as u64);
            for (aspect, level) in &model.aspects {
                all = all.text("aspect", aspect).real("level", *level);
            }
            let row = self.means.row(index);
            let bytes: Vec<u8> = row.iter().flat_map(|v| v.to_le_bytes()).collect();
            all = all.bytes("mean", &bytes);
        }
        all.finish()
    }

    /// Writes them, atomically, into a folder that is made where it is not there.
    ///
    /// # Errors
    /// Fewer than [`FEWEST`] models; [`finexl_core::CoreError::Write`] naming the file.
    pub fn write(&self, path: &Path) -> Result<(), ExplainError> {
        self.enough().map_err(|problem| fault(path, problem))?;
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            finexl_core::atomic::create_folder(folder)?;
        }
        let record =
            serde_json::to_string(&self.record).map_err(|source| finexl_core::CoreError::Json {
                what: path.display().to_string(),
                source,
            })?;
        FeaturesFile {
            features: self.means.clone(),
            // Names stand in the record; of two keys the order in the file would be another one each time.
            names: Vec::new(),
            metadata: HashMap::from([(RECORD.to_string(), record)]),
        }
        .write(path)
    }

    /// Those inside the program by the name of the base, else those of a file.
    ///
    /// # Errors
    /// A file that is missing, damaged or something else.
    pub fn open(name: &Path) -> Result<Self, ExplainError> {
        let embedded = EMBEDDED.iter().find(|(base, _)| name == Path::new(base));
        if let Some((_, bytes)) = embedded {
            return Self::parse(name, bytes);
        }
        if !name.exists() {
            let bases = EMBEDDED.map(|(base, _)| base).join(", ");
            let problem = format!(
                "there is no such file, and reference models inside the program are of {bases}; write a file with \
                 a [gather-references] experiment"
            );
            return Err(fault(name, problem));
        }
        Self::parse(name, &finexl_core::atomic::read(name)?)
    }

    /// As [`References::open`], from the content of a file; `path` stands in messages.
    ///
    /// # Errors
    /// As [`References::open`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, ExplainError> {
        let file = FeaturesFile::parse(path, bytes)?;
        let remedy = "write it with a [gather-references] experiment";
        let record = file.metadata.get(RECORD);
        let record =
            record.ok_or_else(|| fault(path, format!("it holds no reference models; {remedy}")))?;
        let record: Record = serde_json::from_str(record).map_err(|e| {
            fault(
                path,
                format!("its list of models cannot be read ({e}); {remedy}"),
            )
        })?;
        if record.models.len() != file.features.len() {
            let (models, rows) = (record.models.len(), file.features.len());
            let problem = format!("it lists {models} models and has {rows} rows; {remedy}");
            return Err(fault(path, problem));
        }
        for model in &record.models {
            check_levels(model).map_err(|level| {
                let name = &model.name;
                fault(
                    path,
                    format!("\"{name}\" has the level {level}, not one in (0, 1]; {remedy}"),
                )
            })?;
        }
        let found = Self {
            record,
            means: file.features,
        };
        found.enough().map_err(|problem| fault(path, problem))?;
        Ok(found)
    }

    fn enough(&self) -> Result<(), String> {
        match self.models().len() {
            found if found >= FEWEST => Ok(()),
            found => Err(format!(
                "{found} models say too little of a base; give at least {FEWEST}"
            )),
        }
    }
}

fn fault(path: &Path, problem: String) -> ExplainError {
    ExplainError::Features {
        path: path.to_path_buf(),
        problem,
    }
}

/// The first level that is none.
fn check_levels(model: &ReferenceModel) -> Result<(), String> {
    let wrong = |level: &&f64| !(**level > 0.0 && **level <= 1.0);
    match model.aspects.values().find(wrong) {
        Some(level) => Err(level.to_string()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::heads::Head;
    use finexl_zoo::device;

    fn some() -> References {
        let encoder = finexl_zoo::encoders::open("mini-clip", &device::by_name("cpu").unwrap());
        let mut references = References::new("a base", None, encoder.unwrap().as_ref());
        for number in 0..FEWEST {
            let mut mean = vec![0.01; references.dimension()];
            mean[number] = 0.2;
            let aspects: &[(&str, f64)] = match number {
                0 => &[("warm", 0.5)],
                1 => &[("warm", 0.5), ("of no head", 0.2)],
                _ => &[],
            };
            let model = ReferenceModel {
                name: format!("model {number}"),
                training: format!("training {number}"),
                aspects: (aspects
                    .iter()
                    .map(|(name, level)| (name.to_string(), *level)))
                .collect(),
                pairs: 25,
            };
            references.push(model, &mean).unwrap();
        }
        references
    }

    #[test]
    fn they_are_read_back_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/references.safetensors");
        let references = some();
        let head = Head::embedded().unwrap().for_base(&references).unwrap();
        let remark = head.remark().unwrap();
        assert!(
            remark.contains("8 reference models of a base, 1 of them"),
            "{remark}"
        );
        assert!(remark.contains("does not know of no head:"), "{remark}");
        references.write(&path).unwrap();
        let back = References::open(&path).unwrap();
        assert_eq!(back, references);
        assert_eq!(back.fingerprint(), references.fingerprint());
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 40]).unwrap();
        assert!(References::open(&path).is_err());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut references = some();
        let model = |level| ReferenceModel {
            aspects: BTreeMap::from([("warm".to_string(), level)]),
            ..some().models()[0].clone()
        };
        let mean = references.mean(0);
        assert!(references.push(model(0.0), &mean).is_err());
        assert!(references.push(model(f64::NAN), &mean).is_err());
        assert!(references.push(model(0.5), &mean[1..]).is_err());
        assert!(
            references
                .push(model(0.5), &vec![f64::NAN; mean.len()])
                .is_err()
        );
        references.push(model(0.5), &mean).unwrap();
        // Of another encoder.
        references.record.encoder_fingerprint = Fingerprint::of("another").finish();
        let error = Head::embedded()
            .unwrap()
            .for_base(&references)
            .err()
            .unwrap();
        assert!(error.to_string().contains("mini-clip"), "{error}");
    }

    #[test]
    fn those_inside_the_program_are_whole() {
        let head = Head::embedded().unwrap();
        for (name, _) in EMBEDDED {
            let references = References::open(Path::new(name)).unwrap();
            let known = |model: &&ReferenceModel| !model.aspects.is_empty();
            assert_eq!(references.models().len(), 60);
            assert_eq!(references.models().iter().filter(known).count(), 58);
            assert_eq!(references.base(), name);
            assert!(references.base_fingerprint().is_some());
            assert!(head.for_base(&references).unwrap().remark().is_some());
        }
    }
}
