//! The head on the processor, a channel at a time.

use super::ChannelHead;
use crate::ZooError;
use crate::generators::burn_layers::{row_linear, values};
use crate::transformer::{RowLinear, Rows};

/// The weights of a [`ChannelHead`] as plain numbers.
pub struct ProcessorHead {
    hidden: RowLinear,
    /// `[channels, inner]`
    channels: Rows,
    /// `[channels * levels, inner]`
    codes: Rows,
    /// Per channel, `[inner]` to `[levels]`.
    outputs: Vec<RowLinear>,
    levels: usize,
}

impl ProcessorHead {
    /// The head of a network on any device.
    ///
    /// # Errors
    /// [`ZooError::Backend`] where weights cannot be read.
    pub fn new(head: &ChannelHead) -> Result<Self, ZooError> {
        let [_, inner, levels] = head.output.dims();
        let rows = |values| Rows {
            values,
            width: inner,
        };
        let outputs = values(head.output.val().swap_dims(1, 2))?;
        let biases = values(head.bias.val())?;
        Ok(Self {
            hidden: row_linear(&[&head.hidden])?,
            channels: rows(values(head.channels.val())?),
            codes: rows(values(head.codes.val())?),
            outputs: outputs
                .chunks_exact(levels * inner)
                .zip(biases.chunks_exact(levels))
                .map(|(weight, bias)| RowLinear::new(weight.to_vec(), bias.to_vec(), inner))
                .collect(),
            levels,
        })
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.outputs.len()
    }

    /// What the channels of a position begin with: states `[n, width]` to `[n, inner]`.
    pub fn begin(&self, states: &Rows) -> Rows {
        self.hidden.apply(states)
    }

    /// Logits of a channel, `[n, inner]` to `[n, levels]`.
    pub fn logits(&self, inner: &Rows, channel: usize) -> Rows {
        let own = self.channels.row(channel);
        let mut active = inner.clone();
        for row in active.values.chunks_exact_mut(own.len()) {
            for (value, own) in row.iter_mut().zip(own) {
                let x = *value + own;
                *value = x / (1.0 + (-x).exp());
            }
        }
        self.outputs[channel].apply(&active)
    }

    /// Tells a row what a channel became.
    pub fn tell(&self, inner: &mut Rows, row: usize, channel: usize, token: u8) {
        let added = self.codes.row(channel * self.levels + usize::from(token));
        let width = inner.width;
        let row = &mut inner.values[row * width..(row + 1) * width];
        row.iter_mut().zip(added).for_each(|(x, added)| *x += added);
    }
}
