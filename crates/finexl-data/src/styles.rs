//! The vocabulary for encoders that read any word: what people call looks of pictures, from `datasets/styles.txt`.

use crate::vocabulary::Concept;

const TEXT: &str = include_str!("../../../datasets/styles.txt");

/// The concepts of `datasets/styles.txt` with family and antonym, in its order.
pub fn styles() -> Vec<Concept> {
    let mut concepts: Vec<Concept> = Vec::new();
    let mut opposites = Vec::new();
    let mut family = None;
    for line in TEXT.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            family = Some(name.to_string());
            continue;
        }
        let (words, opposite) = match line.split_once("<>") {
            Some((words, opposite)) => (words, Some(opposite.trim())),
            None => (line, None),
        };
        let phrases: Vec<String> = words.split('|').map(|p| p.trim().to_string()).collect();
        let name = phrases.first().cloned().unwrap_or_default();
        opposites.extend(opposite.map(|opposite| [name.clone(), opposite.to_string()]));
        concepts.push(Concept {
            family: family.clone(),
            more: Some(format!("closer to {name}")),
            less: Some(format!("further from {name}")),
            phrases,
            ..Concept::phrase(&name)
        });
    }
    for [one, other] in &opposites {
        for concept in &mut concepts {
            if concept.name == *one {
                concept.antonym = Some(other.clone());
            } else if concept.name == *other {
                concept.antonym = Some(one.clone());
            }
        }
    }
    concepts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aspects;
    use std::collections::BTreeSet;

    #[test]
    fn every_aspect_that_a_calibration_makes_has_a_word() {
        let styles = styles();
        let stands = |name: &str| styles.iter().any(|c| c.phrases.iter().any(|p| p == name));
        for aspect in aspects::all() {
            assert!(stands(aspect.name), "{}", aspect.name);
        }
    }

    #[test]
    fn there_are_many_in_families_and_none_stands_twice() {
        let styles = styles();
        assert!(styles.len() >= 300, "{}", styles.len());
        let families: BTreeSet<_> = styles.iter().filter_map(|c| c.family.as_deref()).collect();
        for family in [
            "medium",
            "movement",
            "era",
            "rendering",
            "light",
            "palette",
            "lens",
            "texture",
            "composition",
            "mood",
        ] {
            assert!(families.contains(family), "{family}");
        }
        let phrases: Vec<&String> = styles.iter().flat_map(|c| &c.phrases).collect();
        let once: BTreeSet<&&String> = phrases.iter().collect();
        assert_eq!(phrases.len(), once.len());
        assert!(phrases.iter().all(|phrase| !phrase.is_empty()));
        for concept in &styles {
            let Some(opposite) = &concept.antonym else {
                continue;
            };
            let other = styles.iter().find(|c| c.name == *opposite);
            let back = other.and_then(|other| other.antonym.as_ref());
            assert_eq!(back, Some(&concept.name), "{opposite}");
        }
    }
}
