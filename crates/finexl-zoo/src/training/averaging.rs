//! Averaged weights.

use crate::ZooError;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;
use std::collections::VecDeque;

/// Moves every number of `average` toward `current` by one minus `decay` (exponential moving
/// average, Polyak and Juditsky 1992). Both have the same parameters in the same order.
pub fn follow<M: Module>(average: M, current: &M, decay: f64) -> M {
    let mut targets = Collected::default();
    current.visit(&mut targets);
    average.map(&mut Follower {
        targets: targets.0,
        decay,
    })
}

/// Checks a recipe's decay.
///
/// # Errors
/// [`ZooError::Config`] for one outside [0, 1).
pub(super) fn check_decay(decay: f64) -> Result<(), ZooError> {
    if (0.0..1.0).contains(&decay) {
        return Ok(());
    }
    Err(ZooError::Config(format!(
        "averaging-decay is {decay}; it has to lie in [0, 1)"
    )))
}

#[derive(Default)]
struct Collected(VecDeque<Tensor<1>>);

impl ModuleVisitor for Collected {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val().without_autodiff();
        let count = value.dims().iter().product::<usize>();
        self.0.push_back(value.reshape([count]));
    }
}

struct Follower {
    targets: VecDeque<Tensor<1>>,
    decay: f64,
}

impl ModuleMapper for Follower {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(target) = self.targets.pop_front() else {
            return param;
        };
        let decay = self.decay;
        param.map(|value| {
            let on_autodiff = value.device().is_autodiff();
            let plain = value.without_autodiff();
            let target = target.reshape(plain.dims());
            let moved = plain.mul_scalar(decay) + target.mul_scalar(1.0 - decay);
            if on_autodiff {
                Tensor::from_inner(moved)
            } else {
                moved
            }
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::follow;
    use burn::module::Module;
    use burn::nn::LinearConfig;
    use burn::tensor::Device;

    #[test]
    fn an_average_moves_toward_what_it_follows() {
        let device = Device::flex().autodiff();
        let linear = LinearConfig::new(2, 3).init(&device);
        let other = LinearConfig::new(2, 3).init(&device).no_grad();
        let start: Vec<f32> = other.weight.val().into_data().try_to_vec().unwrap();
        let goal: Vec<f32> = linear.weight.val().into_data().try_to_vec().unwrap();
        let moved = follow(other, &linear, 0.75);
        let at: Vec<f32> = moved.weight.val().into_data().try_to_vec().unwrap();
        for ((start, goal), at) in start.iter().zip(&goal).zip(&at) {
            assert!((0.75 * start + 0.25 * goal - at).abs() < 1e-6);
        }
        assert!(!moved.weight.val().is_require_grad());
        let copied = follow(moved, &linear, 0.0);
        let at: Vec<f32> = copied.weight.val().into_data().try_to_vec().unwrap();
        assert_eq!(at, goal);
    }
}
