//! What a user should know of prompts that can be read.

use crate::ZooError;
use crate::encoders::TextLength;
use finexl_data::generation::plain_prompt;

/// Letters of a prompt that a note shows.
const SHOWN: usize = 40;

/// Prompts that are longer than what a model reads.
pub(super) fn cut_prompts(
    model: &str,
    prompts: &[String],
    length: impl Fn(&str) -> Result<TextLength, ZooError>,
) -> Option<String> {
    let cut = prompts.iter().filter_map(|prompt| {
        let length = length(prompt).ok()?;
        (length.tokens > length.read).then_some((prompt, length))
    });
    let cut: Vec<_> = cut.collect();
    let (first, length) = cut.first()?;
    Some(format!(
        "{} of {} prompts are longer than the {} tokens that {model} reads, and are cut; the first begins with \"{}\" \
         and has {}.",
        cut.len(),
        prompts.len(),
        length.read,
        begin(first),
        length.tokens
    ))
}

/// Prompts with weights, `<lora:...>` or other commands, which mean something to other programs and nothing here.
pub(super) fn commanding_prompts(prompts: &[String]) -> Option<String> {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let commanding: Vec<&String> = prompts
        .iter()
        .filter(|prompt| plain(&plain_prompt(prompt)) != plain(prompt))
        .collect();
    let first = commanding.first()?;
    Some(format!(
        "{} of {} prompts hold weights, <lora:...> or other commands of prompt programs, the first of them \"{}\"; they are \
         read as plain text, letter by letter, and do nothing else. Leave them out, and give a model with --adapter.",
        commanding.len(),
        prompts.len(),
        begin(first)
    ))
}

fn begin(prompt: &str) -> String {
    prompt.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn commands_are_told_from_words() {
        let prompts = [
            "a red  apple, shiny",
            "a cat :) at night",
            "(a cat:1.3) <lora:foo:0.8>",
        ];
        let prompts = prompts.map(str::to_string);
        assert_eq!(commanding_prompts(&prompts[..2]), None);
        let note = commanding_prompts(&prompts).unwrap();
        assert!(
            note.starts_with("1 of 3") && note.contains("lora:foo"),
            "{note}"
        );
    }
}
