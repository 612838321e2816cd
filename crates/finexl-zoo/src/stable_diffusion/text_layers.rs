//! The layers of the text encoders.

use super::base::{Base, Part};
use super::layers::{Block, Form, Layer, Place};

/// Tokens of CLIP's vocabulary.
const TOKENS: usize = 49408;
/// Positions that CLIP reads.
const POSITIONS: usize = 77;

/// All layers of a family's text encoder; none where it has no such network.
pub(super) fn text_layers(base: Base, part: Part) -> Vec<Layer> {
    // SD 2 reads the last but one of its 24 layers, so the last is not even loaded.
    let (width, depth, projection) = match (base, part) {
        (Base::Sd1 | Base::Xl, Part::TextEncoder) => (768, 12, false),
        (Base::Sd2, Part::TextEncoder) => (1024, 23, false),
        (Base::Xl, Part::TextEncoder2) => (1280, 32, true),
        _ => return Vec::new(),
    };
    let block = match part {
        Part::TextEncoder2 => Block::Text2,
        _ => Block::Text,
    };
    let mut layers = Vec::new();
    let mut add = |path: String, form, shape: [usize; 2], bias, place| {
        layers.push(Layer {
            part,
            path,
            sgm: None,
            form,
            outputs: shape[0],
            inputs: shape[1],
            bias,
            block,
            place,
        });
    };
    for (name, rows) in [("token", TOKENS), ("position", POSITIONS)] {
        let path = format!("text_model.embeddings.{name}_embedding");
        add(path, Form::Table, [width, rows], false, Place::Other);
    }
    for layer in 0..depth {
        let path = |name: &str| format!("text_model.encoder.layers.{layer}.{name}");
        for name in ["q_proj", "k_proj", "v_proj", "out_proj"] {
            let path = path(&format!("self_attn.{name}"));
            add(
                path,
                Form::Linear,
                [width, width],
                true,
                Place::SelfAttention,
            );
        }
        let wide = 4 * width;
        for (name, shape) in [("fc1", [wide, width]), ("fc2", [width, wide])] {
            let path = path(&format!("mlp.{name}"));
            add(path, Form::Linear, shape, true, Place::FeedForward);
        }
        for name in ["layer_norm1", "layer_norm2"] {
            add(path(name), Form::Norm, [width, 1], true, Place::Other);
        }
    }
    let path = "text_model.final_layer_norm".to_string();
    add(path, Form::Norm, [width, 1], true, Place::Other);
    if projection {
        let path = "text_projection".to_string();
        add(path, Form::Linear, [width, width], false, Place::Other);
    }
    layers
}
