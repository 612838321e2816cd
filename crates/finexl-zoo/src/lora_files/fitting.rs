//! Which model a file's layers fit.

use super::embedding::MOST_VECTORS;
use super::groups::{Group, other_model};
use super::said_base::said_bases;
use crate::recognition::of_tensors;
use crate::stable_diffusion::{Base, ModelLayers};
use crate::tensor_file::TensorFile;
use std::collections::BTreeMap;

/// The families that most layers fit, those that metadata name first. Where a family fits more layers than
/// another, the other is none.
pub(super) fn fitting(groups: &[Group<'_>], metadata: &BTreeMap<String, String>) -> Vec<Base> {
    let count = |base: Base| {
        groups
            .iter()
            .filter(|group| group.fits(ModelLayers::published(base)))
            .count()
    };
    let counts: Vec<(Base, usize)> = Base::ALL.iter().map(|base| (*base, count(*base))).collect();
    let best = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    if best == 0 {
        return Vec::new();
    }
    let fitting = counts.iter().filter(|(_, count)| *count == best);
    let mut bases: Vec<Base> = fitting.map(|(base, _)| *base).collect();
    let said = said_bases(metadata);
    let said = |base: &Base| said.iter().any(|said| said.base == Some(*base));
    bases.sort_by_key(|base| (!said(base), *base));
    bases
}

/// What a file is that fits no family.
pub(super) enum Stranger {
    /// One for another model, or no adapter.
    Model(String),
    /// One whose layers could not be put together.
    Damaged(String),
}

/// What a file is that fits no family, from its keys and from what was wrong with its layers.
pub(super) fn stranger(
    file: &TensorFile<'_>,
    groups: &[Group<'_>],
    problems: &[String],
) -> Stranger {
    let first = file.tensors.keys().next();
    let Some(first) = first else {
        return Stranger::Model("it holds no tensors".to_string());
    };
    if let Some(model) = other_model(file) {
        return Stranger::Model(format!("its keys are those of {model} ({first})"));
    }
    match groups.first() {
        Some(group) => Stranger::Model(format!(
            "none of its {} layers is one of Stable Diffusion 1, 2 or XL (the first is {})",
            groups.len(),
            group.key.module
        )),
        None => match problems.iter().find(|problem| !problem.starts_with("key ")) {
            Some(problem) => Stranger::Damaged(problem.clone()),
            None => Stranger::Model(no_adapter(file, first)),
        },
    }
}

/// What a file without a key of an adapter is, where its names tell.
fn no_adapter(file: &TensorFile<'_>, first: &str) -> String {
    let learned = [
        "emb_params",
        "*",
        "clip_l",
        "clip_g",
        "t5xxl",
        "string_to_param",
    ];
    if let Some((key, tensor)) = file
        .tensors
        .iter()
        .find(|(key, _)| learned.contains(&key.as_str()))
    {
        return format!(
            "it is a learned word (textual inversion) of the shape {:?} ({key}); a vector has as many numbers as a text \
             encoder is wide (768 of Stable Diffusion 1, 1024 of 2, 768 and 1280 of XL), and a word at most {MOST_VECTORS}",
            tensor.shape
        );
    }
    let shapes = file.tensors.iter();
    let shapes: Vec<(String, Vec<usize>)> = shapes
        .map(|(name, tensor)| (name.clone(), tensor.shape.clone()))
        .collect();
    match of_tensors(&shapes) {
        Some(what) => format!("it is {what}, and no key of it can be read (the first is {first})"),
        None => format!("it holds no adapter that is known (its first key is {first})"),
    }
}

/// Why a file is for another family than a model's, with what was found and what is needed; nothing where it is not.
///
/// Shapes decide, then names. Where both leave it open the file's own words do.
pub(super) fn other_family(
    groups: &[Group<'_>],
    metadata: &BTreeMap<String, String>,
    model: &ModelLayers,
    name: &str,
) -> Option<String> {
    let all = groups.len();
    let fits = |model: &ModelLayers| groups.iter().filter(|group| group.fits(model)).count();
    let named = |model: &ModelLayers| groups.iter().filter(|group| group.is_named(model)).count();
    let others = Base::ALL.into_iter().filter(|base| *base != model.base);
    let others: Vec<Base> = others.collect();
    let most = |count: &dyn Fn(&ModelLayers) -> usize| {
        let counts = others.iter().rev();
        let counts = counts.map(|base| (count(ModelLayers::published(*base)), *base));
        counts.max_by_key(|(count, _)| *count)
    };
    let [own, own_named] = [fits(model), named(model)];
    let own = own.max(fits(ModelLayers::published(model.base)));
    if let Some((found, base)) = most(&fits)
        && found > own
    {
        return Some(format!(
            "it is for {base}, which {found} of its {all} layers fit; {name} is {}, which {own} fit",
            model.base
        ));
    }
    if let Some((found, base)) = most(&named)
        && found > own_named
    {
        return Some(format!(
            "{found} of its {all} layers are named as those of {base}; {name} is {}, where {own_named} are",
            model.base
        ));
    }
    let said = said_bases(metadata);
    let is_own = said.iter().any(|said| said.base == Some(model.base));
    let other = said.iter().find(|said| {
        let base = said.base.filter(|base| *base != model.base);
        base.is_some_and(|base| fits(ModelLayers::published(base)) == all)
    });
    let other = other.filter(|_| !is_own)?;
    Some(format!(
        "it says {} = {}, and its shapes do not tell; {name} is {}",
        other.key, other.value, model.base
    ))
}
