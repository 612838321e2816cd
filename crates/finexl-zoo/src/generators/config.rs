//! What rebuilds a generator of latents from its weights file.

use crate::ZooError;
use crate::weights::WeightsFile;
use finexl_data::scenes::{BACKGROUNDS, Place, SceneSize};
use finexl_data::vocabulary::Concept;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How a generator makes images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// It denoises latents.
    #[default]
    Diffusion,
    /// It draws tokens one after the other.
    Autoregressive,
    /// It makes latents in one pass, trained against a discriminator.
    Gan,
}

impl Family {
    /// Name of the autoencoder's weights, which lie beside those of a generator of one's own unless it
    /// uses an embedded one.
    pub fn autoencoder_file(self) -> &'static str {
        match self {
            Self::Diffusion | Self::Gan => "mini-autoencoder.safetensors",
            Self::Autoregressive => "mini-tokenizer.safetensors",
        }
    }

    /// The family of a weights file, which says nothing where it holds no generator.
    ///
    /// # Errors
    /// Where the file is no safetensors file or holds no config of ours.
    pub fn of(weights: &WeightsFile) -> Result<Self, ZooError> {
        /// The first families' files do not name theirs.
        #[derive(Deserialize)]
        struct Stated {
            #[serde(default)]
            family: Family,
        }
        Ok(weights.config::<Stated>()?.family)
    }

    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Architecture and vocabulary; travels in the metadata of the weights file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GeneratorConfig<A> {
    /// How it makes images.
    #[serde(default, skip_serializing_if = "Family::is_default")]
    pub family: Family,
    /// Name of the generator.
    pub name: String,
    /// Layers and widths.
    pub architecture: A,
    /// Fingerprint of the autoencoder's weights file.
    pub autoencoder: String,
    /// Known words; token `i + 3` is word `i`, after padding, start and end.
    pub words: Vec<String>,
    /// The subjects it learned.
    pub subjects: Vec<String>,
    /// The aspects whose words it learned.
    pub aspects: Vec<String>,
}

/// Every word of captions of scenes with these subjects and aspects, sorted.
pub(crate) fn known_words(subjects: &[String], aspects: &[Concept]) -> Vec<String> {
    let mut words: BTreeSet<&str> = "a an and on background style ,".split(' ').collect();
    let phrases = aspects.iter().flat_map(|a| &a.phrases);
    words.extend(
        subjects
            .iter()
            .chain(phrases)
            .flat_map(|s| s.split_whitespace()),
    );
    words.extend(BACKGROUNDS.iter().map(|b| b.name));
    words.extend(Place::ALL.iter().flat_map(|p| p.phrase().split(' ')));
    words.extend(SceneSize::ALL.iter().map(|s| s.word()));
    words.into_iter().map(str::to_string).collect()
}
