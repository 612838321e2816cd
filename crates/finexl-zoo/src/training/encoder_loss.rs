//! The losses of mini-clip.
//!
//! Beside the symmetric contrastive loss of CLIP there are three on *differences*, since differences
//! are what an explanation is made of. With d = E_img(stylized) - E_img(clean) and
//! f(C) = E_txt("p, C style") - E_txt("p"):
//! - divergence: cos(d, f(C)) picks out the aspects that were applied (softmax over all concepts);
//! - linearity: d is the sum of the applied aspects' directions, each times its level;
//! - readout: the level can be read off every direction by itself, <d, f(C)> / |f(C)|^2, and is zero
//!   for what was not applied. It spreads directions apart, so that a joint fit is well conditioned,
//!   and gives each the length that one whole level has.

use super::EncoderBatch;
use super::parts::Parts;
use crate::encoders::mini_clip::MiniClipModel;
use crate::workers::Workers;
use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};
use burn::train::{ClassificationOutput, InferenceStep, TrainOutput, TrainStep};
use finexl_core::experiment::TrainEncoder;
use std::sync::Arc;

/// A model with the weights of its losses on differences.
#[derive(Module, Debug)]
pub struct EncoderTrainee {
    /// What is trained.
    pub model: MiniClipModel,
    divergence_weight: f32,
    linearity_weight: f32,
    readout_weight: f32,
    #[module(skip)]
    workers: Arc<Workers>,
}

/// The scales may not grow past `ln(100)`, as in CLIP.
const LARGEST_LOG_SCALE: f32 = 4.605_17;

impl EncoderTrainee {
    /// A model with the weights of its losses.
    pub fn new(model: MiniClipModel, recipe: &TrainEncoder, device: &Device) -> Self {
        Self {
            model,
            divergence_weight: recipe.divergence_weight,
            linearity_weight: recipe.linearity_weight,
            readout_weight: recipe.readout_weight,
            workers: Arc::new(Workers::new(device)),
        }
    }

    /// Loss on the embeddings of a batch, and as classification the aspects of images that have just
    /// one: logits over concepts.
    fn losses(
        &self,
        batch: &EncoderBatch,
        images: Tensor<2>,
        texts: Tensor<2>,
    ) -> ClassificationOutput {
        let contrastive = self.contrastive(batch, images.clone(), texts.clone());

        let differences = differences(images, batch.variants);
        let directions = directions(texts, batch);
        let cosines = unit(differences.clone()).matmul(unit(directions.clone()).transpose());
        let logits = cosines * scale(&self.model.divergence_scale.val()).unsqueeze::<2>();
        let divergence = cross_entropy(logits.clone(), batch.targets.clone());
        let readout = readout(
            differences.clone(),
            directions.clone(),
            batch.levels.clone(),
        );
        let linearity = linearity(differences, directions, batch.levels.clone());

        let loss = contrastive
            + divergence.mul_scalar(self.divergence_weight)
            + linearity.mul_scalar(self.linearity_weight)
            + readout.mul_scalar(self.readout_weight);
        let device = logits.device();
        let rows = Tensor::<1, Int>::from_data(
            TensorData::new(batch.single_rows.clone(), [batch.single_rows.len()]),
            &device,
        );
        let aspects = Tensor::<1, Int>::from_data(
            TensorData::new(batch.single_aspects.clone(), [batch.single_aspects.len()]),
            &device,
        );
        ClassificationOutput::new(loss, logits.select(0, rows), aspects)
    }

    /// Symmetric contrastive loss over captioned images; the texts also hold wrong captions, which
    /// no image answers to.
    fn contrastive(&self, batch: &EncoderBatch, images: Tensor<2>, texts: Tensor<2>) -> Tensor<1> {
        let n = batch.captioned;
        let images = images.narrow(0, 0, n);
        let candidates = texts.narrow(0, 0, n + batch.wrong_captions);
        let logits = images.matmul(candidates.transpose())
            * scale(&self.model.contrastive_scale.val()).unsqueeze::<2>();
        let eye = Tensor::<2>::eye(n, &logits.device());
        let from_text = logits.clone().narrow(1, 0, n).transpose();
        let to_text = log_softmax(logits, 1).narrow(1, 0, n) * eye.clone();
        let to_image = log_softmax(from_text, 1) * eye;
        (to_text.sum() + to_image.sum()).div_scalar(-2.0 * n as f32)
    }
}

fn scale(logarithm: &Tensor<1>) -> Tensor<1> {
    logarithm.clone().clamp_max(LARGEST_LOG_SCALE).exp()
}

/// `[groups * variants, d]`, clean first in each group -> `[groups * (variants - 1), d]`.
fn differences(images: Tensor<2>, variants: usize) -> Tensor<2> {
    let [n, d] = images.dims();
    let groups = n / variants;
    let grouped = images.reshape([groups, variants, d]);
    let clean = grouped.clone().narrow(1, 0, 1);
    let stylized = grouped.narrow(1, 1, variants - 1);
    (stylized - clean).reshape([groups * (variants - 1), d])
}

/// f(C) of every concept, each on one prompt of the batch, `[K, d]`.
fn directions(texts: Tensor<2>, batch: &EncoderBatch) -> Tensor<2> {
    let k = batch.direction_prompts.len();
    let start = batch.captioned + batch.wrong_captions;
    let prompts = Tensor::<1, Int>::from_data(
        TensorData::new(batch.direction_prompts.clone(), [k]),
        &texts.device(),
    );
    texts.clone().narrow(0, start, k) - texts.select(0, prompts)
}

fn unit(x: Tensor<2>) -> Tensor<2> {
    let norm = x.clone().square().sum_dim(1).add_scalar(1e-6).sqrt();
    x / norm
}

/// Mean cross-entropy against target distributions, both `[n, K]`.
fn cross_entropy(logits: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    let n = logits.dims()[0] as f32;
    (log_softmax(logits, 1) * targets).sum().div_scalar(-n)
}

/// Mean of `|d - sum_k level_k f_k|^2` over the mean of `|d|^2`; it does not depend on the scale of
/// both, else shrinking all differences would lower it.
fn linearity(differences: Tensor<2>, directions: Tensor<2>, levels: Tensor<2>) -> Tensor<1> {
    let energy = differences.clone().square().mean().add_scalar(1e-9);
    let error = differences - levels.matmul(directions);
    error.square().mean() / energy
}

/// Squared error of the levels read off each direction, summed over concepts, mean over images. Like
/// linearity it does not depend on the scale of both.
fn readout(differences: Tensor<2>, directions: Tensor<2>, levels: Tensor<2>) -> Tensor<1> {
    let images = differences.dims()[0] as f32;
    let lengths = directions.clone().square().sum_dim(1).add_scalar(1e-6);
    let read = differences.matmul((directions / lengths).transpose());
    (read - levels).square().sum().div_scalar(images)
}

impl TrainStep for EncoderTrainee {
    type Input = EncoderBatch;
    type Output = ClassificationOutput;

    fn step(&self, batch: EncoderBatch) -> TrainOutput<ClassificationOutput> {
        let workers = &self.workers;
        let parts = Parts::embed(&self.model, workers, batch.patches.clone(), &batch.texts);
        let (images, texts) = (parts.images(), parts.texts());
        let output = self.losses(&batch, images.clone(), texts.clone());
        let gradients = output.loss.backward();
        let slopes = [&images, &texts].map(|embeddings| slope(embeddings, &gradients));
        let [image_slopes, text_slopes] = slopes;
        let mut sum = GradientsAccumulator::new();
        sum.accumulate(self, GradientsParams::from_grads(gradients, self));
        for part in parts.backward(workers, image_slopes, text_slopes) {
            sum.accumulate(self, part);
        }
        TrainOutput {
            grads: sum.grads(),
            item: output,
        }
    }
}

/// Slope of the loss with regard to a leaf, zero where it does not depend on it.
fn slope(leaf: &Tensor<2>, gradients: &Gradients) -> Tensor<2> {
    leaf.grad(gradients)
        .unwrap_or_else(|| leaf.clone().inner().zeros_like())
}

impl InferenceStep for EncoderTrainee {
    type Input = EncoderBatch;
    type Output = ClassificationOutput;

    fn step(&self, batch: EncoderBatch) -> ClassificationOutput {
        let images = self.model.embed_images(batch.patches.clone());
        let texts = self.model.embed_texts(&batch.texts);
        self.losses(&batch, images, texts)
    }
}

/// The trained model off the autodiff device.
pub(super) fn finished(trainee: EncoderTrainee) -> MiniClipModel {
    trainee.model.valid()
}
