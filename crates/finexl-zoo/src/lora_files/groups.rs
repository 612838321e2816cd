//! The tensors of a file, put together by layer.

use super::change::{Built, Roles, build};
use super::role::{OTHER_MODELS, REFUSED, Role};
use super::spelling::Key;
use crate::ZooError;
use crate::stable_diffusion::ModelLayers;
use crate::tensor_file::{StoredTensor, TensorFile};
use std::collections::BTreeMap;
use std::path::Path;

const REMEDY_KIND: &str = "fetch the model in another form (LoRA, LoCon, LoHa, LoKr, DoRA, IA3), or let the tool that made it merge it into a checkpoint";

/// The tensors of one layer.
pub(super) struct Group<'a> {
    pub key: Key,
    pub built: Built<'a>,
    /// Alpha and scale, where they are given.
    pub alpha: Option<StoredTensor<'a>>,
    /// As `alpha`.
    pub scale: Option<StoredTensor<'a>>,
}

/// All layers of a file, and what could not be put together.
pub(super) struct Groups<'a> {
    pub groups: Vec<Group<'a>>,
    /// Layers as written, whole or not.
    pub found: usize,
    pub problems: Vec<String>,
}

/// Refuses kinds that are not read, by name.
pub(super) fn check_kinds(path: &Path, file: &TensorFile<'_>) -> Result<(), ZooError> {
    for (part, kind) in REFUSED {
        if let Some(key) = file.tensors.keys().find(|key| key.contains(part)) {
            return Err(ZooError::Weights {
                path: path.to_path_buf(),
                problem: format!("it holds {kind} ({key}), which is not read"),
                remedy: REMEDY_KIND,
            });
        }
    }
    Ok(())
}

/// The model that keys belong to which are none of Stable Diffusion's.
pub(super) fn other_model(file: &TensorFile<'_>) -> Option<&'static str> {
    let tells = |part: &str| file.tensors.keys().any(|key| key.contains(part));
    let found = OTHER_MODELS.iter().find(|(part, _)| tells(part));
    found.map(|(_, name)| *name)
}

/// Puts tensors together by layer.
pub(super) fn group<'a>(file: &TensorFile<'a>) -> Groups<'a> {
    let mut problems = Vec::new();
    let mut layers: BTreeMap<String, (Key, Roles<'a>)> = BTreeMap::new();
    for (name, tensor) in &file.tensors {
        let Some(key) = Key::parse(name) else {
            problems.push(format!("key {name} is not known"));
            continue;
        };
        let role = key.role;
        let (_, roles) = (layers.entry(key.module.clone())).or_insert_with(|| (key, Roles::new()));
        if roles.insert(role, tensor.clone()).is_some() {
            problems.push(format!("key {name} says again what {} is", role.written()));
        }
    }
    let found = layers.len();
    let mut groups = Vec::new();
    for (module, (key, roles)) in layers {
        let alpha = roles.get(&Role::Alpha).cloned();
        let scale = roles.get(&Role::Scale).cloned();
        match build(roles) {
            Ok(built) => groups.push(Group {
                key,
                built,
                alpha,
                scale,
            }),
            Err(problem) => problems.push(format!("{module}: {problem}")),
        }
    }
    Groups {
        groups,
        found,
        problems,
    }
}

impl Group<'_> {
    /// Shape of the weight that is changed, where the tensors say it.
    pub fn matrix(&self) -> Option<[usize; 2]> {
        self.built
            .change
            .as_ref()
            .and_then(super::change::Change::matrix)
    }

    /// Whether a model has such a layer, of this shape.
    pub fn fits(&self, model: &ModelLayers) -> bool {
        self.key.layer(model, self.matrix()).is_some()
    }

    /// Whether a model has a layer of this name, of any shape.
    pub fn is_named(&self, model: &ModelLayers) -> bool {
        self.key.layer(model, None).is_some()
    }
}
