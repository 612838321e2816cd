//! Names of an autoencoder's tensors in single files, as diffusers' names.

use super::single_names::numbered;

/// The name in diffusers, without the prefix; `levels` is how many the decoder has, which is counted from the other end.
pub(super) fn vae_name(name: &str, levels: usize) -> Option<String> {
    for same in ["quant_conv.", "post_quant_conv."] {
        if name.starts_with(same) {
            return Some(name.to_string());
        }
    }
    let (half, rest) = name.split_once('.')?;
    if !["encoder", "decoder"].contains(&half) {
        return None;
    }
    let inner = match rest.split_once('.')? {
        ("down", rest) => {
            let (level, rest) = numbered(rest)?;
            format!(
                "down_blocks.{level}.{}",
                level_name(rest, "downsample", "downsamplers")?
            )
        }
        ("up", rest) => {
            let (level, rest) = numbered(rest)?;
            let level = levels.checked_sub(level + 1)?;
            format!(
                "up_blocks.{level}.{}",
                level_name(rest, "upsample", "upsamplers")?
            )
        }
        ("mid", rest) => format!("mid_block.{}", middle(rest)?),
        ("norm_out", rest) => format!("conv_norm_out.{rest}"),
        ("conv_in" | "conv_out", _) => rest.to_string(),
        _ => return None,
    };
    Some(format!("{half}.{inner}"))
}

fn level_name(rest: &str, from: &str, to: &str) -> Option<String> {
    if let Some(rest) = rest.strip_prefix("block.") {
        let (place, rest) = numbered(rest)?;
        return Some(format!("resnets.{place}.{}", residual(rest)));
    }
    let rest = rest.strip_prefix(from)?.strip_prefix(".conv.")?;
    Some(format!("{to}.0.conv.{rest}"))
}

fn middle(rest: &str) -> Option<String> {
    let (part, rest) = rest.split_once('.')?;
    match part {
        "block_1" => Some(format!("resnets.0.{}", residual(rest))),
        "block_2" => Some(format!("resnets.1.{}", residual(rest))),
        "attn_1" => {
            let (layer, kind) = rest.split_once('.')?;
            let layer = match layer {
                "norm" => "group_norm",
                "q" => "to_q",
                "k" => "to_k",
                "v" => "to_v",
                "proj_out" => "to_out.0",
                _ => return None,
            };
            Some(format!("attentions.0.{layer}.{kind}"))
        }
        _ => None,
    }
}

/// Layers of a residual block; most have the same name.
fn residual(rest: &str) -> String {
    match rest.strip_prefix("nin_shortcut.") {
        Some(kind) => format!("conv_shortcut.{kind}"),
        None => rest.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_the_decoder_are_counted_from_the_other_end() {
        let name = |name: &str| vae_name(name, 4);
        for (single, diffusers) in [
            (
                "encoder.down.0.block.1.norm1.weight",
                "encoder.down_blocks.0.resnets.1.norm1.weight",
            ),
            (
                "encoder.down.2.downsample.conv.bias",
                "encoder.down_blocks.2.downsamplers.0.conv.bias",
            ),
            (
                "decoder.up.3.block.0.nin_shortcut.weight",
                "decoder.up_blocks.0.resnets.0.conv_shortcut.weight",
            ),
            (
                "decoder.up.1.upsample.conv.weight",
                "decoder.up_blocks.2.upsamplers.0.conv.weight",
            ),
            (
                "decoder.mid.attn_1.proj_out.bias",
                "decoder.mid_block.attentions.0.to_out.0.bias",
            ),
            (
                "encoder.mid.block_2.conv1.weight",
                "encoder.mid_block.resnets.1.conv1.weight",
            ),
            ("encoder.norm_out.weight", "encoder.conv_norm_out.weight"),
            ("decoder.conv_in.weight", "decoder.conv_in.weight"),
            ("post_quant_conv.bias", "post_quant_conv.bias"),
        ] {
            assert_eq!(name(single).as_deref(), Some(diffusers));
        }
        for unknown in [
            "loss.perceptual.weight",
            "decoder.up.4.block.0.conv1.weight",
            "encoder.x.y",
        ] {
            assert_eq!(name(unknown), None);
        }
    }
}
