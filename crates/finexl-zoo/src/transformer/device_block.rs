//! The same blocks as tensor operations, for devices other than the processor.

use super::block::{Block, Mlp};
use super::pattern::{Paths, Pattern};
use super::rotary::Rotary;
use super::rows::Rows;
use crate::ZooError;
use crate::tensor_values::values;
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};

impl Mlp {
    fn on_device(&self, x: Tensor<2>, device: &Device) -> Tensor<2> {
        let mut hidden = self.activation.on_device(self.up.on_device(x));
        if let Some(norm) = &self.norm {
            hidden = norm.on_device(hidden, device);
        }
        self.down.on_device(hidden)
    }
}

impl Block {
    fn on_device(&self, x: Tensor<2>, view: &DevicePattern, device: &Device) -> Tensor<2> {
        let qkv = self
            .qkv
            .on_device(self.attention_norm.on_device(x.clone(), device));
        let mut attended = view.attend(qkv, self.heads);
        if let Some(norm) = &self.inner_norm {
            attended = norm.on_device(attended, device);
        }
        let x = x + self.output.on_device(attended);
        let mixed = self
            .mlp
            .on_device(self.mlp_norm.on_device(x.clone(), device), device);
        x + mixed
    }
}

/// Runs all blocks on a device, `[n, width]`, and gives the rows at `indices`.
///
/// # Errors
/// [`ZooError::Backend`] where the device fails.
pub(super) fn forward(
    blocks: &[Block],
    rows: Rows,
    pattern: Pattern<'_>,
    indices: &[usize],
    device: &Device,
) -> Result<Rows, ZooError> {
    let (count, width) = (rows.len(), rows.width);
    let view = DevicePattern::new(pattern, count, device);
    let mut x = Tensor::<2>::from_data(TensorData::new(rows.values, [count, width]), device);
    for block in blocks {
        x = block.on_device(x, &view, device);
    }
    let indices: Vec<i32> = indices.iter().map(|i| *i as i32).collect();
    let length = indices.len();
    let indices = Tensor::<1, Int>::from_data(TensorData::new(indices, [length]), device);
    Ok(Rows {
        values: values(x.select(0, indices), "encoding")?,
        width,
    })
}

/// What attention needs on a device.
struct DevicePattern {
    sequences: usize,
    /// True where a row must not look, `[1, 1, n, n]`.
    mask: Option<Tensor<4, Bool>>,
    /// Cosines and signed sines of pairs of channels, `[1, 1, length, head]`.
    rotation: Option<(Tensor<4>, Tensor<4>)>,
}

impl DevicePattern {
    fn new(pattern: Pattern<'_>, count: usize, device: &Device) -> Self {
        match pattern {
            Pattern::Sequences { length, rotary } => Self {
                sequences: count / length,
                mask: None,
                rotation: rotary.map(|r| rotation(r, length, device)),
            },
            Pattern::Tree(paths) => Self {
                sequences: 1,
                mask: Some(mask(paths, device)),
                rotation: None,
            },
        }
    }

    /// `[n, 3 width]` to `[n, width]`.
    fn attend(&self, qkv: Tensor<2>, heads: usize) -> Tensor<2> {
        let [count, columns] = qkv.dims();
        let (length, width) = (count / self.sequences, columns / 3);
        let channels = width / heads;
        let part = |index: usize| {
            qkv.clone()
                .narrow(1, index * width, width)
                .reshape([self.sequences, length, heads, channels])
                .swap_dims(1, 2)
        };
        let attended = attention(
            self.rotated(part(0)),
            self.rotated(part(1)),
            part(2),
            self.mask
                .clone()
                .map(|m| m.expand([1, heads, length, length])),
            None,
            AttentionModuleOptions::default(),
        );
        attended.swap_dims(1, 2).reshape([count, width])
    }

    /// `x cos + swap(x) sin` over pairs of channels, `[sequences, heads, length, channels]`.
    fn rotated(&self, x: Tensor<4>) -> Tensor<4> {
        let Some((cosines, sines)) = &self.rotation else {
            return x;
        };
        let [sequences, heads, length, channels] = x.dims();
        let pairs = x
            .clone()
            .reshape([sequences * heads * length, channels / 2, 2]);
        let swapped = pairs
            .flip([2])
            .reshape([sequences, heads, length, channels]);
        x * cosines.clone() + swapped * sines.clone()
    }
}

fn mask(paths: &Paths, device: &Device) -> Tensor<4, Bool> {
    let count = paths.len();
    let mut hidden = vec![true; count * count];
    for row in 0..count {
        for seen in paths.path(row) {
            hidden[row * count + seen] = false;
        }
    }
    Tensor::from_data(TensorData::new(hidden, [1, 1, count, count]), device)
}

fn rotation(rotary: &Rotary, length: usize, device: &Device) -> (Tensor<4>, Tensor<4>) {
    let head = rotary.head;
    let mut cosines = vec![0.0f32; length * head];
    let mut sines = vec![0.0f32; length * head];
    for place in 0..length {
        for pair in 0..head / 2 {
            // What the unit vectors turn to.
            let mut turned = vec![0.0; head];
            turned[2 * pair] = 1.0;
            rotary.rotate(&mut turned, place);
            let at = place * head + 2 * pair;
            cosines[at..at + 2].fill(turned[2 * pair]);
            sines[at] = -turned[2 * pair + 1];
            sines[at + 1] = turned[2 * pair + 1];
        }
    }
    let tensor = |values: Vec<f32>| {
        Tensor::<4>::from_data(TensorData::new(values, [1, 1, length, head]), device)
    };
    (tensor(cosines), tensor(sines))
}
