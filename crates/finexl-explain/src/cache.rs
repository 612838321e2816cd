//! Features and banks on disk, by fingerprint of everything that went into them.

use crate::error::ExplainError;
use crate::features_file::FeaturesFile;
use crate::phrase_features::PhraseFeatures;
use finexl_core::fingerprint::Fingerprint;
use finexl_zoo::encoders::Features;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

pub use finexl_core::user_cache::CACHE_VARIABLE;

/// A folder of cached features; without a folder nothing is kept.
///
/// A file that cannot be read is made anew, one that cannot be written is not kept: a cache never
/// stands in the way of a result.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// Keeps nothing.
    pub fn none() -> Self {
        Self::default()
    }

    /// A cache in a folder of its own.
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: Some(folder.to_path_buf()),
        }
    }

    /// `$FINEXL_CACHE`, else `finexl` in `$XDG_CACHE_HOME` or `~/.cache`; nothing without a home.
    pub fn of_user() -> Self {
        let folder = finexl_core::user_cache::folder();
        Self { folder }
    }

    /// Whether nothing is kept.
    pub fn is_none(&self) -> bool {
        self.folder.is_none()
    }

    /// The folder that a cached folder of images has or will have; nothing where nothing is kept.
    pub fn images(&self, key: &Fingerprint) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        Some(folder.join("generated").join(key.as_str()))
    }

    /// The folder that sets of features drawn from something have or will have; nothing where nothing is kept.
    pub fn episodes(&self, key: &Fingerprint) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        Some(folder.join("episodes").join(key.as_str()))
    }

    fn path(&self, kind: &str, key: &Fingerprint) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        Some(folder.join(kind).join(format!("{key}.safetensors")))
    }

    /// Cached features with their metadata.
    pub fn features(
        &self,
        kind: &str,
        key: &Fingerprint,
    ) -> Option<(Features, HashMap<String, String>)> {
        let path = self.path(kind, key)?;
        path.exists().then_some(())?;
        match FeaturesFile::read(&path) {
            Ok(file) => Some((file.features, file.metadata)),
            Err(error) => {
                tracing::warn!("ignoring a damaged cache file: {error}");
                None
            }
        }
    }

    /// Keeps features.
    pub fn keep_features(
        &self,
        kind: &str,
        key: &Fingerprint,
        features: &Features,
        metadata: HashMap<String, String>,
    ) {
        let Some(path) = self.path(kind, key) else {
            return;
        };
        let file = FeaturesFile {
            features: features.clone(),
            names: Vec::new(),
            metadata,
        };
        if let Err(error) = write(&file, &path) {
            tracing::warn!("nothing is cached: {error}");
        }
    }

    /// Text embeddings kept under a key.
    pub fn phrases(&self, key: &Fingerprint) -> Option<PhraseFeatures> {
        let path = self.path("banks", key)?;
        path.exists().then_some(())?;
        match PhraseFeatures::read(&path) {
            Ok(phrases) => Some(phrases),
            Err(error) => {
                tracing::warn!("ignoring a damaged cache file: {error}");
                None
            }
        }
    }

    /// Keeps text embeddings.
    pub fn keep_phrases(&self, key: &Fingerprint, phrases: &PhraseFeatures) {
        let Some(path) = self.path("banks", key) else {
            return;
        };
        let kept = create_parent(&path).and_then(|()| phrases.write(&path));
        if let Err(error) = kept {
            tracing::warn!("nothing is cached: {error}");
        }
    }
}

fn create_parent(path: &Path) -> Result<(), ExplainError> {
    if let Some(parent) = path.parent() {
        finexl_core::atomic::create_folder(parent)?;
    }
    Ok(())
}

fn write(file: &FeaturesFile, path: &Path) -> Result<(), ExplainError> {
    create_parent(path)?;
    file.write(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_kept_is_found_and_damage_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path());
        let key = Fingerprint::of_bytes(b"key");
        let features = Features {
            dimension: 2,
            values: vec![0.5; 12],
        };
        assert!(cache.features("pairs", &key).is_none());
        cache.keep_features("pairs", &key, &features, HashMap::new());
        assert_eq!(cache.features("pairs", &key).unwrap().0, features);
        for kind in ["pairs", "banks"] {
            let path = cache.path(kind, &key).unwrap();
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"half").unwrap();
        }
        assert!(cache.features("pairs", &key).is_none());
        assert!(cache.phrases(&key).is_none());
    }
}
