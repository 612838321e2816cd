//! The layers of the text encoders.

use super::base::Part;
use super::layers::{Block, Form, Layer, Place};
use super::shapes::TextShape;

/// All layers of a text encoder.
pub(super) fn text_layers(shape: &TextShape) -> Vec<Layer> {
    let TextShape { part, width, .. } = *shape;
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
    for (name, rows) in [("token", shape.vocabulary), ("position", shape.positions)] {
        let path = format!("text_model.embeddings.{name}_embedding");
        add(path, Form::Table, [width, rows], false, Place::Other);
    }
    for layer in 0..shape.layers {
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
        let wide = shape.hidden;
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
    if let Some(projection) = shape.projection {
        let path = "text_projection".to_string();
        add(path, Form::Linear, [projection, width], false, Place::Other);
    }
    layers
}
