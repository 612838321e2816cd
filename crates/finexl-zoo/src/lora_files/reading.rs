//! From tensors to the changes of layers.

use super::fitting::{Stranger, fitting, other_family, stranger};
use super::groups::{Group, Groups, check_kinds, group, other_model};
use super::lora_file::{LayerChange, LayerPlace, LoraFile};
use super::peft_alpha::PeftSettings;
use super::scale::{Said, Scale, ScaleRule, resolve};
use crate::ZooError;
use crate::stable_diffusion::{Base, Form, Layer, ModelLayers};
use crate::tensor_file::{StoredTensor, TensorFile};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Header entry in which FineXL names the base of its own adapters.
const OWN_BASE: &str = "finexl.base-sha256";
/// Kinds of PEFT that are read.
const PEFT_KINDS: [&str; 3] = ["LORA", "LOHA", "LOKR"];
/// Largest side, and largest number of numbers, of a weight whose model is not listed.
const LARGEST_SIDE: usize = 1 << 17;
/// As [`LARGEST_SIDE`].
const LARGEST_WEIGHT: usize = 1 << 27;
const REMEDY_BASE: &str =
    "give its own base with --model, or a file for this one; `finexl inspect` says what it is for";
const REMEDY_DAMAGED: &str = "fetch it again, or save it anew with the tool that made it";
const REMEDY_MODEL: &str =
    "give a file for Stable Diffusion 1, 2 or XL, or an adapter of one of FineXL's own generators";

impl<'a> LoraFile<'a> {
    /// Reads a file's tensors, with the config that stands beside them in a folder of PEFT, for the published model
    /// that they fit. `path` stands in messages.
    ///
    /// # Errors
    /// [`ZooError::Weights`] for kinds that are not read and for files of other models. What is wrong with
    /// single keys is collected in [`LoraFile::problems`].
    pub fn read(
        path: &Path,
        file: &TensorFile<'a>,
        config: Option<&[u8]>,
    ) -> Result<Self, ZooError> {
        let content = Content::of(path, file, config)?;
        let bases = fitting(&content.groups.groups, &file.metadata);
        let is_own = content.own_base.is_some();
        let is_strange = |base: &Base| content.is_strange(file, ModelLayers::published(*base));
        if !is_own && bases.first().is_none_or(is_strange) {
            return Err(unknown(path, file, &content.groups));
        }
        let model = bases.first().map(|base| {
            let name = base.to_string();
            (ModelLayers::published(*base), name)
        });
        Ok(content.changes(model, bases))
    }

    /// The same for a model of any sizes that is called `name`. Keys that are none of its layers, and layers of another
    /// shape, are problems.
    ///
    /// # Errors
    /// As [`LoraFile::read`]; [`ZooError::Weights`] with what was found and what is needed for files of another family.
    pub fn read_for(
        path: &Path,
        file: &TensorFile<'a>,
        config: Option<&[u8]>,
        model: &'a ModelLayers,
        name: &str,
    ) -> Result<Self, ZooError> {
        let content = Content::of(path, file, config)?;
        if content.own_base.is_some() {
            let problem = format!(
                "it is an adapter of one of FineXL's own generators, {name} is {}",
                model.base
            );
            return Err(refused(path, problem, REMEDY_BASE));
        }
        let groups = &content.groups.groups;
        if content.is_strange(file, model) {
            return Err(unknown(path, file, &content.groups));
        }
        if let Some(problem) = other_family(groups, &file.metadata, model, name) {
            return Err(refused(path, problem, REMEDY_BASE));
        }
        if !groups.iter().any(|group| group.is_named(model)) {
            return Err(unknown(path, file, &content.groups));
        }
        Ok(content.changes(Some((model, name.to_string())), vec![model.base]))
    }
}

/// Refuses a file of which nothing is known: one for another model, or one whose layers are all damaged.
fn unknown(path: &Path, file: &TensorFile<'_>, groups: &Groups<'_>) -> ZooError {
    match stranger(file, &groups.groups, &groups.problems) {
        Stranger::Model(problem) => refused(path, problem, REMEDY_MODEL),
        Stranger::Damaged(problem) => refused(path, problem, REMEDY_DAMAGED),
    }
}

fn refused(path: &Path, problem: String, remedy: &'static str) -> ZooError {
    ZooError::Weights {
        path: path.to_path_buf(),
        problem,
        remedy,
    }
}

/// A file whose tensors were put together by layer.
struct Content<'a> {
    groups: Groups<'a>,
    peft: Vec<PeftSettings>,
    own_base: Option<String>,
}

impl<'a> Content<'a> {
    fn of(path: &Path, file: &TensorFile<'a>, config: Option<&[u8]>) -> Result<Self, ZooError> {
        check_kinds(path, file)?;
        let peft = match config {
            Some(bytes) => PeftSettings::of_folder(bytes).map(|settings| vec![settings]),
            None => PeftSettings::of_header(&file.metadata),
        };
        let peft = peft.map_err(|problem| refused(path, problem, "save the adapter again"))?;
        if let Some(other) = peft.iter().find(|p| !PEFT_KINDS.contains(&p.kind.as_str())) {
            let problem = format!("its peft_type is {}, which is not read", other.kind);
            return Err(refused(path, problem, "train it as LoRA, LoHa or LoKr"));
        }
        let own = file.metadata.get(OWN_BASE).cloned();
        let own_base = own.or_else(|| peft.first().and_then(|c| c.own_base.clone()));
        Ok(Self {
            groups: group(file),
            peft,
            own_base,
        })
    }

    /// Whether most layers are none of a model's and belong to another known one, which may share a text encoder with it.
    fn is_strange(&self, file: &TensorFile<'_>, model: &ModelLayers) -> bool {
        let groups = &self.groups.groups;
        let named = groups.iter().filter(|group| group.is_named(model)).count();
        named * 2 < groups.len() && other_model(file).is_some()
    }

    /// The changes of a model's layers; of none for adapters of FineXL's generators.
    fn changes(self, model: Option<(&'a ModelLayers, String)>, bases: Vec<Base>) -> LoraFile<'a> {
        let Groups {
            groups,
            found,
            problems,
        } = self.groups;
        let mut reading = Reading {
            model,
            peft: &self.peft,
            problems,
            used: BTreeMap::new(),
        };
        let mut changes: Vec<(usize, LayerChange<'a>)> = Vec::new();
        let mut spellings = BTreeSet::new();
        for group in groups {
            spellings.insert(group.key.spelling);
            changes.extend(reading.layer(group));
        }
        changes.sort_by(|(a, x), (b, y)| (a, &x.key).cmp(&(b, &y.key)));
        LoraFile {
            bases,
            spellings,
            layers: changes.into_iter().map(|(_, change)| change).collect(),
            found,
            problems: reading.problems,
            own_base: self.own_base,
            base_name: self.peft.first().and_then(|c| c.base_name.clone()),
        }
    }
}

struct Reading<'a, 'p> {
    /// The model with what it is called.
    model: Option<(&'a ModelLayers, String)>,
    peft: &'p [PeftSettings],
    problems: Vec<String>,
    /// Layers that were named, with the key that did.
    used: BTreeMap<String, String>,
}

impl<'a> Reading<'a, '_> {
    /// The change of a group, and its place in the list of layers. Problems are noted; a group that means no
    /// layer gives nothing.
    fn layer(&mut self, group: Group<'a>) -> Option<(usize, LayerChange<'a>)> {
        let key = group.key.module.clone();
        let model = self.model.as_ref();
        let place = match model.map(|(model, name)| (*model, name.as_str())) {
            None => LayerPlace::Own(group.key.name.clone()),
            Some((model, name)) => match group.key.layer(model, group.matrix()) {
                Some(layer) => LayerPlace::Known(layer),
                None => {
                    self.problems.push(misfit(&group, model, name));
                    return None;
                }
            },
        };
        if let Some(first) = self.used.insert(place.path(), key.clone()) {
            self.problems
                .push(format!("{key}: {first} names the same layer"));
            return None;
        }
        if let Some(layer) = place.layer()
            && let Err(problem) = fits_layer(&group, layer)
        {
            self.problems.push(format!("{key}: {problem}"));
            return None;
        }
        if place.layer().is_none()
            && let Some([rows, columns]) = group.matrix()
            && (rows.max(columns) > LARGEST_SIDE || rows.saturating_mul(columns) > LARGEST_WEIGHT)
        {
            self.problems.push(format!(
                "{key}: it changes a weight of {rows} x {columns}, larger than any of FineXL's generators"
            ));
            return None;
        }
        let scale = match self.scale(&group, &place) {
            Ok(scale) => scale,
            Err(problem) => {
                self.problems.push(format!("{key}: {problem}"));
                // The facts are those of alpha = rank.
                Scale {
                    value: 1.0,
                    alpha: None,
                    rule: ScaleRule::Unknown,
                }
            }
        };
        if self.lacks_lengths(&group, &place) {
            self.problems.push(format!(
                "{key}: PEFT's config says use_dora, the lengths of DoRA (lora_magnitude_vector) are missing"
            ));
        }
        let built = group.built;
        let lengths = built.magnitude.as_ref().map(|magnitude| &magnitude.lengths);
        let tensors = built.bias.iter().chain(lengths);
        let weights = built.change.iter().flat_map(|change| change.tensors());
        let narrow = weights.chain(tensors).find(|tensor| !tensor.is_readable());
        if let Some(problem) = narrow.and_then(|tensor| tensor.singles().err()) {
            self.problems.push(format!("{key}: it {problem}"));
        }
        let order = place.layer().zip(self.model.as_ref());
        let order = order.and_then(|(layer, (model, _))| {
            let mut layers = model.all().iter();
            layers.position(|other| std::ptr::eq(other, layer))
        });
        let change = LayerChange {
            key,
            place,
            change: built.change,
            bias: built.bias,
            magnitude: built.magnitude,
            scale,
        };
        Some((order.unwrap_or(0), change))
    }

    /// Whether PEFT's config asks for lengths that are not there.
    fn lacks_lengths(&self, group: &Group<'_>, place: &LayerPlace<'_>) -> bool {
        let part = place.layer().map(|layer| layer.part);
        let mut settings = self.peft.iter().filter(|settings| settings.is_for(part));
        let low_rank = matches!(
            group.built.change,
            Some(super::change::Change::LowRank { .. })
        );
        low_rank && group.built.magnitude.is_none() && settings.any(|settings| settings.dora)
    }

    fn scale(&self, group: &Group<'_>, place: &LayerPlace<'_>) -> Result<Scale, String> {
        let rank = group.built.change.as_ref().and_then(|change| change.rank());
        let (part, path) = match place {
            LayerPlace::Known(layer) => (Some(layer.part), layer.path.as_str()),
            LayerPlace::Own(path) => (None, path.as_str()),
        };
        let settings = self.peft.iter().find(|settings| settings.is_for(part));
        let mut said = Said {
            scale: number("scale", group.scale.as_ref())?,
            alpha: number("alpha", group.alpha.as_ref())?,
            peft: None,
        };
        let mut divisor = rank;
        if let Some(settings) = settings {
            said.peft = Some(settings.alpha_of(path)?);
            let stated = settings.rank_of(path)?;
            match (rank, stated) {
                (Some(rank), Some(stated)) if rank as f64 != stated => {
                    return Err(format!(
                        "its factors have the rank {rank}, PEFT's config says {stated}"
                    ));
                }
                // PEFT scales a LoKr of whole matrices too.
                (None, Some(stated)) if settings.kind == "LOKR" && stated >= 1.0 => {
                    divisor = Some(stated as usize);
                }
                _ => {}
            }
        }
        resolve(&said, divisor).map_err(|problem| problem.to_string())
    }
}

/// Why a group is no change of a model's layers.
fn misfit(group: &Group<'_>, model: &ModelLayers, name: &str) -> String {
    let key = &group.key.module;
    match (group.key.layer(model, None), group.matrix()) {
        (Some(layer), Some([rows, columns])) => {
            let [outputs, inputs] = layer.matrix();
            format!(
                "{key}: it changes a weight of {rows} x {columns}, in {name} that is {outputs} x {inputs}"
            )
        }
        _ => format!("{key} is no layer of {name}"),
    }
}

/// The one number of a tensor.
fn number(name: &str, tensor: Option<&StoredTensor<'_>>) -> Result<Option<f64>, String> {
    let number = tensor.map(|tensor| tensor.number()).transpose();
    number.map_err(|problem| format!("{name} {problem}"))
}

/// Checks what stands beside the factors.
fn fits_layer(group: &Group<'_>, layer: &Layer) -> Result<(), String> {
    let [rows, _] = layer.matrix();
    let built = &group.built;
    if built.is_norm && layer.form != Form::Norm {
        return Err("w_norm and b_norm are for norms only".to_string());
    }
    if let Some(bias) = &built.bias {
        if !layer.bias {
            return Err("it changes a bias, the layer has none".to_string());
        }
        if bias.count() != layer.outputs {
            let found = bias.count();
            return Err(format!(
                "its bias has {found} numbers, the layer {}",
                layer.outputs
            ));
        }
    }
    if let Some(magnitude) = &built.magnitude {
        let needed = match magnitude.of_outputs {
            true => rows,
            false => layer.inputs,
        };
        if magnitude.lengths.count() != needed {
            return Err(format!(
                "the lengths of DoRA have the shape {:?}, the layer {rows} outputs and {} inputs",
                magnitude.lengths.shape, layer.inputs
            ));
        }
        if !matches!(layer.form, Form::Linear | Form::Convolution { .. }) {
            return Err("DoRA is for linear layers and convolutions only".to_string());
        }
    }
    if let Some(super::change::Change::Channels { weight, on_input }) = &built.change {
        let (needed, side) = match on_input {
            true => (layer.inputs, "inputs"),
            false => (layer.outputs, "outputs"),
        };
        if weight.count() != needed {
            let found = weight.count();
            return Err(format!("it scales {found} {side}, the layer has {needed}"));
        }
    }
    Ok(())
}
