//! How keys are written: a prefix for the network, a layer's name, an ending for the tensor's role.

use super::role::{ENDINGS, LEGACY_DOWN, LEGACY_UP, PLAIN, Role};
use crate::stable_diffusion::{Base, Layer, ModelLayers, Part, flatten};

/// A tool's way to write keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spelling {
    /// `lora_unet_...`: kohya's trainer, LyCORIS and most others.
    Kohya,
    /// `unet....`: diffusers.
    Diffusers,
    /// `unet....processor.to_q_lora.down.weight`: the first versions of diffusers.
    FirstDiffusers,
    /// `base_model.model....`: PEFT.
    Peft,
    /// `diffusion_model....`, `text_encoders.clip_l.transformer....`: what ComfyUI's nodes take out of a model.
    ComfyUi,
}

impl Spelling {
    /// As a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kohya => "kohya",
            Self::Diffusers => "diffusers",
            Self::FirstDiffusers => "diffusers (first versions)",
            Self::Peft => "PEFT",
            Self::ComfyUi => "ComfyUI",
        }
    }
}

/// What a prefix says.
struct Prefix {
    written: &'static str,
    spelling: Spelling,
    /// The networks it may mean.
    parts: &'static [Part],
    /// Whether it says that the base is XL or that it is not.
    xl: Option<bool>,
}

const fn prefix(
    written: &'static str,
    spelling: Spelling,
    parts: &'static [Part],
    xl: Option<bool>,
) -> Prefix {
    Prefix {
        written,
        spelling,
        parts,
        xl,
    }
}

const UNET: &[Part] = &[Part::Unet];
const TEXT: &[Part] = &[Part::TextEncoder];
const TEXT2: &[Part] = &[Part::TextEncoder2];

/// The first that fits is taken. `unet.unet.` is what some versions of diffusers wrote by mistake.
const PREFIXES: [Prefix; 19] = [
    prefix("lora_unet_", Spelling::Kohya, UNET, None),
    prefix("lora_te1_", Spelling::Kohya, TEXT, Some(true)),
    prefix("lora_te2_", Spelling::Kohya, TEXT2, Some(true)),
    prefix("lora_te_", Spelling::Kohya, TEXT, Some(false)),
    prefix("lycoris_", Spelling::Kohya, UNET, None),
    prefix("base_model.model.unet.", Spelling::Peft, UNET, None),
    prefix("base_model.model.", Spelling::Peft, &Part::ALL, None),
    prefix("unet.base_model.model.", Spelling::Peft, UNET, None),
    prefix("text_encoder.base_model.model.", Spelling::Peft, TEXT, None),
    prefix(
        "text_encoder_2.base_model.model.",
        Spelling::Peft,
        TEXT2,
        None,
    ),
    prefix("unet.unet.", Spelling::Diffusers, UNET, None),
    prefix("unet.", Spelling::Diffusers, UNET, None),
    prefix("text_encoder.", Spelling::Diffusers, TEXT, None),
    prefix("text_encoder_2.", Spelling::Diffusers, TEXT2, None),
    prefix("diffusion_model.", Spelling::ComfyUi, UNET, None),
    prefix(
        "text_encoders.clip_l.transformer.",
        Spelling::ComfyUi,
        TEXT,
        None,
    ),
    prefix(
        "text_encoders.clip_h.transformer.",
        Spelling::ComfyUi,
        TEXT,
        None,
    ),
    prefix(
        "text_encoders.clip_g.transformer.",
        Spelling::ComfyUi,
        TEXT2,
        None,
    ),
    prefix("", Spelling::Diffusers, &Part::ALL, None),
];

/// A key taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Prefix and layer as they are written.
    pub module: String,
    /// The layer's name behind the prefix.
    pub name: String,
    pub role: Role,
    pub spelling: Spelling,
    parts: &'static [Part],
    xl: Option<bool>,
}

impl Key {
    /// Takes a key apart; `None` where its ending means nothing.
    pub fn parse(key: &str) -> Option<Self> {
        let prefix = PREFIXES.iter().find(|p| key.starts_with(p.written))?;
        let (ending, role) = ENDINGS.iter().find(|(ending, _)| key.ends_with(ending))?;
        let module = key.strip_suffix(ending)?;
        let name = module.strip_prefix(prefix.written)?;
        if *ending == PLAIN && (prefix.spelling != Spelling::Kohya || name.contains('.')) {
            return None;
        }
        let legacy = *ending == LEGACY_DOWN || *ending == LEGACY_UP;
        let (name, spelling) = match legacy {
            true => (first_name(name)?, Spelling::FirstDiffusers),
            false => (name.to_string(), prefix.spelling),
        };
        Some(Self {
            module: module.to_string(),
            name,
            role: *role,
            spelling,
            parts: prefix.parts,
            xl: prefix.xl,
        })
    }

    /// The layer of a model whose weight is a matrix of this shape.
    pub fn layer<'m>(
        &self,
        model: &'m ModelLayers,
        matrix: Option<[usize; 2]>,
    ) -> Option<&'m Layer> {
        if self.xl.is_some_and(|xl| xl != (model.base == Base::Xl)) {
            return None;
        }
        let flat = flatten(&self.name);
        let found = self
            .parts
            .iter()
            .filter_map(|part| model.named(*part, &flat));
        let mut found = found.filter(|layer| matrix.is_none_or(|matrix| layer.matrix() == matrix));
        found.next()
    }
}

/// The name of a layer that the first versions of diffusers wrote into its processor.
fn first_name(name: &str) -> Option<String> {
    if let Some((attention, layer)) = name.split_once(".processor.") {
        let layer = if layer == "to_out" { "to_out.0" } else { layer };
        return Some(format!("{attention}.{layer}"));
    }
    let (attention, layer) = name.rsplit_once(".self_attn.to_")?;
    Some(format!("{attention}.self_attn.{layer}_proj"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn leads_to(key: &str, base: Base, path: &str, role: Role) {
        let parsed = Key::parse(key).unwrap();
        assert_eq!(parsed.role, role, "{key}");
        let layer = parsed.layer(ModelLayers::published(base), None);
        assert_eq!(layer.unwrap().path, path, "{key}");
    }

    #[test]
    fn every_spelling_leads_to_the_same_layer() {
        let path = "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_out.0";
        for key in [
            "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_out_0.lora_up.weight",
            "lycoris_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_out_0.lora_up.weight",
            "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_out.0.lora_B.weight",
            "unet.unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_out.0.lora.up.weight",
            "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.processor.to_out_lora.up.weight",
            "down_blocks.1.attentions.0.transformer_blocks.0.attn2.processor.to_out_lora.up.weight",
            "base_model.model.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_out.0.lora_B.weight",
            "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_out_0.lora_up.weight",
            "diffusion_model.input_blocks.4.1.transformer_blocks.0.attn2.to_out.0.lora_up.weight",
        ] {
            leads_to(key, Base::Sd1, path, Role::Up);
        }
        let path = "text_model.encoder.layers.3.self_attn.out_proj";
        for key in [
            "lora_te_text_model_encoder_layers_3_self_attn_out_proj.lora_down.weight",
            "lora_te_encoder_layers_3_self_attn_out_proj.lora_down.weight",
            "text_encoder.text_model.encoder.layers.3.self_attn.out_proj.lora_linear_layer.down.weight",
            "text_encoder.text_model.encoder.layers.3.self_attn.to_out_lora.down.weight",
            "base_model.model.text_model.encoder.layers.3.self_attn.out_proj.lora_A.weight",
            "text_encoders.clip_l.transformer.text_model.encoder.layers.3.self_attn.out_proj.lora_down.weight",
        ] {
            leads_to(key, Base::Sd1, path, Role::Down);
        }
        let key = "lora_te2_text_projection.lora_down.weight";
        leads_to(key, Base::Xl, "text_projection", Role::Down);
    }

    #[test]
    fn what_is_no_key_of_an_adapter_is_none() {
        for key in [
            "unet.conv_in.weight",
            "conv_in.weight",
            "lora_unet_conv_in.lora_down.bias",
            "",
        ] {
            assert_eq!(Key::parse(key), None, "{key}");
        }
        let foreign = Key::parse("lora_te1_text_model_encoder_layers_0_mlp_fc1.alpha").unwrap();
        let knows = |key: &Key, base| key.layer(ModelLayers::published(base), None).is_some();
        assert!(!knows(&foreign, Base::Sd1));
        assert!(knows(&foreign, Base::Xl));
        let misspelt = Key::parse("lora_unet_conv_inn.alpha").unwrap();
        assert!(Base::ALL.iter().all(|base| !knows(&misspelt, *base)));
    }
}
