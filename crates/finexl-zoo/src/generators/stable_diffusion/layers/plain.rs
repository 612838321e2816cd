//! Numbers of tensors on the processor without copying them.

use crate::transformer::MatrixView;
use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::{DType, Tensor, TensorData};
use half::{bf16, f16};

/// The numbers behind a tensor on the processor that nothing is differentiated by.
pub(super) struct Plain(FlexTensor);

/// What a tensor is on the processor; `None` on other devices and where gradients are followed.
pub(super) fn plain<const D: usize>(tensor: &Tensor<D>) -> Option<Plain> {
    let tensor = tensor.clone().try_into_primitive::<Flex>().ok()?;
    Some(Plain(tensor))
}

impl Plain {
    /// Its numbers one row behind the other, copied only where they do not lie so; `None` for half precision.
    pub fn in_rows(self) -> Option<Self> {
        if self.0.dtype() != DType::F32 {
            return None;
        }
        match self.0.as_slice::<f32>().is_some() {
            true => Some(self),
            false => Some(Self(self.0.to_contiguous())),
        }
    }

    /// The numbers of a tensor that went through [`Plain::in_rows`].
    pub fn singles(&self) -> &[f32] {
        self.0.as_slice::<f32>().unwrap_or(&[])
    }

    /// A weight whose storage is `[outputs, inputs]`, whatever order of sides is shown; `None` where it lies otherwise.
    ///
    /// `strides` are those of such a storage.
    pub fn stored(&self, strides: &[usize]) -> Option<MatrixView<'_>> {
        let layout = self.0.layout();
        let dims = layout.shape().as_slice();
        let same = layout.strides().iter().zip(strides).zip(dims);
        let mut same = same.map(|((found, wanted), side)| *side == 1 || *found == *wanted as isize);
        if !same.all(|same| same) {
            return None;
        }
        let span = layout.start_offset()..layout.start_offset() + layout.num_elements();
        Some(match self.0.dtype() {
            DType::F32 => MatrixView::F32(self.0.storage::<f32>().get(span)?),
            DType::F16 => MatrixView::F16(self.0.storage::<f16>().get(span)?),
            DType::BF16 => MatrixView::Bf16(self.0.storage::<bf16>().get(span)?),
            _ => return None,
        })
    }
}

/// Numbers as a tensor on the processor.
pub(super) fn tensor<const D: usize>(values: Vec<f32>, dims: [usize; D]) -> Tensor<D> {
    let data = TensorData::new(values, dims);
    Tensor::from_primitive::<Flex>(FlexTensor::from_data(data))
}
