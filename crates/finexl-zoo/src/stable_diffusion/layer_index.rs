//! Layers by their names.

use super::base::{Base, Part};
use super::layers::Layer;
use super::shapes::{TextShape, UnetShape};
use super::text_layers::text_layers;
use super::unet_layers::unet_layers;
use std::collections::HashMap;
use std::sync::OnceLock;

/// The layers of a model and where their names lead.
#[derive(Clone, Debug)]
pub struct ModelLayers {
    /// Its family.
    pub base: Base,
    layers: Vec<Layer>,
    /// Looked up only, never walked through: the order of a map would be that of the day.
    names: HashMap<(Part, String), usize>,
}

/// A name with dots and underscores made alike.
pub fn flatten(name: &str) -> String {
    name.replace('.', "_")
}

impl ModelLayers {
    /// Those of networks of some sizes.
    pub fn new(base: Base, unet: &UnetShape, texts: &[TextShape]) -> Self {
        let mut layers = unet_layers(unet);
        for text in texts {
            layers.extend(text_layers(text));
        }
        let mut names = HashMap::new();
        for (place, layer) in layers.iter().enumerate() {
            names.insert((layer.part, flatten(&layer.path)), place);
            if let Some(sgm) = &layer.sgm {
                names.insert((layer.part, flatten(sgm)), place);
            }
            // Written by tools that keep the inner model of transformers' text encoder.
            if let Some(inner) = layer.path.strip_prefix("text_model.") {
                names.insert((layer.part, flatten(inner)), place);
            }
        }
        Self {
            base,
            layers,
            names,
        }
    }

    /// Those of the published models of a family.
    pub fn published(base: Base) -> &'static Self {
        static FAMILIES: [OnceLock<ModelLayers>; 3] = [const { OnceLock::new() }; 3];
        let slot = match base {
            Base::Sd1 => &FAMILIES[0],
            Base::Sd2 => &FAMILIES[1],
            Base::Xl => &FAMILIES[2],
        };
        slot.get_or_init(|| {
            let (unet, texts) = (UnetShape::published(base), TextShape::published(base));
            Self::new(base, &unet, &texts)
        })
    }

    /// All of them, network by network.
    pub fn all(&self) -> &[Layer] {
        &self.layers
    }

    /// Widths of the text encoders.
    pub fn text_widths(&self) -> Vec<usize> {
        let tables = self.layers.iter();
        let tables = tables.filter(|layer| layer.path.ends_with("token_embedding"));
        tables.map(|layer| layer.outputs).collect()
    }

    /// The layer that a flattened name means in a network.
    pub fn named(&self, part: Part, flat: &str) -> Option<&Layer> {
        let place = self.names.get(&(part, flat.to_string()))?;
        self.layers.get(*place)
    }
}

/// All layers of the published models of a family.
pub fn layers(base: Base) -> &'static [Layer] {
    ModelLayers::published(base).all()
}

/// The layer of a family that a flattened name means in a network.
pub fn layer_named(base: Base, part: Part, flat: &str) -> Option<&'static Layer> {
    ModelLayers::published(base).named(part, flat)
}
