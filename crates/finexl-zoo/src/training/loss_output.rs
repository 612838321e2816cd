//! What a step gives to burn-train when there is only a loss to show.

use burn::tensor::{ExecutionError, Tensor};
use burn::train::metric::{Adaptor, ItemLazy, LossInput};

/// A loss, `[1]`.
pub(super) struct LossOutput(pub Tensor<1>);

impl Adaptor<LossInput> for LossOutput {
    fn adapt(&self) -> LossInput {
        LossInput::new(self.0.clone())
    }
}

impl ItemLazy for LossOutput {
    fn sync(self) -> Result<Self, ExecutionError> {
        Ok(Self(self.0.without_autodiff()))
    }
}
