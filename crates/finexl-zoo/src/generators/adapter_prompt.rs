//! Words that call what an adapter learned, in the prompts of a side.

use super::stable_diffusion::text::has_word;

/// Prompts with the words that call an adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterPrompt {
    /// The prompts.
    pub prompts: Vec<String>,
    /// What was put before each; nothing where they are as they were.
    pub text: Option<String>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl AdapterPrompt {
    /// Puts words before every prompt: those that are asked for, or else learned words (`words`) of which none is in any
    /// prompt or in the negative prompt. Before and not behind, since the end of a long prompt is cut.
    pub fn new(
        words: &[String],
        asked: Option<&str>,
        prompts: &[String],
        negative: Option<&str>,
    ) -> Self {
        let there = |word: &String| {
            let texts = prompts.iter().map(String::as_str).chain(negative);
            texts.chain(asked).any(|text| has_word(text, word))
        };
        let text = match asked {
            Some(text) => Some(text.trim().to_string()),
            None if words.is_empty() || words.iter().any(there) => None,
            None => Some(words.join(", ")),
        };
        let text = text.filter(|text| !text.is_empty());
        let put = |prompt: &String| match &text {
            Some(text) => format!("{text}, {prompt}"),
            None => prompt.clone(),
        };
        let silent = words
            .iter()
            .filter(|word| !there(word) && !text.as_ref().is_some_and(|text| has_word(text, word)));
        Self {
            prompts: prompts.iter().map(put).collect(),
            notes: silent
                .map(|word| {
                    format!("The learned word \"{word}\" is in no prompt, so it changes nothing.")
                })
                .collect(),
            text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompts() -> Vec<String> {
        vec!["a cat".to_string(), "a <toy> dog".to_string()]
    }

    #[test]
    fn words_come_first_and_learned_ones_only_where_they_are_missing() {
        let made = |words: &[&str], asked, negative| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_string()).collect();
            AdapterPrompt::new(&words, asked, &prompts(), negative)
        };
        assert_eq!(
            made(&[], Some("zwx style"), None).prompts[0],
            "zwx style, a cat"
        );
        assert_eq!(made(&["<mine>"], None, None).prompts[0], "<mine>, a cat");
        assert_eq!(made(&["<toy>"], None, None).text, None);
        // A part of a longer word is not read as the learned one.
        assert_eq!(made(&["do"], None, None).text.as_deref(), Some("do"));
        assert_eq!(made(&["bad"], None, Some("bad")).text, None);
        assert!(made(&["bad"], None, Some("bad")).notes.is_empty());
        let silent = made(&["<mine>"], Some("zwx"), None);
        assert!(silent.notes[0].contains("changes nothing"));
    }
}
