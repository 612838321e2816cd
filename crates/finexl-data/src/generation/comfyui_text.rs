//! Prompt and seed of a sampler, followed back through the links of a graph.

use super::comfyui_graph::{Graph, Node};
use super::comfyui_strings::{self, LONGEST};
use super::json;
use serde_json::Value;

/// Most nodes that are gone through for one prompt; a graph of doublings ends here.
const MOST_STEPS: usize = 10_000;
/// Longest chain of links; circles end here.
const MOST_DEPTH: usize = 200;

/// Inputs of encoders that hold the prompt; of several networks' that which reads whole sentences first.
const ENCODED: [&str; 12] = [
    "text", "prompt", "t5xxl", "t5", "mt5xl", "umt5xxl", "llama", "qwen", "bert", "clip_g",
    "clip_l", "text_g",
];
/// Inputs that never lead to a prompt.
const PARTS: [&str; 12] = [
    "model",
    "clip",
    "vae",
    "control_net",
    "image",
    "images",
    "mask",
    "clip_vision",
    "clip_vision_output",
    "style_model",
    "latent",
    "samples",
];

/// Which of the two prompts is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Polarity {
    /// What is to be drawn.
    Positive,
    /// What is to be kept away.
    Negative,
}

/// The graph is larger than is gone through, or its links run in circles.
#[derive(Debug)]
pub(super) struct Unresolved;

/// Something that may not be known from the inputs of the nodes.
pub(super) type Found<T> = Result<Option<T>, Unresolved>;

/// A prompt; `None` where it comes from a node whose output is not known from its inputs.
pub(super) fn prompt(graph: &Graph, sampler: &Node, polarity: Polarity) -> Found<String> {
    Walk::new(graph).conditions(sampler, polarity)
}

/// The seed of a sampler; `None` where it is not known.
pub(super) fn seed(graph: &Graph, sampler: &Node) -> Found<u64> {
    Walk::new(graph).seed(sampler)
}

/// A way back through a graph, with its bounds.
pub(super) struct Walk<'g> {
    graph: &'g Graph<'g>,
    steps: usize,
    depth: usize,
}

impl<'g> Walk<'g> {
    fn new(graph: &'g Graph<'g>) -> Self {
        Self {
            graph,
            steps: 0,
            depth: 0,
        }
    }

    /// Follows a link to its node and goes on there, unless the way is too long already; `None` where
    /// the value is no link or leads nowhere.
    pub(super) fn follow<T>(
        &mut self,
        value: &Value,
        go: impl FnOnce(&mut Self, &'g Node<'g>, u64) -> Found<T>,
    ) -> Found<T> {
        let Some(link) = self.graph.follow(value) else {
            return Ok(None);
        };
        self.steps += 1;
        if self.steps > MOST_STEPS || self.depth > MOST_DEPTH {
            return Err(Unresolved);
        }
        self.depth += 1;
        let found = go(self, link.node, link.slot);
        self.depth -= 1;
        found
    }

    /// The prompt that a sampler, a guider or a pipe takes.
    fn conditions(&mut self, node: &'g Node<'g>, polarity: Polarity) -> Found<String> {
        let names: &[&str] = match polarity {
            Polarity::Positive => &["positive", "conditioning", "cond", "cond1"],
            Polarity::Negative => &["negative", "uncond"],
        };
        let of_either = ["guider", "pipe", "basic_pipe"];
        match names.iter().chain(&of_either).find_map(|n| node.input(n)) {
            Some(value) => self.condition(value, polarity),
            None => Ok(None),
        }
    }

    /// The prompt behind an input that takes a condition, or a text in its place.
    fn condition(&mut self, value: &Value, polarity: Polarity) -> Found<String> {
        if let Some(text) = value.as_str() {
            return Ok(Some(text.to_string()));
        }
        self.follow(value, |walk, node, slot| {
            walk.condition_of(node, slot, polarity)
        })
    }

    fn condition_of(&mut self, node: &'g Node<'g>, slot: u64, polarity: Polarity) -> Found<String> {
        if node.class.contains("ZeroOut") {
            return Ok(Some(String::new()));
        }
        let by_name = match polarity {
            Polarity::Positive => node.input("positive"),
            Polarity::Negative => node.input("negative"),
        };
        if let Some(value) = by_name {
            return self.condition(value, polarity);
        }
        if node.class.contains("Guider") && polarity == Polarity::Negative {
            return Ok(None);
        }
        if let Some(value) = comfyui_strings::selected(node) {
            return self.condition(value, polarity);
        }
        match ENCODED.iter().any(|name| node.input(name).is_some()) {
            true => self.encoded(node),
            false => self.combined(node, slot, polarity),
        }
    }

    /// The text that an encoder encodes. Where it has one input per text network, that of the one
    /// which reads whole sentences; two that say other things both count.
    fn encoded(&mut self, node: &'g Node<'g>) -> Found<String> {
        if let (Some(global), Some(local)) = (node.input("text_g"), node.input("text_l")) {
            let both = match (self.string(global)?, self.string(local)?) {
                (Some(global), Some(local)) => Some(joined([global, local])),
                (one, other) => one.or(other),
            };
            // Encoders that can do either leave these empty.
            if node.input("text").is_none() || both.as_ref().is_some_and(|text| !text.is_empty()) {
                return Ok(both);
            }
        }
        let mut last = None;
        for value in ENCODED.iter().filter_map(|name| node.input(name)) {
            last = self.string(value)?;
            // The long text may be left empty where the short one says it all.
            if last.as_ref().is_none_or(|text| !text.trim().is_empty()) {
                break;
            }
        }
        Ok(last)
    }

    /// The prompts of a node that puts conditions together or passes one on.
    fn combined(&mut self, node: &'g Node<'g>, slot: u64, polarity: Polarity) -> Found<String> {
        let links = || node.inputs().filter(|(_, value)| value.is_array());
        let mut named: Vec<_> = links()
            .filter(|(name, _)| name.starts_with("cond"))
            .collect();
        // "conditioning_to" is what the other is appended to.
        named.sort_by_key(|(name, _)| (name.ends_with("_from"), *name));
        let mut texts = Vec::new();
        for (_, value) in &named {
            match self.condition(value, polarity)? {
                Some(text) => texts.push(text),
                // Half a prompt is none.
                None => return Ok(None),
            }
        }
        if named.is_empty() {
            for (_, value) in links().filter(|(name, _)| !PARTS.contains(name)) {
                texts.extend(self.condition(value, polarity)?);
            }
            texts.dedup();
            if texts.is_empty() {
                // A loader takes texts where a sampler takes conditions.
                return comfyui_strings::output(self, node, slot);
            }
            if texts.len() != 1 {
                return Ok(None);
            }
        }
        let length: usize = texts.iter().map(String::len).sum();
        Ok((length <= LONGEST).then(|| joined(texts)))
    }

    /// A text, literal or from a node.
    pub(super) fn string(&mut self, value: &Value) -> Found<String> {
        match value {
            Value::String(text) => Ok(Some(text.clone())),
            Value::Number(number) => Ok(Some(number.to_string())),
            _ => self.follow(value, |walk, node, slot| {
                comfyui_strings::output(walk, node, slot)
            }),
        }
    }

    /// The seed that a sampler takes, directly or through a node of noise.
    fn seed(&mut self, node: &'g Node<'g>) -> Found<u64> {
        for name in ["seed", "noise_seed", "noise", "pipe", "basic_pipe"] {
            if let Some(value) = node.input(name)
                && let Some(seed) = self.number(value)?
            {
                return Ok(Some(seed));
            }
        }
        Ok(None)
    }

    /// A number, literal or from a node that holds one.
    fn number(&mut self, value: &Value) -> Found<u64> {
        if let Some(seed) = json::seed(value) {
            return Ok(Some(seed));
        }
        self.follow(value, |walk, node, _| {
            if let Some(value) = comfyui_strings::selected(node) {
                return walk.number(value);
            }
            const NAMES: [&str; 10] = [
                "seed",
                "noise_seed",
                "noise",
                "seed_value",
                "value",
                "Value",
                "int",
                "Int",
                "number",
                "Number",
            ];
            if let Some(value) = NAMES.iter().find_map(|name| node.input(name)) {
                return walk.number(value);
            }
            // A node with a single input passes it on; of more nothing is known.
            let mut inputs = node.inputs();
            match (inputs.next(), inputs.next()) {
                (Some((_, value)), None) => walk.number(value),
                _ => Ok(None),
            }
        })
    }
}

/// Texts one behind the other, without those that are empty or there already.
fn joined(texts: impl IntoIterator<Item = String>) -> String {
    let mut kept: Vec<String> = Vec::new();
    for text in texts {
        if !text.trim().is_empty() && !kept.iter().any(|k| k.trim() == text.trim()) {
            kept.push(text);
        }
    }
    match kept.len() {
        1 => kept.remove(0),
        _ => {
            let trimmed: Vec<&str> = kept
                .iter()
                .map(|t| t.trim().trim_end_matches(','))
                .collect();
            trimmed.join(", ")
        }
    }
}
