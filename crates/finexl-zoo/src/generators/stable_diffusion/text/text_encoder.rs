//! The network.

use super::super::layers::{LayerNorm, attend_causally, linear, sum, wide};
use super::config::{Gelu, TextConfig};
use super::prompts::TokenIds;
use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::{gelu, sigmoid};
use burn::tensor::{Int, Tensor, TensorData};

/// A causal text encoder of CLIP's. Paths of its layers are those of transformers.
#[derive(Module, Debug)]
pub struct TextEncoder {
    pub(super) text_model: TextModel,
    pub(super) text_projection: Option<Linear>,
    #[module(skip)]
    pub(super) config: TextConfig,
}

#[derive(Module, Debug)]
pub struct TextModel {
    pub(super) embeddings: Embeddings,
    pub(super) encoder: Layers,
    pub(super) final_layer_norm: LayerNorm,
}

#[derive(Module, Debug)]
pub struct Embeddings {
    /// `[vocabulary, width]`
    pub(super) token_embedding: Table,
    /// `[context, width]`
    pub(super) position_embedding: Table,
}

#[derive(Module, Debug)]
pub struct Table {
    pub(super) weight: Param<Tensor<2>>,
}

#[derive(Module, Debug)]
pub struct Layers {
    pub(super) layers: Vec<Layer>,
}

#[derive(Module, Debug)]
pub struct Layer {
    pub(super) layer_norm1: LayerNorm,
    pub(super) self_attn: SelfAttention,
    pub(super) layer_norm2: LayerNorm,
    pub(super) mlp: Mlp,
}

#[derive(Module, Debug)]
pub struct SelfAttention {
    pub(super) q_proj: Linear,
    pub(super) k_proj: Linear,
    pub(super) v_proj: Linear,
    pub(super) out_proj: Linear,
}

#[derive(Module, Debug)]
pub struct Mlp {
    pub(super) fc1: Linear,
    pub(super) fc2: Linear,
}

/// What a pass through a text encoder gives.
#[derive(Clone, Debug)]
pub struct TextStates {
    /// Rows after the embedding and after each layer, `[n, tokens, width]`, before the last norm.
    pub hidden: Vec<Tensor<3>>,
    /// The projected row of the end token, `[n, projection]`.
    pub pooled: Option<Tensor<2>>,
}

impl TextEncoder {
    /// Its architecture.
    pub fn config(&self) -> &TextConfig {
        &self.config
    }

    /// The vectors of tokens, `[vocabulary, width]`.
    pub(in super::super) fn token_table(&self) -> &Param<Tensor<2>> {
        &self.text_model.embeddings.token_embedding.weight
    }

    /// Another table, with so many more tokens.
    pub(in super::super) fn set_token_table(&mut self, table: Param<Tensor<2>>, more: usize) {
        self.text_model.embeddings.token_embedding.weight = table;
        self.config.vocabulary += more;
    }

    /// Every layer's rows of all tokens, padding included, which nothing hides.
    pub fn forward(&self, tokens: &TokenIds) -> TextStates {
        let mut x = self.embed(tokens);
        let mut hidden = vec![x.clone()];
        for layer in &self.text_model.encoder.layers {
            x = layer.forward(x, &self.config);
            hidden.push(x.clone());
        }
        let pooled = self.text_projection.as_ref().map(|projection| {
            let last = self.normalised(x);
            let rows = tokens
                .ends(self.config.end)
                .into_iter()
                .enumerate()
                .map(|(text, end)| {
                    let row = last.clone().narrow(0, text, 1).narrow(1, end, 1);
                    row.reshape([1, self.config.width])
                });
            linear(projection, Tensor::cat(rows.collect(), 0))
        });
        TextStates { hidden, pooled }
    }

    /// The last norm, `[n, tokens, width]`.
    pub fn normalised(&self, x: Tensor<3>) -> Tensor<3> {
        self.text_model.final_layer_norm.forward(x)
    }

    /// Token plus place, `[n, tokens, width]`.
    fn embed(&self, tokens: &TokenIds) -> Tensor<3> {
        let embeddings = &self.text_model.embeddings;
        let table = embeddings.token_embedding.weight.val();
        let (count, length) = (tokens.texts(), tokens.length);
        let ids: Vec<i64> = tokens.ids.iter().map(|id| i64::from(*id)).collect();
        let data = TensorData::new(ids, [count * length]);
        let ids = Tensor::<1, Int>::from_data(data, &table.device());
        let rows = wide(table.select(0, ids)).reshape([count, length, self.config.width]);
        let places = wide(embeddings.position_embedding.weight.val());
        rows + places
            .narrow(0, 0, length)
            .reshape([1, length, self.config.width])
    }
}

impl Layer {
    fn forward(&self, x: Tensor<3>, config: &TextConfig) -> Tensor<3> {
        let rows = self.layer_norm1.forward(x.clone());
        let a = &self.self_attn;
        let qkv = [&a.q_proj, &a.k_proj, &a.v_proj].map(|layer| linear(layer, rows.clone()));
        let x = sum(x, linear(&a.out_proj, attend_causally(qkv, config.heads)));
        let inner = linear(&self.mlp.fc1, self.layer_norm2.forward(x.clone()));
        let inner = match config.activation {
            Gelu::Quick => inner.clone() * sigmoid(inner * 1.702),
            Gelu::Exact => gelu(inner),
        };
        sum(x, linear(&self.mlp.fc2, inner))
    }
}
