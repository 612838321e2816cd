//! Layers by their names.

use super::base::{Base, Part};
use super::layers::Layer;
use super::text_layers::text_layers;
use super::unet_layers::unet_layers;
use std::collections::HashMap;
use std::sync::OnceLock;

/// The layers of a family and where their names lead.
struct Index {
    layers: Vec<Layer>,
    /// Looked up only, never walked through: the order of a map would be that of the day.
    names: HashMap<(Part, String), usize>,
}

/// A name with dots and underscores made alike.
pub fn flatten(name: &str) -> String {
    name.replace('.', "_")
}

fn index(base: Base) -> &'static Index {
    static INDICES: [OnceLock<Index>; 3] = [const { OnceLock::new() }; 3];
    let slot = match base {
        Base::Sd1 => &INDICES[0],
        Base::Sd2 => &INDICES[1],
        Base::Xl => &INDICES[2],
    };
    slot.get_or_init(|| {
        let mut layers = unet_layers(base);
        for part in [Part::TextEncoder, Part::TextEncoder2] {
            layers.extend(text_layers(base, part));
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
        Index { layers, names }
    })
}

/// All layers of a family.
pub fn layers(base: Base) -> &'static [Layer] {
    &index(base).layers
}

/// The layer of a family that a flattened name means in a network.
pub fn layer_named(base: Base, part: Part, flat: &str) -> Option<&'static Layer> {
    let index = index(base);
    let place = index.names.get(&(part, flat.to_string()))?;
    index.layers.get(*place)
}
