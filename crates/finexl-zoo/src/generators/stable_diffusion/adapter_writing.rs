//! An adapter of the UNet as a file that diffusers, ComfyUI, A1111's program and FineXL read.

use super::unet::UnetConfig;
use crate::ZooError;
use crate::adapters::{Adapter, LoraLayer};
use crate::safetensors_writing::{WrittenTensor, write_tensors};
use safetensors::Dtype;
use std::collections::BTreeMap;

/// The bytes of `pytorch_lora_weights.safetensors`, in single precision. The scale `alpha / rank` is multiplied into B, so
/// that every reader takes the same change from it; `said` are the free entries of its header.
///
/// # Errors
/// [`ZooError::Adapter`] for numbers that are not finite.
pub(super) fn diffusers_file(
    adapter: &Adapter,
    config: &UnetConfig,
    said: &BTreeMap<String, String>,
) -> Result<Vec<u8>, ZooError> {
    let mut tensors: BTreeMap<String, WrittenTensor<'_>> = BTreeMap::new();
    for (path, layer) in adapter.layers() {
        let [inputs, outputs] = layer.shape();
        let rank = layer.rank();
        // What is stored as a convolution of single places has factors of four sides.
        let ends: &[usize] = match is_convolution(path, config) {
            true => &[1, 1],
            false => &[],
        };
        let shape = |rows: usize, columns: usize| [&[rows, columns], ends].concat();
        let [down, up] = factors(path, layer)?;
        let name = format!("unet.{}", diffusers_path(path));
        let tensor = |shape, bytes: Vec<u8>| WrittenTensor {
            dtype: Dtype::F32,
            shape,
            bytes: bytes.into(),
        };
        let [down, up] = [
            tensor(shape(rank, inputs), down),
            tensor(shape(outputs, rank), up),
        ];
        tensors.insert(format!("{name}.lora_A.weight"), down);
        tensors.insert(format!("{name}.lora_B.weight"), up);
    }
    let mut bytes = Vec::new();
    write_tensors(&mut bytes, &tensors, said).map_err(|error| ZooError::Backend {
        what: "writing the adapter",
        message: error.to_string(),
    })?;
    Ok(bytes)
}

/// A as `[rank, inputs]` and B as `[outputs, rank]`, the scale in B.
fn factors(path: &str, layer: &LoraLayer) -> Result<[Vec<u8>; 2], ZooError> {
    let [inputs, outputs] = layer.shape();
    let rank = layer.rank();
    let scale = layer.alpha() / rank as f64;
    let (a, b) = (layer.a(), layer.b());
    let down = (0..rank).flat_map(|r| (0..inputs).map(move |i| a[i * rank + r]));
    let up = (0..outputs).flat_map(|o| (0..rank).map(move |r| b[r * outputs + o]));
    let up = up.map(|v| (f64::from(v) * scale) as f32);
    let [down, up] = [down.collect::<Vec<f32>>(), up.collect::<Vec<f32>>()];
    if down.iter().chain(&up).any(|v| !v.is_finite()) {
        return Err(ZooError::Adapter {
            problem: format!("{path} is not finite"),
            remedy: "train it with a lower learning rate",
        });
    }
    Ok([down, up].map(|values| values.iter().flat_map(|v| v.to_le_bytes()).collect()))
}

/// Whether diffusers stores the weight of a layer as a convolution.
pub(super) fn is_convolution(path: &str, config: &UnetConfig) -> bool {
    !config.linear_projection && (path.ends_with("proj_in") || path.ends_with("proj_out"))
        || path.ends_with("conv_shortcut")
}

/// The name of a layer in diffusers.
fn diffusers_path(path: &str) -> String {
    let ends = [
        (".to_out", ".to_out.0"),
        (".ff.gate", ".ff.net.0.proj"),
        (".ff.down", ".ff.net.2"),
    ];
    let renamed = ends.iter().find_map(|(own, theirs)| {
        let before = path.strip_suffix(own)?;
        Some(format!("{before}{theirs}"))
    });
    renamed.unwrap_or_else(|| path.to_string())
}
