//! What pairs that belong together were made with besides prompt and seed.

use super::side::Candidate;
use crate::generation::WRITTEN_IN_USE;
use std::collections::{BTreeMap, BTreeSet};

/// Notes on pairs whose two sides were sampled otherwise, and on LoRAs that only the base's images were made with.
pub(super) fn making_notes(pairs: &[[&Candidate; 2]]) -> Vec<String> {
    [other_settings(pairs), turned_round(pairs)]
        .into_iter()
        .flatten()
        .collect()
}

fn other_settings(pairs: &[[&Candidate; 2]]) -> Option<String> {
    let mut count = 0;
    let mut first: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for [base, personalized] in pairs {
        let differing = differing(base, personalized);
        count += usize::from(!differing.is_empty());
        for (setting, one, other) in differing {
            first.entry(setting).or_insert((one, other));
        }
    }
    let told: Vec<String> = (first.into_iter())
        .map(|(setting, (one, other))| format!("{setting} {one} against {other}"))
        .collect();
    (count > 0).then(|| {
        format!(
            "in {count} of {} pairs the files say other settings ({}), which is part of what is measured",
            pairs.len(),
            told.join(", ")
        )
    })
}

/// What both say of a setting, where it is not the same; of settings that are written only where they are in use also what
/// one side says alone.
fn differing<'a>(
    base: &'a Candidate,
    personalized: &'a Candidate,
) -> Vec<(&'static str, &'a str, &'a str)> {
    const NONE: &str = "none";
    let sides = [base, personalized].map(|side| &side.settings);
    let known: BTreeSet<&'static str> =
        sides.iter().flat_map(|side| side.keys().copied()).collect();
    let value = |side: usize, setting: &'static str| -> Option<&'a str> {
        let stated = sides[side].get(setting).map(String::as_str);
        let in_use = WRITTEN_IN_USE.contains(&setting) && sides[side].contains_key("steps");
        stated.or(in_use.then_some(NONE))
    };
    // Stated, but in no other way than by not being stated.
    let idle =
        |value: &str| value == NONE || value.parse::<f64>().is_ok_and(|v| v == 0.0 || v == 1.0);
    (known.into_iter())
        .filter_map(|setting| Some((setting, value(0, setting)?, value(1, setting)?)))
        .filter(|(_, one, other)| one != other && !(idle(one) && idle(other)))
        .collect()
}

fn turned_round(pairs: &[[&Candidate; 2]]) -> Option<String> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut count = 0;
    for [base, personalized] in pairs {
        // A LoRA that both have is part of the base.
        let only: Vec<&String> = base.loras.difference(&personalized.loras).collect();
        // Both with one of their own are compared with each other.
        if personalized.loras.is_subset(&base.loras) && !only.is_empty() {
            count += 1;
            names.extend(only.into_iter().map(String::as_str));
        }
    }
    (count > 0).then(|| {
        let names: Vec<&str> = names.into_iter().take(3).collect();
        format!(
            "in {count} of {} pairs the files say that the base's image was made with a LoRA ({}) and the personalized \
             one without; if the sides were exchanged, exchange --base and --personalized",
            pairs.len(),
            names.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(lora: &str, steps: &str) -> Candidate {
        Candidate {
            loras: (!lora.is_empty())
                .then(|| lora.to_string())
                .into_iter()
                .collect(),
            settings: [("steps", steps.to_string())].into(),
            ..Candidate::default()
        }
    }

    #[test]
    fn what_differs_beside_prompt_and_seed_is_said() {
        let (base, cosy, few) = (made("", "20"), made("cosy", "20"), made("cosy", "8"));
        assert!(making_notes(&[[&base, &cosy]]).is_empty());
        assert!(making_notes(&[[&cosy, &cosy]]).is_empty());
        let notes = making_notes(&[[&base, &cosy], [&base, &few]]);
        assert_eq!(notes.len(), 1);
        assert!(notes[0].contains("in 1 of 2 pairs") && notes[0].contains("steps 20 against 8"));
        let mut other = few.clone();
        other.settings = [("steps", "20"), ("clip skip", "2"), ("denoising", "1")]
            .map(|(setting, value)| (setting, value.to_string()))
            .into();
        let notes = making_notes(&[[&base, &other]]);
        assert!(notes[0].contains("(clip skip none against 2)"), "{notes:?}");
        let notes = making_notes(&[[&cosy, &base]]);
        assert!(notes[0].contains("(cosy)") && notes[0].contains("exchange --base"));
    }
}
