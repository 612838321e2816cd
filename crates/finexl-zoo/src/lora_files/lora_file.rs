//! A LoRA file that was read.

use super::change::Change;
use super::magnitude::Magnitude;
use super::scale::Scale;
use super::spelling::{Key, Spelling};
use crate::ZooError;
use crate::stable_diffusion::{Base, Layer};
use crate::tensor_file::{StoredTensor, TensorFile};
use std::collections::BTreeSet;
use std::path::Path;

/// Problems that a message lists.
const LISTED: usize = 8;

/// Where a change belongs.
#[derive(Clone, Debug, PartialEq)]
pub enum LayerPlace<'a> {
    /// A layer of Stable Diffusion.
    Known(&'a Layer),
    /// A layer of a FineXL generator, by its path.
    Own(String),
}

impl<'a> LayerPlace<'a> {
    /// The layer's path, behind the name of its network where there are several.
    pub fn path(&self) -> String {
        match self {
            Self::Known(layer) => format!("{}.{}", layer.part.name(), layer.path),
            Self::Own(path) => path.clone(),
        }
    }

    /// The layer, if it is one of Stable Diffusion.
    pub fn layer(&self) -> Option<&'a Layer> {
        match self {
            Self::Known(layer) => Some(layer),
            Self::Own(_) => None,
        }
    }
}

/// What a file does to one layer.
#[derive(Clone, Debug)]
pub struct LayerChange<'a> {
    /// Prefix and name as the file writes them.
    pub key: String,
    /// The layer.
    pub place: LayerPlace<'a>,
    /// What is done to its weight, if anything.
    pub change: Option<Change<'a>>,
    /// What is added to its bias.
    pub bias: Option<StoredTensor<'a>>,
    /// DoRA's lengths of the changed weight.
    pub magnitude: Option<Magnitude<'a>>,
    /// What the change is multiplied by.
    pub scale: Scale,
}

/// The changes of a file.
#[derive(Clone, Debug)]
pub struct LoraFile<'a> {
    /// The families that all layers fit, the likeliest first; none for adapters of FineXL's generators.
    pub bases: Vec<Base>,
    /// How its keys are written.
    pub spellings: BTreeSet<Spelling>,
    /// The changes, in the order of the model's layers.
    pub layers: Vec<LayerChange<'a>>,
    /// Keys by their layer as written: how many the file has in all, known or not.
    pub found: usize,
    /// What keeps the file from being applied as it is, each naming a key.
    pub problems: Vec<String>,
    /// SHA-256 of the FineXL generator that it is for.
    pub own_base: Option<String>,
    /// What PEFT's config calls the base.
    pub base_name: Option<String>,
}

impl LoraFile<'_> {
    /// Whether no key of a file is one of an adapter, so that it may be a whole model.
    pub fn is_none(file: &TensorFile<'_>) -> bool {
        !file.tensors.is_empty() && file.tensors.keys().all(|key| Key::parse(key).is_none())
    }

    /// Refuses a file with problems; `path` stands in the message.
    ///
    /// # Errors
    /// [`ZooError::Weights`] naming the keys.
    pub fn check(&self, path: &Path) -> Result<(), ZooError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        let mut listed: Vec<&str> = self.problems.iter().map(String::as_str).collect();
        let more = listed.len().saturating_sub(LISTED);
        listed.truncate(LISTED);
        let more = match more {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Err(ZooError::Weights {
            path: path.to_path_buf(),
            problem: format!("it cannot be applied as it is: {}{more}", listed.join("; ")),
            remedy: "look into it with `finexl inspect`, and fetch it again or save it anew with the tool that made it",
        })
    }
}
