//! Sampling: prompts and seeds -> tokens.

use super::TokenTransformer;
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
    decode(
        states,
        &head,
        &Mixing::of(groups),
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
    )
}
