//! From scores to words.

use finexl_core::explanation::{AspectScore, Explanation};
use finexl_data::vocabulary::Concept;

/// Calibrated levels and the degree word that starts there, strongest first; each goes with a
/// comparative ("much warmer").
const DEGREES: [(f64, &str); 4] = [
    (0.75, "very much"),
    (0.45, "much"),
    (0.2, "clearly"),
    (0.0, "slightly"),
];

/// Shares of the change without an explanation that are worth a remark, largest first.
const UNEXPLAINED: [(f64, &str); 2] = [
    (
        0.6,
        "Most of the change is something that the vocabulary has no word for",
    ),
    (
        0.3,
        "A good part of the change is something that the vocabulary has no word for",
    ),
];

/// At most this many aspects are named in the summary.
const NAMED: usize = 4;

/// The degree word of a calibrated level in [0, 1].
pub fn degree(level: f64) -> &'static str {
    DEGREES
        .iter()
        .find(|(from, _)| level.abs() >= *from)
        .map_or("slightly", |(_, word)| word)
}

/// How a person would say one score of a concept.
///
/// A concept and its antonym are one axis: a negative score of "warm" is worded as "less warm".
pub fn wording(concept: &Concept, score: f64, calibrated: bool) -> String {
    if score == 0.0 {
        return format!("not {}", concept.name);
    }
    if score < 0.0 {
        return concept
            .less
            .clone()
            .unwrap_or_else(|| format!("less {}", concept.name));
    }
    let more = concept
        .more
        .clone()
        .unwrap_or_else(|| format!("more {}", concept.name));
    let phrase = if calibrated {
        format!("{} {more}", degree(score))
    } else {
        more
    };
    match &concept.antonym {
        Some(antonym) => format!("{phrase} (less {antonym})"),
        None => phrase,
    }
}

/// The sentence for a person: what changed, how sure, and how much stays unsaid.
pub fn summary(record: &Explanation, concepts: &[Concept]) -> String {
    let subject = format!("Compared with {}, {}", record.base, record.personalized);
    if record.divergence == 0.0 {
        return format!("{subject} makes exactly the same images.");
    }
    let found = axes(record, concepts);
    let mut text = if found.is_empty() {
        let reason = if record.testable {
            "shows no change of style that these pairs can prove"
        } else {
            "cannot be told from chance with so few pairs"
        };
        let leading = record.aspects.first().filter(|a| a.score > 0.0);
        match leading {
            Some(aspect) => format!("{subject} {reason} (the nearest is {}).", aspect.concept),
            None => format!("{subject} {reason}."),
        }
    } else {
        let phrases: Vec<&str> = found.iter().take(NAMED).map(String::as_str).collect();
        let more = match found.len().saturating_sub(NAMED) {
            0 => String::new(),
            1 => ", and has one weaker trait".to_string(),
            n => format!(", and has {n} weaker traits"),
        };
        format!("{subject} is {}{more}.", joined(&phrases))
    };
    if !found.is_empty() || record.testable {
        if let Some((_, remark)) = UNEXPLAINED.iter().find(|(at, _)| record.unexplained >= *at) {
            text.push_str(&format!(
                " {remark} ({:.0}% unexplained).",
                record.unexplained * 100.0
            ));
        } else if !found.is_empty() {
            // Of a change that cannot be proven nobody wants to know how much of it has words.
            text.push_str(&format!(
                " {:.0}% of the change is left unexplained.",
                record.unexplained * 100.0
            ));
        }
    }
    text
}

/// Wordings of the significant aspects; of an aspect and its antonym only the stronger is said.
fn axes(record: &Explanation, concepts: &[Concept]) -> Vec<String> {
    let antonym = |name: &str| {
        concepts
            .iter()
            .find(|c| c.name == name)
            .and_then(|c| c.antonym.as_deref())
    };
    let significant: Vec<&AspectScore> = record.aspects.iter().filter(|a| a.significant).collect();
    significant
        .iter()
        .enumerate()
        .filter(|(place, aspect)| {
            let opposite = antonym(&aspect.concept);
            !significant[..*place]
                .iter()
                .any(|stronger| Some(stronger.concept.as_str()) == opposite)
        })
        .map(|(_, aspect)| {
            aspect
                .wording
                .split(" (less ")
                .next()
                .unwrap_or(&aspect.wording)
                .to_string()
        })
        .collect()
}

/// "a", "a and b", "a, b and c".
fn joined(phrases: &[&str]) -> String {
    match phrases {
        [] => String::new(),
        [one] => (*one).to_string(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warm() -> Concept {
        Concept {
            antonym: Some("cool".to_string()),
            more: Some("warmer".to_string()),
            less: Some("less warm".to_string()),
            ..Concept::phrase("warm")
        }
    }

    #[test]
    fn degrees_follow_the_level() {
        let concept = Concept::phrase("pixelated");
        assert_eq!(wording(&concept, 0.5, true), "much more pixelated");
        assert_eq!(wording(&concept, 0.05, true), "slightly more pixelated");
        assert_eq!(wording(&concept, 0.5, false), "more pixelated");
        assert_eq!(wording(&concept, 0.0, true), "not pixelated");
    }

    #[test]
    fn an_aspect_and_its_antonym_are_one_axis() {
        assert_eq!(wording(&warm(), 0.8, true), "very much warmer (less cool)");
        assert_eq!(wording(&warm(), -0.3, true), "less warm");
    }

    #[test]
    fn lists_read_like_a_sentence() {
        assert_eq!(joined(&["a", "b", "c"]), "a, b and c");
    }
}
