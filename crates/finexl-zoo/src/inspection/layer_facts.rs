//! How strongly a file changes one layer.

use super::spectrum::Spectrum;
use crate::lora_files::{Change, LayerChange, LayerPlace, Operator, ScaleRule};
use crate::stable_diffusion::{Form, ModelWeights, Place};
use crate::tensor_file::StoredTensor;
use finexl_core::inspection::LayerFacts;

/// A block that no layer of Stable Diffusion is in: the first part of the path in an own generator.
fn own_block(path: &str) -> String {
    let mut parts = path.split('.');
    let first = parts.next().unwrap_or_default();
    match parts.next() {
        Some(second) if second.parse::<usize>().is_ok() => format!("{first}.{second}"),
        _ => first.to_string(),
    }
}

/// The facts of a layer, and what is wrong with its numbers.
pub(super) fn layer_facts(
    layer: &LayerChange<'_>,
    model: Option<&ModelWeights<'_>>,
) -> (LayerFacts, Option<String>) {
    let (spectrum, mut problem) = match spectrum(layer) {
        Ok(spectrum) => (spectrum, None),
        Err(problem) => (None, Some(format!("{}: it {problem}", layer.key))),
    };
    let mut length = |tensor: Option<&StoredTensor<'_>>| match tensor?.numbers() {
        Ok(numbers) => Some(numbers.iter().map(|v| v * v).sum::<f64>().sqrt()),
        Err(wrong) => {
            problem.get_or_insert_with(|| format!("{}: it {wrong}", layer.key));
            None
        }
    };
    let bias = length(layer.bias.as_ref());
    length(layer.magnitude.as_ref().map(|magnitude| &magnitude.lengths));
    let scale = layer.scale.value.abs();
    let (block, place) = match &layer.place {
        LayerPlace::Known(known) => (known.block.to_string(), known.place),
        LayerPlace::Own(path) => (own_block(path), Place::Other),
    };
    let norm = spectrum.map(|s| s.norm * scale);
    let beside = match beside_model(layer, norm, model) {
        Ok(beside) => beside,
        Err(wrong) => {
            problem
                .get_or_insert_with(|| format!("the model's {}: it {wrong}", layer.place.path()));
            Beside {
                norm,
                relative: None,
            }
        }
    };
    let facts = LayerFacts {
        path: layer.place.path(),
        block,
        place: place.name().to_string(),
        kind: kind(layer),
        rank: layer.change.as_ref().and_then(Change::rank),
        alpha: layer.scale.alpha,
        scale: layer.scale.value,
        scale_from: rule(layer.scale.rule).to_string(),
        norm: beside.norm,
        spectral: spectrum.map(|s| s.spectral * scale),
        effective_rank: spectrum.and_then(|s| s.effective_rank),
        relative: beside.relative,
        bias,
    };
    (facts, problem)
}

/// A change beside the weight that it changes.
struct Beside {
    norm: Option<f64>,
    relative: Option<f64>,
}

/// The norm relative to the weight's; of IA3 the norm itself, since it multiplies the weight.
fn beside_model(
    layer: &LayerChange<'_>,
    norm: Option<f64>,
    model: Option<&ModelWeights<'_>>,
) -> Result<Beside, String> {
    let unknown = Beside {
        norm,
        relative: None,
    };
    let (Some(model), Some(known)) = (model, layer.place.layer()) else {
        return Ok(unknown);
    };
    if layer.change.is_none() {
        return Ok(unknown);
    }
    let Some(weight) = model.weight(known)? else {
        return Ok(unknown);
    };
    let square = |value: &f32| f64::from(*value) * f64::from(*value);
    let whole = weight.iter().map(square).sum::<f64>().sqrt();
    let norm = match &layer.change {
        Some(Change::Channels {
            weight: factors,
            on_input,
        }) => {
            let factors = factors.numbers()?;
            let columns = known.matrix()[1];
            // The inputs of a convolution share a factor over its kernel.
            let area = (columns / known.inputs.max(1)).max(1);
            let factor = |at: usize| match on_input {
                true => factors[(at % columns) / area],
                false => factors[at / columns],
            };
            let squares = weight
                .iter()
                .enumerate()
                .map(|(at, w)| square(w) * factor(at).powi(2));
            Some(squares.sum::<f64>().sqrt())
        }
        _ => norm,
    };
    let relative = norm.filter(|_| whole > 0.0).map(|norm| norm / whole);
    Ok(Beside { norm, relative })
}

fn spectrum(layer: &LayerChange<'_>) -> Result<Option<Spectrum>, String> {
    let Some(change) = &layer.change else {
        return Ok(None);
    };
    if let Change::Channels { weight, .. } = change {
        weight.numbers()?;
    }
    match Operator::of(change)? {
        None => Ok(None),
        Some(operator) => Spectrum::of(&operator).map(Some),
    }
}

/// As a person calls the change of a layer.
fn kind(layer: &LayerChange<'_>) -> String {
    let kind = match &layer.change {
        None => "bias",
        Some(Change::Full { .. }) if is_norm(layer) => "norm",
        Some(change) => change.kind(),
    };
    match layer.magnitude {
        Some(_) => format!("{kind} with DoRA"),
        None => kind.to_string(),
    }
}

fn is_norm(layer: &LayerChange<'_>) -> bool {
    let known = layer.place.layer();
    known.is_some_and(|layer| layer.form == Form::Norm)
}

fn rule(rule: ScaleRule) -> &'static str {
    match rule {
        ScaleRule::ScaleKey => "scale-key",
        ScaleRule::Alpha => "alpha",
        ScaleRule::PeftConfig => "peft-config",
        ScaleRule::Unstated => "unstated",
        ScaleRule::Unknown => "unknown",
        ScaleRule::None => "none",
    }
}
