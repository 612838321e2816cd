//! The layers of an opened model, as files of others name them.

use super::super::StableDiffusion;
use super::super::files::open_files;
use super::super::text::TextConfig;
use super::super::unet::UnetConfig;
use super::parameters::{Name, parameters};
use crate::ZooError;
use crate::stable_diffusion::{Base, ModelLayers, Part, TextShape, UnetLevel, UnetShape};
use std::path::Path;

impl StableDiffusion {
    /// Its layers with their shapes.
    pub fn layers(&self) -> ModelLayers {
        let texts = self.text_encoders().map(|encoder| encoder.config());
        model_layers(self.base(), self.unet().config(), texts)
    }
}

/// The layers of a model of any sizes, from configs and headers alone.
///
/// # Errors
/// As [`StableDiffusion::open`].
pub fn layers_of(path: &Path) -> Result<ModelLayers, ZooError> {
    let opened = open_files(path)?;
    let texts = opened.texts.iter().map(|text| &text.config);
    Ok(model_layers(opened.base, &opened.unet.0, texts))
}

fn model_layers<'c>(
    base: Base,
    unet: &UnetConfig,
    texts: impl Iterator<Item = &'c TextConfig>,
) -> ModelLayers {
    let parts = [Part::TextEncoder, Part::TextEncoder2];
    let texts: Vec<TextShape> = (parts.into_iter().zip(texts))
        .map(|(part, config)| text_shape(part, config))
        .collect();
    ModelLayers::new(base, &unet_shape(unet), &texts)
}

fn unet_shape(config: &UnetConfig) -> UnetShape {
    let level = |place: usize| {
        let depth = |attends: &[bool]| match attends.get(place) {
            Some(true) => config.depths.get(place).copied().unwrap_or(0),
            _ => 0,
        };
        UnetLevel {
            channels: config.channels[place],
            depth: depth(&config.attends),
            depth_up: depth(&config.attends_up),
            residuals: config.residuals.get(place).copied().unwrap_or(0),
        }
    };
    UnetShape {
        levels: (0..config.channels.len()).map(level).collect(),
        middle: config.depths.last().copied().filter(|_| config.middle),
        context: config.context,
        linear_projection: config.linear_projection,
        added: config.addition.as_ref().map(|addition| addition.width),
        guidance: config.guidance,
        latent_channels: config.latent_channels,
    }
}

fn text_shape(part: Part, config: &TextConfig) -> TextShape {
    TextShape {
        part,
        vocabulary: config.vocabulary,
        positions: config.context,
        width: config.width,
        hidden: config.hidden,
        layers: config.layers,
        projection: config.projection,
    }
}

impl StableDiffusion {
    /// The numbers of a layer's weight, row by row as [`crate::stable_diffusion::Layer::matrix`], or of its bias, in single
    /// precision; nothing where there is no such parameter.
    ///
    /// # Errors
    /// [`ZooError::Backend`] where the device does not give them.
    pub fn numbers(
        &self,
        part: Part,
        layer: &str,
        weight: bool,
    ) -> Result<Option<Vec<f32>>, ZooError> {
        let asked = Name {
            layer: layer.to_string(),
            weight,
        };
        let is_asked = |name: &Name| *name == asked;
        let place = usize::from(part == Part::TextEncoder2);
        let found = match part {
            Part::Unet => parameters(self.unet(), &is_asked),
            _ => match self.text_encoders().nth(place) {
                Some(encoder) => parameters(encoder, &is_asked),
                None => return Ok(None),
            },
        };
        found.get(&asked).map(|stored| stored.singles()).transpose()
    }
}
