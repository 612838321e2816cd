//! A model card: Markdown with the YAML front matter that model hubs read.

use crate::card_merge::{BEGIN, END};
use crate::front_matter;
use crate::inspection::adapter_facts;
use crate::rows::{Shown, change_facts, generated_sides, made_with, rule, scale, verdict};
use crate::text;
use finexl_core::explanation::Explanation;
use finexl_core::inspection::InspectedFile;
use std::fmt::Write;

/// What the card says beside the explanation.
#[derive(Clone, Debug, PartialEq)]
pub struct CardOptions {
    /// Identifier of the base model on the hub, if it is known; it is never guessed from a folder.
    pub base_model: Option<String>,
    /// At most this many aspects in the table.
    pub top: usize,
    /// What is inside the adapters.
    pub adapters: Vec<InspectedFile>,
}

impl Default for CardOptions {
    fn default() -> Self {
        Self {
            base_model: None,
            top: 12,
            adapters: Vec::new(),
        }
    }
}

/// The explanation as a model card, to be saved as `README.md` of a personalized model. What is ours in it
/// stands between two marks, so that [`crate::merged_card`] can write it anew.
///
/// The front matter holds only what is known: language, tags and, if given, the base model. All
/// names are escaped for YAML and for Markdown.
pub fn model_card(explanation: &Explanation, options: &CardOptions) -> String {
    format!(
        "---\n{}---\n\n# {}\n\n{BEGIN}\n\n{}\n{END}\n",
        front_matter::fresh(options.base_model.as_deref()),
        markdown(&explanation.personalized),
        section(explanation, options)
    )
}

/// What a card says of an explanation, ending in a line break.
pub(crate) fn section(explanation: &Explanation, options: &CardOptions) -> String {
    let mut card = format!(
        "## What this personalization changes\n\n{}\n\n",
        block(&explanation.summary)
    );
    card += &table(explanation, options.top);
    card += &measured(explanation);
    card += &inside(&options.adapters);
    if !explanation.notes.is_empty() {
        card += "### Notes\n\n";
        for note in &explanation.notes {
            let _ = writeln!(card, "- {}", block(note));
        }
        card.push('\n');
    }
    card += &provenance(explanation);
    card
}

fn table(explanation: &Explanation, top: usize) -> String {
    let shown = Shown::of(explanation, top);
    if shown.rows.is_empty() {
        return "No aspect has a score.\n\n".into();
    }
    let mut table = String::from(
        "| Aspect | Score | 95% interval | Adjusted p | Verdict |\n\
         | :--- | ---: | ---: | ---: | :--- |\n",
    );
    for aspect in &shown.rows {
        let name = markdown(&aspect.concept);
        let name = if aspect.significant {
            format!("**{name}**")
        } else {
            name
        };
        let _ = writeln!(
            table,
            "| {name} | {} | {} | {} | {} |",
            text::number(aspect.score),
            text::interval(aspect.low, aspect.high),
            markdown(&text::p_value(aspect.p_adjusted)),
            markdown(&verdict(aspect)),
        );
    }
    let _ = write!(table, "\nScore: {}.", scale(explanation));
    if let Some(rule) = rule(explanation) {
        let _ = write!(table, " {}", markdown(&rule));
    }
    if let Some(left_out) = shown.left_out() {
        let _ = write!(table, " {left_out}.");
    }
    table + "\n\n"
}

/// What is inside the adapters.
fn inside(adapters: &[InspectedFile]) -> String {
    let mut section = String::new();
    for file in adapters {
        let _ = write!(section, "### Inside {}\n\n", markdown(&file.name));
        for (name, value) in adapter_facts(file) {
            let _ = writeln!(section, "- {}: {}", markdown(&name), markdown(&value));
        }
        section.push('\n');
    }
    section
}

fn measured(explanation: &Explanation) -> String {
    let mut section = format!(
        "### How it was measured\n\n\
         {} of images, one by the base ({}) and one by the personalized model ({}) of the same \
         prompt, were compared in the embedding space of the encoder {}. The mean difference was \
         decomposed over a vocabulary of aspects by {}; {} of the change is not \
         explained by it. Intervals come from resampling, p-values from a sign-flip \
         test over all aspects (step-down maxima).",
        text::count(explanation.pairs, "pair"),
        markdown(&explanation.base),
        markdown(&explanation.personalized),
        markdown(&explanation.encoder),
        markdown(&method(explanation)),
        markdown(&text::percent(explanation.unexplained)),
    );
    if !explanation.testable {
        section += " With so few pairs, no single aspect can pass the test.";
    }
    section += "\n\n";
    for (name, value) in change_facts(explanation) {
        let _ = writeln!(section, "- {}: {}.", block(name), markdown(&value));
    }
    for (side, how) in generated_sides(explanation) {
        let _ = writeln!(section, "- Images of the {side} side: {}.", markdown(&how));
    }
    if section.ends_with("\n\n") {
        section
    } else {
        section + "\n"
    }
}

/// "the method learned (head mini-head, references mini-gan)".
fn method(explanation: &Explanation) -> String {
    let mut parts = made_with(explanation);
    parts.retain(|(what, _)| !["method", "encoder"].contains(what));
    let with: Vec<String> = parts
        .into_iter()
        .map(|(what, name)| format!("{what} {name}"))
        .collect();
    match with.is_empty() {
        true => format!("the method {}", explanation.method),
        false => format!("the method {} ({})", explanation.method, with.join(", ")),
    }
}

fn provenance(explanation: &Explanation) -> String {
    let from = &explanation.provenance;
    let mut text = format!(
        "### Provenance\n\n\
         finexl {}, seed {}, device {}; encoder `{}`, images `{}`, vocabulary `{}`, settings `{}`",
        markdown(&from.version),
        from.seed,
        markdown(&from.device),
        from.encoder.short(),
        from.images.short(),
        from.vocabulary.short(),
        from.settings.short(),
    );
    let sources = [
        ("head", &from.head),
        ("references", &from.references),
        ("calibration", &from.calibration),
    ];
    for (what, source) in sources {
        if let Some(source) = source {
            let _ = write!(text, ", {what} `{}`", source.fingerprint.short());
        }
    }
    text + ".\n"
}

/// Text inside a paragraph or a table cell: one line, and nothing in it is markup.
fn markdown(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for c in text::plain(words).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '!' | '~' | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped.trim().to_owned()
}

/// Text that opens a paragraph or a list item: also what would start a list is escaped.
fn block(words: &str) -> String {
    let escaped = markdown(words);
    let digits = escaped.chars().take_while(char::is_ascii_digit).count();
    let mark = escaped.chars().nth(digits);
    let marks_a_list = match mark {
        Some('-' | '+' | '=') => digits == 0,
        Some('.' | ')') => digits > 0,
        _ => false,
    };
    if marks_a_list {
        // Digits are single bytes, so this splits before the mark.
        let (before, after) = escaped.split_at(digits);
        format!("{before}\\{after}")
    } else {
        escaped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_inert() {
        assert_eq!(
            markdown("a|b\n<script>*x*_[y](z)"),
            r"a\|b &lt;script&gt;\*x\*\_\[y\](z)"
        );
        assert_eq!(block("1. first"), r"1\. first");
        assert_eq!(block("- first"), r"\- first");
        assert_eq!(block("25 pairs"), "25 pairs");
    }
}
