//! The image side: patches to an embedding, not yet normalised.
//!
//! Reference: `CLIPVisionTransformer` and `SiglipVisionTransformer` of transformers 5.23,
//! `VisionTransformer` of open_clip 3.3, `Eva` of timm 1.0.

use super::blocks::Builder;
use super::config::{ClipConfig, ImageConfig, ImagePooling, Naming};
use crate::ZooError;
use crate::checkpoint::Checkpoint;
use crate::transformer::{
    AttentionPool, Block, Linear, Matrix, Norm, Observer, Pattern, Rotary, Rows, forward_blocks,
};
use burn::tensor::Device;
use rayon::prelude::*;

/// The image tower.
#[derive(Debug)]
pub struct ImageTower {
    config: ImageConfig,
    patch: Linear,
    /// Class token with its position, if there is one, and positions of all patches (with the bias
    /// of the patch layer), `[tokens, width]`.
    tokens: Rows,
    before: Option<Norm>,
    blocks: Vec<Block>,
    after: Norm,
    end: End,
    rotary: Option<Rotary>,
    device: Device,
}

#[derive(Debug)]
enum End {
    Project(Box<Linear>),
    Pool(Box<AttentionPool>),
}

/// Names of what is not a block.
struct Names {
    class: &'static str,
    patch: &'static str,
    positions: &'static str,
    before: Option<&'static str>,
    blocks: &'static str,
    after: &'static str,
}

fn names(naming: Naming) -> Names {
    match naming {
        Naming::HuggingFaceClip | Naming::HuggingFaceSiglip => Names {
            class: "vision_model.embeddings.class_embedding",
            patch: "vision_model.embeddings.patch_embedding",
            positions: "vision_model.embeddings.position_embedding.weight",
            // Spelt so in the reference.
            before: (naming == Naming::HuggingFaceClip).then_some("vision_model.pre_layrnorm"),
            blocks: "vision_model.encoder.layers",
            after: "vision_model.post_layernorm",
        },
        Naming::OpenClip => Names {
            class: "visual.class_embedding",
            patch: "visual.conv1",
            positions: "visual.positional_embedding",
            before: Some("visual.ln_pre"),
            blocks: "visual.transformer.resblocks",
            after: "visual.ln_post",
        },
        Naming::OpenClipEva => Names {
            class: "visual.trunk.cls_token",
            patch: "visual.trunk.patch_embed.proj",
            positions: "visual.trunk.pos_embed",
            before: None,
            blocks: "visual.trunk.blocks",
            after: "visual.trunk.norm",
        },
    }
}

impl ImageTower {
    /// Takes the tower's tensors.
    pub(super) fn load(
        checkpoint: &mut Checkpoint,
        config: &ClipConfig,
        device: &Device,
    ) -> Result<Self, ZooError> {
        let (naming, image) = (config.naming, &config.image);
        let names = names(naming);
        let stack = &image.stack;
        let mut builder = Builder {
            checkpoint,
            naming,
            stack,
            eva: image.eva,
            device,
        };
        let patch = patch_layer(&mut builder, names.patch, image.patch)?;
        let tokens = tokens(&mut builder, &names, image)?;
        let before = match names.before {
            Some(name) => Some(builder.norm(name, stack.width)?),
            None => None,
        };
        let blocks = builder.blocks(names.blocks)?;
        let after = builder.norm(names.after, stack.width)?;
        let end = end(&mut builder, config)?;
        let rotary = image
            .eva
            .and_then(|eva| eva.rotary_grid)
            .map(|reference| Rotary::grid(image.grid(), reference, stack.width / stack.heads, 1));
        Ok(Self {
            config: image.clone(),
            patch,
            tokens,
            before,
            blocks,
            after,
            end,
            rotary,
            device: device.clone(),
        })
    }

    /// Patches of whole images, `[n patches, 3 patch^2]`, to `[n, dimension]`.
    ///
    /// # Errors
    /// [`ZooError::Backend`] where the device fails.
    pub(super) fn forward(&self, patches: Rows, observer: Observer<'_>) -> Result<Rows, ZooError> {
        let (length, grid) = (self.config.tokens(), self.config.grid().pow(2));
        let count = patches.len() / grid;
        let mut x = self.place(&self.patch.apply(patches)?, count);
        if let Some(norm) = &self.before {
            x = norm.apply(&x);
        }
        observer("embedded", &x);
        let pattern = Pattern::Sequences {
            length,
            rotary: self.rotary.as_ref(),
        };
        let read: Vec<usize> = match self.end {
            End::Project(_) => (0..count).map(|image| image * length).collect(),
            End::Pool(_) => (0..count * length).collect(),
        };
        let x = forward_blocks(&self.blocks, x, pattern, &read, &self.device, observer)?;
        let x = self.after.apply(&x);
        observer("normalised", &x);
        let output = match &self.end {
            End::Project(projection) => projection.apply(x)?,
            End::Pool(pool) => pool.forward(x, length)?,
        };
        observer("output", &output);
        Ok(output)
    }

    /// Patches behind the class token, positions added, `[n tokens, width]`.
    fn place(&self, patches: &Rows, count: usize) -> Rows {
        let width = patches.width;
        let length = self.config.tokens();
        let grid = self.config.grid().pow(2);
        let mut output = Rows::zeros(count * length, width);
        output
            .values
            .par_chunks_mut(length * width)
            .zip(patches.values.par_chunks(grid * width))
            .for_each(|(to, patches)| {
                to.copy_from_slice(&self.tokens.values);
                let behind = &mut to[(length - grid) * width..];
                for (to, patch) in behind.iter_mut().zip(patches) {
                    *to += patch;
                }
            });
        output
    }
}

/// The patch layer, `[width, 3, patch, patch]`, as a matrix; its bias goes into the positions.
fn patch_layer(builder: &mut Builder<'_>, name: &str, patch: usize) -> Result<Linear, ZooError> {
    let shape = [builder.stack.width, 3, patch, patch];
    let weight = builder
        .checkpoint
        .matrix(&format!("{name}.weight"), &shape)?;
    Ok(Linear::new(weight, None, 3 * patch * patch, builder.device))
}

fn tokens(builder: &mut Builder<'_>, names: &Names, image: &ImageConfig) -> Result<Rows, ZooError> {
    let (width, count) = (builder.stack.width, image.tokens());
    let eva = builder.naming == Naming::OpenClipEva;
    let shape: &[usize] = if eva {
        &[1, count, width]
    } else {
        &[count, width]
    };
    let mut tokens = Rows {
        values: builder.checkpoint.values(names.positions, shape)?,
        width,
    };
    let first = usize::from(image.class_token());
    if image.class_token() {
        let shape: &[usize] = if eva { &[1, 1, width] } else { &[width] };
        let class = builder.checkpoint.values(names.class, shape)?;
        for (token, class) in tokens.values.iter_mut().zip(&class) {
            *token += class;
        }
    }
    if matches!(
        builder.naming,
        Naming::HuggingFaceSiglip | Naming::OpenClipEva
    ) {
        let name = format!("{}.bias", names.patch);
        let bias = builder.checkpoint.values(&name, &[width])?;
        for row in tokens.values.chunks_exact_mut(width).skip(first) {
            for (token, bias) in row.iter_mut().zip(&bias) {
                *token += bias;
            }
        }
    }
    Ok(tokens)
}

fn end(builder: &mut Builder<'_>, config: &ClipConfig) -> Result<End, ZooError> {
    let (width, dimension) = (builder.stack.width, config.dimension);
    Ok(match config.image.pooling {
        ImagePooling::Attention => End::Pool(Box::new(attention_pool(builder)?)),
        ImagePooling::ClassTokenBias => End::Project(Box::new(builder.linear(
            "visual.trunk.head",
            width,
            dimension,
        )?)),
        ImagePooling::ClassToken if builder.naming == Naming::OpenClip => {
            End::Project(Box::new(builder.turned("visual.proj", width, dimension)?))
        }
        ImagePooling::ClassToken => End::Project(Box::new(builder.plain(
            "visual_projection.weight",
            width,
            dimension,
        )?)),
    })
}

/// The pooling of SigLIP; what its learnt query becomes under the query layer is a constant.
fn attention_pool(builder: &mut Builder<'_>) -> Result<AttentionPool, ZooError> {
    const NAME: &str = "vision_model.head";
    let width = builder.stack.width;
    let checkpoint = &mut *builder.checkpoint;
    let probe = checkpoint.values(&format!("{NAME}.probe"), &[1, 1, width])?;
    let weight = checkpoint.values(
        &format!("{NAME}.attention.in_proj_weight"),
        &[3 * width, width],
    )?;
    let bias = checkpoint.values(&format!("{NAME}.attention.in_proj_bias"), &[3 * width])?;
    let query = weight
        .chunks_exact(width)
        .zip(&bias)
        .take(width)
        .map(|(row, bias)| row.iter().zip(&probe).map(|(w, p)| w * p).sum::<f32>() + bias)
        .collect();
    let kv = Linear::new(
        Matrix::F32(weight[width * width..].to_vec()),
        Some(bias[width..].to_vec()),
        width,
        builder.device,
    );
    Ok(AttentionPool {
        query,
        kv,
        heads: builder.stack.heads,
        output: builder.linear(&format!("{NAME}.attention.out_proj"), width, width)?,
        norm: builder.norm(&format!("{NAME}.layernorm"), width)?,
        mlp: builder.mlp([&format!("{NAME}.mlp.fc1"), &format!("{NAME}.mlp.fc2")])?,
    })
}
