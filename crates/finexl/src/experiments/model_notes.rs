//! What a reader should know of a model that is explained, and the prompts that its words join.

use crate::Error;
use finexl_zoo::generators::{
    AdapterPrompt, GenerationRequest, OpenedGenerator, SampledBase, adapters_predict_alike,
    sampled_alike,
};

/// What a reader should know of a base and a model, sampled alike.
pub(super) fn said(
    sampled: &SampledBase<'_>,
    opened: &OpenedGenerator,
    prompts: &[String],
) -> Result<Vec<String>, Error> {
    let base = sampled.generator;
    let mut notes = opened.notes.clone();
    notes.extend(base.notes().iter().cloned());
    let own = opened.generator.notes().iter();
    let new: Vec<String> = own.filter(|note| !notes.contains(note)).cloned().collect();
    notes.extend(new);
    notes.extend(base.prompt_notes(prompts));
    let of_base = (base.name(), sampled.settings);
    let chosen = sampled.chosen;
    notes.extend(adapters_predict_alike(&opened.trained_on, of_base, chosen)?);
    notes.extend(sampled_alike(of_base, &*opened.generator, chosen)?);
    Ok(notes)
}

/// The requests of a model whose learned words join the prompts, with what a reader should know.
pub(super) fn worded(
    words: &[String],
    prompts: &[String],
    (name, seed): (&str, u64),
) -> (Vec<GenerationRequest>, Vec<String>) {
    let made = AdapterPrompt::new(words, None, prompts, None);
    let put = |text| format!("\"{text}\" was put before every prompt of {name}.");
    let mut notes = made.notes;
    notes.extend(made.text.map(put));
    (GenerationRequest::of_prompts(&made.prompts, seed), notes)
}
