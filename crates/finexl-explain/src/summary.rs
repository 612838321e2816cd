//! The sentences at the head of an explanation.

use crate::change::MOSTLY_UNEXPLAINED;
use finexl_core::change::{Change, ChangeKind, Measured};
use finexl_core::explanation::{AspectScore, Explanation};
use finexl_data::vocabulary::Concept;

/// Share of the change without words from which on that is worth a remark.
const PARTLY_UNEXPLAINED: f64 = 0.3;
/// At most this many aspects are named in the summary.
const NAMED: usize = 4;
/// So many times what saving again as JPEG makes is a small change.
const SMALL: f64 = 4.0;
/// A change of more than this share of the distance between two pictures of the base is never called small, however much
/// saving again changes such pictures.
const SMALL_AT_MOST: f64 = 0.25;
/// Pictures that are less far apart than this share of the base's are said to be more alike.
const ALIKE: f64 = 0.9;
/// Below this share in common a change is said to differ from pair to pair.
const UNSTEADY: f64 = 0.2;
/// Scores that round to nothing name nothing.
const LEAST_SCORE: f64 = 0.005;

/// The sentences for a person: whether anything changed, what, how much of it has words, and what to do where it has
/// none.
pub fn summary(record: &Explanation, concepts: &[Concept]) -> String {
    let subject = format!("Compared with {}, {}", record.base, record.personalized);
    let change = &record.change;
    let text = match change.kind {
        ChangeKind::None => return format!("{subject} makes exactly the same images."),
        ChangeKind::Hardly => {
            return format!(
                "{subject} shows hardly any change: about as much as saving the base's images again as JPEG would make{}.",
                sizes(change)
            );
        }
        ChangeKind::Untestable => {
            format!(
                "{subject} cannot be told from chance with so few pairs{}.",
                nearest(record)
            )
        }
        ChangeKind::Unproven => unproven(&subject, record),
        ChangeKind::Named | ChangeKind::PartlyNamed => named(&subject, record, concepts),
        ChangeKind::Unnamed => unnamed(&subject, record),
    };
    match proven(change.kind) {
        true => text + &remarks(change),
        false => text,
    }
}

fn proven(kind: ChangeKind) -> bool {
    use ChangeKind::{Named, PartlyNamed, Unnamed};
    matches!(kind, Named | PartlyNamed | Unnamed)
}

fn named(subject: &str, record: &Explanation, concepts: &[Concept]) -> String {
    let found = axes(record, concepts);
    let phrases: Vec<&str> = found.iter().take(NAMED).map(String::as_str).collect();
    let more = match found.len().saturating_sub(NAMED) {
        0 => String::new(),
        1 => ", and has one weaker trait".to_string(),
        n => format!(", and has {n} weaker traits"),
    };
    let change = &record.change;
    let small = match (change.size, change.resaved) {
        (Some(size), Some(resaved)) if size <= (SMALL * resaved).min(SMALL_AT_MOST) => {
            format!(" The change as a whole is small{}.", sizes(change))
        }
        _ => String::new(),
    };
    let percent = record.unexplained * 100.0;
    let rest = if record.unexplained >= MOSTLY_UNEXPLAINED {
        format!(
            " Most of the change is something that the vocabulary has no word for ({percent:.0}% unexplained). {}",
            advice(record)
        )
    } else if record.unexplained >= PARTLY_UNEXPLAINED {
        format!(
            " A good part of the change is something that the vocabulary has no word for ({percent:.0}% unexplained)."
        )
    } else {
        format!(" {percent:.0}% of the change is left unexplained.")
    };
    format!("{subject} is {}{more}.{small}{rest}", joined(&phrases))
}

/// The change is proven, and no aspect is.
fn unnamed(subject: &str, record: &Explanation) -> String {
    let (change, percent) = (&record.change, record.unexplained * 100.0);
    let how = match (change.size, change.resaved) {
        (Some(size), Some(resaved)) if size <= SMALL * resaved => "has changed a little",
        _ => "has clearly changed",
    };
    let rest = match record.unexplained >= PARTLY_UNEXPLAINED {
        true => format!(
            "most of the change has no word here ({percent:.0}% unexplained{})",
            nearest(record)
                .replace(" (the", "; the")
                .trim_end_matches(')')
        ),
        false => format!("no single aspect can be proven{}", nearest(record)),
    };
    format!(
        "{subject} {how}{}, but {rest}. {}",
        sizes(change),
        advice(record)
    )
}

fn unproven(subject: &str, record: &Explanation) -> String {
    let change = &record.change;
    let apart = match (change.size, change.resaved) {
        (Some(size), Some(resaved)) if size > SMALL * resaved => format!(
            " Its pictures differ from the base's, but in no common direction{}.",
            sizes(change)
        ),
        _ => String::new(),
    };
    let nearest = nearest(record);
    format!("{subject} shows no change of style that these pairs can prove{nearest}.{apart}")
}

/// What to do where words are missing.
fn advice(record: &Explanation) -> String {
    let encoder = match record.encoder.as_str() {
        "mini-clip" => "a published encoder (--encoder), which knows any word, ",
        _ => "",
    };
    format!(
        "To say more, try {encoder}words of your own (--vocabulary) or a head trained on your styles (--head)."
    )
}

/// " (the nearest is grainy)", where anything is near.
fn nearest(record: &Explanation) -> String {
    let leading = record.aspects.first().filter(|a| a.score >= LEAST_SCORE);
    leading.map_or_else(String::new, |a| format!(" (the nearest is {})", a.concept))
}

/// " (0.74 of the distance between two pictures of the base; saving again makes 0.04)", where that is known.
fn sizes(change: &Change) -> String {
    match (change.size, change.resaved) {
        (Some(size), Some(resaved)) => format!(
            " ({size:.2} of the distance between two pictures of the base, where saving again as JPEG makes {resaved:.2})"
        ),
        (Some(size), None) => {
            format!(" ({size:.2} of the distance between two pictures of the base)")
        }
        _ => String::new(),
    }
}

/// What the mean does not say: pictures that became more alike, or a change that is another one in every pair.
fn remarks(change: &Change) -> String {
    let mut text = String::new();
    if let Some(Measured {
        value,
        interval: Some([_, high]),
    }) = change.diversity
        && high < ALIKE
    {
        text += &format!(" Its pictures are more alike than the base's ({value:.2} as far apart).");
    }
    if let Some(Measured {
        value,
        interval: Some([_, high]),
    }) = change.steadiness
        && high < UNSTEADY
    {
        text += &format!(
            " The pairs have little of the change in common ({:.0}%): what is in the pictures changed too, or every picture \
             changed in its own way.",
            value * 100.0
        );
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
            let said = aspect.wording.split(" (less ").next();
            let said = said.unwrap_or(&aspect.wording);
            match aspect.map.as_ref().and_then(|map| map.region) {
                Some(region) => format!("{said} {}", region.words()),
                None => said.to_string(),
            }
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

    #[test]
    fn lists_read_like_a_sentence() {
        assert_eq!(joined(&["a", "b", "c"]), "a, b and c");
    }

    #[test]
    fn sizes_are_said_as_far_as_they_are_known() {
        let mut change = Change {
            size: Some(0.5),
            ..Change::default()
        };
        assert_eq!(
            sizes(&change),
            " (0.50 of the distance between two pictures of the base)"
        );
        change.resaved = Some(0.04);
        assert!(sizes(&change).ends_with("JPEG makes 0.04)"));
        change.diversity = Some(Measured {
            value: 0.7,
            interval: Some([0.6, 0.8]),
        });
        assert!(remarks(&change).contains("more alike"));
        assert_eq!(remarks(&Change::default()), "");
    }
}
