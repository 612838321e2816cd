//! The layers of the UNets, in diffusers' names.

use super::base::{Base, Part};
use super::layers::{Block, Form, Layer, Place};
use super::sgm_names::Spot;

/// Layers of a residual block.
const RESIDUALS: usize = 2;

/// What the configs of the families say.
struct Config {
    channels: &'static [usize],
    /// Depth of the attention of every block, 0 where there is none.
    depths: &'static [usize],
    context: usize,
    linear_projection: bool,
    /// Width of the embedded sizes and pooled text, where there are any.
    added: Option<usize>,
}

fn config(base: Base) -> Config {
    match base {
        Base::Sd1 | Base::Sd2 => Config {
            channels: &[320, 640, 1280, 1280],
            depths: &[1, 1, 1, 0],
            context: base.context(),
            linear_projection: base == Base::Sd2,
            added: None,
        },
        Base::Xl => Config {
            channels: &[320, 640, 1280],
            depths: &[0, 2, 10],
            context: base.context(),
            linear_projection: true,
            added: Some(2816),
        },
    }
}

/// All layers of a family's UNet.
pub(super) fn unet_layers(base: Base) -> Vec<Layer> {
    let config = config(base);
    let mut list = List {
        layers: Vec::new(),
        time: 4 * config.channels[0],
    };
    list.ends(&config);
    list.down(&config);
    list.middle(&config);
    list.up(&config);
    list.layers
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

    fn ends(&mut self, config: &Config) {
        let (first, time) = (config.channels[0], self.time);
        let top = |block, path: &str, sgm: &str| Spot::top(block, path, sgm);
        let at = top(Block::In(0), "conv_in", "input_blocks.0.0");
        self.convolution(&at, "", [first, 4], 3);
        let at = top(Block::Embedding, "time_embedding.linear_1", "time_embed.0");
        self.linear(&at, "", [time, first], Place::Other);
        let at = top(Block::Embedding, "time_embedding.linear_2", "time_embed.2");
        self.linear(&at, "", [time, time], Place::Other);
        if let Some(added) = config.added {
            let at = top(Block::Embedding, "add_embedding.linear_1", "label_emb.0.0");
            self.linear(&at, "", [time, added], Place::Other);
            let at = top(Block::Embedding, "add_embedding.linear_2", "label_emb.0.2");
            self.linear(&at, "", [time, time], Place::Other);
        }
        self.norm(&top(Block::End, "conv_norm_out", "out.0"), "", first);
        let at = top(Block::End, "conv_out", "out.2");
        self.convolution(&at, "", [4, first], 3);
    }

    fn down(&mut self, config: &Config) {
        let mut inputs = config.channels[0];
        let last = config.channels.len() - 1;
        for (index, (&outputs, &depth)) in config.channels.iter().zip(config.depths).enumerate() {
            let first = 1 + index * (RESIDUALS + 1);
            for layer in 0..RESIDUALS {
                let block = Block::In((first + layer) as u8);
                let at = Spot::down(block, index, layer, first + layer);
                self.residual(&at, [outputs, inputs]);
                self.attention(&at, outputs, depth, config);
                inputs = outputs;
            }
            if index < last {
                let number = first + RESIDUALS;
                let at = Spot::top(
                    Block::In(number as u8),
                    &format!("down_blocks.{index}.downsamplers.0.conv"),
                    &format!("input_blocks.{number}.0.op"),
                );
                self.convolution(&at, "", [outputs, outputs], 3);
            }
        }
    }

    fn middle(&mut self, config: &Config) {
        let last = config.channels.len() - 1;
        let width = config.channels[last];
        // SD's last level has no attention, its middle has that of the level above.
        let depth = config.depths[last].max(1);
        for number in 0..2 {
            self.residual(&Spot::middle(number), [width, width]);
        }
        self.attention(&Spot::middle(0), width, depth, config);
    }

    fn up(&mut self, config: &Config) {
        let levels = config.channels.len();
        let mut before = config.channels[levels - 1];
        for index in 0..levels {
            let level = levels - 1 - index;
            let outputs = config.channels[level];
            let above = config.channels[level.saturating_sub(1)];
            let first = index * (RESIDUALS + 1);
            for layer in 0..=RESIDUALS {
                let skip = if layer == RESIDUALS { above } else { outputs };
                let block = Block::Out((first + layer) as u8);
                let at = Spot::up(block, index, layer, first + layer);
                self.residual(&at, [outputs, before + skip]);
                self.attention(&at, outputs, config.depths[level], config);
                before = outputs;
            }
            if index + 1 < levels {
                let number = first + RESIDUALS;
                let place = if config.depths[level] > 0 { 2 } else { 1 };
                let at = Spot::top(
                    Block::Out(number as u8),
                    &format!("up_blocks.{index}.upsamplers.0.conv"),
                    &format!("output_blocks.{number}.{place}.conv"),
                );
                self.convolution(&at, "", [outputs, outputs], 3);
            }
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

    fn attention(&mut self, at: &Spot, width: usize, depth: usize, config: &Config) {
        if depth == 0 {
            return;
        }
        let at = &at.attention();
        let form = match config.linear_projection {
            true => Form::Linear,
            false => Form::Convolution { kernel: 1 },
        };
        self.norm(at, "norm", width);
        self.add(at, "proj_in", form, [width, width], Place::Projection);
        for block in 0..depth {
            let leaf = |name: &str| format!("transformer_blocks.{block}.{name}");
            for (number, place, context) in [
                (1, Place::SelfAttention, width),
                (2, Place::CrossAttention, config.context),
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
