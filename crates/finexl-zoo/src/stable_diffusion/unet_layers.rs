//! The layers of the UNets, in diffusers' names.

use super::base::Part;
use super::layers::{Block, Form, Layer, Place};
use super::sgm_names::Spot;
use super::shapes::UnetShape;

/// All layers of a UNet.
pub(super) fn unet_layers(shape: &UnetShape) -> Vec<Layer> {
    let mut list = List {
        layers: Vec::new(),
        time: 4 * shape.first(),
    };
    list.ends(shape);
    list.down(shape);
    list.middle(shape);
    list.up(shape);
    list.layers
}

/// Blocks are counted in a byte; no model has as many.
fn number(count: usize) -> u8 {
    u8::try_from(count).unwrap_or(u8::MAX)
}

struct List {
    layers: Vec<Layer>,
    /// Width of the embedded time.
    time: usize,
}

impl List {
    fn add(&mut self, at: &Spot, leaf: &str, form: Form, shape: [usize; 2], place: Place) {
        let bias = !(leaf.ends_with("to_q") || leaf.ends_with("to_k") || leaf.ends_with("to_v"));
        self.layers.push(Layer {
            part: Part::Unet,
            path: at.path(leaf),
            sgm: at.sgm(leaf),
            form,
            outputs: shape[0],
            inputs: shape[1],
            bias,
            block: at.block,
            place,
        });
    }

    fn linear(&mut self, at: &Spot, leaf: &str, shape: [usize; 2], place: Place) {
        self.add(at, leaf, Form::Linear, shape, place);
    }

    fn convolution(&mut self, at: &Spot, leaf: &str, shape: [usize; 2], kernel: usize) {
        let form = Form::Convolution { kernel };
        self.add(at, leaf, form, shape, Place::Convolution);
    }

    fn norm(&mut self, at: &Spot, leaf: &str, width: usize) {
        self.add(at, leaf, Form::Norm, [width, 1], Place::Other);
    }

    fn ends(&mut self, shape: &UnetShape) {
        let (first, time, latent) = (shape.first(), self.time, shape.latent_channels);
        let top = |block, path: &str, sgm: &str| Spot::top(block, path, sgm);
        let at = top(Block::In(0), "conv_in", "input_blocks.0.0");
        self.convolution(&at, "", [first, latent], 3);
        let at = top(Block::Embedding, "time_embedding.linear_1", "time_embed.0");
        self.linear(&at, "", [time, first], Place::Other);
        let at = top(Block::Embedding, "time_embedding.linear_2", "time_embed.2");
        self.linear(&at, "", [time, time], Place::Other);
        if let Some(guidance) = shape.guidance {
            self.guidance([first, guidance]);
        }
        if let Some(added) = shape.added {
            let at = top(Block::Embedding, "add_embedding.linear_1", "label_emb.0.0");
            self.linear(&at, "", [time, added], Place::Other);
            let at = top(Block::Embedding, "add_embedding.linear_2", "label_emb.0.2");
            self.linear(&at, "", [time, time], Place::Other);
        }
        self.norm(&top(Block::End, "conv_norm_out", "out.0"), "", first);
        let at = top(Block::End, "conv_out", "out.2");
        self.convolution(&at, "", [latent, first], 3);
    }

    /// The embedded scale of guidance, which Stability AI's code does not know.
    fn guidance(&mut self, [outputs, inputs]: [usize; 2]) {
        self.layers.push(Layer {
            part: Part::Unet,
            path: "time_embedding.cond_proj".to_string(),
            sgm: None,
            form: Form::Linear,
            outputs,
            inputs,
            bias: false,
            block: Block::Embedding,
            place: Place::Other,
        });
    }

    fn down(&mut self, shape: &UnetShape) {
        let mut inputs = shape.first();
        let mut first = 1;
        let levels = shape.levels.len();
        for (index, level) in shape.levels.iter().enumerate() {
            let outputs = level.channels;
            for layer in 0..level.residuals {
                let block = Block::In(number(first + layer));
                let at = Spot::down(block, index, layer, first + layer);
                self.residual(&at, [outputs, inputs]);
                self.attention(&at, outputs, level.depth, shape);
                inputs = outputs;
            }
            first += level.residuals;
            if index + 1 < levels {
                let at = Spot::top(
                    Block::In(number(first)),
                    &format!("down_blocks.{index}.downsamplers.0.conv"),
                    &format!("input_blocks.{first}.0.op"),
                );
                self.convolution(&at, "", [outputs, outputs], 3);
            }
            first += 1;
        }
    }

    fn middle(&mut self, shape: &UnetShape) {
        let (Some(depth), Some(last)) = (shape.middle, shape.levels.last()) else {
            return;
        };
        let width = last.channels;
        for place in 0..2 {
            self.residual(&Spot::middle(place), [width, width]);
        }
        self.attention(&Spot::middle(0), width, depth, shape);
    }

    fn up(&mut self, shape: &UnetShape) {
        let levels = shape.levels.len();
        let mut before = shape.levels.last().map_or(0, |level| level.channels);
        let mut first = 0;
        for (index, level) in shape.levels.iter().rev().enumerate() {
            let outputs = level.channels;
            let finer = levels - 1 - index;
            let above = shape.levels[finer.saturating_sub(1)].channels;
            for layer in 0..=level.residuals {
                let skip = if layer == level.residuals {
                    above
                } else {
                    outputs
                };
                let block = Block::Out(number(first + layer));
                let at = Spot::up(block, index, layer, first + layer);
                self.residual(&at, [outputs, before + skip]);
                self.attention(&at, outputs, level.depth_up, shape);
                before = outputs;
            }
            if index + 1 < levels {
                let last = first + level.residuals;
                let place = if level.depth_up > 0 { 2 } else { 1 };
                let at = Spot::top(
                    Block::Out(number(last)),
                    &format!("up_blocks.{index}.upsamplers.0.conv"),
                    &format!("output_blocks.{last}.{place}.conv"),
                );
                self.convolution(&at, "", [outputs, outputs], 3);
            }
            first += level.residuals + 1;
        }
    }

    fn residual(&mut self, at: &Spot, [outputs, inputs]: [usize; 2]) {
        let at = &at.residual();
        self.norm(at, "norm1", inputs);
        self.convolution(at, "conv1", [outputs, inputs], 3);
        let time = self.time;
        self.linear(at, "time_emb_proj", [outputs, time], Place::Other);
        self.norm(at, "norm2", outputs);
        self.convolution(at, "conv2", [outputs, outputs], 3);
        if outputs != inputs {
            self.convolution(at, "conv_shortcut", [outputs, inputs], 1);
        }
    }

    fn attention(&mut self, at: &Spot, width: usize, depth: usize, shape: &UnetShape) {
        if depth == 0 {
            return;
        }
        let at = &at.attention();
        let form = match shape.linear_projection {
            true => Form::Linear,
            false => Form::Convolution { kernel: 1 },
        };
        self.norm(at, "norm", width);
        self.add(at, "proj_in", form, [width, width], Place::Projection);
        for block in 0..depth {
            let leaf = |name: &str| format!("transformer_blocks.{block}.{name}");
            for (number, place, context) in [
                (1, Place::SelfAttention, width),
                (2, Place::CrossAttention, shape.context),
            ] {
                self.norm(at, &leaf(&format!("norm{number}")), width);
                let inner = |name: &str| leaf(&format!("attn{number}.{name}"));
                self.linear(at, &inner("to_q"), [width, width], place);
                self.linear(at, &inner("to_k"), [width, context], place);
                self.linear(at, &inner("to_v"), [width, context], place);
                self.linear(at, &inner("to_out.0"), [width, width], place);
            }
            self.norm(at, &leaf("norm3"), width);
            let gate = [8 * width, width];
            self.linear(at, &leaf("ff.net.0.proj"), gate, Place::FeedForward);
            let down = [width, 4 * width];
            self.linear(at, &leaf("ff.net.2"), down, Place::FeedForward);
        }
        self.add(at, "proj_out", form, [width, width], Place::Projection);
    }
}
