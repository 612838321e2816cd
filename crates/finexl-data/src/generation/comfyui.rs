//! ComfyUI's `prompt`: the graph of nodes that made the picture.

use super::comfyui_graph::{Graph, Node};
use super::comfyui_text::{self, Polarity, Unresolved};
use super::interpret::Reading;
use super::json;
use super::read::Text;
use super::settings;
use super::types::{Generation, Tool};
use serde_json::Value;

/// True where a text is a graph, damaged or not.
pub(super) fn is_graph(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('{') && (text.contains("\"class_type\"") || text.starts_with("{\""))
}

/// Reads the graph out of a PNG text, or of a field of EXIF that begins with `prompt:`.
pub(super) fn read(text: &Text, stem: &str) -> Reading {
    let unclear = |reason: &str| Reading::Unclear(Tool::ComfyUi, reason.to_string());
    let Some(source) = graph_text(text) else {
        return match text.key.eq_ignore_ascii_case("workflow") && text.value.contains("\"nodes\"") {
            true => unclear("it holds the workflow without the prompt that was run"),
            false => Reading::Foreign,
        };
    };
    let Some(value) = json::parse(source) else {
        return unclear("the JSON of its graph is damaged");
    };
    // Some savers put the graph one level down.
    let nodes = [Some(&value), value.get("prompt"), value.get("output")]
        .into_iter()
        .flatten()
        .find_map(Graph::of);
    match nodes {
        Some(graph) => generation_of(&graph, stem),
        None => Reading::Foreign,
    }
}

/// The JSON of a graph, where a text is one.
fn graph_text(text: &Text) -> Option<&str> {
    let value = text.value.trim_start();
    if value.starts_with('{') {
        let named = text.key.eq_ignore_ascii_case("prompt");
        return (named && is_graph(value) || value.contains("\"class_type\"")).then_some(value);
    }
    let (name, rest) = value.split_once(':')?;
    (name.trim().eq_ignore_ascii_case("prompt") && rest.trim_start().starts_with('{'))
        .then_some(rest)
}

/// The one generation that the saved picture of a graph comes from.
fn generation_of(graph: &Graph, stem: &str) -> Reading {
    let unclear = |reason: String| Reading::Unclear(Tool::ComfyUi, reason);
    let mut saved = match saved_generations(graph) {
        Ok(saved) => saved,
        Err(reason) => return unclear(reason),
    };
    if !all_alike(&saved) {
        // Of several pictures, that whose name the file has.
        let named: Vec<_> = saved
            .iter()
            .filter(|(node, _)| node.is_some_and(|n| saves_as(n, stem)))
            .cloned()
            .collect();
        if !named.is_empty() {
            saved = named;
        }
    }
    if !all_alike(&saved) {
        return unclear(format!(
            "its graph makes {} pictures from other seeds or prompts, and nothing tells which this is",
            saved.len()
        ));
    }
    match saved.into_iter().next() {
        Some((_, generation)) if !generation.says_nothing() => Reading::Read(generation),
        _ => unclear("its graph names neither seed nor prompt in a way that is known".to_string()),
    }
}

type Saved<'g> = (Option<&'g Node<'g>>, Generation);

fn all_alike(saved: &[Saved]) -> bool {
    saved.windows(2).all(|two| two[0].1.same_picture(&two[1].1))
}

/// What every saving node of a graph saves; without one, what its last samplers make.
fn saved_generations<'g>(graph: &'g Graph<'g>) -> Result<Vec<Saved<'g>>, String> {
    let mut roots: Vec<&Node> = graph.nodes().filter(|n| n.saves()).collect();
    if roots
        .iter()
        .all(|root| graph.first_samplers(root).is_empty())
    {
        roots = graph.last_samplers();
    }
    if roots.is_empty() {
        return Err("its graph has no sampler that is known".to_string());
    }
    let mut saved: Vec<Saved> = Vec::new();
    for root in roots {
        let samplers = graph.first_samplers(root);
        // Of several pictures this one was only loaded, and the file may be it.
        if samplers.is_empty()
            && ["images", "image"]
                .iter()
                .any(|name| root.input(name).is_some())
        {
            saved.push((Some(root), Generation::empty(Tool::ComfyUi)));
        }
        for sampler in samplers {
            let generation = generation_by(graph, sampler)
                .map_err(|Unresolved| "its graph is too large or runs in circles".to_string())?;
            saved.push((root.saves().then_some(root), generation));
        }
    }
    Ok(saved)
}

/// Seed and prompts of one sampler.
fn generation_by(graph: &Graph, sampler: &Node) -> Result<Generation, Unresolved> {
    Ok(Generation {
        prompt: comfyui_text::prompt(graph, sampler, Polarity::Positive)?,
        negative: comfyui_text::prompt(graph, sampler, Polarity::Negative)?
            .filter(|text| !text.is_empty()),
        seed: comfyui_text::seed(graph, sampler)?,
        loras: graph.loras(sampler),
        settings: settings::of_node(sampler),
        tool: Tool::ComfyUi,
    })
}

/// True where a file of this name may come from a saving node: the name begins with its prefix.
fn saves_as(node: &Node, stem: &str) -> bool {
    let prefix = node.input("filename_prefix").and_then(Value::as_str);
    prefix.is_some_and(|prefix| {
        let name = prefix.rsplit(['/', '\\']).next().unwrap_or(prefix);
        // Placeholders for date and size are filled in by the program.
        let fixed = name.split('%').next().unwrap_or(name);
        !fixed.is_empty()
            && stem.strip_prefix(fixed).is_some_and(|rest| {
                name.len() > fixed.len() || rest.is_empty() || rest.starts_with(['_', '-', '.'])
            })
    })
}
