//! A step of a head's training.

use super::head_batches::HeadBatch;
use super::head_metrics::HeadStepOutput;
use crate::heads::head_network::{HeadNetwork, HeadOutput};
use burn::module::Module;
use burn::optim::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};
use burn::train::{InferenceStep, TrainOutput, TrainStep};
use finexl_zoo::ZooError;
use finexl_zoo::training::follow;
use finexl_zoo::workers::{Workers, cuts};
use std::sync::Arc;

/// How much an aspect's presence, its level where it is there, and the expected level count.
const SHARES: [f32; 3] = [0.11, 0.2, 0.28];

/// The learned weights, their average, and what a step needs.
#[derive(Module, Debug)]
pub(super) struct HeadTrainee {
    learned: HeadNetwork,
    average: HeadNetwork,
    averaging_decay: f64,
    #[module(skip)]
    workers: Arc<Workers>,
}

impl HeadTrainee {
    /// From fresh weights, on the CPU.
    pub fn new(fresh: impl Fn(&Device) -> HeadNetwork, averaging_decay: f64) -> Self {
        let device = Device::flex().autodiff();
        let learned = fresh(&device);
        Self {
            average: follow(fresh(&device).no_grad(), &learned, 0.0),
            learned,
            averaging_decay,
            workers: Arc::new(Workers::new(&device)),
        }
    }

    /// The averaged weights, without autodiff.
    pub fn finished(&self) -> HeadNetwork {
        self.average.valid()
    }
}

/// Cross entropy of presence, Laplace likelihood of the level where it is there, and the error of the expected
/// level: sums over concepts, means over sets, so that a batch may be cut and a vocabulary may be any.
fn loss(output: &HeadOutput, levels: Tensor<2>) -> Tensor<1> {
    let there = levels.clone().greater_elem(0.0).float();
    let [sets, _] = levels.dims();
    let presence = sigmoid(output.logit.clone()).clamp(1e-6, 1.0 - 1e-6);
    let entropy = there.clone() * presence.clone().log()
        + (there.clone().neg() + 1.0) * (presence.neg() + 1.0).log();
    let spread = output.spread.clone();
    let likelihood = (levels.clone() - output.level.clone()).abs() / spread.clone() + spread.log();
    let missed = (output.expected() - levels).abs();
    let [shown, level, expected] = SHARES;
    let sum = entropy.sum().mul_scalar(-shown)
        + (likelihood * there).sum().mul_scalar(level)
        + missed.sum().mul_scalar(expected);
    sum.div_scalar(sets.max(1) as f32)
}

impl TrainStep for HeadTrainee {
    type Input = HeadBatch;
    type Output = HeadStepOutput;

    fn step(&self, batch: HeadBatch) -> TrainOutput<HeadStepOutput> {
        let parts = cuts(batch.len(), self.workers.parts())
            .map(|[start, end]| (batch.rows(start, end), end - start))
            .collect();
        let device = Device::flex().autodiff();
        let (value, grads) =
            self.workers
                .gradients(&self.learned, &device, parts, |learned, part| {
                    let part = part.followed();
                    let output = learned.forward(part.input).merged(part.views);
                    loss(&output, part.levels)
                });
        TrainOutput {
            grads,
            item: HeadStepOutput {
                loss: value,
                read: Vec::new(),
                concepts: 0,
            },
        }
    }

    fn optimize(
        mut self,
        optimizer: &mut ModuleOptimizer,
        learning_rate: ModuleLearningRate,
        gradients: GradientsParams,
    ) -> Self {
        self.learned = optimizer.step(learning_rate, self.learned, gradients);
        self.average = follow(self.average, &self.learned, self.averaging_decay);
        self
    }
}

impl InferenceStep for HeadTrainee {
    type Input = HeadBatch;
    type Output = HeadStepOutput;

    fn step(&self, batch: HeadBatch) -> HeadStepOutput {
        let concepts = batch.levels.dims()[1];
        let output = self.average.forward(batch.input).merged(batch.views);
        let numbers = |tensor: Tensor<2>| -> Result<Vec<f32>, ZooError> {
            finexl_zoo::tensor_values::values(tensor, "validating a head")
        };
        let read = [
            sigmoid(output.logit.clone()),
            output.expected(),
            batch.levels.clone(),
        ]
        .map(numbers);
        let read = match read {
            [Ok(presence), Ok(expected), Ok(levels)] => presence
                .iter()
                .zip(&expected)
                .zip(&levels)
                .map(|((p, e), l)| [*p, *e, *l].map(f64::from))
                .collect(),
            // A device that cannot be read fails in the loss too, which is where it is told.
            _ => Vec::new(),
        };
        HeadStepOutput {
            loss: loss(&output, batch.levels),
            read,
            concepts,
        }
    }
}
