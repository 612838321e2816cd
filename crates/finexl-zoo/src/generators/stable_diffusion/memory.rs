//! How much memory a model takes, before it is taken.

use super::files::{Opened, open_files};
use super::network::StableDiffusion;
use crate::ZooError;
use burn::tensor::Device;
use std::path::Path;

/// Bytes of a number.
const NUMBER: u64 = 4;

/// Bytes that the weights take: as many as in their files on the processor, single precision elsewhere.
pub(super) fn weights(opened: &Opened, device: &Device) -> u64 {
    let texts = opened.texts.iter().map(|text| &text.checkpoint);
    let parts = texts.chain([&opened.unet.1, &opened.autoencoder.1]);
    let bytes = parts.map(|part| {
        let stored = part.numbers_bytes();
        let half = part.precision() != "f32" && *device != Device::flex();
        if half { 2 * stored } else { stored }
    });
    bytes.sum()
}

/// Bytes that opening a model takes, from configs and headers alone.
///
/// # Errors
/// As [`StableDiffusion::open`].
pub fn estimate_memory(path: &Path, device: &Device) -> Result<u64, ZooError> {
    Ok(weights(&open_files(path)?, device))
}

impl StableDiffusion {
    /// Bytes that making pictures of a height and width takes beside the weights, roughly: the widest maps of the UNet,
    /// all pictures and all groups of texts (both halves of guidance, each concept) at once, or of the autoencoder, one
    /// picture at a time.
    pub fn memory(&self, images: usize, [height, width]: [usize; 2], groups: usize) -> u64 {
        let factor = self.facts().factor.max(1);
        let places = (height / factor * (width / factor)) as u64;
        let config = self.unet().config();
        let finest = config.channels.first().copied().unwrap_or(1) as u64;
        // What the way up reads, and the widest layer: a feed-forward layer of 8 times the channels with its input.
        let unet = images as u64 * groups as u64 * places * finest * NUMBER * 24;
        let first = self
            .autoencoder()
            .config()
            .channels
            .first()
            .copied()
            .unwrap_or(1) as u64;
        let tile = (height.min(1024) * width.min(1024)) as u64;
        let decoder = tile * first * NUMBER * 8;
        let pictures = images as u64 * (height * width) as u64 * 3 * NUMBER;
        unet.max(decoder) + pictures
    }
}
