//! Single pictures that are kept between runs.

use super::recorded_settings::settings_key;
use super::{GenerationRequest, GenerationSettings, Generator};
use finexl_core::atomic;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::decode::decode_file;
use std::path::{Path, PathBuf};

/// Version of what makes pictures: another sampler is another version.
const VERSION: u64 = 1;

/// Pictures by everything that they depend on: model, prompt, seed and settings. A run that was killed goes on after
/// the last one, and the pictures of a base serve every adapter.
///
/// A picture that cannot be kept is not: what is kept never stands in the way of a result.
#[derive(Clone, Debug)]
pub struct KeptPictures {
    folder: PathBuf,
}

impl KeptPictures {
    /// In a folder of its own.
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
        }
    }

    /// In the user's cache; nothing without a home.
    pub fn of_user() -> Option<Self> {
        let folder = finexl_core::user_cache::folder()?.join("pictures");
        Some(Self { folder })
    }

    /// Where the picture of a request is or will be.
    pub(super) fn path(
        &self,
        generator: &dyn Generator,
        settings: &GenerationSettings,
        request: &GenerationRequest,
    ) -> PathBuf {
        let key = Fingerprint::of("picture")
            .number("version", VERSION)
            .nested("generator", generator.fingerprint())
            .text("device", generator.device());
        let key = settings_key(key, settings)
            .text("prompt", &request.prompt)
            .number("seed", request.seed)
            .number("index", request.index)
            .finish();
        let name = key.as_str();
        let group = name.get(..2).unwrap_or("other");
        self.folder.join(group).join(format!("{name}.png"))
    }

    /// The bytes of a picture that is there and whole.
    pub(super) fn read(path: &Path) -> Option<Vec<u8>> {
        let bytes = std::fs::read(path).ok()?;
        match decode_file(path) {
            Ok(_) => Some(bytes),
            Err(error) => {
                tracing::warn!("ignoring a damaged picture in the cache: {error}");
                None
            }
        }
    }

    /// Keeps a picture.
    pub(super) fn keep(path: &Path, bytes: &[u8]) {
        let made = path.parent().map_or(Ok(()), atomic::create_folder);
        if let Err(error) = made.and_then(|()| atomic::write(path, bytes)) {
            tracing::warn!("a picture is not kept: {error}");
        }
    }
}
