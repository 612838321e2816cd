//! Where pictures come from: files, or the memory of whoever asks.

use super::read::{Decoded, decode_file};
use crate::DataError;
use finexl_core::fingerprint::Fingerprint;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Something that has pictures under names that look like paths.
pub trait PictureSource: Send + Sync {
    /// The picture of a name.
    ///
    /// # Errors
    /// What is no picture, as [`decode_file`] says it.
    fn decode(&self, path: &Path) -> Result<Decoded, DataError>;

    /// What is behind a name: equal fingerprints are equal pictures.
    ///
    /// # Errors
    /// A name that nothing is behind.
    fn fingerprint(&self, path: &Path) -> Result<Fingerprint, DataError>;
}

/// Pictures by their paths: those of files, unless somebody else has them.
#[derive(Clone, Default)]
pub struct Pictures(Option<Arc<dyn PictureSource>>);

impl Pictures {
    /// Those of files.
    pub fn files() -> Self {
        Self::default()
    }

    /// Those that somebody has.
    pub fn of(source: Arc<dyn PictureSource>) -> Self {
        Self(Some(source))
    }

    /// The picture of a path.
    ///
    /// # Errors
    /// As [`PictureSource::decode`].
    pub fn decode(&self, path: &Path) -> Result<Decoded, DataError> {
        match &self.0 {
            Some(source) => source.decode(path),
            None => decode_file(path),
        }
    }

    /// What is behind a path: of a file the SHA-256 of its bytes.
    ///
    /// # Errors
    /// As [`PictureSource::fingerprint`].
    pub fn fingerprint(&self, path: &Path) -> Result<Fingerprint, DataError> {
        match &self.0 {
            Some(source) => source.fingerprint(path),
            None => Ok(Fingerprint::of_file(path)?),
        }
    }
}

impl fmt::Debug for Pictures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Some(_) => "Pictures(held)",
            None => "Pictures(files)",
        })
    }
}
