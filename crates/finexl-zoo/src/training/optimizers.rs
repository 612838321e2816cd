//! What weights are moved with.

use burn::grad_clipping::GradientClippingConfig;
use burn::module::ParamGroup;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamWConfig, AdjustLrFn, ModuleOptimizer, Muon, MuonConfig};
use finexl_core::experiment::TrainingSchedule;

/// Longest gradient of a tensor; a longer one is shortened to it.
const LONGEST_GRADIENT: GradientClippingConfig = GradientClippingConfig::Norm(1.0);

/// Muon (Jordan et al. 2024) with Moonshot's scale, so that one learning rate serves it and AdamW.
pub(crate) fn muon(schedule: &TrainingSchedule) -> Muon {
    MuonConfig::new()
        .with_adjust_lr_fn(AdjustLrFn::MatchRmsAdamW)
        .with_weight_decay(Some(WeightDecayConfig::new(schedule.weight_decay)))
        .build()
}

/// Muon for the matrices inside the named blocks, AdamW for everything else.
pub(crate) fn muon_in(blocks: &[&str], schedule: &TrainingSchedule) -> ModuleOptimizer {
    blocks.iter().fold(adamw(schedule), |optimizer, block| {
        let matrices = ParamGroup::from_predicates(vec![*block, "weight"]);
        optimizer.with_group(matrices, muon(schedule), None)
    })
}

/// AdamW (Loshchilov and Hutter 2019) with clipped gradients.
pub fn adamw(schedule: &TrainingSchedule) -> ModuleOptimizer {
    AdamWConfig::new()
        .with_beta_2(0.98)
        .with_weight_decay(schedule.weight_decay)
        .with_grad_clipping(Some(LONGEST_GRADIENT))
        .init()
}

/// AdamW for going on with trained weights, which are not drawn to zero.
pub(crate) fn tuning_adamw() -> ModuleOptimizer {
    AdamWConfig::new()
        .with_weight_decay(0.0)
        .with_grad_clipping(Some(LONGEST_GRADIENT))
        .init()
}

/// AdamW without momentum, as two players take it who move at once: what one did is no longer right when
/// the other has moved (StyleGAN, Karras et al. 2019).
pub(crate) fn adversarial_adamw(weight_decay: f32) -> ModuleOptimizer {
    AdamWConfig::new()
        .with_beta_1(0.0)
        .with_beta_2(0.99)
        .with_weight_decay(weight_decay)
        .with_grad_clipping(Some(LONGEST_GRADIENT))
        .init()
}
