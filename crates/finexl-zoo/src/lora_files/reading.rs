//! From tensors to the changes of layers.

use super::groups::{Group, Groups, check_kinds, group, other_model};
use super::lora_file::{LayerChange, LayerPlace, LoraFile};
use super::peft_alpha::PeftSettings;
use super::said_base::said_bases;
use super::scale::{Said, Scale, ScaleRule, resolve};
use crate::ZooError;
use crate::stable_diffusion::{Base, Form, Layer, layers};
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
const REMEDY_MODEL: &str =
    "give a file for Stable Diffusion 1, 2 or XL, or an adapter of one of FineXL's own generators";

impl<'a> LoraFile<'a> {
    /// Reads a file's tensors, with the config that stands beside them in a folder of PEFT. `path` stands in
    /// messages.
    ///
    /// # Errors
    /// [`ZooError::Weights`] for kinds that are not read and for files of other models. What is wrong with
    /// single keys is collected in [`LoraFile::problems`].
    pub fn read(
        path: &Path,
        file: &TensorFile<'a>,
        config: Option<&[u8]>,
    ) -> Result<Self, ZooError> {
        check_kinds(path, file)?;
        let refused = |problem: String, remedy| ZooError::Weights {
            path: path.to_path_buf(),
            problem,
            remedy,
        };
        let peft = match config {
            Some(bytes) => PeftSettings::of_folder(bytes).map(|settings| vec![settings]),
            None => PeftSettings::of_header(&file.metadata),
        };
        let peft = peft.map_err(|problem| refused(problem, "save the adapter again"))?;
        if let Some(other) = peft.iter().find(|p| !PEFT_KINDS.contains(&p.kind.as_str())) {
            let problem = format!("its peft_type is {}, which is not read", other.kind);
            return Err(refused(problem, "train it as LoRA, LoHa or LoKr"));
        }
        let Groups {
            groups,
            found,
            problems,
        } = group(file);
        let config = peft.first();
        let own = file.metadata.get(OWN_BASE).cloned();
        let own_base = own.or_else(|| config.and_then(|c| c.own_base.clone()));
        let bases = fitting(&groups, &file.metadata);
        if bases.is_empty() && own_base.is_none() {
            return Err(refused(stranger(file, &groups, &problems), REMEDY_MODEL));
        }
        let mut reading = Reading {
            base: bases.first().copied(),
            peft: &peft,
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
        Ok(Self {
            bases,
            spellings,
            layers: changes.into_iter().map(|(_, change)| change).collect(),
            found,
            problems: reading.problems,
            own_base,
            base_name: config.and_then(|c| c.base_name.clone()),
        })
    }
}

/// The families that most layers fit, those that metadata name first. Where a family fits more layers than
/// another, the other is none.
fn fitting(groups: &[Group<'_>], metadata: &BTreeMap<String, String>) -> Vec<Base> {
    let count = |base: Base| groups.iter().filter(|group| group.fits(base)).count();
    let counts: Vec<(Base, usize)> = Base::ALL.iter().map(|base| (*base, count(*base))).collect();
    let best = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    if best == 0 {
        return Vec::new();
    }
    let fitting = counts.iter().filter(|(_, count)| *count == best);
    let mut bases: Vec<Base> = fitting.map(|(base, _)| *base).collect();
    let said = said_bases(metadata);
    let said = |base: &Base| said.iter().any(|said| said.base == Some(*base));
    bases.sort_by_key(|base| (!said(base), *base));
    bases
}

/// What a file is that fits no family.
fn stranger(file: &TensorFile<'_>, groups: &[Group<'_>], problems: &[String]) -> String {
    let first = file.tensors.keys().next();
    let Some(first) = first else {
        return "it holds no tensors".to_string();
    };
    if let Some(model) = other_model(file) {
        return format!("its keys are those of {model} ({first})");
    }
    match groups.first() {
        Some(group) => format!(
            "none of its {} layers is one of Stable Diffusion 1, 2 or XL (the first is {})",
            groups.len(),
            group.key.module
        ),
        None => match problems.iter().find(|problem| !problem.starts_with("key ")) {
            Some(problem) => problem.clone(),
            None => format!("it holds no adapter that is known (its first key is {first})"),
        },
    }
}

struct Reading<'p> {
    base: Option<Base>,
    peft: &'p [PeftSettings],
    problems: Vec<String>,
    /// Layers that were named, with the key that did.
    used: BTreeMap<String, String>,
}

impl Reading<'_> {
    /// The change of a group, and its place in the list of layers. Problems are noted; a group that means no
    /// layer gives nothing.
    fn layer<'a>(&mut self, group: Group<'a>) -> Option<(usize, LayerChange<'a>)> {
        let key = group.key.module.clone();
        let place = match self.base {
            None => LayerPlace::Own(group.key.name.clone()),
            Some(base) => match group.key.layer(base, group.matrix()) {
                Some(layer) => LayerPlace::Known(layer),
                None => {
                    self.note_misfit(&group, base);
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
        let built = group.built;
        let tensors = [&built.bias, &built.magnitude].into_iter().flatten();
        let weights = built.change.iter().flat_map(|change| change.tensors());
        let narrow = weights.chain(tensors).find(|tensor| !tensor.is_readable());
        if let Some(problem) = narrow.and_then(|tensor| tensor.singles().err()) {
            self.problems.push(format!("{key}: it {problem}"));
        }
        let order = place.layer().zip(self.base).and_then(|(layer, base)| {
            layers(base)
                .iter()
                .position(|other| std::ptr::eq(other, layer))
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

    fn note_misfit(&mut self, group: &Group<'_>, base: Base) {
        let key = &group.key.module;
        self.problems.push(match (group.key.layer(base, None), group.matrix()) {
            (Some(layer), Some([rows, columns])) => {
                let [outputs, inputs] = layer.matrix();
                format!(
                    "{key}: it changes a weight of {rows} x {columns}, in {base} that is {outputs} x {inputs}"
                )
            }
            _ => format!("{key} is no layer of {base}"),
        });
    }

    fn scale(&self, group: &Group<'_>, place: &LayerPlace) -> Result<Scale, String> {
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

/// The one number of a tensor.
fn number(name: &str, tensor: Option<&StoredTensor<'_>>) -> Result<Option<f64>, String> {
    let number = tensor.map(|tensor| tensor.number()).transpose();
    number.map_err(|problem| format!("{name} {problem}"))
}

/// Checks what stands beside the factors.
fn fits_layer(group: &Group<'_>, layer: &Layer) -> Result<(), String> {
    let [rows, columns] = layer.matrix();
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
    if let Some(magnitude) = &built.magnitude
        && magnitude.count() != rows
        && magnitude.count() != layer.inputs
        && magnitude.count() != columns
    {
        return Err(format!(
            "dora_scale has the shape {:?}, the layer {rows} outputs and {} inputs",
            magnitude.shape, layer.inputs
        ));
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
