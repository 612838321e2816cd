//! Adapters in a training.

#![allow(clippy::unwrap_used)]

use super::tests::{Tiny, adapter, distance, inputs, output, parameters, settings, tiny};
use super::*;
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData};

/// A few steps towards the outputs of another model.
pub(super) fn train(mut model: Tiny, optimizer: &mut ModuleOptimizer, steps: usize) -> Tiny {
    let device = Device::flex().autodiff();
    let teacher = adapter(&settings(2, 4.0, &["query", "up"]), 11);
    let teacher = merge(tiny(&Device::flex()), &teacher, 1.0).unwrap();
    let wanted = TensorData::new(output(&teacher), [5, 3]);
    let wanted = Tensor::<2>::from_data(wanted, &device);
    for _ in 0..steps {
        let loss = (model.forward(inputs(&device)) - wanted.clone())
            .square()
            .mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(2e-2, model, gradients);
    }
    model
}

#[test]
fn training_changes_the_adapter_alone() {
    let device = Device::flex().autodiff();
    let base = tiny(&device);
    let before = parameters(&base);
    let mut model = add_lora(base, &settings(2, 4.0, &["query", "up"]), 3).unwrap();
    let mut optimizer = AdamWConfig::new().with_weight_decay(0.1).init();
    let mut snapshots = vec![Adapter::extract(&model).unwrap()];
    for _ in 0..3 {
        model = train(model, &mut optimizer, 4);
        snapshots.push(Adapter::extract(&model).unwrap());
    }
    for (path, (bits, trained)) in parameters(&model) {
        match before.get(&path) {
            Some((old, _)) => assert!(*old == bits && !trained, "{path}"),
            None => assert!(trained && path.contains(".weight.lora."), "{path}"),
        }
    }
    for pair in snapshots.windows(2) {
        for (path, layer) in pair[1].layers() {
            assert_ne!(layer.b, pair[0].layers[path].b, "{path}");
        }
    }
    // Two moments of AdamW for each factor, nothing for frozen weights.
    assert_eq!(optimizer.to_record().len(), 2 * 2 * 4);
    // Off its model and merged into a fresh base it does the same.
    let merged = merge(tiny(&Device::flex()), &snapshots[3], 1.0).unwrap();
    assert!(distance(&output(&merged), &output(&model.valid())) < 1e-5);
}

#[test]
fn a_record_brings_a_training_back() {
    let device = Device::flex().autodiff();
    let settings = settings(2, 4.0, &["query", "up"]);
    let mut optimizer = AdamWConfig::new().init();
    let fresh = |seed| add_lora(tiny(&device), &settings, seed).unwrap();
    let model = train(fresh(3), &mut optimizer, 3);
    let kept = (model.clone().into_record(), optimizer.to_record());
    let straight = train(model, &mut optimizer, 3);
    let resumed = fresh(4).try_load_record(kept.0).unwrap();
    let mut other = AdamWConfig::new().init().load_record(kept.1);
    let resumed = train(resumed, &mut other, 3);
    assert_eq!(parameters(&resumed), parameters(&straight));
    // A clone and a fork go their own ways; validation and back keeps what is frozen.
    let fork = straight.clone().fork(&device);
    let back = straight.valid().train();
    assert_eq!(parameters(&fork), parameters(&straight));
    assert_eq!(parameters(&back), parameters(&straight));
    let further = train(fork, &mut other, 1);
    assert_ne!(parameters(&further), parameters(&straight));
    assert_eq!(parameters(&back), parameters(&straight));
}
