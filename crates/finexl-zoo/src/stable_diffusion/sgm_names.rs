//! Where a layer stands under both of its names.

use super::layers::Block;

/// A place in the UNet: what comes before the names of its layers.
pub(super) struct Spot {
    pub block: Block,
    path: String,
    sgm: String,
    inside: Inside,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// A layer that has a whole name of its own.
    Whole,
    /// A block whose residual or attention part is still to be chosen.
    Block { number: usize },
    /// The residual part of a block.
    Residual,
    /// The attention part of a block.
    Attention,
}

impl Spot {
    /// A layer with whole names.
    pub fn top(block: Block, path: &str, sgm: &str) -> Self {
        Self {
            block,
            path: path.to_string(),
            sgm: sgm.to_string(),
            inside: Inside::Whole,
        }
    }

    /// Layer `number` of level `level` on the way down, the `sgm`th of the input blocks.
    pub fn down(block: Block, level: usize, number: usize, sgm: usize) -> Self {
        Self::within(
            block,
            format!("down_blocks.{level}"),
            format!("input_blocks.{sgm}"),
            number,
        )
    }

    /// As [`Spot::down`], on the way up.
    pub fn up(block: Block, level: usize, number: usize, sgm: usize) -> Self {
        Self::within(
            block,
            format!("up_blocks.{level}"),
            format!("output_blocks.{sgm}"),
            number,
        )
    }

    /// A residual part of the middle, 0 before the attention and 1 behind it.
    pub fn middle(number: usize) -> Self {
        let (path, sgm) = ("mid_block".to_string(), "middle_block".to_string());
        Self::within(Block::Middle, path, sgm, number)
    }

    fn within(block: Block, path: String, sgm: String, number: usize) -> Self {
        Self {
            block,
            path,
            sgm,
            inside: Inside::Block { number },
        }
    }

    /// Its residual part.
    pub fn residual(&self) -> Self {
        // The middle is one list of three: residual, attention, residual.
        let place = |number: usize| {
            if self.block == Block::Middle {
                2 * number
            } else {
                0
            }
        };
        self.chosen("resnets", place, Inside::Residual)
    }

    /// Its attention part.
    pub fn attention(&self) -> Self {
        self.chosen("attentions", |_| 1, Inside::Attention)
    }

    fn chosen(&self, list: &str, place: impl Fn(usize) -> usize, inside: Inside) -> Self {
        let number = match self.inside {
            Inside::Block { number } => number,
            _ => 0,
        };
        Self {
            block: self.block,
            path: format!("{}.{list}.{number}", self.path),
            sgm: format!("{}.{}", self.sgm, place(number)),
            inside,
        }
    }

    /// The path of a layer here in diffusers.
    pub fn path(&self, leaf: &str) -> String {
        match leaf {
            "" => self.path.clone(),
            leaf => format!("{}.{leaf}", self.path),
        }
    }

    /// The path of a layer here in Stability AI's code.
    pub fn sgm(&self, leaf: &str) -> Option<String> {
        if self.inside == Inside::Whole {
            return Some(self.sgm.clone());
        }
        let leaf = match (self.inside, leaf) {
            (Inside::Residual, "norm1") => "in_layers.0",
            (Inside::Residual, "conv1") => "in_layers.2",
            (Inside::Residual, "time_emb_proj") => "emb_layers.1",
            (Inside::Residual, "norm2") => "out_layers.0",
            (Inside::Residual, "conv2") => "out_layers.3",
            (Inside::Residual, "conv_shortcut") => "skip_connection",
            (_, leaf) => leaf,
        };
        Some(format!("{}.{leaf}", self.sgm))
    }
}
