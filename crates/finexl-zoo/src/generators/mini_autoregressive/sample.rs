//! Sampling: prompts and seeds -> tokens.

use super::TokenTransformer;
use super::collapse::collapsed;
use super::decoding::{Mixing, States, decode};
use super::device::DeviceTransformer;
use super::draw::draw;
use super::processor::ProcessorTransformer;
use super::processor_head::ProcessorHead;
use crate::ZooError;
use crate::generators::conditions::Groups;
use crate::generators::{GenerationRequest, TokenSampling};
use burn::tensor::Device;
use finexl_core::seed::{ChaCha8Rng, generator, key};
use rand::RngExt;

/// The numbers in [0, 1) that an image is drawn with, one per token in the order of tokens.
///
/// A function of seed and index alone, so base and personalized model draw with the same.
pub fn uniforms(request: &GenerationRequest) -> ChaCha8Rng {
    generator(request.seed, &[key("sampling tokens"), request.index])
}

/// What a transformer needs beside its weights: the groups of a pass, the longest prompt, the device.
pub fn states<'a>(
    network: &'a TokenTransformer,
    groups: &Groups,
    context: usize,
    device: &Device,
) -> Result<Box<dyn States + 'a>, ZooError> {
    if *device == Device::flex() {
        let on_processor = ProcessorTransformer::new(network, &groups.sequences)?;
        return Ok(Box::new(on_processor));
    }
    let on_device = DeviceTransformer::new(network, &groups.sequences, context, device);
    Ok(Box::new(on_device))
}

/// Draws the tokens of requests, `[positions * channels]` each; `progress` is told every position that
/// is done.
///
/// # Errors
/// [`ZooError::NotFinite`] for logits that are no numbers, [`ZooError::Backend`] where the device fails.
pub fn sample(
    network: &TokenTransformer,
    states: &mut dyn States,
    requests: &[GenerationRequest],
    groups: &Groups,
    sampling: &TokenSampling,
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<Vec<u8>>, ZooError> {
    let head = ProcessorHead::new(&network.head)?;
    let mut numbers: Vec<ChaCha8Rng> = requests.iter().map(uniforms).collect();
    let tokens = decode(
        states,
        &head,
        Mixing::of(groups),
        network.tokens.positions,
        &mut |image, logits| {
            if logits.iter().any(|l| !l.is_finite()) {
                return Err(ZooError::NotFinite {
                    encoder: "the transformer".to_string(),
                    what: format!("\"{}\"", requests[image].prompt),
                });
            }
            let uniform: f64 = numbers[image].random();
            Ok(draw(logits, sampling, uniform))
        },
        progress,
    )?;
    if collapsed(&tokens) && differ(requests, sampling) {
        tracing::warn!(
            "images of different prompts and seeds are all the same: the model has collapsed; train it \
             further, or sample with less guidance or a higher temperature"
        );
    }
    Ok(tokens)
}

/// Whether no two requests may give the same image: without temperature seeds do not matter.
fn differ(requests: &[GenerationRequest], sampling: &TokenSampling) -> bool {
    let same = |a: &GenerationRequest, b: &GenerationRequest| {
        a.prompt == b.prompt && (sampling.temperature == 0.0 || a == b)
    };
    let firsts = requests.iter().enumerate();
    !firsts
        .flat_map(|(at, a)| requests[..at].iter().map(move |b| (a, b)))
        .any(|(a, b)| same(a, b))
}
