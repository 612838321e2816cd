//! A text encoder out of its tensors.

use super::super::layers::Builder;
use super::config::TextConfig;
use super::text_encoder::{
    Embeddings, Layer, Layers, Mlp, SelfAttention, Table, TextEncoder, TextModel,
};
use crate::ZooError;
use crate::checkpoint::Checkpoint;
use burn::tensor::Device;

impl TextEncoder {
    /// Takes all tensors of a text encoder.
    ///
    /// # Errors
    /// As [`Checkpoint::matrix`] and [`Checkpoint::finish`].
    pub fn load(
        mut checkpoint: Checkpoint,
        config: TextConfig,
        device: &Device,
    ) -> Result<Self, ZooError> {
        let mut build = Builder {
            checkpoint: &mut checkpoint,
            device,
            groups: 1,
        };
        let width = config.width;
        let mut table = |name: &str, rows: usize| {
            let name = format!("text_model.embeddings.{name}_embedding");
            let weight = build.table(&name, [rows, width])?;
            Ok::<_, ZooError>(Table { weight })
        };
        let embeddings = Embeddings {
            token_embedding: table("token", config.vocabulary)?,
            position_embedding: table("position", config.context)?,
        };
        let mut layers = Vec::new();
        for number in 0..config.layers {
            layers.push(layer(
                &mut build,
                &format!("text_model.encoder.layers.{number}"),
                &config,
            )?);
        }
        let norm = "text_model.final_layer_norm";
        let encoder = Self {
            text_model: TextModel {
                embeddings,
                encoder: Layers { layers },
                final_layer_norm: build.layer_norm(norm, width, config.epsilon)?,
            },
            text_projection: match config.projection {
                Some(projection) => Some(build.plain("text_projection", width, projection)?),
                None => None,
            },
            config,
        };
        // A buffer that some versions store, once as whole numbers and once as others.
        checkpoint.ignore("text_model.embeddings.position_ids");
        checkpoint.finish()?;
        Ok(encoder)
    }
}

fn layer(build: &mut Builder<'_>, name: &str, config: &TextConfig) -> Result<Layer, ZooError> {
    let (width, hidden) = (config.width, config.hidden);
    let parts = ["q_proj", "k_proj", "v_proj", "out_proj"];
    let [q_proj, k_proj, v_proj, out_proj] =
        parts.map(|part| build.linear(&format!("{name}.self_attn.{part}"), width, width));
    Ok(Layer {
        layer_norm1: build.layer_norm(&format!("{name}.layer_norm1"), width, config.epsilon)?,
        self_attn: SelfAttention {
            q_proj: q_proj?,
            k_proj: k_proj?,
            v_proj: v_proj?,
            out_proj: out_proj?,
        },
        layer_norm2: build.layer_norm(&format!("{name}.layer_norm2"), width, config.epsilon)?,
        mlp: Mlp {
            fc1: build.linear(&format!("{name}.mlp.fc1"), width, hidden)?,
            fc2: build.linear(&format!("{name}.mlp.fc2"), hidden, width)?,
        },
    })
}
