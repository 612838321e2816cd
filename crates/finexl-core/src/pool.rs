//! The list of a pool: personalized models, what is known of them, and where their images are.

use crate::experiment::{Mechanism, StyleShare};
use crate::fingerprint::Fingerprint;
use crate::{CoreError, atomic, json_file};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Name of the list inside the folder of a pool.
const FILE: &str = "pool.json";

/// A complete pool; all paths are relative to its folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolRecord {
    /// Version of this record.
    pub version: u32,
    /// Name of the pool.
    pub name: String,
    /// Name of the base model.
    pub base: String,
    /// Fingerprint of the base model.
    pub base_fingerprint: Fingerprint,
    /// Folder of the base's images, which has the manifest with the prompts.
    pub base_images: PathBuf,
    /// The models, those of a training side by side and in the order of their levels.
    pub models: Vec<PoolModel>,
}

/// A personalized model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolModel {
    /// Name, also of its folder of images.
    pub name: String,
    /// Models of one run differ in their level only: by steps or scale of one training, by the share of
    /// styled images, by strength. They are not independent.
    pub run: String,
    /// What was done to the base.
    pub by: Personalized,
    /// What it was trained on; guidance has its aspects at level 1, an adapter that was there already what the experiment
    /// says of it, a walk nothing.
    pub styles: Vec<StyleShare>,
    /// What the level is.
    pub dial: Dial,
    /// How strongly it is personalized, comparable within a run.
    pub level: f64,
    /// Folder of its images.
    pub images: PathBuf,
}

/// How a model was personalized.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Personalized {
    /// By training.
    Training {
        /// What was trained.
        mechanism: Mechanism,
        /// Seed of the training.
        seed: u64,
        /// Folder of the adapter, of the direction or of the fine-tuned model.
        folder: PathBuf,
        /// Scale of adapter or direction, where it has one.
        scale: Option<f64>,
    },
    /// By an adapter that was there already.
    Adapter {
        /// The name of its file or folder; the record of its images has its SHA-256.
        file: String,
        /// Its scale, where it has one.
        scale: Option<f64>,
    },
    /// By concept guidance.
    Guidance {
        /// The concept.
        phrase: String,
        /// lambda.
        strength: f64,
    },
    /// By guidance along several concepts.
    MixedGuidance {
        /// lambda of each concept.
        strengths: BTreeMap<String, f64>,
    },
    /// By walking along a closed-form direction of the latent space; what it shows has no known name.
    Walk {
        /// Rank of the direction, from 0.
        direction: usize,
        /// Distance walked.
        distance: f64,
    },
}

/// What a level is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dial {
    /// Training steps.
    Steps,
    /// Scale of an adapter or of a learned direction.
    Scale,
    /// Share of styled training images.
    Share,
    /// Strength of concept guidance.
    Strength,
    /// Distance walked in the latent space.
    Distance,
}

impl Dial {
    /// Its name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Steps => "steps",
            Self::Scale => "scale",
            Self::Share => "share",
            Self::Strength => "strength",
            Self::Distance => "distance",
        }
    }
}

impl Personalized {
    /// Name of the mechanism in tables and files.
    pub fn mechanism(&self) -> &'static str {
        match self {
            Self::Training { mechanism, .. } => mechanism.name(),
            Self::Adapter { .. } => "adapter",
            Self::Guidance { .. } | Self::MixedGuidance { .. } => "guidance",
            Self::Walk { .. } => "walk",
        }
    }
}

impl PoolRecord {
    /// The version that this program writes.
    pub const VERSION: u32 = 1;

    /// Writes the list into the folder of a pool.
    ///
    /// # Errors
    /// [`CoreError::Write`].
    pub fn write(&self, folder: &Path) -> Result<(), CoreError> {
        json_file::write(&folder.join(FILE), self)
    }

    /// Reads the list of a pool.
    ///
    /// # Errors
    /// [`CoreError::Read`] where there is none, [`CoreError::Json`] where it is damaged or of another
    /// version.
    pub fn read(folder: &Path) -> Result<Self, CoreError> {
        let path = folder.join(FILE);
        Self::parse(&path, &atomic::read(&path)?)
    }

    /// As [`PoolRecord::read`], from bytes; `path` stands in messages.
    ///
    /// # Errors
    /// [`CoreError::Json`], also for a path that leads out of the pool's folder.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, CoreError> {
        let record: Self = json_file::parse(path, bytes, Self::VERSION)?;
        let trainings = record.models.iter().filter_map(|model| match &model.by {
            Personalized::Training { folder, .. } => Some(folder),
            _ => None,
        });
        let images = record.models.iter().map(|model| &model.images);
        let mut paths = std::iter::once(&record.base_images)
            .chain(images)
            .chain(trainings);
        let inside = |path: &Path| {
            path.components()
                .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        };
        match paths.find(|path| !inside(path)) {
            None => Ok(record),
            Some(outside) => Err(CoreError::Json {
                what: path.display().to_string(),
                source: serde::de::Error::custom(format!(
                    "its path {} leads out of the folder of the pool",
                    outside.display()
                )),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_list_reads_back_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let record = PoolRecord {
            version: PoolRecord::VERSION,
            name: "small".to_string(),
            base: "mini".to_string(),
            base_fingerprint: Fingerprint::of_bytes(b"weights"),
            base_images: "images/base".into(),
            models: vec![PoolModel {
                name: "guidance-vivid-2".to_string(),
                run: "guidance-vivid".to_string(),
                by: Personalized::Guidance {
                    phrase: "vivid".to_string(),
                    strength: 2.0,
                },
                styles: Vec::new(),
                dial: Dial::Strength,
                level: 2.0,
                images: "images/guidance-vivid-2".into(),
            }],
        };
        record.write(folder.path()).unwrap();
        assert_eq!(PoolRecord::read(folder.path()).unwrap(), record);
        for outside in ["../base", "/base", "images/../../base"] {
            let mut led = record.clone();
            led.models[0].images = outside.into();
            led.write(folder.path()).unwrap();
            let error = PoolRecord::read(folder.path()).unwrap_err().to_string();
            assert!(error.contains(outside), "{error}");
        }
    }
}
