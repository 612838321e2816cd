//! The weights of a model by layer, whatever its files call them.

use super::base::{Base, Part};
use super::layer_index::{ModelLayers, flatten};
use super::layers::Layer;
use super::model_files::ModelFiles;
use super::openclip_names::{OpenClipName, openclip_name};
use crate::ZooError;
use crate::tensor_file::StoredTensor;
use std::collections::BTreeMap;

/// Prefixes of single files with what they mean, the longest first.
const PREFIXES: [(&str, Names); 8] = [
    ("model.diffusion_model.", Names::Plain(Part::Unet)),
    (
        "cond_stage_model.transformer.",
        Names::Plain(Part::TextEncoder),
    ),
    (
        "cond_stage_model.model.",
        Names::OpenClip(Part::TextEncoder),
    ),
    (
        "conditioner.embedders.0.transformer.",
        Names::Plain(Part::TextEncoder),
    ),
    (
        "conditioner.embedders.0.model.",
        Names::OpenClip(Part::TextEncoder),
    ),
    (
        "conditioner.embedders.1.model.",
        Names::OpenClip(Part::TextEncoder2),
    ),
    ("unet.", Names::Plain(Part::Unet)),
    ("", Names::Plain(Part::Unet)),
];

#[derive(Clone, Copy)]
enum Names {
    /// Those of the lists of layers.
    Plain(Part),
    /// OpenCLIP's.
    OpenClip(Part),
}

/// The weights of a model.
#[derive(Debug)]
pub struct ModelWeights<'a> {
    /// Its family.
    pub base: Base,
    layers: &'a ModelLayers,
    weights: BTreeMap<(Part, String), Weight<'a>>,
}

/// A weight as its file stores it.
#[derive(Clone, Debug)]
struct Weight<'a> {
    tensor: StoredTensor<'a>,
    /// Which of three it is, where query, key and value are one tensor.
    third: Option<usize>,
    /// Whether rows and columns are exchanged.
    transposed: bool,
}

impl<'a> ModelWeights<'a> {
    /// Finds the weights of all layers; `None` for files that hold no model of a known family.
    ///
    /// # Errors
    /// [`ZooError::Weights`] for files that are no whole safetensors files.
    pub fn read(files: &'a ModelFiles) -> Result<Option<Self>, ZooError> {
        let named = named(files)?;
        let fits = |base: Base| {
            let model = ModelLayers::published(base);
            named.iter().filter(|named| is_layer(named, model)).count()
        };
        // Of families that fit equally well the first.
        let counts = Base::ALL.map(|base| (fits(base), std::cmp::Reverse(base)));
        let [mut best, others @ ..] = counts;
        for other in others {
            best = best.max(other);
        }
        let (count, std::cmp::Reverse(base)) = best;
        // A few small layers are in every family; a model has hundreds.
        if count < 100 {
            return Ok(None);
        }
        Ok(Some(Self::of(named, ModelLayers::published(base))))
    }

    /// The same of a model whose layers are known, of any sizes.
    ///
    /// # Errors
    /// As [`ModelWeights::read`].
    pub fn read_by(
        files: &'a ModelFiles,
        model: &'a ModelLayers,
    ) -> Result<Option<Self>, ZooError> {
        let named = named(files)?;
        let any = named.iter().any(|named| is_layer(named, model));
        Ok(any.then(|| Self::of(named, model)))
    }

    fn of(named: Vec<Named<'a>>, model: &'a ModelLayers) -> Self {
        let mut weights = BTreeMap::new();
        for ((part, path), weight) in named {
            if let Some(layer) = model.named(part, &flatten(&path))
                && weight.fits(layer)
            {
                weights.insert((part, layer.path.clone()), weight);
            }
        }
        Self {
            base: model.base,
            layers: model,
            weights,
        }
    }

    /// Layers whose weights are there.
    pub fn layers(&self) -> impl Iterator<Item = &'a Layer> {
        self.layers.all().iter().filter(|layer| self.has(layer))
    }

    fn has(&self, layer: &Layer) -> bool {
        self.weights.contains_key(&(layer.part, layer.path.clone()))
    }

    /// The weight of a layer, row by row as [`Layer::matrix`]; `None` where it is not there.
    ///
    /// # Errors
    /// What is wrong with its numbers.
    pub fn weight(&self, layer: &Layer) -> Result<Option<Vec<f32>>, String> {
        let Some(weight) = self.weights.get(&(layer.part, layer.path.clone())) else {
            return Ok(None);
        };
        let mut numbers = weight.tensor.singles()?;
        if let Some(third) = weight.third {
            let length = numbers.len() / 3;
            numbers = numbers[third * length..][..length].to_vec();
        }
        if weight.transposed {
            let [rows, columns] = layer.matrix();
            numbers = (0..rows * columns)
                .map(|at| numbers[(at % columns) * rows + at / columns])
                .collect();
        }
        Ok(Some(numbers))
    }
}

/// A weight with the network and path that its file says.
type Named<'a> = ((Part, String), Weight<'a>);

/// All weights that files hold.
fn named<'a>(files: &'a ModelFiles) -> Result<Vec<Named<'a>>, ZooError> {
    let mut named = Vec::new();
    for (part, file) in files.tensors()? {
        for (key, tensor) in file.tensors {
            named.extend(weights_of(part, &key, tensor));
        }
    }
    Ok(named)
}

/// Whether a weight is one of a model's, in its shape.
fn is_layer(((part, path), weight): &Named<'_>, model: &ModelLayers) -> bool {
    let layer = model.named(*part, &flatten(path));
    layer.is_some_and(|layer| weight.fits(layer))
}

impl Weight<'_> {
    fn fits(&self, layer: &Layer) -> bool {
        let [rows, columns] = layer.matrix();
        let [mut found_rows, found_columns] = self.tensor.matrix();
        if self.third.is_some() {
            if found_rows % 3 != 0 {
                return false;
            }
            found_rows /= 3;
        }
        match self.transposed {
            true => [found_columns, found_rows] == [rows, columns],
            false => [found_rows, found_columns] == [rows, columns],
        }
    }
}

/// The weights that a tensor holds, by network and path. Biases are left out.
fn weights_of<'a>(
    part: Option<Part>,
    key: &str,
    tensor: StoredTensor<'a>,
) -> Vec<((Part, String), Weight<'a>)> {
    let plain = |tensor, transposed| Weight {
        tensor,
        third: None,
        transposed,
    };
    let (names, rest) = match part {
        Some(part) => (Names::Plain(part), key),
        None => match PREFIXES.iter().find(|(prefix, _)| key.starts_with(prefix)) {
            Some((prefix, names)) => (*names, &key[prefix.len()..]),
            None => return Vec::new(),
        },
    };
    match names {
        Names::Plain(part) => match rest.strip_suffix(".weight") {
            Some(path) => vec![((part, path.to_string()), plain(tensor, false))],
            None => Vec::new(),
        },
        Names::OpenClip(part) => match openclip_name(rest) {
            Some(OpenClipName::One {
                path,
                bias: false,
                transposed,
            }) => vec![((part, path), plain(tensor, transposed))],
            Some(OpenClipName::Three { paths, bias: false }) => {
                let third = |(third, path)| {
                    let weight = Weight {
                        tensor: tensor.clone(),
                        third: Some(third),
                        transposed: false,
                    };
                    ((part, path), weight)
                };
                paths.into_iter().enumerate().map(third).collect()
            }
            _ => Vec::new(),
        },
    }
}
