//! Aspects of the user's own: words for what operators make.

use crate::error::ExplainError;
use crate::heads::HeadAspect;
use finexl_core::toml_file;
use finexl_data::aspects::{all, find};
use finexl_data::vocabulary::{Concept, trained_aspects};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// An aspects file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AspectsFile {
    aspects: Vec<Entry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    /// What it is called.
    name: String,
    /// Other phrases for the same.
    #[serde(default)]
    synonyms: Vec<String>,
    /// Operators with their share of the level; absent: the operator of that name.
    #[serde(default)]
    operators: BTreeMap<String, f32>,
    /// Aspects that it is not combined with.
    #[serde(default)]
    conflicts_with: Vec<String>,
}

/// The program's own aspects, one operator each.
///
/// # Errors
/// Where the program's definitions are damaged.
pub(super) fn own_aspects() -> Result<Vec<HeadAspect>, ExplainError> {
    let aspects = trained_aspects()?.into_iter().filter_map(|concept| {
        let operator = find(&concept.name)?;
        Some(HeadAspect {
            concept,
            operators: vec![(operator, 1.0)],
        })
    });
    Ok(aspects.collect())
}

/// Reads aspects with their words and operators:
///
/// ```toml
/// [[aspects]]
/// name = "old photo"
/// synonyms = ["faded print"]
/// operators = { sepia = 0.8, grainy = 0.5 }
/// conflicts-with = ["neon"]
/// ```
///
/// # Errors
/// A file that is no such TOML; fewer than two aspects, a name that stands twice, an operator that does not
/// exist, a share outside (0, 1], a conflict with what is no aspect of the file; each names the aspect.
pub fn read_aspects(path: &Path) -> Result<Vec<HeadAspect>, ExplainError> {
    let file: AspectsFile = toml_file::read(path)?;
    let fault = |problem: String| ExplainError::Features {
        path: path.to_path_buf(),
        problem,
    };
    if file.aspects.len() < 2 {
        return Err(fault(
            "it has fewer than two aspects; a head tells aspects from each other".to_string(),
        ));
    }
    let names: Vec<&str> = file
        .aspects
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    let phrases = |entry: &Entry| -> Vec<String> {
        std::iter::once(&entry.name)
            .chain(&entry.synonyms)
            .cloned()
            .collect()
    };
    let mut aspects = Vec::with_capacity(names.len());
    for (index, entry) in file.aspects.iter().enumerate() {
        let name = &entry.name;
        let before: Vec<String> = file.aspects[..index].iter().flat_map(phrases).collect();
        if let Some(twice) = phrases(entry).iter().find(|phrase| before.contains(phrase)) {
            return Err(fault(format!(
                "the phrase \"{twice}\" of the aspect \"{name}\" stands in it twice; one phrase means one aspect"
            )));
        }
        if let Some(other) = (entry.conflicts_with.iter()).find(|c| !names.contains(&c.as_str())) {
            let problem =
                format!("\"{name}\" conflicts with \"{other}\", which is no aspect of it");
            return Err(fault(problem));
        }
        let operators =
            operators(entry).map_err(|problem| fault(format!("\"{name}\": {problem}")))?;
        let family = operators
            .first()
            .map(|(operator, _)| operator.family.name().to_string());
        aspects.push(HeadAspect {
            concept: Concept {
                phrases: phrases(entry),
                family,
                // Whoever says it, both are meant.
                conflicts_with: conflicts(&file, entry),
                ..Concept::phrase(name)
            },
            operators,
        });
    }
    Ok(aspects)
}

fn conflicts(file: &AspectsFile, entry: &Entry) -> Vec<String> {
    let others = file.aspects.iter().filter(|other| {
        entry.conflicts_with.contains(&other.name) || other.conflicts_with.contains(&entry.name)
    });
    others.map(|other| other.name.clone()).collect()
}

type Operators = Vec<(&'static finexl_data::aspects::Aspect, f32)>;

fn operators(entry: &Entry) -> Result<Operators, String> {
    let own = BTreeMap::from([(entry.name.clone(), 1.0)]);
    let named = match entry.operators.is_empty() {
        true => &own,
        false => &entry.operators,
    };
    let found = named.iter().map(|(name, share)| {
        let Some(operator) = find(name) else {
            let all: Vec<&str> = all().iter().map(|operator| operator.name).collect();
            return Err(format!(
                "there is no operator \"{name}\"; there are {}",
                all.join(", ")
            ));
        };
        if !(*share > 0.0 && *share <= 1.0) {
            return Err(format!(
                "the share of {name} is {share}; give one above 0 and at most 1"
            ));
        }
        Ok((operator, *share))
    });
    found.collect()
}
