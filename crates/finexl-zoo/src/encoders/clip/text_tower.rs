//! The text side: tokens to an embedding, not yet normalised.
//!
//! Reference: `CLIPTextTransformer` and `SiglipTextTransformer` of transformers 5.23, `CLIP` and
//! `TextTransformer` of open_clip 3.3.

use super::blocks::Builder;
use super::config::{ClipConfig, Naming};
use super::prefix_tree::TreeBatch;
use crate::ZooError;
use crate::checkpoint::Checkpoint;
use crate::transformer::{Block, Linear, Matrix, Norm, Observer, Pattern, Rows, forward_blocks};
use burn::tensor::Device;
use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;

/// The text tower.
#[derive(Debug)]
pub struct TextTower {
    /// `[vocabulary, width]`
    embedding: Matrix,
    /// `[context, width]`
    positions: Rows,
    blocks: Vec<Block>,
    after: Norm,
    projection: Linear,
    device: Device,
}

impl TextTower {
    /// Takes the tower's tensors.
    pub(super) fn load(
        checkpoint: &mut Checkpoint,
        config: &ClipConfig,
        device: &Device,
    ) -> Result<Self, ZooError> {
        let (naming, text) = (config.naming, &config.text);
        let stack = &text.stack;
        let (width, dimension) = (stack.width, config.dimension);
        let [embedding, positions, blocks, after] = match naming {
            Naming::HuggingFaceClip | Naming::HuggingFaceSiglip => [
                "text_model.embeddings.token_embedding.weight",
                "text_model.embeddings.position_embedding.weight",
                "text_model.encoder.layers",
                "text_model.final_layer_norm",
            ],
            Naming::OpenClip => [
                "token_embedding.weight",
                "positional_embedding",
                "transformer.resblocks",
                "ln_final",
            ],
            Naming::OpenClipEva => [
                "text.token_embedding.weight",
                "text.positional_embedding",
                "text.transformer.resblocks",
                "text.ln_final",
            ],
        };
        let mut builder = Builder {
            checkpoint,
            naming,
            stack,
            eva: None,
            device,
        };
        let projection = match naming {
            Naming::HuggingFaceClip => builder.plain("text_projection.weight", width, dimension)?,
            Naming::HuggingFaceSiglip => builder.linear("text_model.head", width, dimension)?,
            Naming::OpenClip => builder.turned("text_projection", width, dimension)?,
            Naming::OpenClipEva => builder.turned("text.text_projection", width, dimension)?,
        };
        Ok(Self {
            embedding: builder
                .checkpoint
                .matrix(embedding, &[text.vocabulary, width])?,
            positions: Rows {
                values: builder
                    .checkpoint
                    .values(positions, &[text.context, width])?,
                width,
            },
            blocks: builder.blocks(blocks)?,
            after: builder.norm(after, width)?,
            projection,
            device: device.clone(),
        })
    }

    /// A tree of texts to the embeddings of their ends, `[ends, dimension]`.
    ///
    /// # Errors
    /// [`ZooError::Backend`] where the device fails.
    pub(super) fn forward_tree(
        &self,
        batch: &TreeBatch,
        observer: Observer<'_>,
    ) -> Result<Rows, ZooError> {
        let x = self.embed(&batch.tokens, &batch.positions);
        let read: Vec<usize> = batch.ends.iter().map(|(_, row)| *row).collect();
        self.forward(x, Pattern::Tree(&batch.paths), &read, observer)
    }

    /// Equal sequences one after the other, read at their last places, `[n, dimension]`.
    ///
    /// # Errors
    /// As [`TextTower::forward_tree`].
    pub(super) fn forward_sequences(
        &self,
        tokens: &[u32],
        length: usize,
        observer: Observer<'_>,
    ) -> Result<Rows, ZooError> {
        let positions: Vec<usize> = (0..tokens.len()).map(|row| row % length).collect();
        let x = self.embed(tokens, &positions);
        let read: Vec<usize> = (1..=tokens.len() / length)
            .map(|n| n * length - 1)
            .collect();
        let pattern = Pattern::Sequences {
            length,
            rotary: None,
        };
        self.forward(x, pattern, &read, observer)
    }

    fn forward(
        &self,
        x: Rows,
        pattern: Pattern<'_>,
        read: &[usize],
        observer: Observer<'_>,
    ) -> Result<Rows, ZooError> {
        observer("embedded", &x);
        let x = forward_blocks(&self.blocks, x, pattern, read, &self.device, observer)?;
        let x = self.after.apply(&x);
        observer("normalised", &x);
        let output = self.projection.apply(x)?;
        observer("output", &output);
        Ok(output)
    }

    /// Token plus position, `[n, width]`.
    fn embed(&self, tokens: &[u32], positions: &[usize]) -> Rows {
        let width = self.positions.width;
        let mut x = Rows::zeros(tokens.len(), width);
        x.values
            .par_chunks_mut(width)
            .zip(tokens.par_iter().zip(positions))
            .for_each(|(to, (token, position))| {
                let span = *token as usize * width..(*token as usize + 1) * width;
                match &self.embedding {
                    Matrix::F32(values) => to.copy_from_slice(&values[span]),
                    Matrix::F16(values) => values[span].convert_to_f32_slice(to),
                    Matrix::Bf16(values) => values[span].convert_to_f32_slice(to),
                }
                for (to, place) in to.iter_mut().zip(self.positions.row(*position)) {
                    *to += place;
                }
            });
        x
    }
}
