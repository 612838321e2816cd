//! A transformer block.

use super::activation::Activation;
use super::attend::attend;
use super::linear::Linear;
use super::norm::Norm;
use super::pattern::Pattern;
use super::rows::Rows;
use crate::ZooError;
use burn::tensor::Device;

/// Feed-forward layer.
#[derive(Debug)]
pub struct Mlp {
    /// `width` to `hidden`; to `2 hidden`, gates first, with [`Activation::GatedSilu`].
    pub up: Linear,
    /// Between the two.
    pub activation: Activation,
    /// Norm of the hidden values (EVA-02).
    pub norm: Option<Norm>,
    /// `hidden` to `width`.
    pub down: Linear,
}

impl Mlp {
    /// Adds the layer's output for `rows` to `to`, `[n, width]` both.
    pub(super) fn add_to(&self, to: &mut Rows, rows: Rows) -> Result<(), ZooError> {
        let mut hidden = self.up.activated(rows, self.activation)?;
        if let Some(norm) = &self.norm {
            hidden = norm.apply(&hidden);
        }
        self.down.add_to(to, hidden)
    }
}

/// Attention and feed-forward layer, each after a norm and added to its input.
#[derive(Debug)]
pub struct Block {
    /// Before attention.
    pub attention_norm: Norm,
    /// `width` to queries, keys and values, `3 width`.
    pub qkv: Linear,
    /// Heads of the attention.
    pub heads: usize,
    /// Norm of what attention gives, before the output layer (EVA-02).
    pub inner_norm: Option<Norm>,
    /// `width` to `width`.
    pub output: Linear,
    /// Before the feed-forward layer.
    pub mlp_norm: Norm,
    /// Feed-forward layer.
    pub mlp: Mlp,
}

impl Block {
    /// `[n, width]` to `[n, width]`, or to `[read, width]`: after the last block few rows are read,
    /// and of all others only keys and values matter.
    ///
    /// # Errors
    /// [`ZooError::Backend`] where the device fails.
    pub fn forward(
        &self,
        mut x: Rows,
        pattern: Pattern<'_>,
        read: Option<&[usize]>,
    ) -> Result<Rows, ZooError> {
        let mut qkv = self.qkv.apply(self.attention_norm.apply(&x))?;
        let mut attended = attend(&mut qkv, self.heads, pattern);
        drop(qkv);
        if let Some(read) = read {
            attended = attended.select(read);
            x = x.select(read);
        }
        if let Some(norm) = &self.inner_norm {
            attended = norm.apply(&attended);
        }
        self.output.add_to(&mut x, attended)?;
        let normalised = self.mlp_norm.apply(&x);
        self.mlp.add_to(&mut x, normalised)?;
        Ok(x)
    }
}

/// Is told the rows after each step of a tower, by name.
pub type Observer<'a> = &'a mut dyn FnMut(&str, &Rows);

/// Runs all blocks, `[n, width]`, and gives the rows at `read`, `[read, width]`.
///
/// On the processor `observer` is told the rows after each block, `block.0` and so on; after the
/// last block these are the rows at `read`.
///
/// # Errors
/// [`ZooError::Backend`] where the device fails.
pub fn forward_blocks(
    blocks: &[Block],
    mut x: Rows,
    pattern: Pattern<'_>,
    read: &[usize],
    device: &Device,
    observer: Observer<'_>,
) -> Result<Rows, ZooError> {
    if *device != Device::flex() {
        return super::device_block::forward(blocks, x, pattern, read, device);
    }
    let last = blocks.len().saturating_sub(1);
    for (index, block) in blocks.iter().enumerate() {
        x = block.forward(x, pattern, (index == last).then_some(read))?;
        observer(&format!("block.{index}"), &x);
    }
    Ok(x)
}
