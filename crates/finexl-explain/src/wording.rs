//! From scores to words.

use finexl_data::vocabulary::Concept;

/// Calibrated levels and the degree word that starts there, strongest first; each goes with a
/// comparative ("much warmer").
const DEGREES: [(f64, &str); 4] = [
    (0.75, "very much"),
    (0.45, "much"),
    (0.2, "clearly"),
    (0.0, "slightly"),
];

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
}
