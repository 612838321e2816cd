//! Transformer blocks out of the tensors of each naming.

use super::config::{Eva, Naming, Stack};
use crate::ZooError;
use crate::checkpoint::Checkpoint;
use crate::transformer::{Activation, Block, Linear, Matrix, Mlp, Norm};
use burn::tensor::Device;

/// Takes tensors for the layers of one tower.
pub(super) struct Builder<'a> {
    pub checkpoint: &'a mut Checkpoint,
    pub naming: Naming,
    pub stack: &'a Stack,
    pub eva: Option<Eva>,
    pub device: &'a Device,
}

impl Builder<'_> {
    /// `NAME.weight` and `NAME.bias` of a norm.
    pub fn norm(&mut self, name: &str, width: usize) -> Result<Norm, ZooError> {
        Ok(Norm::new(
            self.checkpoint
                .values(&format!("{name}.weight"), &[width])?,
            self.checkpoint.values(&format!("{name}.bias"), &[width])?,
            self.stack.epsilon,
        ))
    }

    /// `NAME.weight`, `[outputs, inputs]`, and `NAME.bias`.
    pub fn linear(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Linear, ZooError> {
        let weight = self
            .checkpoint
            .matrix(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = self
            .checkpoint
            .values(&format!("{name}.bias"), &[outputs])?;
        Ok(Linear::new(weight, Some(bias), inputs, self.device))
    }

    /// A layer without a bias, `[outputs, inputs]`.
    pub fn plain(&mut self, name: &str, inputs: usize, outputs: usize) -> Result<Linear, ZooError> {
        let weight = self.checkpoint.matrix(name, &[outputs, inputs])?;
        Ok(Linear::new(weight, None, inputs, self.device))
    }

    /// A layer without a bias that is stored as `[inputs, outputs]`.
    pub fn turned(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Linear, ZooError> {
        let stored = self.checkpoint.values(name, &[inputs, outputs])?;
        let mut weight = Vec::with_capacity(stored.len());
        for output in 0..outputs {
            weight.extend(stored.iter().skip(output).step_by(outputs));
        }
        Ok(Linear::new(Matrix::F32(weight), None, inputs, self.device))
    }

    /// All blocks; `prefix` stands before the number.
    pub fn blocks(&mut self, prefix: &str) -> Result<Vec<Block>, ZooError> {
        (0..self.stack.layers)
            .map(|layer| {
                let name = format!("{prefix}.{layer}");
                match (self.naming, self.eva) {
                    (_, Some(eva)) => self.eva_block(&name, eva),
                    (Naming::HuggingFaceClip | Naming::HuggingFaceSiglip, None) => {
                        self.huggingface_block(&name)
                    }
                    (Naming::OpenClip | Naming::OpenClipEva, None) => self.open_clip_block(&name),
                }
            })
            .collect()
    }

    fn huggingface_block(&mut self, name: &str) -> Result<Block, ZooError> {
        let width = self.stack.width;
        let part = |which: &str| format!("{name}.self_attn.{which}_proj");
        let mut weight = self
            .checkpoint
            .matrix(&(part("q") + ".weight"), &[width, width])?;
        let mut bias = self.checkpoint.values(&(part("q") + ".bias"), &[width])?;
        for which in ["k", "v"] {
            let more = self
                .checkpoint
                .matrix(&(part(which) + ".weight"), &[width, width])?;
            weight = weight.stacked(more);
            bias.extend(self.checkpoint.values(&(part(which) + ".bias"), &[width])?);
        }
        self.block(
            [
                &format!("{name}.layer_norm1"),
                &format!("{name}.layer_norm2"),
            ],
            Linear::new(weight, Some(bias), width, self.device),
            &part("out"),
            [&format!("{name}.mlp.fc1"), &format!("{name}.mlp.fc2")],
        )
    }

    fn open_clip_block(&mut self, name: &str) -> Result<Block, ZooError> {
        let width = self.stack.width;
        let weight = self
            .checkpoint
            .matrix(&format!("{name}.attn.in_proj_weight"), &[3 * width, width])?;
        let bias = self
            .checkpoint
            .values(&format!("{name}.attn.in_proj_bias"), &[3 * width])?;
        self.block(
            [&format!("{name}.ln_1"), &format!("{name}.ln_2")],
            Linear::new(weight, Some(bias), width, self.device),
            &format!("{name}.attn.out_proj"),
            [&format!("{name}.mlp.c_fc"), &format!("{name}.mlp.c_proj")],
        )
    }

    /// A block of which only the names differ.
    fn block(
        &mut self,
        norms: [&str; 2],
        qkv: Linear,
        output: &str,
        layers: [&str; 2],
    ) -> Result<Block, ZooError> {
        let width = self.stack.width;
        Ok(Block {
            attention_norm: self.norm(norms[0], width)?,
            qkv,
            heads: self.stack.heads,
            inner_norm: None,
            output: self.linear(output, width, width)?,
            mlp_norm: self.norm(norms[1], width)?,
            mlp: self.mlp(layers)?,
        })
    }

    /// A feed-forward layer of two matrices.
    pub fn mlp(&mut self, layers: [&str; 2]) -> Result<Mlp, ZooError> {
        let (width, hidden) = (self.stack.width, self.stack.hidden);
        Ok(Mlp {
            up: self.linear(layers[0], width, hidden)?,
            activation: self.stack.activation,
            norm: None,
            down: self.linear(layers[1], hidden, width)?,
        })
    }

    fn eva_block(&mut self, name: &str, eva: Eva) -> Result<Block, ZooError> {
        let width = self.stack.width;
        let qkv = self.eva_qkv(&format!("{name}.attn"), eva)?;
        let inner_norm = match eva.inner_norms {
            true => Some(self.norm(&format!("{name}.attn.norm"), width)?),
            false => None,
        };
        Ok(Block {
            attention_norm: self.norm(&format!("{name}.norm1"), width)?,
            qkv,
            heads: self.stack.heads,
            inner_norm,
            output: self.linear(&format!("{name}.attn.proj"), width, width)?,
            mlp_norm: self.norm(&format!("{name}.norm2"), width)?,
            mlp: self.eva_mlp(&format!("{name}.mlp"))?,
        })
    }

    /// Queries and values have a bias, keys have none.
    fn eva_qkv(&mut self, name: &str, eva: Eva) -> Result<Linear, ZooError> {
        let width = self.stack.width;
        let square = [width, width];
        let (weight, names) = if eva.fused {
            let weight = self
                .checkpoint
                .matrix(&format!("{name}.qkv.weight"), &[3 * width, width])?;
            (weight, ["q_bias", "v_bias"])
        } else {
            let mut parts = Vec::new();
            for part in ["q", "k", "v"] {
                let part = format!("{name}.{part}_proj.weight");
                parts.push(self.checkpoint.matrix(&part, &square)?);
            }
            let weight = parts.into_iter().reduce(Matrix::stacked);
            (
                weight.unwrap_or(Matrix::F32(Vec::new())),
                ["q_proj.bias", "v_proj.bias"],
            )
        };
        let mut bias = self
            .checkpoint
            .values(&format!("{name}.{}", names[0]), &[width])?;
        bias.extend(std::iter::repeat_n(0.0, width));
        bias.extend(
            self.checkpoint
                .values(&format!("{name}.{}", names[1]), &[width])?,
        );
        Ok(Linear::new(weight, Some(bias), width, self.device))
    }

    fn eva_mlp(&mut self, name: &str) -> Result<Mlp, ZooError> {
        let (width, hidden) = (self.stack.width, self.stack.hidden);
        if self.stack.activation != Activation::GatedSilu {
            return self.mlp([&format!("{name}.fc1"), &format!("{name}.fc2")]);
        }
        let gate = format!("{name}.fc1_g");
        let value = format!("{name}.fc1_x");
        let weight = self
            .checkpoint
            .matrix(&format!("{gate}.weight"), &[hidden, width])?
            .stacked(
                self.checkpoint
                    .matrix(&format!("{value}.weight"), &[hidden, width])?,
            );
        let mut bias = self.checkpoint.values(&format!("{gate}.bias"), &[hidden])?;
        bias.extend(
            self.checkpoint
                .values(&format!("{value}.bias"), &[hidden])?,
        );
        Ok(Mlp {
            up: Linear::new(weight, Some(bias), width, self.device),
            activation: Activation::GatedSilu,
            norm: Some(self.norm(&format!("{name}.norm"), hidden)?),
            down: self.linear(&format!("{name}.fc2"), hidden, width)?,
        })
    }
}
