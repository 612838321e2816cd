//! Parameters under numbers instead of names that burn draws at random.

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::{Bool, Int, Tensor};
use std::collections::BTreeMap;

/// The same module, its parameters numbered in their order; those that share an id go on sharing one.
///
/// burn draws an id per parameter from the system's randomness and keeps the state of an optimiser under it, so the
/// checkpoints of two equal trainings would be equal in all but their ids and order.
pub(super) fn numbered<M: Module>(module: M) -> M {
    module.map(&mut Numbers::default())
}

#[derive(Default)]
struct Numbers(BTreeMap<ParamId, u64>);

impl Numbers {
    fn of(&mut self, id: ParamId) -> ParamId {
        let next = self.0.len() as u64 + 1;
        ParamId::from(*self.0.entry(id).or_insert(next))
    }
}

impl ModuleMapper for Numbers {
    fn map_float<const D: usize>(&mut self, mut param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.id = self.of(param.id);
        param
    }

    fn map_int<const D: usize>(
        &mut self,
        mut param: Param<Tensor<D, Int>>,
    ) -> Param<Tensor<D, Int>> {
        param.id = self.of(param.id);
        param
    }

    fn map_bool<const D: usize>(
        &mut self,
        mut param: Param<Tensor<D, Bool>>,
    ) -> Param<Tensor<D, Bool>> {
        param.id = self.of(param.id);
        param
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;
    use burn::module::{ParamId, list_param_ids};
    use burn::nn::LinearConfig;
    use burn::tensor::Device;

    #[test]
    fn equal_modules_have_equal_ids_and_shared_ones_stay_shared() {
        let device = Device::flex();
        let linear = LinearConfig::new(2, 3).init(&device);
        let pair = numbered((linear.clone(), linear));
        let ids: Vec<ParamId> = [1, 2, 1, 2].map(ParamId::from).into();
        assert_eq!(list_param_ids(&pair), ids);
    }
}
