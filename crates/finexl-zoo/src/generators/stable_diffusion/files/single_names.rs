//! Names of a UNet's tensors in single files, as diffusers' names.
//!
//! The published code counts blocks through all levels, each having so many residual blocks and one that changes the size.

/// What a list of blocks counts by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counting {
    /// Residual blocks of a level on the way down, plus the one that halves.
    pub period: usize,
}

impl Counting {
    /// From the names of all tensors: the first block that halves ends the first level.
    pub fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let halving = names.filter_map(|name| {
            let (number, rest) = name.strip_prefix("input_blocks.")?.split_once('.')?;
            rest.starts_with("0.op.")
                .then(|| number.parse::<usize>().ok())
                .flatten()
        });
        Self {
            period: halving.min().filter(|first| *first > 0).unwrap_or(3),
        }
    }

    /// The name in diffusers of a tensor of the UNet, without the prefix; `None` for one that is not known.
    pub fn unet_name(self, name: &str) -> Option<String> {
        if let Some(rest) = name.strip_prefix("input_blocks.") {
            let (number, rest) = numbered(rest)?;
            return self.down(number, rest);
        }
        if let Some(rest) = name.strip_prefix("output_blocks.") {
            let (number, rest) = numbered(rest)?;
            return self.up(number, rest);
        }
        if let Some(rest) = name.strip_prefix("middle_block.") {
            let (number, rest) = numbered(rest)?;
            return match number {
                0 | 2 => Some(format!(
                    "mid_block.resnets.{}.{}",
                    number / 2,
                    residual(rest)?
                )),
                1 => Some(format!("mid_block.attentions.0.{rest}")),
                _ => None,
            };
        }
        for (from, to) in [
            ("time_embed.0.", "time_embedding.linear_1."),
            ("time_embed.2.", "time_embedding.linear_2."),
            ("time_embed.cond_proj.", "time_embedding.cond_proj."),
            ("label_emb.0.0.", "add_embedding.linear_1."),
            ("label_emb.0.2.", "add_embedding.linear_2."),
            ("out.0.", "conv_norm_out."),
            ("out.2.", "conv_out."),
        ] {
            if let Some(rest) = name.strip_prefix(from) {
                return Some(format!("{to}{rest}"));
            }
        }
        None
    }

    fn down(self, number: usize, rest: &str) -> Option<String> {
        let (inner, rest) = numbered(rest)?;
        if number == 0 {
            return (inner == 0).then(|| format!("conv_in.{rest}"));
        }
        let (level, place) = ((number - 1) / self.period, (number - 1) % self.period);
        let block = format!("down_blocks.{level}");
        match inner {
            0 => match rest.strip_prefix("op.") {
                Some(rest) => Some(format!("{block}.downsamplers.0.conv.{rest}")),
                None => Some(format!("{block}.resnets.{place}.{}", residual(rest)?)),
            },
            1 => Some(format!("{block}.attentions.{place}.{rest}")),
            _ => None,
        }
    }

    fn up(self, number: usize, rest: &str) -> Option<String> {
        let (inner, rest) = numbered(rest)?;
        let (level, place) = (number / self.period, number % self.period);
        let block = format!("up_blocks.{level}");
        match (inner, rest.strip_prefix("conv.")) {
            (0, None) => Some(format!("{block}.resnets.{place}.{}", residual(rest)?)),
            (1, None) => Some(format!("{block}.attentions.{place}.{rest}")),
            (1 | 2, Some(rest)) => Some(format!("{block}.upsamplers.0.conv.{rest}")),
            _ => None,
        }
    }
}

/// A number and what stands behind it.
pub(super) fn numbered(name: &str) -> Option<(usize, &str)> {
    let (number, rest) = name.split_once('.')?;
    Some((number.parse().ok()?, rest))
}

/// Layers of a residual block.
fn residual(name: &str) -> Option<String> {
    let (layer, kind) = name.rsplit_once('.')?;
    let layer = match layer {
        "in_layers.0" => "norm1",
        "in_layers.2" => "conv1",
        "emb_layers.1" => "time_emb_proj",
        "out_layers.0" => "norm2",
        "out_layers.3" => "conv2",
        "skip_connection" => "conv_shortcut",
        _ => return None,
    };
    Some(format!("{layer}.{kind}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stable_diffusion::{Base, Part, layers};

    /// The lists of layers know both names of each.
    #[test]
    fn names_are_those_of_the_lists() {
        for base in Base::ALL {
            let unet: Vec<_> = layers(base)
                .iter()
                .filter(|layer| layer.part == Part::Unet)
                .collect();
            let names: Vec<String> = unet
                .iter()
                .map(|l| format!("{}.weight", l.sgm.as_deref().unwrap()))
                .collect();
            let counting = Counting::of(names.iter().map(String::as_str));
            assert_eq!(counting.period, 3);
            for (layer, name) in unet.iter().zip(&names) {
                assert_eq!(
                    counting.unet_name(name),
                    Some(format!("{}.weight", layer.path))
                );
            }
        }
    }

    #[test]
    fn what_is_not_known_has_no_name() {
        let counting = Counting { period: 3 };
        for name in [
            "input_blocks.x.0.op.weight",
            "input_blocks.1.0.in_layers.1.weight",
            "out.1.weight",
            "z",
        ] {
            assert_eq!(counting.unet_name(name), None);
        }
    }
}
