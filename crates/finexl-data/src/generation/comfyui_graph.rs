//! Nodes and links of a graph of ComfyUI, and its samplers.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Inputs that lead to the picture or the latents that a node goes on from.
const PICTURES: [&str; 15] = [
    "latent_image",
    "latent",
    "samples",
    "latents",
    "image",
    "images",
    "pixels",
    "optional_latent",
    "samples_to",
    "samples_from",
    "samples1",
    "samples2",
    "input",
    "video",
    "init_image",
];
/// Inputs that say what a sampler is to draw.
const CONDITIONS: [&str; 6] = [
    "positive",
    "guider",
    "conditioning",
    "cond",
    "pipe",
    "basic_pipe",
];
/// Inputs that say from what noise.
const NOISES: [&str; 3] = ["seed", "noise_seed", "noise"];

/// One node.
#[derive(Debug)]
pub(super) struct Node<'v> {
    /// Its name in the graph.
    pub id: &'v str,
    /// What it is.
    pub class: &'v str,
    inputs: BTreeMap<&'v str, &'v Value>,
}

/// Output `slot` of a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link<'g> {
    /// The node.
    pub node: &'g Node<'g>,
    /// Which of its outputs, from 0.
    pub slot: u64,
}

impl<'v> Node<'v> {
    /// An input, literal or link.
    pub(super) fn input(&self, name: &str) -> Option<&'v Value> {
        self.inputs.get(name).copied()
    }

    /// All inputs in order of their names.
    pub(super) fn inputs(&self) -> impl Iterator<Item = (&'v str, &'v Value)> {
        self.inputs.iter().map(|(name, value)| (*name, *value))
    }

    /// True for a node that writes pictures to files.
    pub(super) fn saves(&self) -> bool {
        self.class.to_ascii_lowercase().contains("save")
    }

    /// True for a node that draws from noise what a condition says.
    fn samples(&self) -> bool {
        if self.saves() {
            // Savers are told seed and prompts to write them down.
            return false;
        }
        let has = |names: &[&str]| names.iter().any(|name| self.inputs.contains_key(name));
        has(&NOISES) && has(&CONDITIONS)
            || self.class.contains("KSampler") && has(&NOISES)
            || self.class.starts_with("SamplerCustom")
    }
}

/// The nodes by name.
#[derive(Debug)]
pub(super) struct Graph<'v> {
    nodes: BTreeMap<&'v str, Node<'v>>,
}

impl<'v> Graph<'v> {
    /// The graph of an object whose members are nodes; `None` where none is.
    pub(super) fn of(value: &'v Value) -> Option<Self> {
        let nodes: BTreeMap<&str, Node> = value
            .as_object()?
            .iter()
            .filter_map(|(id, node)| {
                let class = node.get("class_type")?.as_str()?;
                let inputs = node.get("inputs").and_then(Value::as_object);
                let inputs = inputs.into_iter().flatten();
                let inputs = inputs.map(|(name, value)| (name.as_str(), value)).collect();
                Some((id.as_str(), Node { id, class, inputs }))
            })
            .collect();
        (!nodes.is_empty()).then_some(Self { nodes })
    }

    /// All nodes in order of their names.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node<'v>> {
        self.nodes.values()
    }

    /// Where an input leads: a link is a list of a node's name and the number of an output.
    pub(super) fn follow<'g>(&'g self, value: &Value) -> Option<Link<'g>> {
        let [id, slot] = value.as_array()?.as_slice() else {
            return None;
        };
        let slot = slot.as_u64()?;
        let number;
        let id = match id {
            Value::String(id) => id.as_str(),
            Value::Number(id) => {
                number = id.to_string();
                number.as_str()
            }
            _ => return None,
        };
        let node = self.nodes.get(id)?;
        Some(Link { node, slot })
    }

    /// The samplers with which the picture of a node begins: those above it, above which there is none.
    ///
    /// From a sampler on only its latents or its picture are followed: a second pass begins with those
    /// of the first, whose noise and prompt made the picture.
    pub(super) fn first_samplers<'g>(&'g self, from: &'g Node<'v>) -> Vec<&'g Node<'v>> {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![from];
        let mut first = BTreeMap::new();
        while let Some(node) = waiting.pop() {
            if !seen.insert(node.id) {
                continue;
            }
            let above = self.above(node);
            if node.samples() && !self.reaches_sampler(&above) {
                first.insert(node.id, node);
            }
            waiting.extend(above);
        }
        first.into_values().collect()
    }

    /// The nodes that a node's picture comes from.
    fn above<'g>(&'g self, node: &'g Node<'v>) -> Vec<&'g Node<'v>> {
        let only_pictures = node.samples();
        node.inputs
            .iter()
            .filter(|(name, _)| !only_pictures || PICTURES.contains(name))
            .filter_map(|(_, value)| self.node_of(value))
            .collect()
    }

    /// Names of the LoRAs that the model of a sampler went through.
    pub(super) fn loras(&self, sampler: &Node<'v>) -> BTreeSet<String> {
        let (mut seen, mut found) = (BTreeSet::new(), BTreeSet::new());
        let mut waiting = leading_to_model(sampler);
        while let Some(value) = waiting.pop() {
            let Some(Link { node, .. }) = self.follow(value) else {
                continue;
            };
            if !seen.insert(node.id) {
                continue;
            }
            if node.class.to_ascii_lowercase().contains("lora") {
                let file = node.input("lora_name").and_then(Value::as_str);
                found.extend(file.map(str::to_string));
            }
            waiting.extend(leading_to_model(node));
        }
        found
    }

    fn node_of<'g>(&'g self, value: &Value) -> Option<&'g Node<'v>> {
        let id = self.follow(value)?.node.id;
        self.nodes.get(id)
    }

    /// True where a sampler is among some nodes or above them.
    fn reaches_sampler<'g>(&'g self, from: &[&'g Node<'v>]) -> bool {
        let mut seen = BTreeSet::new();
        let mut waiting = from.to_vec();
        while let Some(node) = waiting.pop() {
            if node.samples() {
                return true;
            }
            if seen.insert(node.id) {
                waiting.extend(self.above(node));
            }
        }
        false
    }

    /// The samplers that no other sampler goes on from.
    pub(super) fn last_samplers<'g>(&'g self) -> Vec<&'g Node<'v>> {
        let samplers: Vec<&Node> = self.nodes().filter(|n| n.samples()).collect();
        let mut continued = BTreeSet::new();
        for sampler in &samplers {
            let mut waiting = self.above(sampler);
            while let Some(node) = waiting.pop() {
                // What is above a node that was met already was met with it.
                if continued.insert(node.id) {
                    waiting.extend(self.above(node));
                }
            }
        }
        samplers
            .into_iter()
            .filter(|sampler| !continued.contains(sampler.id))
            .collect()
    }
}

/// The inputs of a node that lead to the model that it samples with.
fn leading_to_model<'v>(node: &Node<'v>) -> Vec<&'v Value> {
    let names = ["model", "guider", "basic_pipe", "pipe"];
    names.iter().filter_map(|name| node.input(name)).collect()
}
